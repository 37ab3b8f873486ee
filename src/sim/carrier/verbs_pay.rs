//! `<Pay>`: the payer keys in a card or an account, prompted and judged, and a connector charges or tokenizes it
//! (Twilio docs, TwiML Pay and Prompt).
//!
//! What is keyed in is told to nobody but in part: no log, notification or webhook holds a card's number or code.

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::form::{Pairs, resolve};
use super::pay_card::{Digits, Item, Judge, card_type};
use super::state::{Doing, Frame, Sid, Target};
use super::types::Hearing;
use super::webhook::Purpose;
use super::xml::Element;

/// How long the connector takes.
const PROCESSING: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Prompting,
    Listening,
    Processing,
}

/// A Pay that runs.
#[derive(Clone, Debug)]
pub(super) struct Paying {
    verb: Element,
    sid: Sid,
    items: Vec<Item>,
    kept: Vec<(Item, Digits)>,
    attempt: u64,
    error: Option<&'static str>,
    prompts: Vec<Element>,
    /// What is to be keyed in twice, once it has been the first time.
    first: Option<Digits>,
    twice: bool,
    typed: Digits,
    phase: Phase,
}

impl Paying {
    fn card(&self) -> Option<&'static str> {
        self.kept.iter().find(|(item, _)| *item == Item::CardNumber).and_then(|(_, digits)| card_type(digits))
    }

    fn item(&self) -> Option<Item> {
        self.items.get(self.kept.len()).copied()
    }

    /// Twilio docs, TwiML Prompt: the one that fits what is asked, the attempt, the error and the card best.
    fn prompt(&self, wanted: &str) -> Option<Element> {
        let has = |prompt: &Element, name: &str, value: &str| {
            let given = prompt.attr(name)?;
            Some(given.split_whitespace().any(|word| word == value))
        };
        let fit = |prompt: &Element| {
            let tests = [
                has(prompt, "attempt", &self.attempt.to_string()),
                has(prompt, "errorType", self.error.unwrap_or_default()),
                has(prompt, "cardType", self.card().unwrap_or_default()),
            ];
            let fits = has(prompt, "for", wanted) == Some(true) && !tests.contains(&Some(false));
            fits.then(|| tests.iter().flatten().count())
        };
        let prompts = self.verb.children.iter().filter(|child| child.name == "Prompt");
        // Of equals the first counts.
        prompts.rev().filter_map(|prompt| Some((fit(prompt)?, prompt))).max_by_key(|(n, _)| *n).map(|(_, p)| p.clone())
    }
}

fn items(verb: &Element) -> Vec<Item> {
    if verb.attr("paymentMethod") == Some("ach-debit") {
        return vec![Item::RoutingNumber, Item::AccountNumber];
    }
    let mut items = vec![Item::CardNumber, Item::ExpirationDate];
    if verb.flag("securityCode", true) {
        items.push(Item::SecurityCode);
    }
    // Twilio docs: `postalCode` is a flag, or the code itself.
    if verb.attr("postalCode").is_none_or(|v| v.trim() == "true") {
        items.push(Item::PostalCode);
    }
    items
}

impl Carrier {
    pub(super) fn pay(&mut self, sid: &str, verb: &Element) {
        let paying = Paying {
            verb: verb.clone(),
            sid: self.sid("PK"),
            items: items(verb),
            kept: Vec::new(),
            attempt: 1,
            error: None,
            prompts: Vec::new(),
            first: None,
            twice: false,
            typed: Digits::default(),
            phase: Phase::Prompting,
        };
        self.ask_payer(sid, paying);
    }

    /// Prompts for the next item, or hands all to the connector.
    fn ask_payer(&mut self, sid: &str, mut paying: Paying) {
        paying.typed = Digits::default();
        paying.phase = Phase::Prompting;
        let (wanted, asked) = match paying.item() {
            Some(item) => (item.as_str(), Some(item.asked())),
            None => ("payment-processing", None),
        };
        let prompt = paying.prompt(wanted);
        paying.twice = prompt.as_ref().is_some_and(|p| p.flag("requireMatchingInputs", false));
        paying.prompts = match (prompt, asked) {
            (Some(prompt), _) => prompt.children,
            (None, Some(text)) => {
                vec![Element { name: "Say".to_owned(), text: text.to_owned(), ..Element::default() }]
            }
            (None, None) => Vec::new(),
        };
        self.prompt_payer(sid, paying);
    }

    fn prompt_payer(&mut self, sid: &str, mut paying: Paying) {
        if !paying.prompts.is_empty() {
            let prompt = paying.prompts.remove(0);
            let (what, ms) = self.sound_of(sid, &prompt, false);
            self.set_doing(sid, Doing::Paying(Box::new(paying)));
            self.hear(sid, what);
            self.wake(sid, Duration::from_millis(ms));
        } else if paying.item().is_some() {
            self.listen_to_payer(sid, paying);
        } else {
            paying.phase = Phase::Processing;
            self.set_doing(sid, Doing::Paying(Box::new(paying)));
            self.hear(sid, Hearing::Pause);
            self.wake(sid, PROCESSING);
        }
    }

    fn listen_to_payer(&mut self, sid: &str, mut paying: Paying) {
        paying.phase = Phase::Listening;
        let timeout = Duration::from_secs(paying.verb.number("timeout", 5));
        self.set_doing(sid, Doing::Paying(Box::new(paying)));
        self.hear(sid, Hearing::Pause);
        self.wake(sid, timeout);
    }

    /// A prompt is over, the payer has paused for too long, or the connector has answered.
    pub(super) fn pay_step(&mut self, sid: &str, paying: Paying) {
        match paying.phase {
            Phase::Prompting => self.prompt_payer(sid, paying),
            Phase::Listening => self.keyed_in(sid, paying),
            Phase::Processing => self.charged(sid, &paying),
        }
    }

    pub(super) fn key_in_pay(&mut self, sid: &str, mut paying: Paying, key: char) {
        if key == '*' {
            return self.paid(sid, &paying, "caller-interrupted-with-star", Vec::new());
        }
        let Some(item) = paying.item().filter(|_| paying.phase != Phase::Processing) else { return };
        if key == '#' {
            return self.keyed_in(sid, paying);
        }
        if key.is_ascii_digit() {
            paying.typed.push(key);
        }
        if item.is_full(&paying.typed, paying.card()) {
            self.keyed_in(sid, paying)
        } else {
            self.listen_to_payer(sid, paying)
        }
    }

    /// An item is judged: the next one is asked for, or the same one again.
    fn keyed_in(&mut self, sid: &str, mut paying: Paying) {
        let Some(item) = paying.item() else { return };
        let typed = std::mem::take(&mut paying.typed);
        let judge = Judge {
            card_types: types(&paying.verb),
            postal_code_min: usize::try_from(paying.verb.number("minPostalCodeLength", 0)).unwrap_or(usize::MAX),
            now: self.now,
            card: paying.card(),
        };
        paying.error = match (item.fault(&typed, &judge), paying.first.take()) {
            (Some(fault), _) => Some(fault),
            (None, None) if paying.twice => {
                // The same item a second time, to be sure.
                paying.first = Some(typed);
                paying.error = None;
                return self.ask_payer(sid, paying);
            }
            (None, Some(first)) if first != typed => Some("input-matching-failed"),
            (None, _) => None,
        };
        let Some(error) = paying.error else {
            self.tell_payment(sid, &paying, item, Some(&typed));
            paying.kept.push((item, typed));
            paying.attempt = 1;
            return self.ask_payer(sid, paying);
        };
        self.tell_payment(sid, &paying, item, None);
        paying.attempt += 1;
        if paying.attempt > paying.verb.number("maxAttempts", 2) {
            return self.paid(sid, &paying, "too-many-failed-attempts", vec![pair("ErrorType", error)]);
        }
        self.ask_payer(sid, paying);
    }

    fn charged(&mut self, sid: &str, paying: &Paying) {
        if !self.config.rules.voice.payments_succeed {
            let error = vec![pair("PaymentError", "The payment was declined"), pair("ConnectorError", "declined")];
            return self.paid(sid, paying, "payment-connector-error", error);
        }
        let charged = paying.verb.attr("chargeAmount").is_some_and(|v| v.trim().parse::<f64>().is_ok_and(|n| n > 0.0));
        let code = self.sid("");
        let facts = vec![
            pair(if charged { "PaymentConfirmationCode" } else { "PaymentToken" }, code),
            pair("ProfileId", self.sid("")),
        ];
        self.paid(sid, paying, "success", facts);
    }

    /// It is over: the action is told how, or the next verb runs.
    fn paid(&mut self, sid: &str, paying: &Paying, result: &str, extra: Pairs) {
        let facts = payment_facts(paying, result, extra);
        let Some(call) = self.live(sid).cloned() else { return };
        if let Some(to) = self.target_of(sid, &paying.verb, "statusCallback", "statusCallbackMethod") {
            let mut pairs = self.standard(&call, call.status);
            pairs.push(pair("PaymentSid", &paying.sid));
            pairs.extend(facts.clone());
            self.send(&to, &pairs, Some(sid), Purpose::Callback(15_003));
        }
        let action = self.action_of(sid, &paying.verb);
        self.hear(sid, Hearing::Silence);
        self.set_doing(sid, Doing::Ready);
        match action {
            Some(action) => self.fetch_main(sid, action, facts),
            None => self.run(sid),
        }
    }

    /// The payer hung up: the action is requested although nobody is there.
    pub(super) fn pay_abandoned(&mut self, sid: &str, frame: &Frame, paying: &Paying) {
        let Some(reference) = paying.verb.attr("action").filter(|v| !v.trim().is_empty()) else { return };
        let Some(url) = resolve(frame.url.as_deref(), reference) else { return };
        let facts = payment_facts(paying, "caller-hung-up", Vec::new());
        self.farewell(&sid.to_owned(), &Target::new(url, paying.verb.attr("method")), facts);
    }

    /// Each item and each fault is told to the status callback.
    fn tell_payment(&mut self, sid: &str, paying: &Paying, item: Item, typed: Option<&Digits>) {
        let Some(to) = self.target_of(sid, &paying.verb, "statusCallback", "statusCallbackMethod") else { return };
        let Some(call) = self.live(sid).cloned() else { return };
        let mut pairs = self.standard(&call, call.status);
        pairs.extend([
            pair("PaymentSid", &paying.sid),
            pair("PaymentMethod", method(&paying.verb)),
            pair("For", item.as_str()),
            pair("Attempt", paying.attempt.to_string()),
            pair("PartialResult", "true"),
        ]);
        pairs.extend(paying.error.map(|error| pair("ErrorType", error)));
        pairs.extend(typed.map(|typed| item.told(typed)).map(|(name, value)| pair(name, value)));
        self.send(&to, &pairs, Some(sid), Purpose::Callback(15_003));
    }
}

fn method(verb: &Element) -> &str {
    verb.attr("paymentMethod").unwrap_or("credit-card")
}

fn types(verb: &Element) -> Vec<String> {
    verb.attr("validCardTypes").unwrap_or("visa mastercard amex").split_whitespace().map(str::to_owned).collect()
}

/// What the application is told: numbers in part only.
fn payment_facts(paying: &Paying, result: &str, extra: Pairs) -> Pairs {
    let mut pairs = vec![pair("Result", result), pair("PaymentMethod", method(&paying.verb))];
    pairs.extend(paying.kept.iter().map(|(item, typed)| item.told(typed)).map(|(name, value)| pair(name, value)));
    pairs.extend(paying.card().map(|card| pair("PaymentCardType", card)));
    let default = paying.verb.attr("postalCode").filter(|v| !matches!(v.trim(), "true" | "false"));
    pairs.extend(default.map(|code| pair("PaymentCardPostalCode", code)));
    pairs.extend(extra);
    pairs
}
