//! Webhooks on their way to the nodes, and the answers.

use std::collections::btree_map::Entry;
use std::time::Duration;

use crate::core::call_key;
use crate::engine::{Switchboard, WebhookReply};
use crate::sim::audit::Violation;
use crate::sim::carrier::{Carrier, HttpFault, HttpReply, Webhook, WebhookKind};
use crate::sim::fault::FaultKind;
use crate::webhook::{Method, WebhookRequest};

use super::{ANSWER_WITHIN, BASE, Doing, Running, World};

/// A reply that nobody waits for: of a copy, or of what has been answered already.
const NOBODY: u64 = 0;
/// The longest that a callback is late.
const LATE_MAX: Duration = Duration::from_secs(8);
/// The longest that a callback is held back so that others overtake it.
const REORDERED_MAX: Duration = Duration::from_millis(1500);
/// How often in a row no connection comes about: the provider tries four times.
const REFUSED_MAX: u8 = 2;

impl World {
    /// Answers what is asked of somebody else's host: a file of music.
    pub(super) fn is_elsewhere(&self, webhook: &Webhook) -> bool {
        let is_ours = webhook.url.starts_with(BASE);
        if !is_ours {
            let music = HttpReply { status: 200, content_type: "audio/mpeg".to_owned(), ..HttpReply::default() };
            self.carrier(|carrier| carrier.webhook_result(webhook.id, Ok(music)));
        }
        !is_ours
    }

    /// Takes what the carrier sends, and gives to nodes what has arrived.
    pub(super) fn deliver(&mut self) {
        for webhook in self.carrier(Carrier::take_webhooks) {
            if !self.is_elsewhere(&webhook) {
                self.sent_out(webhook);
            }
        }
        let now = self.now();
        while let Some(entry) = self.nobody_there.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let id = entry.remove();
            self.carrier(|carrier| carrier.webhook_result(id, Err(HttpFault::ConnectTimeout)));
        }
        while let Some(entry) = self.on_their_way.first_entry() {
            if entry.key().0 > now {
                return;
            }
            let webhook = entry.remove();
            self.arrives(webhook);
        }
    }

    fn sent_out(&mut self, webhook: Webhook) {
        if self.dice.is_none() {
            return self.arrives(webhook);
        }
        match webhook.kind {
            WebhookKind::Callback => self.callback_sent_out(webhook),
            WebhookKind::Document => self.document_sent_out(webhook),
        }
    }

    fn later(&mut self, wait: Duration, webhook: Webhook) {
        self.serial += 1;
        self.on_their_way.insert((self.now() + wait, self.serial), webhook);
    }

    fn callback_sent_out(&mut self, mut webhook: Webhook) {
        let Some(dice) = self.dice.clone() else { return };
        let call = leg_of(&webhook);
        let is_mute = match self.mute.entry(call.clone()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(!call.is_empty() && dice.happens(FaultKind::MuteCall).is_some()),
        };
        if is_mute || dice.happens(FaultKind::CallbackLost).is_some() {
            self.unheard.insert(call);
            // A broken reply is not tried again.
            return self.carrier(|carrier| carrier.webhook_result(webhook.id, Err(HttpFault::Broken)));
        }
        if dice.happens(FaultKind::CallbackDoubled).is_some() {
            self.later(Duration::ZERO, Webhook { id: NOBODY, ..webhook.clone() });
        }
        let late = dice.happens(FaultKind::CallbackLate).map(|word| dice.up_to(LATE_MAX, word));
        let held = dice.happens(FaultKind::CallbackReordered).map(|word| dice.up_to(REORDERED_MAX, word));
        let Some(wait) = late.or(held) else { return self.arrives(webhook) };
        if wait > Duration::from_secs(3) {
            self.unheard.insert(call);
        }
        // It is on its way for so long: the provider does not think that it failed.
        let thanks = HttpReply { status: 204, ..HttpReply::default() };
        self.carrier(|carrier| carrier.webhook_result(webhook.id, Ok(thanks)));
        webhook.id = NOBODY;
        self.later(wait, webhook);
    }

    fn document_sent_out(&mut self, webhook: Webhook) {
        let Some(dice) = self.dice.clone() else { return };
        let call = leg_of(&webhook);
        let in_a_row = self.refused_in_a_row.get(&call).copied().unwrap_or_default();
        if in_a_row < REFUSED_MAX && dice.happens(FaultKind::DocumentRefused).is_some() {
            self.refused_in_a_row.insert(call, in_a_row + 1);
            return self.carrier(|carrier| carrier.webhook_result(webhook.id, Err(HttpFault::ConnectFailed)));
        }
        self.refused_in_a_row.remove(&call);
        if dice.happens(FaultKind::DocumentDoubled).is_some() {
            self.later(Duration::ZERO, Webhook { id: NOBODY, ..webhook.clone() });
        }
        self.arrives(webhook);
    }

    fn arrives(&mut self, webhook: Webhook) {
        let Some(node) = self.pick_for_webhook() else {
            // Nobody is there: it takes the provider as long as it waits for a connection to find out.
            let now = self.now();
            self.troubles.push((now, now));
            if webhook.id != NOBODY {
                self.serial += 1;
                self.nobody_there.insert((now + webhook.connect_timeout, self.serial), webhook.id);
            }
            return;
        };
        let future = answer(self.nodes[node].board.clone(), webhook.clone());
        let deadline = self.dice.is_some().then(|| self.now() + ANSWER_WITHIN);
        let doing = Doing::Answer(Box::new(webhook), Box::pin(future));
        self.running.push(Running { node, doing, wakes: None, deadline });
    }

    /// The shell has waited for an answer long enough.
    pub(super) fn gives_up(&mut self, at: usize) {
        let one = self.running.remove(at);
        let Doing::Answer(webhook, _) = one.doing else { return };
        let reply = self.nodes[one.node].board.hold(&request(&webhook, &headers(&webhook)));
        self.commons.reach("a caller was held without the store");
        self.answered(one.node, &webhook, reply);
    }

    pub(super) fn answered(&mut self, node: usize, webhook: &Webhook, reply: WebhookReply) {
        if self.nodes[node].is_cut_off() {
            return self.carrier(|carrier| carrier.webhook_result(webhook.id, Err(HttpFault::ReadTimeout)));
        }
        let is_hold = reply.body.contains("<Pause length=\"2\"/>");
        if reply.content_type.is_some() && !is_hold {
            let name = format!("{} {}", webhook.url, webhook.body);
            // I-16: what was told is stored.
            if !self.is_stored(&name) {
                let what = format!("an answer that is not stored: {name}");
                self.violations.push(Violation::new("I-16", what));
            }
            // I-10: the same request gets the same bytes.
            match self.answers.entry(name) {
                Entry::Occupied(before) if *before.get() != reply.body => {
                    let what = format!("another answer to the same request: {}", before.key());
                    self.violations.push(Violation::new("I-10", what));
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(new) => {
                    new.insert(reply.body.clone());
                }
            }
        }
        let reply = HttpReply {
            status: reply.status,
            content_type: reply.content_type.unwrap_or_default().to_owned(),
            body: reply.body.into_bytes(),
            ..HttpReply::default()
        };
        self.carrier(|carrier| carrier.webhook_result(webhook.id, Ok(reply)));
    }

    /// I-16: what a leg was told at a hop of a known call is stored. A leg that nobody knows is told nothing of consequence.
    fn is_stored(&self, name: &str) -> bool {
        let Some((_, path)) = name.split_once("/hooks/hop/") else { return true };
        let mut parts = path.split('/');
        let Some(call) = parts.next() else { return true };
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
        let (Some(leg), Some(hop)) = (number(), number()) else { return true };
        let Some(id) = call.parse().ok() else { return true };
        let tenant = &self.nodes[0].board.rules().tenant;
        let Some(record) = self.store.record(&call_key(tenant, id)) else { return true };
        let body = record.body.value();
        let legs = body.get("legs").and_then(|legs| legs.as_array());
        let told = legs.into_iter().flatten().filter(|one| one["id"].as_u64() == Some(leg));
        told.into_iter().all(|leg| {
            let over = leg["progress"].get("ended").is_some();
            over || leg["said"].as_array().is_some_and(|said| said.iter().any(|said| said["hop"].as_u64() == Some(hop)))
        })
    }
}

/// The leg that a webhook is about; empty: none, as when a conference ends.
fn leg_of(webhook: &Webhook) -> String {
    let named = webhook.call_sid.as_deref().or_else(|| {
        let mut fields = webhook.body.split('&');
        fields.find_map(|field| field.strip_prefix("CallSid="))
    });
    named.unwrap_or_default().to_owned()
}

fn headers(webhook: &Webhook) -> Vec<(&str, &str)> {
    webhook.headers.iter().map(|(name, value)| (&**name, &**value)).collect()
}

fn request<'a>(webhook: &'a Webhook, headers: &'a [(&'a str, &'a str)]) -> WebhookRequest<'a> {
    let after_scheme = webhook.url.find("://").map_or(0, |at| at + 3);
    let path_at = webhook.url[after_scheme..].find('/').map_or(webhook.url.len(), |at| at + after_scheme);
    WebhookRequest {
        method: if webhook.method == "GET" { Method::Get } else { Method::Post },
        target: &webhook.url[path_at..],
        headers,
        body: webhook.body.as_bytes(),
        websocket: false,
    }
}

async fn answer(board: Switchboard, webhook: Webhook) -> WebhookReply {
    let headers = headers(&webhook);
    board.answer(&request(&webhook, &headers)).await
}
