//! A plan that fails is made smaller as long as it still breaks the same rule, so that what is left is a short story.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::sim::fault::FaultKind;
use crate::sim::plan::{Plan, Strength};
use crate::sim::run::{PlanReport, Planned};

/// Goes on making a plan smaller.
struct Shrinking {
    planned: Planned,
    rule: String,
    /// How the smallest one so far went.
    report: PlanReport,
    runs_left: u32,
}

impl Planned {
    /// The smallest plan found, in at most `runs_max` runs, that breaks the first rule that this one breaks, and how it goes:
    /// with fewer callers, agents, nodes, kinds of faults, single faults, and with shorter delays. `None`: this one breaks none.
    #[must_use]
    pub fn shrunk(&self, runs_max: u32) -> Option<(Plan, PlanReport)> {
        let report = self.run();
        let rule = report.broken()?.to_owned();
        let mut shrinking = Shrinking { planned: self.clone(), rule, report, runs_left: runs_max };
        while shrinking.runs_left > 0 {
            let before = shrinking.planned.plan.clone();
            shrinking.fewer_kinds();
            shrinking.fewer_callers();
            shrinking.smaller_sizes();
            shrinking.fewer_faults();
            if shrinking.planned.plan == before {
                break;
            }
        }
        Some((shrinking.planned.plan, shrinking.report))
    }
}

impl Shrinking {
    /// Takes this plan if it still breaks the rule. Returns whether it does.
    fn takes(&mut self, change: impl FnOnce(&mut Plan)) -> bool {
        let mut planned = self.planned.clone();
        change(&mut planned.plan);
        if planned.plan == self.planned.plan || self.runs_left == 0 {
            return false;
        }
        self.runs_left -= 1;
        let report = planned.run();
        let breaks = report.violations.iter().any(|violation| violation.rule == self.rule)
            || (self.rule == "I-29" && !report.lost.is_empty());
        if breaks {
            (self.planned, self.report) = (planned, report);
        }
        breaks
    }

    fn fewer_kinds(&mut self) {
        let kinds: Vec<FaultKind> = self.planned.plan.faults.keys().copied().collect();
        // Most plans need few kinds: half of them at once, then one by one.
        for half in kinds.chunks(kinds.len().div_ceil(2).max(1)) {
            self.takes(|plan| plan.faults.retain(|kind, _| !half.contains(kind)));
        }
        for kind in kinds {
            if !self.takes(|plan| plan.faults.retain(|other, _| *other != kind)) {
                self.takes(|plan| {
                    plan.faults.entry(kind).and_modify(|strength| *strength = Strength::Rare);
                });
            }
        }
    }

    fn fewer_callers(&mut self) {
        while self.takes(|plan| plan.callers -= plan.callers / 2) {}
        while self.takes(|plan| plan.callers = plan.callers.saturating_sub(1).max(1)) {}
        let callers = self.planned.plan.callers;
        self.spares(callers.div_ceil(2), callers, |plan, some| plan.absent.extend(some));
    }

    fn smaller_sizes(&mut self) {
        for nodes in 1..self.planned.plan.nodes {
            if self.takes(|plan| plan.nodes = nodes) {
                break;
            }
        }
        for agents in 1..self.planned.plan.agents {
            if self.takes(|plan| plan.agents = agents) {
                break;
            }
        }
        for percent in [10, 25, 50] {
            if percent < self.planned.plan.delays_percent && self.takes(|plan| plan.delays_percent = percent) {
                break;
            }
        }
    }

    /// Leaves out single faults that happened: many at once, then fewer.
    fn fewer_faults(&mut self) {
        let happened: BTreeSet<(FaultKind, u32)> =
            self.report.faults.iter().map(|event| (event.kind, event.index)).collect();
        let happened: Vec<(FaultKind, u32)> = happened.into_iter().collect();
        let all = u32::try_from(happened.len()).unwrap_or(u32::MAX);
        self.spares(all.div_ceil(2), all, |plan, some| {
            plan.spared.extend(some.filter_map(|at| happened.get(usize::try_from(at).ok()?).copied()));
        });
    }

    /// Does without `size` at once of `all`, then without half as many at once, down to single ones.
    fn spares(&mut self, size: u32, all: u32, without: impl Fn(&mut Plan, Range<u32>)) {
        let mut size = size;
        while size > 0 && self.runs_left > 0 {
            for from in (0..all).step_by(usize::try_from(size).unwrap_or(1)) {
                self.takes(|plan| without(plan, from..(from + size).min(all)));
            }
            size /= 2;
        }
    }
}
