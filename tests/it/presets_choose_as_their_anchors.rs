//! Golden sets: each situation was worked by hand from the published rules of a system, whose source it names, and the preset
//! of that system has to choose the same call and the same agents. Where the rules leave something open, the situation says that
//! it is an inference.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use switchboard::Switchboard;
use switchboard::engine::Builder;
use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::routing::{Floor, Standing, Waiting};
use switchboard::setup::preset::{Preset, asterisk, connect, freeswitch, genesys, taskrouter, vicidial};
use switchboard::telephony::FakeTelephony;
use switchboard::time::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    /// What a situation stands on, by a short name: a public page or source file.
    sources: BTreeMap<String, String>,
    configurations: BTreeMap<String, serde_json::Value>,
    situations: Vec<Situation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    name: String,
    source: String,
    /// Not said in so many words by the source.
    #[serde(default)]
    inference: bool,
    configuration: String,
    /// Those who are not named are signed out.
    agents: BTreeMap<String, Stands>,
    calls: BTreeMap<String, Waits>,
    /// Each call that is offered, in this order, and to whom.
    chooses: Vec<(String, Vec<String>)>,
}

/// Times in seconds before now.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Stands {
    is: String,
    idle: i64,
    ended: Option<i64>,
    offered: Option<i64>,
    offered_in: Option<String>,
    contacts: u64,
    talked: i64,
}

impl Default for Stands {
    fn default() -> Self {
        Self { is: "ready".to_owned(), idle: 60, ended: None, offered: None, offered_in: None, contacts: 0, talked: 0 }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Waits {
    queue: String,
    /// Seconds.
    waited: i64,
    /// By the words of the system.
    priority: Option<i32>,
    not: Vec<String>,
}

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 - seconds)
}

fn name(name: &str) -> AgentId {
    AgentId::new(name).expect("a name")
}

impl Stands {
    fn standing(&self) -> Standing {
        Standing {
            staffed: matches!(&*self.is, "ready" | "busy"),
            free: u16::from(self.is == "ready"),
            not_before: None,
            idle_since: ago(self.idle),
            last_ended: self.ended.map(ago),
            last_offered: self.offered.map(ago),
            last_queue: self.offered_in.as_ref().map(|queue| QueueId::new(queue.clone()).expect("a name")),
            offered_in: BTreeMap::new(),
            contacts: self.contacts,
            talk_ms: self.talked * 1000,
            busy_ms: self.talked * 1000,
            staffed_ms: 3_600_000,
        }
    }
}

/// Whatever a preset gives is built by the builder, so that it is checked as well.
fn built(preset: impl Into<Preset>) -> Switchboard {
    Builder::default()
        .preset(preset)
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .telephony(Arc::new(FakeTelephony::new()))
        .build()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn chosen(board: &Switchboard, situation: &Situation, points: fn(i32) -> i32) -> Vec<(String, Vec<String>)> {
    let rules = board.rules();
    let mut floor = Floor::new(Arc::clone(&rules.roster));
    for (agent, stands) in &situation.agents {
        assert!(rules.agents.contains_key(&name(agent)), "{}: no agent {agent}", situation.name);
        floor.set_agent(&name(agent), stands.standing(), NOW);
    }
    let mut ids = BTreeMap::new();
    for (at, (letter, waits)) in (1..).zip(&situation.calls) {
        let id = CallId(uuid::Uuid::from_u128(at));
        let queue = QueueId::new(waits.queue.clone()).expect("a name");
        let of = rules.queues.get(&queue).unwrap_or_else(|| panic!("{}: no queue {queue}", situation.name));
        let at_once = if of.ring_more_after.is_some() { 1 } else { of.ring_at_once };
        let waiting = Waiting {
            needs: of.needs.clone(),
            queue,
            points: of.priority + waits.priority.map_or(0, points),
            since: ago(waits.waited),
            entered: ago(waits.waited),
            wanted: u16::try_from(at_once).expect("a few"),
            wanted_more_at: None,
            weight: 1,
            excluded: waits.not.iter().map(|agent| (name(agent), None)).collect(),
            held_for: None,
            only: None,
            offers: 0,
            rung_tier: None,
        };
        ids.insert(id, letter.clone());
        floor.set_call(id, waiting, NOW);
    }
    let mut chosen = Vec::new();
    while let Some(pick) = floor.next(NOW) {
        chosen.push((ids[&pick.call].clone(), floor.agents(&pick).map(ToString::to_string).collect()));
        floor.take(&pick, NOW);
        assert!(chosen.len() < 100, "{}: no end", situation.name);
    }
    chosen
}

fn golden<C: DeserializeOwned + Into<Preset>>(anchor: &str, points: fn(i32) -> i32) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/presets/{anchor}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let golden: Golden = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{anchor}: {error}"));
    let read = |(name, value): (&String, &serde_json::Value)| {
        let read: C = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{anchor}: {name}: {error}"));
        (name.clone(), built(read))
    };
    let boards: BTreeMap<String, Switchboard> = golden.configurations.iter().map(read).collect();
    let mut wrong = Vec::new();
    for situation in &golden.situations {
        let name = &situation.name;
        assert!(golden.sources.contains_key(&situation.source), "{name}: no source {:?}", situation.source);
        let board = &boards.get(&situation.configuration).unwrap_or_else(|| panic!("{name}: no configuration"));
        let chosen = chosen(board, situation, points);
        if chosen != situation.chooses {
            let kind = if situation.inference { "an inference" } else { "published" };
            let should = &situation.chooses;
            wrong.push(format!("{name} ({kind}, {}): {chosen:?} instead of {should:?}", situation.source));
        }
    }
    assert!(golden.situations.len() >= 12, "{anchor}: {} situations", golden.situations.len());
    assert!(wrong.is_empty(), "{anchor}, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn taskrouter_chooses_so() {
    golden::<taskrouter::Workspace>("taskrouter", |priority| priority);
}

#[test]
fn connect_chooses_so() {
    golden::<connect::Instance>("connect", connect::points);
}

#[test]
fn genesys_chooses_so() {
    golden::<genesys::Organization>("genesys", |priority| priority);
}

#[test]
fn freeswitch_chooses_so() {
    golden::<freeswitch::Callcenter>("freeswitch", |base_score| base_score);
}

#[test]
fn asterisk_chooses_so() {
    golden::<asterisk::Queues>("asterisk", |priority| priority);
}

#[test]
fn vicidial_chooses_so() {
    golden::<vicidial::Inbound>("vicidial", |priority| priority);
}
