//! The nodes: who works, who stands still, who dies and begins anew; and the times in which something is wrong.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::core::Request;
use crate::engine::{Builder, ConfigErrors, Switchboard};
use crate::sim::carrier::HttpFault;
use crate::sim::fault::{Dice, FaultKind, Window};
use crate::sim::node::{NodeStore, NodeTelephony, Site};
use crate::sim::nodes::SimTelephony;
use crate::sim::pause::polled;
use crate::sim::plan::Strength;
use crate::sim::store::SimStore;
use crate::store::Store;
use crate::telephony::Telephony;
use crate::time::{Clock, Timestamp};

use super::{Doing, Running, World};

/// Turns that a node takes at once.
const TURNS: usize = 2;
/// How soon a node looks for due work again when there was none after all.
const POLL: Duration = Duration::from_millis(250);
/// The first pause of a node whose store failed; doubled each time, up to [`BACK_OFF_MAX`].
const BACK_OFF: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);
/// How long webhooks are still given to a node that stands still: until it is noticed.
const NOTICED_AFTER: Duration = Duration::from_millis(500);
/// The longest that a dead node takes to begin anew.
const DOWN_MAX: Duration = Duration::from_secs(5);

/// A node of the world.
pub(super) struct Node {
    pub(super) board: Switchboard,
    pub(super) site: Arc<Site>,
    /// It is dead until then.
    up_at: Timestamp,
    /// It has stood still since the first time, until the second.
    still: Option<(Timestamp, Timestamp)>,
    /// It cannot reach the store since then, and its health says so.
    cut_since: Option<Timestamp>,
    /// It does no due work before.
    turn_at: Timestamp,
    /// It was not told of due work, and looks by itself at that time.
    looks_by_itself: bool,
    back_off: Duration,
}

impl Node {
    pub(super) fn new(
        builder: &Builder,
        site: Arc<Site>,
        store: &Arc<SimStore>,
        telephony: &Arc<SimTelephony>,
    ) -> Result<Self, ConfigErrors> {
        let begin = Timestamp::from_micros(i64::MIN);
        let store = Arc::new(NodeStore { site: Arc::clone(&site), store: Arc::clone(store) });
        let telephony = Arc::new(NodeTelephony { site: Arc::clone(&site), telephony: Arc::clone(telephony) });
        let board = builder
            .clone()
            .store(Arc::clone(&store) as Arc<dyn Store>)
            .epoch(store)
            .telephony(Arc::clone(&telephony) as Arc<dyn Telephony>)
            .live_legs(telephony)
            .clock(Arc::clone(&site) as Arc<dyn Clock>)
            .build()?;
        Ok(Self {
            board,
            site,
            up_at: begin,
            still: None,
            cut_since: None,
            turn_at: begin,
            looks_by_itself: false,
            back_off: BACK_OFF,
        })
    }

    pub(super) fn is_still(&self) -> bool {
        self.still.is_some()
    }

    /// Whether the provider cannot reach it.
    pub(super) fn is_cut_off(&self) -> bool {
        self.site.provider_cut.load(Ordering::Relaxed)
    }
}

impl World {
    /// Lets faults happen as these dice fall, windows until `until`.
    pub(crate) fn set_dice(&mut self, dice: &Arc<Dice>, until: Timestamp) {
        self.commons.set_dice(Arc::clone(dice));
        self.coming = dice.windows(self.now(), until);
        self.coming.reverse();
        self.dice = Some(Arc::clone(dice));
        if dice.happens(FaultKind::ClockSkew).is_some() {
            for node in 0..self.nodes.len() {
                self.set_clock(node, dice.word(FaultKind::ClockSkew));
            }
        }
    }

    fn set_clock(&self, node: usize, word: u64) {
        let Some(dice) = &self.dice else { return };
        let is_heavy = [FaultKind::ClockSkew, FaultKind::ClockJumps]
            .into_iter()
            .any(|kind| dice.strength(kind) == Strength::Heavy);
        let most: u64 = if is_heavy { 2_500 } else { 1_000 };
        let ahead_ms = i64::try_from(word % (2 * most + 1)).unwrap_or(0) - i64::try_from(most).unwrap_or(0);
        self.nodes[node].site.ahead_us.store(ahead_ms * 1000, Ordering::Relaxed);
    }

    /// No fault happens from now on, and what is wrong is mended.
    pub(crate) fn heals(&mut self) {
        self.coming.clear();
        for (_, window) in std::mem::take(&mut self.open) {
            self.window_ends(&window);
        }
        if let Some(dice) = &self.dice {
            dice.stop();
        }
        for node in &mut self.nodes {
            node.site.ahead_us.store(0, Ordering::Relaxed);
            node.up_at = node.up_at.min(self.clock.now());
        }
    }

    pub(super) fn next_window(&self) -> Option<Timestamp> {
        let begins = self.coming.last().map(|window| window.event.at);
        let ends = self.open.first_key_value().map(|((at, _), _)| *at);
        let wakes = self.nodes.iter().filter_map(|node| node.still.map(|(_, until)| until)).min();
        [begins, ends, wakes].into_iter().flatten().min()
    }

    /// Begins and ends the times in which something is wrong.
    pub(super) fn windows(&mut self) {
        let now = self.now();
        if let Some(dice) = &self.dice {
            dice.set_now(now);
        }
        while let Some(entry) = self.open.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let window = entry.remove();
            self.window_ends(&window);
        }
        while self.coming.last().is_some_and(|window| window.event.at <= now) {
            if let Some(window) = self.coming.pop() {
                self.window_begins(&window);
            }
        }
        for node in &mut self.nodes {
            node.still = node.still.filter(|(_, until)| *until > now);
        }
    }

    /// Whether calls may be left waiting for now: the store, or a node that holds what is to be done, is away.
    pub(super) fn is_troubled(&self) -> bool {
        self.dice.is_some()
            && (self.open.values().any(|window| window.event.kind != FaultKind::ClockJumps)
                || self.nodes.iter().any(|node| node.up_at > self.clock.now()))
    }

    fn node_of(&self, window: &Window) -> usize {
        usize::try_from(window.word % self.nodes.len() as u64).unwrap_or(0)
    }

    fn set_store_cut(&mut self, node: usize, is_cut: bool) {
        let now = self.now();
        let node = &mut self.nodes[node];
        node.site.store_cut.store(is_cut, Ordering::Relaxed);
        node.cut_since = is_cut.then(|| node.cut_since.unwrap_or(now));
    }

    fn window_begins(&mut self, window: &Window) {
        let node = self.node_of(window);
        match window.event.kind {
            FaultKind::StoreDown => self.store.set_down(true),
            FaultKind::StoreSlow => {
                self.commons.slow_ms.store([200, 800, 3_000][window.word as usize % 3], Ordering::Relaxed)
            }
            FaultKind::StaleScans => self.store.set_scans_stale(true),
            FaultKind::Rewind => drop(self.earlier.insert(window.word, self.store.copied())),
            FaultKind::StoreCut => self.set_store_cut(node, true),
            FaultKind::ProviderCut => self.nodes[node].site.provider_cut.store(true, Ordering::Relaxed),
            FaultKind::NodePaused => {
                self.commons.note_paused(node);
                self.nodes[node].still = Some((self.now(), window.until));
            }
            FaultKind::FleetAway => {
                let down = window.until.since(self.now());
                (0..self.nodes.len()).for_each(|node| self.kill(node, down));
            }
            FaultKind::ClockJumps => self.set_clock(node, window.word >> 8),
            _ => {}
        }
        if let Some(dice) = &self.dice {
            dice.begun(window.event);
        }
        self.serial += 1;
        self.open.insert((window.until, self.serial), *window);
    }

    fn window_ends(&mut self, window: &Window) {
        let (node, now) = (self.node_of(window), self.now());
        let is_last = !self.open.values().any(|other| {
            let same_node = self.node_of(other) == node;
            other.event.kind == window.event.kind
                && (same_node || !matches!(other.event.kind, FaultKind::StoreCut | FaultKind::ProviderCut))
        });
        match window.event.kind {
            FaultKind::StoreDown | FaultKind::StoreSlow | FaultKind::FleetAway => {
                self.troubles.push((window.event.at, now));
            }
            _ => {}
        }
        match window.event.kind {
            FaultKind::Rewind => {
                if let Some(earlier) = self.earlier.remove(&window.word) {
                    self.rewinds(&earlier);
                }
            }
            _ if !is_last => {}
            FaultKind::StoreDown => self.store.set_down(false),
            FaultKind::StoreSlow => self.commons.slow_ms.store(0, Ordering::Relaxed),
            FaultKind::StaleScans => self.store.set_scans_stale(false),
            FaultKind::StoreCut => self.set_store_cut(node, false),
            FaultKind::ProviderCut => self.nodes[node].site.provider_cut.store(false, Ordering::Relaxed),
            FaultKind::NodePaused => self.nodes[node].still = None,
            _ => {}
        }
    }

    /// The store loses its last commits; whatever was under way with it breaks off.
    fn rewinds(&mut self, earlier: &crate::store::MemoryStore) {
        self.look();
        self.store.rewind(earlier);
        self.audit.forget();
        self.answers.clear();
        self.commons.reach("acknowledged commits were lost");
        self.audited = self.store.commits();
    }

    /// Does something for the application, on a node that can be reached. It is asked again until it is stored or refused.
    pub(crate) fn request(&mut self, request: Request) {
        self.asks(request, None);
    }

    fn asks(&mut self, request: Request, at: Option<Timestamp>) {
        let node = self.pick_for_webhook().unwrap_or(0);
        let board = self.nodes[node].board.clone();
        let asked = request.clone();
        let future = async move { !board.request(asked).await.is_err_and(|error| error.is_retryable()) };
        let doing = Doing::Request(Box::pin(future), request);
        self.running.push(Running { node, doing, wakes: at, deadline: None });
    }

    fn turns_of(&self, node: usize) -> usize {
        self.running.iter().filter(|one| one.node == node && matches!(one.doing, Doing::Turn(_))).count()
    }

    /// When a node begins its next turn.
    fn turn_of(&self, at: usize, due: Timestamp) -> Option<Timestamp> {
        let node = self.nodes.get(at)?;
        if self.turns_of(at) >= self.turns_at_once() {
            return None;
        }
        let still_until = node.still.map_or(node.up_at, |(_, until)| until);
        Some(node.site.when_it_shows(due).max(node.up_at).max(node.turn_at).max(still_until))
    }

    fn turns_at_once(&self) -> usize {
        if self.dice.is_some() { TURNS } else { usize::MAX }
    }

    pub(super) fn next_turn(&self) -> Option<Timestamp> {
        let due = self.store.next_due()?;
        (0..self.nodes.len()).filter_map(|node| self.turn_of(node, due)).min()
    }

    pub(super) fn begin_work(&mut self) {
        self.deliver();
        let Some(due) = self.store.next_due() else { return };
        let now = self.now();
        let turning = self.running.iter().filter(|one| matches!(one.doing, Doing::Turn(_))).count();
        if self.dice.is_none() && turning >= self.nodes.len() {
            return;
        }
        let able: Vec<usize> =
            (0..self.nodes.len()).filter(|node| self.turn_of(*node, due).is_some_and(|at| at <= now)).collect();
        if able.is_empty() {
            return;
        }
        let at = self.random(able.len() as u64);
        let Some(node) = usize::try_from(at).ok().and_then(|at| able.get(at)).copied() else { return };
        let knows = std::mem::take(&mut self.nodes[node].looks_by_itself) || turning > 0;
        if let Some(dice) = &self.dice
            && !knows
            && let Some(word) = dice.happens(FaultKind::HintLost)
        {
            // Each looks by itself, some time within its period.
            for (number, node) in self.nodes.iter_mut().enumerate() {
                let wait = Duration::from_millis((word >> (8 * (number % 7))) % 250 + 1);
                node.turn_at = node.turn_at.max(now + wait);
                node.looks_by_itself = true;
            }
            return;
        }
        let board = self.nodes[node].board.clone();
        let future = async move { board.turn().await.ok().map(|turned| turned.claimed) };
        self.running.push(Running { node, doing: Doing::Turn(Box::pin(future)), wakes: None, deadline: None });
    }

    /// A node that can be reached from outside. One that stands still is taken for alive until that is noticed; so is one that
    /// cannot reach the store, and where all are so, they are asked nevertheless.
    pub(super) fn pick_for_webhook(&mut self) -> Option<usize> {
        let now = self.now();
        let is_noticed = |since: Option<Timestamp>| since.is_some_and(|since| now.since(since) > NOTICED_AFTER);
        let mut able: Vec<usize> = (0..self.nodes.len())
            .filter(|at| {
                let node = &self.nodes[*at];
                node.up_at <= now && !is_noticed(node.still.map(|(since, _)| since)) && !node.is_cut_off()
            })
            .collect();
        let well: Vec<usize> = able.iter().filter(|at| !is_noticed(self.nodes[**at].cut_since)).copied().collect();
        if !well.is_empty() {
            able = well;
        } else if !able.is_empty() {
            self.troubles.push((now, now));
        }
        let at = self.random(able.len() as u64);
        usize::try_from(at).ok().and_then(|at| able.get(at)).copied()
    }

    /// Takes a step of what is under way. Returns whether there was anything to do now.
    pub(super) fn step(&mut self) -> bool {
        let now = self.now();
        let is_able = |world: &Self, one: &Running| {
            let awake = one.wakes.is_none_or(|at| at <= now) || one.deadline.is_some_and(|at| at <= now);
            awake && !world.nodes[one.node].is_still()
        };
        let able: Vec<usize> = (0..self.running.len()).filter(|at| is_able(self, &self.running[*at])).collect();
        if able.is_empty() {
            return false;
        }
        let at = if self.chaos.shuffle { self.random(able.len() as u64) } else { 0 };
        let at = usize::try_from(at).ok().and_then(|at| able.get(at)).copied().unwrap_or(able[0]);
        let step = self.steps;
        self.steps += 1;
        let node = self.running[at].node;
        let dies = self.chaos.die_at == Some(step)
            || (self.chaos.die_per_mille > 0 && self.random(1000) < u64::from(self.chaos.die_per_mille))
            || (self.chaos.die_per_million > 0 && self.random(1_000_000) < u64::from(self.chaos.die_per_million));
        if dies {
            self.kill(node, Duration::ZERO);
            return true;
        }
        if let Some(dice) = self.dice.clone()
            && let Some(word) = dice.happens(FaultKind::NodeDies)
        {
            self.kill(node, dice.up_to(DOWN_MAX, word));
            return true;
        }
        if self.running[at].deadline.is_some_and(|deadline| deadline <= now) {
            self.gives_up(at);
            return true;
        }
        self.poll(at);
        self.look();
        true
    }

    fn poll(&mut self, at: usize) {
        let mut context = Context::from_waker(Waker::noop());
        let one = &mut self.running[at];
        let node = one.node;
        match &mut one.doing {
            Doing::Turn(future) => match polled(|| future.as_mut().poll(&mut context)) {
                (Poll::Ready(claimed), _) => {
                    self.running.remove(at);
                    self.turned(node, claimed);
                }
                (Poll::Pending, wakes) => one.wakes = wakes,
            },
            Doing::Request(future, _) => match polled(|| future.as_mut().poll(&mut context)) {
                (Poll::Ready(is_settled), _) => {
                    let one = self.running.remove(at);
                    if let (false, Doing::Request(_, request)) = (is_settled, one.doing) {
                        self.asks_later(request);
                    }
                }
                (Poll::Pending, wakes) => one.wakes = wakes,
            },
            Doing::Answer(_, future) => match polled(|| future.as_mut().poll(&mut context)) {
                (Poll::Ready(reply), _) => {
                    let one = self.running.remove(at);
                    if let Doing::Answer(webhook, _) = one.doing {
                        self.answered(node, &webhook, reply);
                    }
                }
                (Poll::Pending, wakes) => one.wakes = wakes,
            },
        }
    }

    fn asks_later(&mut self, request: Request) {
        self.asks(request, Some(self.now() + BACK_OFF_MAX));
    }

    fn turned(&mut self, node: usize, claimed: Option<usize>) {
        if self.dice.is_none() {
            return;
        }
        let now = self.now();
        let Some(node) = self.nodes.get_mut(node) else { return };
        match claimed {
            Some(0) => node.turn_at = now + POLL,
            Some(_) => node.back_off = BACK_OFF,
            None => {
                node.turn_at = now + node.back_off;
                node.back_off = (node.back_off * 2).min(BACK_OFF_MAX);
            }
        }
    }

    /// The node stops where it is; its connections break. It begins anew after `down`, and remembers nothing.
    pub(super) fn kill(&mut self, node: usize, down: Duration) {
        let (dead, alive): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(|r| r.node == node);
        self.running = alive;
        for one in dead {
            match one.doing {
                Doing::Answer(webhook, _) => {
                    self.carrier(|carrier| carrier.webhook_result(webhook.id, Err(HttpFault::ReadTimeout)));
                }
                Doing::Request(_, request) => self.asks_later(request),
                Doing::Turn(_) => {}
            }
        }
        let up_at = self.now() + down;
        let site = Arc::clone(&self.nodes[node].site);
        site.lives.fetch_add(1, Ordering::Relaxed);
        if let Ok(new) = Node::new(&self.builder, site, &self.store, &self.telephony) {
            let (still, cut_since) = (self.nodes[node].still, self.nodes[node].cut_since);
            self.nodes[node] = Node { up_at, still, cut_since, ..new };
        }
    }
}
