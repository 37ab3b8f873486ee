//! Looks at the telephone network from outside, forty times a second, and notes for how long somebody was owed something
//! that did not happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use switchboard::sim::carrier::{CallStatus, CallView, Carrier, Direction, Hearing};
use switchboard::simulator::Simulator;

use crate::desk::Desk;

const LOOK_EVERY: Duration = Duration::from_millis(25);
/// With fewer free agents it may be that none of them may have the call, having missed it before.
const FREE_MIN: usize = 3;

/// What somebody was owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owed {
    /// More callers wait than are being rung for, and agents are free.
    Offer,
    /// A caller hears nothing.
    Document,
    /// An agent has answered and hears nobody.
    Company,
}

/// How long somebody was owed something.
#[derive(Clone, Debug)]
pub(crate) struct Stall {
    pub(crate) owed: Owed,
    /// Whom: a leg, or nobody in particular.
    pub(crate) whom: String,
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// What was noted so far.
pub(crate) type Stalls = Arc<Mutex<Vec<Stall>>>;

#[derive(Debug, Default)]
struct Watch {
    known: usize,
    live: BTreeSet<String>,
    has_offered: bool,
    since: BTreeMap<(Owed, String), Instant>,
}

/// Watches until the process ends.
pub(crate) async fn watch(simulator: Arc<Simulator>, desk: Arc<Desk>, stalls: Stalls) {
    let mut watch = Watch::default();
    loop {
        let at_desk = desk.at_desk();
        let owed = simulator.with(|carrier| watch.look(carrier, &at_desk));
        let over = watch.note(&owed, Instant::now());
        stalls.lock().unwrap_or_else(PoisonError::into_inner).extend(over);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether it is an agent's leg.
pub(crate) fn agent(call: &CallView) -> Option<&str> {
    call.to.strip_prefix("client:").filter(|_| call.direction == Direction::OutboundApi)
}

impl Watch {
    fn look(&mut self, carrier: &Carrier, at_desk: &BTreeSet<String>) -> BTreeSet<(Owed, String)> {
        let new = carrier.legs_after(self.known);
        self.known += new.len();
        // The next offer was made: whoever waits now waits for another one.
        let is_offered = |sid: &String| carrier.call(sid).is_some_and(|call| agent(&call).is_some());
        self.has_offered = new.iter().any(is_offered);
        self.live.extend(new);
        let views: Vec<CallView> = self.live.iter().filter_map(|sid| carrier.call(sid)).collect();
        let mut owed = BTreeSet::new();
        let (mut waiting, mut rung, mut busy) = (0_usize, 0_usize, BTreeSet::new());
        for call in &views {
            if call.status.is_over() {
                self.live.remove(&call.sid);
                continue;
            }
            let has_answered = call.status == CallStatus::InProgress;
            if let Some(agent) = agent(call) {
                busy.insert(agent);
                rung += usize::from(call.hearing != Hearing::Party);
                if has_answered && call.hearing != Hearing::Party {
                    owed.insert((Owed::Company, call.sid.clone()));
                }
            } else {
                waiting += usize::from(matches!(call.hearing, Hearing::Music(_)));
                if has_answered && call.hearing == Hearing::Silence {
                    owed.insert((Owed::Document, call.sid.clone()));
                }
            }
        }
        let free = at_desk.iter().filter(|agent| !busy.contains(agent.as_str())).count();
        if waiting > rung && free >= FREE_MIN {
            owed.insert((Owed::Offer, String::new()));
        }
        owed
    }

    /// Those that are over.
    fn note(&mut self, owed: &BTreeSet<(Owed, String)>, now: Instant) -> Vec<Stall> {
        let mut over = Vec::new();
        self.since.retain(|what, from| {
            let goes_on = owed.contains(what) && !(self.has_offered && what.0 == Owed::Offer);
            if !goes_on {
                over.push(Stall { owed: what.0, whom: what.1.clone(), from: *from, to: now });
            }
            goes_on
        });
        for what in owed {
            self.since.entry(what.clone()).or_insert(now);
        }
        over
    }
}
