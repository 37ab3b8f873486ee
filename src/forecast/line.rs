//! What may become of a line that waits now, played to its end many times: every agent's remaining time, everybody ahead and
//! their patience, the order of turns, and who may serve whom.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::draw::{Draws, Strata};
use super::learn::{Hazard, Works};

/// Beyond this nobody is told anything, s.
const HORIZON_S: f64 = 14_400.0;
/// Most turns of one play.
const TURNS_MAX: usize = 20_000;

/// Which agents may serve calls of a lane, by time in the queue: at each of these times, s, the agents change to those.
pub(super) type Reach = Arc<Vec<(f64, Vec<bool>)>>;

/// How calls of different lanes are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claims {
    Oldest,
    Score,
}

/// A caller who waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    /// Has waited in all, s.
    pub(super) waited_s: f64,
    /// Has been in this queue, s.
    pub(super) entered_s: f64,
}

/// Calls with the same needs, points and queue, in the order of their turns.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) reach: Reach,
    pub(super) waiting: Vec<Waiter>,
    pub(super) points: f64,
    /// Points that a second of waiting is worth.
    pub(super) ageing: f64,
    pub(super) last_first: bool,
    /// Callers still to come who may go first, per second.
    pub(super) arrivals: f64,
    /// Index among the works and hazards.
    pub(super) queue: usize,
}

/// What an agent does now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hand {
    FreeIn(f64),
    /// Busy with a call of this queue, so long; as many of the handle times known are over by then.
    Busy {
        queue: usize,
        age_s: f64,
        over: usize,
    },
}

/// An agent.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) agent: usize,
    pub(super) hand: Hand,
    /// Lanes ever served: the agent's own order, and which.
    pub(super) lanes: Vec<(u8, usize)>,
}

/// What is learned of a queue.
#[derive(Debug)]
pub(super) struct Learned<'a> {
    pub(super) works: &'a Works,
    pub(super) drift: f64,
    pub(super) hazard: Hazard,
    /// Part of the offers that are missed.
    pub(super) missed: f64,
    /// Time that a missed offer takes from the agent, s.
    pub(super) missed_s: f64,
    /// Time that it takes from the caller, s.
    pub(super) rung_s: f64,
    /// From the offer until both are joined, s.
    pub(super) joined_after_s: f64,
}

/// The line as it is now. The caller asked about is the last of `lane`.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) claims: Claims,
    pub(super) lanes: Vec<Lane>,
    pub(super) servers: Vec<Server>,
    pub(super) queues: Vec<Learned<'a>>,
    pub(super) lane: usize,
}

#[derive(Debug, Default)]
struct Track {
    next: usize,
    gone_at: Vec<f64>,
    later: VecDeque<(f64, f64)>,
    /// Rung for in vain: back in their place then, and gone then.
    back: VecDeque<(f64, f64, Waiter)>,
    arrives_at: f64,
}

enum Turn {
    Asked,
    Of(usize),
    NotBefore(f64),
    Never,
}

impl Scene<'_> {
    /// Callers and agents who are played.
    pub(super) fn size(&self) -> usize {
        self.servers.len() + self.lanes.iter().map(|lane| lane.waiting.len()).sum::<usize>()
    }

    /// Waits of the caller asked about in so many plays, s, ascending; those who are never served wait infinitely.
    ///
    /// What is drawn at the beginning, each agent's remaining time and each caller's patience, is spread evenly over the plays.
    pub(super) fn play(&self, strata: Strata, draws: &mut Draws) -> Vec<f64> {
        let mut tracks: Vec<Track> = self.lanes.iter().map(|_| Track::default()).collect();
        let mut heap = BinaryHeap::with_capacity(self.servers.len());
        let mut waits: Vec<f64> = (0..strata.plays())
            .map(|play| {
                self.begin(&mut tracks, &mut heap, (strata, play), draws);
                self.play_on(&mut tracks, &mut heap, draws)
            })
            .collect();
        waits.sort_by(f64::total_cmp);
        waits
    }

    fn begin(
        &self,
        tracks: &mut [Track],
        heap: &mut BinaryHeap<Reverse<(u64, u32)>>,
        (strata, play): (Strata, usize),
        draws: &mut Draws,
    ) {
        let mut dimension = 0;
        let mut unit = || {
            dimension += 1;
            strata.unit(dimension, play)
        };
        for (at, (lane, track)) in self.lanes.iter().zip(tracks.iter_mut()).enumerate() {
            let hazard = self.queues[lane.queue].hazard;
            track.next = 0;
            track.gone_at.clear();
            track.gone_at.extend(lane.waiting.iter().map(|waiter| hazard.rest(waiter.entered_s, unit())));
            if at == self.lane
                && let Some(asked) = track.gone_at.last_mut()
            {
                // Asked is how long there is to wait, not for whom it is too long.
                *asked = f64::INFINITY;
            }
            track.later.clear();
            track.back.clear();
            track.arrives_at = if lane.arrivals > 0.0 { draws.exponential(1.0 / lane.arrivals) } else { f64::INFINITY };
        }
        heap.clear();
        for (at, server) in self.servers.iter().enumerate() {
            let free_at = match server.hand {
                Hand::FreeIn(at) => at,
                Hand::Busy { queue, age_s, over } => {
                    let Learned { works, drift, .. } = &self.queues[queue];
                    works.rest(age_s / drift, over, unit()) * drift
                }
            };
            heap.push(Reverse((free_at.max(0.0).to_bits(), u32::try_from(at).unwrap_or(u32::MAX))));
        }
    }

    fn play_on(&self, tracks: &mut [Track], heap: &mut BinaryHeap<Reverse<(u64, u32)>>, draws: &mut Draws) -> f64 {
        let mut asked_from = 0.0;
        for _ in 0..TURNS_MAX {
            // Times are not negative, so that their bits are in their order.
            let Some(Reverse((bits, server))) = heap.pop() else { break };
            let now = f64::from_bits(bits);
            if now > HORIZON_S {
                break;
            }
            self.arrive(tracks, now, draws);
            let mut busy = |until: f64| heap.push(Reverse((until.max(now).to_bits(), server)));
            let (lane, asked) = match self.turn(&self.servers[server as usize], tracks, now, asked_from) {
                Turn::Never => continue,
                Turn::NotBefore(at) => {
                    busy(at + 1e-6);
                    continue;
                }
                Turn::Asked => (self.lane, true),
                Turn::Of(lane) => (lane, false),
            };
            let learned = &self.queues[self.lanes[lane].queue];
            if learned.missed > 0.0 && draws.unit() < learned.missed {
                busy(now + learned.missed_s);
                if asked {
                    asked_from = now + learned.rung_s;
                } else if let Some((waiter, gone_at)) = Self::take(&self.lanes[lane], &mut tracks[lane], now) {
                    tracks[lane].back.push_back((now + learned.rung_s, gone_at, waiter));
                }
                continue;
            }
            if asked {
                return now + learned.joined_after_s;
            }
            Self::take(&self.lanes[lane], &mut tracks[lane], now);
            busy(now + learned.works.draw(draws) * learned.drift);
        }
        f64::INFINITY
    }

    /// Callers who came in the meantime and may go first.
    fn arrive(&self, tracks: &mut [Track], now: f64, draws: &mut Draws) {
        for (lane, track) in self.lanes.iter().zip(tracks.iter_mut()) {
            while track.arrives_at <= now {
                let gone_at = track.arrives_at + self.queues[lane.queue].hazard.rest(0.0, draws.unit());
                let new = (track.arrives_at, gone_at);
                // The next is popped from the back.
                if lane.last_first {
                    track.later.push_back(new)
                } else {
                    track.later.push_front(new)
                }
                track.arrives_at += draws.exponential(1.0 / lane.arrivals);
            }
        }
    }

    /// Whose turn it is at this agent.
    fn turn(&self, server: &Server, tracks: &mut [Track], now: f64, asked_from: f64) -> Turn {
        let mut best: Option<(u8, f64, f64, usize, bool)> = None;
        let mut later = f64::INFINITY;
        for &(priority, at) in &server.lanes {
            let (lane, track) = (&self.lanes[at], &mut tracks[at]);
            later = later.min(track.arrives_at);
            later = track.back.iter().map(|(from, ..)| *from).filter(|from| *from > now).fold(later, f64::min);
            let Some((waiter, asked)) = self.head(at, lane, track, now) else { continue };
            if asked && asked_from > now {
                later = later.min(asked_from);
                continue;
            }
            let in_queue = waiter.entered_s + now;
            let stage = lane.reach.iter().rposition(|(from, _)| *from <= in_queue).unwrap_or(0);
            if !lane.reach[stage].1.get(server.agent).copied().unwrap_or(false) {
                let opens = lane.reach[stage + 1..].iter().find(|(_, may)| may.get(server.agent) == Some(&true));
                later = later.min(opens.map_or(f64::INFINITY, |(from, _)| from - waiter.entered_s));
                continue;
            }
            let score = match self.claims {
                Claims::Oldest => 0.0,
                Claims::Score => -(lane.points + lane.ageing * (waiter.waited_s + now)),
            };
            let claim = (priority, score, -waiter.waited_s, at, asked);
            let before = |known: &(u8, f64, f64, usize, bool)| {
                claim.0.cmp(&known.0).then(claim.1.total_cmp(&known.1)).then(claim.2.total_cmp(&known.2)).is_lt()
            };
            if best.as_ref().is_none_or(before) {
                best = Some(claim);
            }
        }
        match best {
            Some((.., true)) => Turn::Asked,
            Some((.., lane, false)) => Turn::Of(lane),
            None if later.is_finite() => Turn::NotBefore(later.max(now)),
            None => Turn::Never,
        }
    }

    /// The first of a lane is served, or rung for: who it is, and when gone.
    fn take(lane: &Lane, track: &mut Track, now: f64) -> Option<(Waiter, f64)> {
        if track.back.front().is_some_and(|(from, ..)| *from <= now) {
            return track.back.pop_front().map(|(_, gone_at, waiter)| (waiter, gone_at));
        }
        if track.next >= lane.waiting.len() || (lane.last_first && !track.later.is_empty()) {
            let (arrived, gone_at) = track.later.pop_back()?;
            return Some((Waiter { waited_s: -arrived, entered_s: -arrived }, gone_at));
        }
        track.next += 1;
        let at = track.next - 1;
        Some((*lane.waiting.get(at)?, track.gone_at.get(at).copied()?))
    }

    /// The first of a lane who is still there, and whether it is the one asked about.
    fn head(&self, at: usize, lane: &Lane, track: &mut Track, now: f64) -> Option<(Waiter, bool)> {
        while track.back.front().is_some_and(|(_, gone_at, _)| *gone_at <= now) {
            track.back.pop_front();
        }
        if let Some((_, _, waiter)) = track.back.front().filter(|(from, ..)| *from <= now) {
            return Some((*waiter, false));
        }
        if lane.last_first {
            while track.later.back().is_some_and(|(_, gone_at)| *gone_at <= now) {
                track.later.pop_back();
            }
            if let Some((arrived, _)) = track.later.back() {
                return Some((Waiter { waited_s: -arrived, entered_s: -arrived }, false));
            }
        }
        while let Some(waiter) = lane.waiting.get(track.next) {
            if track.gone_at.get(track.next).is_some_and(|gone_at| *gone_at > now) {
                return Some((*waiter, at == self.lane && track.next + 1 == lane.waiting.len()));
            }
            track.next += 1;
        }
        while track.later.back().is_some_and(|(_, gone_at)| *gone_at <= now) {
            track.later.pop_back();
        }
        let (arrived, _) = track.later.back()?;
        Some((Waiter { waited_s: -arrived, entered_s: -arrived }, false))
    }
}
