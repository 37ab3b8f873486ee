//! What the run has shown, by the telephone network's own knowledge.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use switchboard::sim::carrier::{CallView, Direction, EndCause, Joined, LostCall};
use switchboard::simulator::Simulator;

use crate::balancer::{Answer, Journal};
use crate::breaking::Broken;
use crate::postgres::Outage;
use crate::watch::{Stall, agent};

/// After a kill work that was held may begin to be missed until then: how long a claim on work lasts, and a second.
const TAKEN_OVER_FROM: Duration = Duration::from_secs(5);
/// A kill counts for the takeover when neither the database nor the fleet was away for so long before it and after it.
const AROUND: Duration = Duration::from_secs(8);
/// A conversation of so long was noted by the call centre.
const NOTED_AFTER: Duration = Duration::from_secs(3);

/// What is wrong, and the figures.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// In words, by kind.
    pub(crate) wrong: BTreeMap<&'static str, Vec<String>>,
    pub(crate) figures: serde_json::Map<String, Value>,
}

/// What the telephone network knows.
#[derive(Debug)]
pub(crate) struct Truth {
    calls: Vec<CallView>,
    joined: Vec<Joined>,
    lost: Vec<LostCall>,
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The value that so many of a thousand do not exceed.
fn per_mille(sorted: &[Duration], per_mille: usize) -> u64 {
    let rank = (sorted.len() * per_mille).div_ceil(1000);
    rank.checked_sub(1).and_then(|at| sorted.get(at)).map_or(0, |value| ms(*value))
}

impl Truth {
    pub(crate) fn of(simulator: &Simulator) -> Self {
        simulator.with(|carrier| Self { calls: carrier.calls(), joined: carrier.joined(), lost: carrier.lost() })
    }

    fn callers(&self) -> impl Iterator<Item = &CallView> {
        self.calls.iter().filter(|call| call.direction == Direction::Inbound)
    }

    fn was_joined(&self) -> BTreeSet<&str> {
        self.joined.iter().flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]).collect()
    }

    /// Pairs of legs of one agent that were live at the same time.
    fn double_booked(&self) -> Vec<String> {
        let mut by_agent: BTreeMap<&str, Vec<&CallView>> = BTreeMap::new();
        for call in &self.calls {
            if let Some(agent) = agent(call) {
                by_agent.entry(agent).or_default().push(call);
            }
        }
        let mut found = Vec::new();
        for (agent, legs) in by_agent {
            // Legs come in order of their beginning.
            for pair in legs.windows(2) {
                let [first, second] = pair else { continue };
                if first.ended_at.is_none_or(|end| end > second.started) {
                    let end = first.ended_at.map(|end| end.since(second.started));
                    found.push(format!("{agent}: {} and {} together for {end:?}", first.sid, second.sid));
                }
            }
        }
        found
    }
}

impl Verdict {
    fn wrong(&mut self, kind: &'static str, what: impl IntoIterator<Item = String>) {
        self.wrong.entry(kind).or_default().extend(what);
    }

    fn figure(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.insert(name.to_owned(), value.into());
    }

    /// Callers: joined, gone by themselves, or lost.
    pub(crate) fn callers(&mut self, truth: &Truth) {
        let joined = truth.was_joined();
        let unjoined = || truth.callers().filter(|call| !joined.contains(call.sid.as_str()));
        let lost: BTreeMap<&str, String> = truth
            .lost
            .iter()
            .map(|lost| (lost.call.as_str(), format!("{}: {:?} at {}", lost.call, lost.loss, lost.at)))
            .collect();
        // In this call centre no rule sends anybody away.
        let sent_away = unjoined().filter(|call| {
            call.end_cause.is_some_and(|cause| cause != EndCause::HungUp) && !lost.contains_key(call.sid.as_str())
        });
        let sent_away: Vec<String> =
            sent_away.map(|call| format!("{}: ended by {:?}", call.sid, call.end_cause)).collect();
        let left = unjoined().filter(|call| call.end_cause == Some(EndCause::HungUp)).count();
        let unfinished = truth.callers().filter(|call| !call.status.is_over()).count();
        let (arrived, count) =
            (truth.callers().count(), truth.callers().filter(|call| joined.contains(call.sid.as_str())).count());
        self.figure("calls", arrived);
        self.figure("joined", count);
        self.figure("left_by_themselves", left);
        self.figure("unfinished", unfinished);
        self.wrong("lost", lost.into_values().chain(sent_away));
        self.wrong("double_booked", truth.double_booked());
        // V-2: a run in which hardly anybody was served shows nothing.
        if arrived < 10 || count * 100 < arrived * 80 {
            self.wrong("too_few_joined", [format!("{count} of {arrived}")]);
        }
        if unfinished > 0 {
            self.wrong("unfinished", [format!("{unfinished} callers are still there")]);
        }
    }

    /// What was acknowledged and is gone.
    pub(crate) fn facts(
        &mut self,
        lost: Vec<String>,
        acknowledged: usize,
        calls: &BTreeMap<String, Value>,
        truth: &Truth,
        journal: &Journal,
    ) {
        self.figure("facts_acknowledged", acknowledged);
        self.wrong("facts_lost", lost);
        let mut connected = BTreeSet::new();
        for call in calls.values().filter(|call| call.get("connected_at").is_some_and(|at| !at.is_null())) {
            let legs = call.get("legs").and_then(Value::as_array).into_iter().flatten();
            connected.extend(legs.filter_map(|leg| leg.get("sid")?.as_str()));
        }
        let long = truth.joined.iter().filter(|pair| pair.to.is_some_and(|to| to.since(pair.from) > NOTED_AFTER));
        let unnoted = long.filter(|pair| !connected.contains(pair.a.as_str()) || !connected.contains(pair.b.as_str()));
        // Where no node ever said that it had noted who came, nothing that was acknowledged is gone.
        let has_noted = |sid: &str| journal.in_rooms.contains(sid);
        let (gone, untold): (Vec<&Joined>, Vec<&Joined>) =
            unnoted.partition(|pair| has_noted(&pair.a) && has_noted(&pair.b));
        self.figure("talks_unnoted", untold.len());
        let gone = gone.into_iter().map(|pair| format!("{} and {} talked, and it is forgotten", pair.a, pair.b));
        self.wrong("facts_lost", gone);
    }

    /// I-20: no leg was dialled twice.
    pub(crate) fn dials(&mut self, journal: &Journal) {
        let twice = journal.legs.iter().filter(|(_, sids)| sids.len() > 1);
        self.wrong("double_dials", twice.map(|(leg, sids)| format!("{leg}: {sids:?}")));
    }

    /// For how long work was left by nodes that were killed.
    pub(crate) fn takeover(&mut self, broken: &Broken, outages: &[Outage], stalls: &[Stall]) {
        let away = |at: Instant| {
            let (from, to) = (at - AROUND, at + AROUND);
            let database = outages.iter().any(|(begin, end)| *begin < to && end.is_none_or(|end| end > from));
            let nodes = broken.without_nodes.iter().any(|(begin, end)| *begin < to && *end > from);
            database || nodes
        };
        let stalls: Vec<&Stall> = stalls.iter().filter(|stall| !away(stall.from)).collect();
        let longest = |kill: Instant| {
            let after = stalls.iter().filter(|stall| stall.to > kill && stall.from < kill + TAKEN_OVER_FROM);
            let longest =
                after.map(|stall| (stall.to.duration_since(stall.from.max(kill)), stall)).max_by_key(|(time, _)| *time);
            longest.map_or(Duration::ZERO, |(time, _)| time)
        };
        let mut times: Vec<Duration> =
            broken.kills.iter().filter(|kill| !away(**kill)).map(|kill| longest(*kill)).collect();
        times.sort_unstable();
        self.figure("takeovers", times.len());
        self.figure("takeover_p50_ms", per_mille(&times, 500));
        self.figure("takeover_p99_ms", per_mille(&times, 990));
        self.figure("takeover_max_ms", per_mille(&times, 1000));
    }

    /// How soon documents were answered, at all and while the database was away.
    pub(crate) fn answers(&mut self, journal: &Journal, outages: &[Outage]) {
        let documents = || journal.answers.iter().filter(|answer| answer.is_document);
        let away = |answer: &&Answer| {
            outages.iter().any(|(from, to)| answer.at >= *from && to.is_none_or(|to| answer.at < to))
        };
        let sorted = |answers: Vec<&Answer>| {
            let mut times: Vec<Duration> = answers.into_iter().map(|answer| answer.took).collect();
            times.sort_unstable();
            times
        };
        let (all, without) = (sorted(documents().collect()), sorted(documents().filter(away).collect()));
        for (name, times) in [("answers", &all), ("answers_without_database", &without)] {
            let figures = json!({
                "count": times.len(),
                "p50_ms": per_mille(times, 500),
                "p99_ms": per_mille(times, 990),
                "p999_ms": per_mille(times, 999),
                "max_ms": per_mille(times, 1000),
            });
            self.figure(name, figures);
        }
        self.figure("answered_hold", documents().filter(|answer| answer.is_hold).count());
        self.figure("asked_twice_answered_alike", journal.asked_twice);
        let refused: BTreeMap<String, usize> =
            journal.refused.iter().map(|(status, count)| (status.to_string(), *count)).collect();
        self.figure("webhooks_without_answer", json!(refused));
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_well(&self) -> bool {
        self.wrong.values().all(Vec::is_empty)
    }

    /// The summary, with what is asked for first.
    pub(crate) fn summary(&self, broken: &Broken) -> Value {
        let mut summary = self.figures.clone();
        for kind in ["lost", "double_booked", "facts_lost", "double_dials", "disagreements"] {
            summary.insert(kind.to_owned(), self.wrong.get(kind).map_or(0, Vec::len).into());
        }
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        summary.insert("load_average".to_owned(), load.split(' ').take(3).collect::<Vec<_>>().into());
        summary.insert("faults".to_owned(), json!(broken.counts));
        summary.insert("skipped".to_owned(), broken.skipped.len().into());
        summary.insert("ended_in_order".to_owned(), format!("{} of {}", broken.ended_well, broken.told_to_end).into());
        Value::Object(summary)
    }
}
