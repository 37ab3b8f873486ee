//! How a node of the world reaches the carrier: the production requests and replies, without a socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sim::carrier::{Carrier, RestFault, RestReply};
use crate::sim::pause::Pause;
use crate::telephony::twilio::probe::Probe;
use crate::telephony::twilio::request::{AccountSid, ApiRequest, outcome, request};
use crate::telephony::twilio::{Account, live};
use crate::telephony::{Action, Command, Failure, LegRef, LegReport, LivePage, Performed, TelephonyError};

/// A command that reached the carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The command's id, `call/leg/seq`.
    pub id: String,
    /// What it asked for: `dial`, `redirect`, `cancel`, `hang_up`, `other`.
    pub what: &'static str,
    /// Legs that it created.
    pub created: Vec<String>,
}

pub(crate) type Shared = Arc<Mutex<Carrier>>;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries out commands at the simulated carrier.
#[derive(Debug)]
pub(crate) struct SimTelephony {
    carrier: Shared,
    account: Account,
    authorization: String,
    sent: Mutex<Vec<Sent>>,
}

impl SimTelephony {
    pub(crate) fn new(carrier: Shared, account: AccountSid, auth_token: &str) -> Self {
        let credentials = STANDARD.encode(format!("{}:{auth_token}", account.as_str()));
        Self { carrier, account: account.into(), authorization: format!("Basic {credentials}"), sent: Mutex::default() }
    }

    pub(crate) fn carrier(&self) -> &Shared {
        &self.carrier
    }

    /// What reached the carrier, in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        lock(&self.sent).clone()
    }

    /// Hands on what reached the carrier after the first `known`.
    pub(crate) fn sent_after(&self, known: usize) -> Vec<Sent> {
        lock(&self.sent).get(known..).unwrap_or_default().to_vec()
    }

    fn send(&self, request: &ApiRequest) -> RestReply {
        let body = request.body.clone().unwrap_or_default();
        let method = request.method.to_string();
        lock(&self.carrier).rest(&method, &request.path_and_query, Some(&self.authorization), body.as_bytes())
    }
}

impl SimTelephony {
    /// A page of the legs that live.
    pub(crate) async fn list_live(&self, after: Option<&str>, fault: impl Fn()) -> Result<LivePage, TelephonyError> {
        let request = live::request(&self.account, after)?;
        Pause::default().await;
        fault();
        let reply = self.send(&request);
        Pause::default().await;
        if reply.fault.is_some() {
            return Err(lost(true));
        }
        live::read(&self.account, &request, reply.status, reply.body.as_bytes(), retry_after(&reply))
    }
}

fn retry_after(reply: &RestReply) -> Option<&str> {
    let header = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    header.map(|(_, value)| value.as_str())
}

/// A reply that never came: what may have been done is unknown, and harmless to repeat only where it is idempotent.
fn lost(idempotent: bool) -> TelephonyError {
    let failure = if idempotent { Failure::Unavailable { retry_after: None } } else { Failure::Unknown };
    TelephonyError::new(failure, "the connection to the simulated carrier broke before its reply came")
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Dial { .. } => "dial",
        Action::Redirect { .. } => "redirect",
        Action::Cancel { .. } => "cancel",
        Action::HangUp { .. } => "hang_up",
        _ => "other",
    }
}

impl SimTelephony {
    /// Carries out a command; `first` is done just before it reaches the carrier.
    pub(crate) async fn perform_with(
        &self,
        command: &Command,
        first: impl Fn() + Send,
    ) -> Result<Performed, TelephonyError> {
        let request = request(&self.account, command)?;
        Pause::default().await;
        first();
        let before = lock(&self.carrier).legs();
        let reply = self.send(&request);
        if reply.fault != Some(RestFault::LostBefore) {
            let created = lock(&self.carrier).legs_after(before);
            let (id, what) = (command.id.clone(), verb(&command.action));
            lock(&self.sent).push(Sent { id, what, created });
        }
        Pause::default().await;
        if reply.fault.is_some() {
            return Err(lost(command.action.is_idempotent()));
        }
        outcome(&self.account, &command.action, reply.status, reply.body.as_bytes(), retry_after(&reply))
    }

    /// Asks about a leg; `first` is done just before each request reaches the carrier.
    pub(crate) async fn probe_with(&self, leg: &LegRef, first: impl Fn() + Send) -> Result<LegReport, TelephonyError> {
        let mut probe = Probe::new(&self.account, leg)?;
        loop {
            Pause::default().await;
            first();
            let reply = self.send(probe.request());
            if reply.fault.is_some() {
                return Err(lost(true));
            }
            if let Some(report) = probe.read(reply.status, reply.body.as_bytes(), retry_after(&reply))? {
                return Ok(report);
            }
        }
    }
}
