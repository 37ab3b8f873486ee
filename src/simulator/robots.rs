//! People played by robots: callers by a traffic profile, and agents at their endpoints.

use std::collections::BTreeMap;
use std::time::Duration;

use super::chance::Chance;
use crate::sim::carrier::{Carrier, EndpointScript, Hearing, Ring};
use crate::time::Timestamp;

/// How callers arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Traffic {
    /// Nobody calls.
    #[default]
    None,
    /// A caller about every 8 s.
    Steady,
    /// A caller about every 2 s.
    Rush,
}

impl Traffic {
    fn gap(self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Steady => Some(Duration::from_secs(8)),
            Self::Rush => Some(Duration::from_secs(2)),
        }
    }
}

/// Robots look around this often.
const LOOK: Duration = Duration::from_millis(300);
/// Area codes under which 555-0100 to 555-0199 are reserved for fiction, like everywhere in North America.
const AREAS: [u32; 24] = [
    201, 206, 212, 213, 214, 215, 216, 301, 303, 305, 312, 313, 314, 404, 408, 503, 504, 512, 602, 612, 617, 702, 713,
    808,
];

#[derive(Debug)]
struct Caller {
    /// Hangs up when nobody has answered by then.
    patient_until: Timestamp,
    talk: Duration,
    hangs_up_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Robots {
    chance: Chance,
    agents: Vec<String>,
    profile: Traffic,
    number: String,
    next_arrival: Option<Timestamp>,
    next_look: Timestamp,
    /// By CA sid; only those whose call is not over.
    callers: BTreeMap<String, Caller>,
    dialled: u32,
}

impl Robots {
    pub(super) fn new(seed: u64, agents: Vec<String>, now: Timestamp) -> Self {
        Self {
            chance: Chance::new(seed ^ 0x0070_656F_706C_6500),
            agents,
            profile: Traffic::None,
            number: String::new(),
            next_arrival: None,
            next_look: now,
            callers: BTreeMap::new(),
            dialled: 0,
        }
    }

    /// From now on robots answer at these endpoints as agents.
    pub(super) fn answer_at(&mut self, agents: Vec<String>) {
        self.agents = agents;
    }

    pub(super) fn traffic(&mut self, traffic: Traffic, number: &str, now: Timestamp) {
        self.profile = traffic;
        number.clone_into(&mut self.number);
        self.next_arrival = traffic.gap().map(|mean| now + self.chance.gap(mean));
    }

    /// Lets everybody do what they would have done by `now`.
    pub(super) fn step(&mut self, carrier: &mut Carrier, now: Timestamp) {
        while let (Some(at), Some(mean)) = (self.next_arrival, self.profile.gap()) {
            if at > now {
                break;
            }
            self.dial(carrier, now);
            self.next_arrival = Some(at + self.chance.gap(mean));
        }
        if now >= self.next_look {
            self.next_look = now + LOOK;
            self.callers_look(carrier, now);
            self.agents_change_their_minds(carrier);
        }
    }

    fn dial(&mut self, carrier: &mut Carrier, now: Timestamp) {
        let n = self.dialled;
        self.dialled += 1;
        let area = AREAS.get((n / 100) as usize % AREAS.len()).copied().unwrap_or(201);
        let from = format!("+1{area}55501{:02}", n % 100);
        let seconds = Duration::from_secs;
        let mut presses = Vec::new();
        let mut at = self.chance.between(seconds(3), seconds(7));
        if self.chance.percent(10) {
            // Not in the menu: it is heard again.
            presses.push((at, "7".to_owned()));
            at += self.chance.between(seconds(8), seconds(12));
        }
        if !self.chance.percent(5) {
            presses.push((at, if self.chance.percent(70) { "1" } else { "2" }.to_owned()));
        }
        carrier.script(&from, EndpointScript { presses, ..EndpointScript::default() });
        let sid = carrier.caller_dials(&from, &self.number);
        let caller = Caller {
            patient_until: now + self.chance.between(seconds(60), seconds(240)),
            talk: self.chance.between(seconds(20), seconds(50)),
            hangs_up_at: None,
        };
        self.callers.insert(sid, caller);
    }

    fn callers_look(&mut self, carrier: &mut Carrier, now: Timestamp) {
        let mut hanging_up = Vec::new();
        self.callers.retain(|sid, caller| {
            let Some(call) = carrier.call(sid).filter(|call| !call.status.is_over()) else { return false };
            if caller.hangs_up_at.is_none() && call.hearing == Hearing::Party {
                caller.hangs_up_at = Some(now + caller.talk);
            }
            let hangs_up = now >= caller.hangs_up_at.unwrap_or(caller.patient_until);
            if hangs_up {
                hanging_up.push(sid.clone());
            }
            !hangs_up
        });
        hanging_up.iter().for_each(|sid| carrier.hangs_up(sid));
    }

    /// What each would do if it rang now.
    fn agents_change_their_minds(&mut self, carrier: &mut Carrier) {
        let seconds = Duration::from_secs;
        for agent in &self.agents {
            let after = self.chance.between(seconds(1), seconds(4));
            let on_ring = match () {
                () if self.chance.percent(4) => Ring::Declines { after },
                () if self.chance.percent(4) => Ring::RingsOut,
                () => Ring::Answers { after },
            };
            // Most leave it to the caller to hang up.
            let then = self.chance.percent(30).then(|| self.chance.between(seconds(20), seconds(50)));
            carrier.script(agent, EndpointScript { on_ring, then, ..EndpointScript::default() });
        }
    }
}
