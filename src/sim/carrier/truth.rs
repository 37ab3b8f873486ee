//! What really happened, for those who judge.

use std::time::Duration;

use super::Carrier;
use super::state::Call;
use super::types::{CallView, Direction, Heard, Hearing, Joined, Loss, LostCall, Notification};

/// I-29: silence beyond this loses a caller.
const PATIENCE: Duration = Duration::from_secs(5);

impl Carrier {
    /// All legs that ever were, in the order in which they came about.
    #[must_use]
    pub fn calls(&self) -> Vec<CallView> {
        self.order.iter().filter_map(|sid| self.calls.get(sid)).map(|call| self.view(call)).collect()
    }

    /// The legs that are not over, oldest first.
    pub(crate) fn living(&self) -> impl Iterator<Item = CallView> {
        self.living.iter().filter_map(|sid| self.calls.get(sid)).map(|call| self.view(call))
    }

    /// How many legs there ever were.
    pub(crate) fn legs(&self) -> usize {
        self.order.len()
    }

    /// CA sids of the legs that came about after the first `known` ones.
    #[must_use]
    pub fn legs_after(&self, known: usize) -> Vec<String> {
        self.order.get(known..).unwrap_or_default().to_vec()
    }

    /// One leg.
    #[must_use]
    pub fn call(&self, sid: &str) -> Option<CallView> {
        self.calls.get(sid).map(|call| self.view(call))
    }

    fn view(&self, call: &Call) -> CallView {
        let room = call.conferencing().and_then(|c| self.conferences.get(self.running(&c.conference)?));
        let hearing = call.heard.last().filter(|h| h.to.is_none()).map_or(Hearing::Nothing, |h| h.what.clone());
        CallView {
            sid: call.sid.clone(),
            from: call.from.clone(),
            to: call.to.clone(),
            direction: call.direction,
            parent: call.parent.clone(),
            status: call.status,
            started: call.created,
            answered_at: call.answered,
            ended_at: call.ended,
            end_cause: call.cause,
            in_conference: room.map(|room| room.name.clone()),
            hearing,
        }
    }

    /// All that a leg heard, in order. Empty for an unknown sid.
    #[must_use]
    pub fn heard(&self, call: &str) -> Vec<Heard> {
        self.calls.get(call).map(|call| call.heard.clone()).unwrap_or_default()
    }

    /// Who heard whom: every pair of legs that were bridged, or in a started conference and neither muted nor held.
    #[must_use]
    pub fn joined(&self) -> Vec<Joined> {
        self.joined.clone()
    }

    /// Warnings and errors about our documents and webhooks, in order.
    #[must_use]
    pub fn notifications(&self) -> Vec<Notification> {
        self.notifications.clone()
    }

    /// Callers who were let down: more than 5 s of silence that no document asked for, an application error, or a cut
    /// that neither they nor a document nor REST chose.
    #[must_use]
    pub fn lost(&self) -> Vec<LostCall> {
        let mut lost = Vec::new();
        for call in self.order.iter().filter_map(|sid| self.calls.get(sid)) {
            if call.direction != Direction::Inbound {
                continue;
            }
            let silent = call.heard.iter().find(|heard| {
                heard.what == Hearing::Silence && heard.to.unwrap_or(self.now).since(heard.from) > PATIENCE
            });
            lost.extend(silent.map(|heard| LostCall { call: call.sid.clone(), loss: Loss::Silence, at: heard.from }));
            lost.extend(self.losses.get(&call.sid).into_iter().flatten().cloned());
        }
        lost
    }
}
