//! Call centres on which the ways to foretell a wait are compared: handle times log-normal with mean 240 s and coefficient of
//! variation 1.2, patience exponential with mean 480 s. What is foretold is how long a caller who has to wait would wait until
//! joined, had the caller the patience; those who hang up keep their place unseen, so that it is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use switchboard::forecast::{Conduct, Customer, Draws, Fact, Predictor, Presence, Rehearsal, Ringing, Spread, Waits};
use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::routing::{Levels, Member, Membership, Policy, Ring, Roster, Waiting};
use switchboard::time::Timestamp;

const HANDLE_S: f64 = 240.0;
const PATIENCE_S: f64 = 480.0;

/// Some agents alike.
pub(crate) struct Team {
    pub(crate) agents: usize,
    /// Queues served, each with the agents' own order.
    pub(crate) queues: &'static [(&'static str, u8)],
    /// Level of the one skill.
    pub(crate) level: u8,
}

/// A call centre.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) teams: Vec<Team>,
    /// Calls of each queue, as part of what all agents can do.
    pub(crate) load: Vec<(&'static str, f64)>,
    /// By how much the load swings, over four hours.
    pub(crate) swing: f64,
    /// Calls need the skill at level 5, after 45 s at level 1.
    pub(crate) widens: bool,
    /// Telephones ring 6 s on the mean, and one offer of twelve is missed.
    pub(crate) rings: bool,
}

fn one_class(name: &'static str, agents: usize, load: f64, swing: f64) -> Setting {
    let teams = vec![Team { agents, queues: &[("sales", 5)], level: 5 }];
    Setting { name, teams, load: vec![("sales", load)], swing, widens: false, rings: false }
}

/// The settings.
pub(crate) fn all() -> Vec<Setting> {
    let team = |agents, queues, level| Team { agents, queues, level };
    let shared =
        || vec![team(6, &[("sales", 5)], 5), team(6, &[("help", 5)], 5), team(8, &[("help", 5), ("sales", 5)], 5)];
    let loads = || vec![("sales", 0.62), ("help", 0.42)];
    vec![
        one_class("s=5 rho=1.0", 5, 1.0, 0.0),
        one_class("s=20 rho=1.05", 20, 1.05, 0.0),
        one_class("s=20 swing", 20, 1.0, 0.35),
        one_class("s=100 swing", 100, 1.0, 0.35),
        Setting { name: "skills", teams: shared(), load: loads(), swing: 0.0, widens: false, rings: false },
        Setting {
            name: "skills, help first",
            teams: vec![
                team(6, &[("sales", 5)], 5),
                team(6, &[("help", 5)], 5),
                team(8, &[("help", 1), ("sales", 5)], 5),
            ],
            load: loads(),
            swing: 0.0,
            widens: false,
            rings: false,
        },
        Setting {
            name: "rings that widen",
            teams: vec![
                team(8, &[("sales", 5)], 5),
                team(6, &[("help", 5)], 5),
                team(6, &[("sales", 5), ("help", 5)], 2),
            ],
            load: vec![("sales", 0.65), ("help", 0.38)],
            swing: 0.0,
            widens: true,
            rings: false,
        },
        Setting { rings: true, ..one_class("telephones that ring", 20, 0.98, 0.0) },
    ]
}

fn queue(name: &str) -> QueueId {
    QueueId::new(name).expect("a name")
}

impl Setting {
    fn roster(&self) -> Roster {
        let mut roster = Roster::default();
        for (name, _) in &self.load {
            let mut policy = Policy::default();
            if self.widens && *name == "sales" {
                policy.needs.insert("depth".to_owned(), Levels::at_least(5));
                let lower = BTreeMap::from([("depth".to_owned(), 4)]);
                policy.rings.push(Ring { after: Duration::from_secs(45), lower, ..Ring::default() });
            }
            roster.queues.insert(queue(name), policy);
        }
        for team in &self.teams {
            for _ in 0..team.agents {
                let place = |priority| Membership { priority, ..Membership::default() };
                let member = Member {
                    skills: BTreeMap::from([("depth".to_owned(), team.level)]),
                    queues: team.queues.iter().map(|(name, priority)| (queue(name), place(*priority))).collect(),
                    capacity: 1,
                    ..Member::default()
                };
                let id = AgentId::new(format!("agent-{:03}", roster.agents.len())).expect("a name");
                roster.agents.insert(id, member);
            }
        }
        roster
    }

    /// So many customers, drawn from the seed.
    pub(crate) fn rehearsal(&self, customers: usize, seed: u64) -> Rehearsal {
        let roster = Arc::new(self.roster());
        let agents = roster.agents.len() as f64;
        let load: f64 = self.load.iter().map(|(_, load)| load).sum();
        let (peak, mut at_s) = (agents * load * (1.0 + self.swing) / HANDLE_S, 0.0);
        let mut draws = Draws::of(seed, &[7]);
        let mut people = Vec::new();
        while people.len() < customers {
            at_s += draws.exponential(1.0 / peak);
            let wave = 1.0 + self.swing * (std::f64::consts::TAU * at_s / 14_400.0).sin();
            if draws.unit() * (1.0 + self.swing) > wave {
                continue;
            }
            let mut which = draws.unit() * load;
            let name = self.load.iter().find(|(_, part)| {
                which -= part;
                which <= 0.0
            });
            let name = queue(name.map_or(self.load[0].0, |(name, _)| name));
            let at = Timestamp::from_micros((at_s * 1e6) as i64);
            let patience = draws.exponential(PATIENCE_S);
            let needs = roster.queues[&name].needs.clone();
            people.push(customer(people.len() as u64, name, needs, at, patience));
        }
        let until = people.last().map_or_else(Timestamp::default, |last| last.waiting.entered);
        let presence = |agent: &AgentId| Presence {
            agent: agent.clone(),
            from: Timestamp::default(),
            until: until + Duration::from_secs(7200),
        };
        let mut conduct = Conduct::new(Spread::LogNormal { mean_s: HANDLE_S, cv: 1.2 });
        if self.rings {
            conduct.ring = Spread::LogNormal { mean_s: 6.0, cv: 0.5 };
            conduct.missed = 1.0 / 12.0;
        }
        let ringing = Ringing { timeout: Duration::from_secs(20), ..Ringing::default() };
        Rehearsal {
            from: Timestamp::default(),
            until,
            customers: people,
            presences: roster.agents.keys().map(presence).collect(),
            busy: BTreeMap::new(),
            ringing: roster.queues.keys().map(|name| (name.clone(), ringing)).collect(),
            conduct,
            seed,
            follow_abandoned: true,
            roster,
        }
    }
}

fn customer(key: u64, queue: QueueId, needs: BTreeMap<String, Levels>, at: Timestamp, patience: f64) -> Customer {
    let waiting = Waiting {
        queue,
        needs,
        points: 0,
        since: at,
        entered: at,
        wanted: 1,
        wanted_more_at: None,
        weight: 1,
        excluded: BTreeMap::new(),
        held_for: None,
        only: None,
        offers: 0,
        rung_tier: None,
    };
    let call = CallId(uuid_of(key));
    Customer { call, waiting, patience: Some(Duration::from_secs_f64(patience)), key }
}

fn uuid_of(key: u64) -> uuid::Uuid {
    uuid::Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | key)
}

/// How well one predictor did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    pub(crate) n: usize,
    pub(crate) bias_s: f64,
    pub(crate) mae_s: f64,
    pub(crate) rmse_s: f64,
    pub(crate) within: f64,
    pub(crate) wait_s: f64,
}

/// Each predictor on one setting, in one run; the first tenth of the customers is for learning.
pub(crate) struct Measured {
    pub(crate) rows: Vec<(Predictor, Row)>,
    pub(crate) told: Row,
    /// Part of the customers who waited no longer than the 80 % quantile told.
    pub(crate) p80_coverage: f64,
}

pub(crate) fn measure(setting: &Setting, customers: usize, plays: usize, seed: u64) -> Measured {
    let rehearsal = setting.rehearsal(customers, seed);
    let roster = Arc::clone(&rehearsal.roster);
    let mut waits = Waits::new(roster, Duration::from_secs(300), seed).with_plays(plays);
    let mut told: BTreeMap<CallId, ([Option<f64>; Predictor::ALL.len()], f64, f64)> = BTreeMap::new();
    let learning: BTreeSet<CallId> = rehearsal.customers.iter().take(customers / 10).map(|one| one.call).collect();
    let played = rehearsal.run_watched(&mut |fact, now| {
        waits.note(fact, now);
        if let Fact::Entered(call, _) = fact
            && let Some(by) = waits.foretold(*call)
            && let Some((mean, p80)) = waits.told(*call)
            && !learning.contains(call)
        {
            told.insert(*call, (by, mean.as_secs_f64(), p80.as_secs_f64()));
        }
    });
    let mut sums = vec![Row::default(); Predictor::ALL.len() + 1];
    let mut covered = 0;
    for fate in &played.fates {
        let (Some((by, mean, p80)), Some(wait)) = (told.get(&fate.call), fate.offered_wait) else { continue };
        let wait = wait.as_secs_f64();
        covered += usize::from(wait <= *p80);
        let all = by.iter().copied().chain([Some(*mean)]);
        for (row, foretold) in sums.iter_mut().zip(all) {
            // Whoever has nothing to say says nothing must be waited.
            row.add(foretold.unwrap_or(0.0), wait);
        }
    }
    let mut rows: Vec<Row> = sums.into_iter().map(Row::mean).collect();
    let told = rows.pop().unwrap_or_default();
    Measured {
        p80_coverage: covered as f64 / told.n.max(1) as f64,
        told,
        rows: Predictor::ALL.into_iter().zip(rows).collect(),
    }
}

impl Row {
    fn add(&mut self, foretold: f64, wait: f64) {
        let off = foretold - wait;
        self.n += 1;
        self.bias_s += off;
        self.mae_s += off.abs();
        self.rmse_s += off * off;
        self.within += f64::from(u8::from(off.abs() <= (wait / 4.0).max(30.0)));
        self.wait_s += wait;
    }

    fn mean(self) -> Self {
        let n = self.n.max(1) as f64;
        Self {
            n: self.n,
            bias_s: self.bias_s / n,
            mae_s: self.mae_s / n,
            rmse_s: (self.rmse_s / n).sqrt(),
            within: self.within / n,
            wait_s: self.wait_s / n,
        }
    }
}
