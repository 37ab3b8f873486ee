//! The calls that a floor knows: small, since choosing looks at many of them, and what few have is kept apart.

use std::collections::BTreeMap;

use super::{Alarm, Floor, Head, NONE, Place, hash_of, index};
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::why::{self, Rule};
use crate::routing::{Levels, Needs, Waiting};
use crate::time::Timestamp;

/// A call, without what its queue and its kind say.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) id: CallId,
    /// Where it stands among those of its class.
    pub(super) key: [i64; 2],
    pub(super) since: Timestamp,
    pub(super) entered: Timestamp,
    pub(super) line: u32,
    pub(super) needs: u32,
    pub(super) class: u32,
    pub(super) slot: u32,
    own_points: i32,
    /// Those of rings included.
    pub(super) points: i32,
    pub(super) offers: u32,
    pub(super) wanted: u16,
    /// As it was given: 0 counts as 1.
    weight: u16,
    /// Among those that wait; not while as many agents as wanted are being rung.
    pub(super) in_line: bool,
    pub(super) alarm: Option<Timestamp>,
    /// `None`: it has nothing of the kind.
    rare: Option<Box<Rare>>,
}

/// What few calls have.
#[derive(Debug, Default)]
struct Rare {
    wanted_more_at: Option<Timestamp>,
    excluded: BTreeMap<AgentId, Option<Timestamp>>,
    held_for: Option<(AgentId, Timestamp)>,
    only: Option<AgentId>,
    rung_tier: Option<u16>,
    /// What an agent must be able to do, where the class does not say so.
    bits: Vec<(u32, Levels)>,
}

impl Caller {
    fn of(id: CallId, slot: u32, waiting: Waiting, line: u32, needs: u32) -> Self {
        let Waiting {
            points,
            since,
            entered,
            wanted,
            wanted_more_at,
            weight,
            excluded,
            held_for,
            only,
            offers,
            rung_tier,
            ..
        } = waiting;
        let is_plain = wanted_more_at.is_none()
            && excluded.is_empty()
            && held_for.is_none()
            && only.is_none()
            && rung_tier.is_none();
        let rare = (!is_plain)
            .then(|| Box::new(Rare { wanted_more_at, excluded, held_for, only, rung_tier, bits: Vec::new() }));
        Self {
            id,
            key: [0, 0],
            since,
            entered,
            line,
            needs,
            class: NONE,
            slot,
            own_points: points,
            points,
            offers,
            wanted,
            weight,
            in_line: false,
            alarm: None,
            rare,
        }
    }

    /// Whether it is what `waiting` says, queue and needs aside.
    fn is(&self, waiting: &Waiting) -> bool {
        let same = (self.own_points, self.since, self.entered, self.wanted, self.weight, self.offers)
            == (waiting.points, waiting.since, waiting.entered, waiting.wanted, waiting.weight, waiting.offers);
        let excludes_same = match self.excluded() {
            Some(excluded) => *excluded == waiting.excluded,
            None => waiting.excluded.is_empty(),
        };
        same && excludes_same
            && self.wanted_more_at() == waiting.wanted_more_at
            && self.held_for() == waiting.held_for.as_ref()
            && self.only() == waiting.only.as_ref()
            && self.rung_tier() == waiting.rung_tier
    }

    pub(super) fn place(&self) -> Place {
        Place { key: self.key, id: self.id, slot: self.slot }
    }

    /// How much of an agent's capacity it takes.
    pub(super) fn weight(&self) -> u16 {
        self.weight.max(1)
    }

    pub(super) fn own_points(&self) -> i32 {
        self.own_points
    }

    pub(super) fn wanted_more_at(&self) -> Option<Timestamp> {
        self.rare.as_ref()?.wanted_more_at
    }

    pub(super) fn held_for(&self) -> Option<&(AgentId, Timestamp)> {
        self.rare.as_ref()?.held_for.as_ref()
    }

    pub(super) fn only(&self) -> Option<&AgentId> {
        self.rare.as_ref()?.only.as_ref()
    }

    /// The tier of those who are being rung for it together.
    pub(super) fn rung_tier(&self) -> Option<u16> {
        self.rare.as_ref()?.rung_tier
    }

    pub(super) fn set_rung_tier(&mut self, tier: u16) {
        self.rare.get_or_insert_default().rung_tier = Some(tier);
    }

    /// Agents it is not offered to. `None`: there are none.
    pub(super) fn excluded(&self) -> Option<&BTreeMap<AgentId, Option<Timestamp>>> {
        self.rare.as_ref().map(|rare| &rare.excluded).filter(|excluded| !excluded.is_empty())
    }

    /// The rule that keeps it from an agent whom it excludes.
    pub(super) fn excludes(&self, agent: &AgentId, now: Timestamp) -> Option<Rule> {
        why::excluded(self.excluded()?, agent, now)
    }

    /// What an agent must be able to do, where the class does not say so.
    pub(super) fn bits(&self) -> &[(u32, Levels)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.bits)
    }

    /// Whether every agent of its class may have it.
    pub(super) fn is_for_all(&self) -> bool {
        self.excluded().is_none() && self.bits().is_empty() && self.rung_tier().is_none()
    }

    pub(super) fn set_bits(&mut self, bits: Vec<(u32, Levels)>) {
        if self.bits() != bits {
            self.rare.get_or_insert_default().bits = bits;
        }
    }

    /// As many offers were made.
    pub(super) fn note_offers(&mut self, made: u16, now: Timestamp) {
        self.wanted = self.wanted.saturating_sub(made);
        self.offers = self.offers.saturating_add(u32::from(made));
        if let Some(rare) = self.rare.as_mut() {
            rare.wanted_more_at = rare.wanted_more_at.filter(|at| *at > now);
        }
    }

    pub(super) fn exclude(&mut self, agent: AgentId) {
        self.rare.get_or_insert_default().excluded.insert(agent, None);
    }
}

impl Floor {
    /// From now on the call waits like this; one that does not wait any more is to be removed. A queue that is not in the roster
    /// has nobody.
    pub fn set_call(&mut self, id: CallId, waiting: Waiting, now: Timestamp) {
        let known = self.slot_at(id).and_then(|slot| self.caller(slot));
        if known.is_some_and(|caller| self.is_as(caller, &waiting)) {
            return;
        }
        let is_known = known.is_some();
        let Some(line) = self.line_at(&waiting.queue) else { return self.remove_call(id) };
        let needs = self.intern(&waiting.needs);
        if is_known {
            self.remove_call(id);
        }
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.callers.push(None);
            index(self.callers.len() - 1)
        });
        self.slot_of.insert(hash_of(id), slot);
        self.lines[line as usize].callers += 1;
        if let Some(agent) = waiting.held_for.as_ref().and_then(|(agent, _)| self.seat_at(agent)) {
            self.kept.entry(agent).or_default().insert(slot);
        }
        self.callers[slot as usize] = Some(Caller::of(id, slot, waiting, line, needs));
        self.settle(slot, now);
    }

    /// The call does not wait any more.
    pub fn remove_call(&mut self, id: CallId) {
        let callers = &self.callers;
        let is = |slot: u32| callers.get(slot as usize).and_then(Option::as_ref).is_some_and(|caller| caller.id == id);
        let Some(slot) = self.slot_of.remove(hash_of(id), is) else { return };
        self.step_out(slot);
        let Some(caller) = self.callers[slot as usize].take() else { return };
        self.vacant.push(slot);
        let line = &mut self.lines[caller.line as usize];
        line.callers = line.callers.saturating_sub(1);
        if let Some(agent) = caller.held_for().and_then(|(agent, _)| self.seat_at(agent))
            && let Some(slots) = self.kept.get_mut(&agent)
        {
            slots.remove(&slot);
            if slots.is_empty() {
                self.kept.remove(&agent);
            }
        }
        self.release(caller.class);
        self.forget(caller.needs);
    }

    pub(super) fn step_out(&mut self, slot: u32) {
        let Some(caller) = self.callers[slot as usize].as_mut() else { return };
        if let Some(alarm) = caller.alarm.take() {
            self.alarms.remove(&(alarm, Alarm::Call(slot)));
        }
        if !std::mem::replace(&mut caller.in_line, false) {
            return;
        }
        self.classes[caller.class as usize].waiting.remove(&caller.place());
        let gauge = &mut self.gauges[caller.class as usize];
        gauge.waiting = gauge.waiting.saturating_sub(1);
        if gauge.waiting == 0 && gauge.ready > 0 {
            self.hot.remove(&caller.class);
        }
        let line = &mut self.lines[caller.line as usize];
        line.waiting = line.waiting.saturating_sub(1);
        let class = caller.class;
        if self.heads[class as usize].place.slot == slot
            && let Some(&place) = self.classes[class as usize].waiting.first()
        {
            let is_for_all = self.caller(place.slot).is_some_and(Caller::is_for_all);
            self.heads[class as usize] = Head { place, is_for_all };
        }
    }

    pub(super) fn caller(&self, slot: u32) -> Option<&Caller> {
        self.callers.get(slot as usize).and_then(Option::as_ref)
    }

    pub(super) fn caller_of(&self, call: CallId) -> Option<&Caller> {
        self.caller(self.slot_at(call)?)
    }

    fn slot_at(&self, call: CallId) -> Option<u32> {
        self.slot_of.get(hash_of(call), |slot| self.caller(slot).is_some_and(|caller| caller.id == call))
    }

    /// Whether the call already waits like this.
    fn is_as(&self, caller: &Caller, waiting: &Waiting) -> bool {
        caller.is(waiting) && *self.queue_of(caller) == waiting.queue && *self.needs_of(caller) == waiting.needs
    }

    pub(super) fn queue_of(&self, caller: &Caller) -> &QueueId {
        &self.lines[caller.line as usize].id
    }

    /// What the call needs, nothing relaxed.
    pub(super) fn needs_of(&self, caller: &Caller) -> &Needs {
        &self.needs[caller.needs as usize].needs
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::{Floor, Timestamp, Waiting};
    use crate::id::{AgentId, CallId, QueueId};
    use crate::routing::{Levels, Needs, Policy, Roster};

    #[test]
    fn whatever_is_told_anew_of_a_call_is_heeded() {
        let queue = |name: &str| QueueId::new(name).expect("a name");
        let agent = AgentId::new("ana").expect("a name");
        let queues = ["sales", "support"].map(|name| (queue(name), Policy::default())).into();
        let mut floor = Floor::new(Arc::new(Roster { queues, ..Roster::default() }));
        let (then, soon) = (Timestamp::default(), Timestamp::from_secs(9));
        let first = Waiting {
            queue: queue("sales"),
            needs: Needs::new(),
            points: 0,
            since: then,
            entered: then,
            wanted: 1,
            wanted_more_at: None,
            weight: 1,
            excluded: [].into(),
            held_for: None,
            only: None,
            offers: 0,
            rung_tier: None,
        };
        let with = |change: &dyn Fn(&mut Waiting)| {
            let mut waiting = first.clone();
            change(&mut waiting);
            waiting
        };
        let others = [
            with(&|waiting| waiting.queue = queue("support")),
            with(&|waiting| waiting.needs = [("french".to_owned(), Levels::ANY)].into()),
            with(&|waiting| waiting.points = 1),
            with(&|waiting| waiting.since = soon),
            with(&|waiting| waiting.entered = soon),
            with(&|waiting| waiting.wanted = 2),
            with(&|waiting| waiting.wanted_more_at = Some(soon)),
            with(&|waiting| waiting.weight = 2),
            with(&|waiting| waiting.excluded = [(agent.clone(), None)].into()),
            with(&|waiting| waiting.excluded = [(agent.clone(), Some(soon))].into()),
            with(&|waiting| waiting.held_for = Some((agent.clone(), soon))),
            with(&|waiting| waiting.only = Some(agent.clone())),
            with(&|waiting| waiting.offers = 1),
            with(&|waiting| waiting.rung_tier = Some(0)),
        ];
        let id = CallId(Uuid::nil());
        for other in &others {
            for (told, not) in [(&first, other), (other, &first)] {
                floor.set_call(id, told.clone(), then);
                let caller = floor.caller_of(id).expect("it waits");
                assert!(floor.is_as(caller, told), "{told:?}");
                assert!(!floor.is_as(caller, not), "{told:?} is not {not:?}");
            }
        }
    }
}
