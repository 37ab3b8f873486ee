//! What the account has besides its calls, and how it is set up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::exchanges::Exchanges;
use super::resource_applications::Application;
use super::resource_caller_ids::{CallerId, Validation};
use super::resource_keys::ApiKey;
use super::resource_messages::Message;
use super::resource_transcriptions::Transcription;
use super::rest_user_messages::Listener;
use super::state::Sid;
use crate::time::Timestamp;

/// How the account is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountConfig {
    /// Its friendly name; REST may change it.
    pub friendly_name: String,
    /// Whether it is a trial account: it calls and texts nobody but verified caller ids and numbers of its own (Twilio
    /// docs, errors 21219 and 21608).
    pub trial: bool,
    /// Whether its credentials are test credentials: calls, messages and purchases are judged by Twilio's magic numbers
    /// (`+15005550000` and on) and have no effect, and every other resource is refused with 403 and code 20008.
    pub test_credentials: bool,
    /// Whether calls and messages may come from any number. Otherwise From is a number of the account's or a verified
    /// caller id (errors 21210 and 21606), as soon as the account has a number.
    pub any_caller_id: bool,
    /// Beginnings of the numbers that geographic permissions let it call, such as `+1`; others are refused with 21215.
    /// `None`: the whole world.
    pub geo_permissions: Option<BTreeSet<String>>,
    /// Numbers that may not be called: refused with 21216.
    pub blocked: BTreeSet<String>,
    /// How long a call beyond `calls_per_second` may have to wait: one that would wait longer is refused. Twilio docs: a day.
    /// Refused with 429 and code 20429: unverified.
    pub queued_for_max: Duration,
    /// How long after a call's end its Events can be read. Twilio docs, Call Events: about 15 minutes.
    pub events_after: Duration,
    /// Whether a Standard API key may read its account. Unverified: one field report says that it may not.
    pub standard_keys_read_the_account: bool,
    /// Price of a started minute of a call, in millionths of a dollar. 0: calls are never rated, `price` stays null.
    pub price_per_minute_micros: u64,
    /// Price of a segment of a message, in millionths of a dollar. 0: messages are never rated.
    pub price_per_segment_micros: u64,
    /// What was paid in, in millionths of a dollar.
    pub balance_micros: u64,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self {
            friendly_name: "Carrier in a box".to_owned(),
            trial: false,
            test_credentials: false,
            any_caller_id: false,
            geo_permissions: None,
            blocked: BTreeSet::new(),
            queued_for_max: Duration::from_secs(1440 * 60),
            events_after: Duration::from_secs(15 * 60),
            standard_keys_read_the_account: false,
            price_per_minute_micros: 0,
            price_per_segment_micros: 0,
            balance_micros: 0,
        }
    }
}

/// What the account has.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) friendly_name: Option<String>,
    pub(super) keys: Vec<ApiKey>,
    pub(super) applications: Vec<Application>,
    pub(super) caller_ids: Vec<CallerId>,
    /// By the call that asks for the code.
    pub(super) validations: BTreeMap<Sid, Validation>,
    pub(super) messages: Vec<Message>,
    /// Who wants no texts, and from which number of ours.
    pub(super) opted_out: BTreeSet<(String, String)>,
    pub(super) exchanges: Exchanges,
    pub(super) transcriptions: Vec<Transcription>,
    pub(super) listeners: Vec<Listener>,
    /// Calls that wait for their turn, oldest first.
    pub(super) queued: VecDeque<Sid>,
}

/// What REST said about a leg that only the leg's other end, or its documents, can tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// Shown in place of From.
    pub(super) caller_id: Option<String>,
    pub(super) caller_name: Option<String>,
    pub(super) reason: Option<String>,
    /// Pressed for it once it is answered.
    pub(super) digits: Option<String>,
    /// The application that drives it.
    pub(super) application: Option<Sid>,
}

/// What the account does by itself, later.
#[derive(Clone, Debug)]
pub(super) enum Later {
    /// The digits of this leg have been sent.
    DigitsSent(Sid),
    /// A message goes on its way.
    Message(Sid),
    /// One more call of REST may be placed.
    Slot,
}

/// What the display of a called telephone or browser shows, and hands to its program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Display {
    /// Who calls: the CallerId, or From.
    pub caller: String,
    /// CallerDisplayName, where it was given.
    pub name: Option<String>,
    /// CallReason, where it was given.
    pub reason: Option<String>,
    /// The parameters behind the `?` of `client:ana?k=v`, or of the noun that dialled, in their order.
    pub parameters: Vec<(String, String)>,
}

/// A resource's moments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dates {
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Dates {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { created: now, updated: now }
    }
}
