//! Putting a call where it belongs: after a change, when something is relaxed, when somebody signs in or out.

use super::class::{ClassKey, fits};
use super::{Alarm, Floor, Head, NONE};
use crate::routing::order;
use crate::routing::why::{Asking, Reached};
use crate::time::Timestamp;

impl Floor {
    /// Puts a call where it belongs now.
    pub(super) fn settle(&mut self, slot: u32, now: Timestamp) {
        self.step_out(slot);
        let Some(caller) = self.caller(slot) else { return };
        let (was, weight, line_at) = (caller.class, caller.weight(), caller.line);
        let line = &self.lines[line_at as usize];
        let mut stage = line.stage_at(now, caller.entered);
        let last = line.last_stage();
        let skips = line.policy.skip_unstaffed;
        let key = ClassKey { line: line_at, stage, only: None, needs: caller.needs, weight };
        let class = match self.kept_for(slot, now) {
            Some((agent, direct)) => {
                stage = last;
                self.class(ClassKey { stage, ..key }.alone(agent, direct))
            }
            None => {
                let mut class = self.class(key);
                while skips && stage < last && !self.is_staffed(class, slot, stage) {
                    stage += 1;
                    class = self.class(ClassKey { stage, ..key });
                }
                class
            }
        };
        self.hold(class);
        self.release(was);
        let bits = match self.classes[class as usize].key.is_mixed() {
            true => self.bits(line_at, stage, key.needs),
            false => Vec::new(),
        };
        let line = &self.lines[line_at as usize];
        let reached = line.reached(stage);
        let Some(caller) = self.callers[slot as usize].as_mut() else { return };
        let rings = line.policy.rings.iter().filter(|ring| ring.after <= reached).map(|ring| ring.points);
        caller.points = rings.fold(caller.own_points(), i32::saturating_add);
        caller.key = order::place(line.policy.order, caller.points, caller.since);
        caller.class = class;
        caller.set_bits(bits);
        let more = caller.wanted_more_at().is_some_and(|at| at <= now);
        if caller.wanted > 0 || more {
            self.step_in(slot);
        }
        self.set_alarm(slot, stage, now);
    }

    fn step_in(&mut self, slot: u32) {
        let Some(caller) = self.callers[slot as usize].as_mut() else { return };
        caller.in_line = true;
        let place = caller.place();
        self.classes[caller.class as usize].waiting.insert(place);
        let gauge = &mut self.gauges[caller.class as usize];
        let head = &mut self.heads[caller.class as usize];
        if gauge.waiting == 0 || place < head.place {
            *head = Head { place, is_for_all: caller.is_for_all() };
        }
        gauge.waiting += 1;
        if gauge.ready > 0 {
            self.hot.insert(caller.class);
        }
        self.lines[caller.line as usize].waiting += 1;
    }

    /// When to look at the call again.
    fn set_alarm(&mut self, slot: u32, stage: u32, now: Timestamp) {
        let Some(caller) = self.callers[slot as usize].as_mut() else { return };
        let mut at: Option<Timestamp> = None;
        let mut look = |when: Timestamp| {
            if when > now && at.is_none_or(|at| when < at) {
                at = Some(when);
            }
        };
        let line = &self.lines[caller.line as usize];
        line.stages.get(stage as usize + 1).into_iter().for_each(|after| look(caller.entered + *after));
        caller.wanted_more_at().into_iter().for_each(&mut look);
        caller.held_for().iter().for_each(|(_, until)| look(*until));
        caller.excluded().into_iter().flat_map(|all| all.values()).flatten().for_each(|until| look(*until));
        if let Some(at) = at {
            caller.alarm = Some(at);
            self.alarms.insert((at, Alarm::Call(slot)));
        }
    }

    /// The only agent whom the call may be offered to now, and whether that is for good.
    fn kept_for(&self, slot: u32, now: Timestamp) -> Option<(u32, bool)> {
        let caller = self.caller(slot)?;
        if let Some(only) = caller.only() {
            // Nobody at all, if there is no such agent.
            return Some((self.seat_at(only).unwrap_or(NONE), true));
        }
        let (agent, _) = caller.held_for().filter(|(_, until)| *until > now)?;
        let at = self.seat_at(agent)?;
        let line = &self.lines[caller.line as usize];
        let asking = Asking { queue: &line.id, needs: self.needs_of(caller), entered: caller.entered };
        let admits = |member| {
            let reached = Reached(line.reached(line.last_stage()));
            line.policy.admits(agent, member, asking, reached).is_ok()
        };
        let may = self.seats[at as usize].standing.staffed
            && caller.excludes(agent, now).is_none()
            && self.roster.agents.get(agent).is_some_and(admits);
        may.then_some((at, false))
    }

    /// Whether somebody signed in could have the call at a stage.
    fn is_staffed(&self, class: u32, slot: u32, stage: u32) -> bool {
        let class = &self.classes[class as usize];
        if !class.key.is_mixed() {
            return class.staffed > 0;
        }
        let Some(caller) = self.caller(slot) else { return false };
        let bits = self.bits(caller.line, stage, caller.needs);
        let could = |(agent, _): &(u32, u32)| {
            let seat = &self.seats[*agent as usize];
            seat.standing.staffed && fits(seat, &bits)
        };
        class.members.iter().any(could)
    }
}
