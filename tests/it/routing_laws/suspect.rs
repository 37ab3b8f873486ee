//! A floor that may be spoilt on purpose, so that each law is seen to catch somebody.

use std::sync::Arc;

use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::routing::{Floor, Limits, NotHere, Pick, Roster, Rule, Standing, Waiting};
use switchboard::time::Timestamp;

use super::world::secs;

/// What is wrong with a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Believes that everybody who is signed in can always do one thing more.
    Overloads,
    /// Says now and then that there is nothing to be done.
    Dozes,
    /// Offers a call only when it is the first of its queue.
    HeadOnly,
    /// Lets those who come later go first.
    Overtakes,
    /// Takes a call that comes back for one that is new.
    LosesThePlace,
    /// Prefers what it was told first.
    HeedsTheOrder,
    /// Adds up what it is told twice.
    CountsTwice,
    /// Goes by something that is not written down.
    Remembers,
    /// Asks one agent first, whoever is free longest.
    HasAFavourite,
    /// Asks those who are free shortest.
    TurnsRound,
    /// Sleeps through what opens by itself.
    Oversleeps,
    /// Says of everybody that they may have the call.
    Flatters,
}

pub(super) struct Suspect {
    pub(super) floor: Floor,
    fault: Option<Fault>,
    told: i32,
    asked: u32,
    picked: Option<Pick>,
}

impl Suspect {
    pub(super) fn new(roster: Arc<Roster>, fault: Option<Fault>) -> Self {
        // Small limits, so that small histories reach them.
        let mut limits = Limits::default();
        match roster.seed % 4 {
            0 => (limits.classes, limits.first, limits.patience) = (1, 1, 0),
            1 => (limits.classes, limits.first, limits.patience) = (3, 2, 4),
            2 => limits.classes = 0,
            _ => {}
        }
        Self { floor: Floor::with_limits(roster, limits), fault, told: 0, asked: 0, picked: None }
    }

    pub(super) fn honest(roster: Arc<Roster>) -> Self {
        Self::new(roster, None)
    }

    pub(super) fn set_agent(&mut self, id: &AgentId, mut standing: Standing, now: Timestamp) {
        match self.fault {
            Some(Fault::Overloads) if standing.staffed => standing.free += 1,
            Some(Fault::HasAFavourite) if id.as_str().ends_with('1') => standing.idle_since = Timestamp::from_secs(0),
            Some(Fault::TurnsRound) => standing.idle_since = Timestamp::from_micros(-standing.idle_since.as_micros()),
            _ => {}
        }
        self.floor.set_agent(id, standing, now);
    }

    pub(super) fn set_call(&mut self, id: CallId, mut waiting: Waiting, now: Timestamp) {
        match self.fault {
            Some(Fault::Overtakes) => waiting.since = Timestamp::from_micros(-waiting.since.as_micros()),
            Some(Fault::LosesThePlace) if waiting.offers > 0 => waiting.since = now + secs(3600),
            Some(Fault::HeedsTheOrder) => {
                self.told += 1;
                waiting.points -= self.told * 3;
            }
            Some(Fault::CountsTwice) if self.floor.calls().any(|known| known == id) => {
                self.told += 1;
                waiting.points += self.told;
            }
            Some(Fault::Remembers) if self.asked.is_multiple_of(2) => waiting.points += 100,
            _ => {}
        }
        self.floor.set_call(id, waiting, now);
    }

    pub(super) fn remove_call(&mut self, id: CallId) {
        self.floor.remove_call(id);
    }

    pub(super) fn set_service_level(&mut self, queue: &QueueId, level: u32) {
        self.floor.set_service_level(queue, level);
    }

    pub(super) fn next(&mut self, now: Timestamp) -> Option<(CallId, Vec<AgentId>)> {
        self.asked += 1;
        if self.fault == Some(Fault::Dozes) && self.asked.is_multiple_of(5) {
            return None;
        }
        let pick = self.floor.next(now)?;
        let first = self.floor.line(self.floor.queue(&pick), 1);
        if self.fault == Some(Fault::HeadOnly) && first.first() != Some(&pick.call) {
            return None;
        }
        let agents = self.floor.agents(&pick).cloned().collect();
        let call = pick.call;
        self.picked = Some(pick);
        Some((call, agents))
    }

    /// Takes what was picked last.
    pub(super) fn take(&mut self, now: Timestamp) {
        if let Some(pick) = self.picked.take() {
            self.floor.take(&pick, now);
        }
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        let due = self.floor.due();
        if self.fault == Some(Fault::Oversleeps) { due.map(|at| at + secs(60)) } else { due }
    }

    pub(super) fn why_not(&self, call: CallId, agent: &AgentId, now: Timestamp) -> Result<Option<Rule>, NotHere> {
        if self.fault == Some(Fault::Flatters) { Ok(None) } else { self.floor.why_not(call, agent, now) }
    }
}
