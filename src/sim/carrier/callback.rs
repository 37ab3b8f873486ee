//! The status callbacks of a call.

use chrono::{DateTime, Utc};

use super::Carrier;
use super::form::Pairs;
use super::state::{Call, Target};
use super::types::Direction;
use super::webhook::Purpose;
use crate::time::Timestamp;

pub(super) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// `Tue, 31 Aug 2010 20:36:28 +0000`.
pub(super) fn rfc2822(at: Timestamp) -> String {
    let at: DateTime<Utc> = at.into();
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

impl Carrier {
    /// An event of a call's progress: counted, and told to who subscribed to it.
    pub(super) fn fire(&mut self, sid: &str, event: &str) {
        let counts_all = self.config.rules.unsubscribed_events_count;
        let now = self.now;
        let Some(call) = self.calls.get_mut(sid) else { return };
        call.updated = now;
        let subscribed = call.callback.as_ref().is_some_and(|s| s.events.contains(event));
        let number = call.events;
        if subscribed || counts_all {
            call.events += 1;
        }
        let Some(call) = self.calls.get(sid) else { return };
        let of_number = if event == "completed" { self.number_told(call) } else { None };
        let told = call.callback.as_ref().filter(|_| subscribed).map(|s| (s.to.clone(), self.progress(call, number)));
        for (to, pairs) in of_number.into_iter().chain(told) {
            self.send(&to, &pairs, Some(sid), Purpose::Callback(15_003));
        }
    }

    fn progress(&self, call: &Call, number: u64) -> Pairs {
        let mut pairs = self.standard(call, call.status);
        pairs.push(pair("Timestamp", rfc2822(self.now)));
        pairs.push(pair("CallbackSource", "call-progress-events"));
        pairs.push(pair("SequenceNumber", number.to_string()));
        if call.status.is_over() {
            pairs.extend(self.durations(call));
            pairs.push(pair("SipResponseCode", call.sip_code.to_string()));
            pairs.extend(self.last_facts(call));
        }
        pairs.extend(self.attested(call));
        pairs
    }

    /// CallDuration in seconds, Duration in billed minutes.
    fn durations(&self, call: &Call) -> Pairs {
        let seconds = call.seconds();
        let minutes = if self.config.rules.duration_rounds_up { seconds.div_ceil(60) } else { seconds / 60 };
        vec![pair("CallDuration", seconds.to_string()), pair("Duration", minutes.to_string())]
    }

    /// A number's own callback: once, when an inbound call has ended.
    fn number_told(&self, call: &Call) -> Option<(Target, Pairs)> {
        if call.direction != Direction::Inbound {
            return None;
        }
        let at = call.terms.application.as_ref().map_or_else(|| call.to.clone(), |sid| format!("app:{sid}"));
        let to = self.inbound(&at).and_then(|inbound| inbound.status)?;
        let mut pairs = self.standard(call, call.status);
        pairs.extend(self.durations(call));
        pairs.extend(self.last_facts(call));
        if self.config.rules.wire.number_status_has_progress {
            pairs.push(pair("Timestamp", rfc2822(self.now)));
            pairs.push(pair("CallbackSource", "call-progress-events"));
            pairs.push(pair("SequenceNumber", call.events.saturating_sub(1).to_string()));
        }
        Some((to, pairs))
    }
}
