//! People: callers who listen, press keys, wait and talk, and agents who answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use switchboard::sim::carrier::{Carrier, EndpointScript, Hearing, Ring};
use switchboard::simulator::Simulator;
use switchboard::time::Timestamp;
use tokio::sync::watch;

use crate::centre;
use crate::chance::Chance;

/// How often they look around.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a key takes effect before it is pressed again.
const PRESSED_FOR: Duration = Duration::from_secs(6);
/// Numbers of callers: reserved for fiction.
const AREAS: [u32; 24] = [
    201, 206, 212, 213, 214, 215, 216, 301, 303, 305, 312, 313, 314, 404, 408, 503, 504, 512, 602, 612, 617, 702, 713,
    808,
];

#[derive(Debug)]
struct Caller {
    patient_until: Timestamp,
    talk: Duration,
    key: &'static str,
    presses_at: Option<Timestamp>,
    pressed_at: Option<Timestamp>,
    hangs_up_at: Option<Timestamp>,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct People {
    chance: Chance,
    gap: Duration,
    agents: Vec<String>,
    next_arrival: Timestamp,
    dialled: u32,
    callers: BTreeMap<String, Caller>,
}

impl People {
    pub(crate) fn new(seed: u64, calls_per_minute: u32, agents: &[String], now: Timestamp) -> Self {
        Self {
            chance: Chance::new(seed ^ 0x0070_656F_706C_6500),
            gap: Duration::from_secs(60) / calls_per_minute,
            agents: agents.iter().map(|agent| format!("client:{agent}")).collect(),
            next_arrival: now,
            dialled: 0,
            callers: BTreeMap::new(),
        }
    }

    /// Lets them live until the process ends; callers arrive while `calling`.
    pub(crate) async fn live(mut self, simulator: Arc<Simulator>, calling: watch::Receiver<bool>) {
        loop {
            let is_calling = *calling.borrow();
            simulator.with(|carrier| self.step(carrier, is_calling));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn step(&mut self, carrier: &mut Carrier, is_calling: bool) {
        let now = carrier.now();
        while is_calling && self.next_arrival <= now {
            self.dial(carrier, now);
            self.next_arrival = self.next_arrival + self.chance.gap(self.gap);
        }
        self.agents_change_their_minds(carrier);
        let mut over: Vec<String> = Vec::new();
        for (sid, caller) in &mut self.callers {
            match carrier.call(sid).filter(|call| !call.status.is_over()) {
                Some(call) => caller.listens(carrier, sid, &call.hearing, now, &mut self.chance),
                None => over.push(sid.clone()),
            }
        }
        self.callers.retain(|sid, _| !over.contains(sid));
    }

    fn dial(&mut self, carrier: &mut Carrier, now: Timestamp) {
        let n = self.dialled;
        self.dialled += 1;
        let area = AREAS.get((n / 99) as usize % AREAS.len()).copied().unwrap_or(201);
        let from = format!("+1{area}55501{:02}", n % 99);
        carrier.script(&from, EndpointScript::default());
        let sid = carrier.caller_dials(&from, centre::NUMBER);
        let caller = Caller {
            patient_until: now + self.chance.ms(90_000, 240_000),
            talk: self.chance.ms(5000, 20_000),
            key: if self.chance.percent(60) { "1" } else { "2" },
            presses_at: None,
            pressed_at: None,
            hangs_up_at: None,
        };
        self.callers.insert(sid, caller);
    }

    /// What each would do if it rang now.
    fn agents_change_their_minds(&mut self, carrier: &mut Carrier) {
        for agent in &self.agents {
            let after = self.chance.ms(300, 2500);
            let on_ring = match self.chance.below(100) {
                0..3 => Ring::Declines { after },
                3 => Ring::RingsOut,
                _ => Ring::Answers { after },
            };
            // Most leave it to the caller to hang up.
            let then = self.chance.percent(30).then(|| self.chance.ms(5000, 15_000));
            carrier.script(agent, EndpointScript { on_ring, then, ..EndpointScript::default() });
        }
    }
}

impl Caller {
    fn listens(&mut self, carrier: &mut Carrier, sid: &str, hearing: &Hearing, now: Timestamp, chance: &mut Chance) {
        match hearing {
            // Once it was pressed the menu is heard no more, unless the key was lost on the way.
            Hearing::Say(text)
                if text.contains("press 1")
                    && self.presses_at.is_none()
                    && self.pressed_at.is_none_or(|at| now.since(at) > PRESSED_FOR) =>
            {
                self.presses_at = Some(now + chance.ms(500, 4000));
            }
            Hearing::Party if self.hangs_up_at.is_none() => self.hangs_up_at = Some(now + self.talk),
            _ => {}
        }
        if self.presses_at.is_some_and(|at| at <= now) {
            (self.presses_at, self.pressed_at) = (None, Some(now));
            carrier.presses(sid, self.key);
        }
        if now >= self.hangs_up_at.unwrap_or(self.patient_until) {
            carrier.hangs_up(sid);
        }
    }
}
