//! Who of a class is ready: joining and leaving its first ones, and looking for more.

use super::class::key_of;
use super::{Floor, NONE, Rank, Spot};
use crate::routing::Strategy;

impl Floor {
    /// An agent who is ready now joins every class.
    pub(super) fn stand_ready(&mut self, at: u32) {
        let Self { seats, lines, classes, gauges, hot, worn, .. } = self;
        let seat = &mut seats[at as usize];
        seat.at = Spot::Ready;
        let free = seat.standing.free;
        let alone = std::mem::take(&mut seat.alone);
        let mut posts = std::mem::take(&mut seat.posts);
        for post in &mut posts {
            if post.classes.is_empty() {
                continue;
            }
            let line = &lines[post.line as usize];
            post.rank = Rank { grade: post.grade, key: key_of(line, seat, post, &[], at, self.roster.seed), agent: at };
            for &nth in &post.classes {
                let gauge = &mut gauges[nth as usize];
                if free < gauge.weight {
                    continue;
                }
                gauge.ready += 1;
                gauge.upkeep += 1;
                if gauge.upkeep > gauge.patience {
                    worn.push(nth);
                }
                if gauge.waiting > 0 {
                    hot.insert(nth);
                }
                if gauge.is_plain && post.rank > gauge.bound {
                    continue;
                }
                let class = &mut classes[nth as usize];
                let key = if gauge.is_plain {
                    post.rank.key
                } else {
                    key_of(line, seat, post, &class.bits, at, self.roster.seed)
                };
                let rank = Rank { key, ..post.rank };
                if line.policy.strategy.goes_by_grade() {
                    *class.tally.entry(rank.grade).or_default() += 1;
                }
                if rank <= gauge.bound {
                    class.first.insert(rank);
                    class.trim(gauge);
                }
            }
        }
        (seat.posts, seat.alone) = (posts, alone);
        for nth in 0..self.seats[at as usize].alone.len() {
            let (_, class, _) = self.seats[at as usize].alone[nth];
            self.join(class, at, NONE);
        }
        if !self.worn.is_empty() {
            self.drop_worn();
        }
    }

    /// A ready agent joins one class.
    pub(super) fn join(&mut self, at: u32, agent: u32, post: u32) {
        let rank = self.rank_in(at, agent, post);
        let free = self.seats[agent as usize].standing.free;
        let (class, gauge) = (&mut self.classes[at as usize], &mut self.gauges[at as usize]);
        if free < gauge.weight {
            return;
        }
        gauge.ready += 1;
        if gauge.waiting > 0 {
            self.hot.insert(at);
        }
        if self.lines[class.key.line as usize].policy.strategy.goes_by_grade() {
            *class.tally.entry(rank.grade).or_default() += 1;
        }
        if let Some(post) = self.seats[agent as usize].posts.get_mut(post as usize) {
            post.rank = rank;
        }
        if rank <= gauge.bound {
            class.first.insert(rank);
            class.trim(gauge);
        }
    }

    /// An agent leaves every class, with the standing that was joined with.
    pub(super) fn quit(&mut self, at: u32) {
        let Self { seats, lines, classes, gauges, hot, .. } = self;
        let seat = &seats[at as usize];
        let free = seat.standing.free;
        for post in &seat.posts {
            let line = &lines[post.line as usize];
            for &nth in &post.classes {
                let gauge = &mut gauges[nth as usize];
                if free < gauge.weight {
                    continue;
                }
                gauge.ready = gauge.ready.saturating_sub(1);
                if gauge.waiting > 0 {
                    // A strategy of one's own may answer otherwise when it is shown fewer.
                    match (gauge.ready, &line.policy.strategy) {
                        (0, _) => hot.remove(&nth),
                        (_, Strategy::Own(_)) => hot.insert(nth),
                        _ => false,
                    };
                }
                if gauge.is_plain && post.rank > gauge.bound {
                    continue;
                }
                let class = &mut classes[nth as usize];
                let key = if gauge.is_plain {
                    post.rank.key
                } else {
                    key_of(line, seat, post, &class.bits, at, self.roster.seed)
                };
                class.first.remove(&Rank { key, ..post.rank });
                if let Some(count) = class.tally.get_mut(&post.rank.grade) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        class.tally.remove(&post.rank.grade);
                    }
                }
            }
        }
        for nth in 0..self.seats[at as usize].alone.len() {
            let (_, class, _) = self.seats[at as usize].alone[nth];
            let gauge = &mut self.gauges[class as usize];
            if free >= gauge.weight {
                gauge.ready = 0;
                self.classes[class as usize].first.clear();
                self.classes[class as usize].tally.clear();
                self.hot.remove(&class);
            }
        }
    }

    /// Where an agent stands in a class.
    pub(super) fn rank_in(&self, class: u32, agent: u32, post: u32) -> Rank {
        let class = &self.classes[class as usize];
        let seat = &self.seats[agent as usize];
        let Some(post) = seat.posts.get(post as usize) else { return Rank { grade: 0, key: [0, 0], agent } };
        let line = &self.lines[class.key.line as usize];
        let key = key_of(line, seat, post, &class.bits, agent, self.roster.seed);
        Rank { grade: post.grade, key, agent }
    }

    /// Ranks of all ready agents of a class, in no order.
    pub(super) fn ranks(&self, at: u32) -> Vec<Rank> {
        let class = &self.classes[at as usize];
        let is_ready = |(agent, _): &&(u32, u32)| {
            let seat = &self.seats[*agent as usize];
            seat.at == Spot::Ready && seat.standing.free >= class.key.weight
        };
        class.members.iter().filter(is_ready).map(|(agent, post)| self.rank_in(at, *agent, *post)).collect()
    }

    /// Looks for the next first ones of a class where few are left.
    pub(super) fn replenish(&mut self, at: u32) {
        let (class, gauge) = (&self.classes[at as usize], &self.gauges[at as usize]);
        if class.first.len() >= self.limits.first || gauge.bound == Rank::LAST {
            return;
        }
        let mut ranks = self.ranks(at);
        let (class, gauge) = (&mut self.classes[at as usize], &mut self.gauges[at as usize]);
        gauge.bound = Rank::LAST;
        if ranks.len() > class.wanted {
            let (_, bound, _) = ranks.select_nth_unstable(class.wanted - 1);
            gauge.bound = *bound;
            ranks.truncate(class.wanted);
        }
        class.first = ranks.into_iter().collect();
    }
}
