//! Whom the nouns of a Dial ring, and what those who are rung get with it (Twilio docs, TwiML Number, Client, Sip,
//! Application, Sim, WhatsApp).

use super::Carrier;
use super::form::{Pairs, decode_pairs, encode_pairs};
use super::state::Doing;
use super::state::{Frame, Role, Sid, Target};
use super::verbs_refer::is_sip;
use super::xml::Element;

/// Twilio docs, TwiML Sip: a header has fewer than 1024 characters.
const HEADER_LENGTH: usize = 1024;
/// Headers that need no `X-`.
const HEADERS: [&str; 5] = ["user-to-user", "uui", "remote-party-id", "p-preferred-identity", "p-called-party-id"];

/// Nouns that stand alone in their Dial.
pub(super) const ALONE: [&str; 5] = ["Conference", "Queue", "Application", "Sim", "WhatsApp"];

/// Somebody to ring.
#[derive(Clone, Debug)]
pub(super) struct Callee {
    pub(super) to: String,
    /// Custom parameters of a client or application; headers of a SIP device.
    pub(super) parameters: Pairs,
    /// The sid of an application.
    pub(super) application: Option<String>,
    /// Faults that do not keep it from ringing.
    pub(super) warnings: Vec<(u32, String)>,
}

/// The nouns of a Dial; its plain text is a number.
pub(super) fn nouns(verb: &Element) -> Vec<Element> {
    let mut nouns = Vec::new();
    if !verb.text.trim().is_empty() {
        nouns.push(Element { name: "Number".to_owned(), text: verb.text.trim().to_owned(), ..Element::default() });
    }
    nouns.extend(verb.children.iter().cloned());
    nouns
}

/// Whom a noun rings, or code and sentence of why it rings nobody.
pub(super) fn callee(noun: &Element) -> Result<Callee, (u32, String)> {
    let text = noun.text.trim();
    let child = |name: &str| noun.children.iter().find(|c| c.name == name).map(|c| c.text.trim());
    let mut parameters = named(noun, "Parameter");
    let (mut warnings, mut application) = (Vec::new(), None);
    let to = match noun.name.as_str() {
        "Number" => number(text).ok_or_else(|| (13_223, format!("{text:?} cannot be dialled")))?,
        "Client" => {
            let identity = child("Identity").unwrap_or(text);
            if identity.is_empty() || identity.len() > 256 {
                return Err((13_223, "a client has an identity of 1 to 256 characters".to_owned()));
            }
            format!("client:{identity}")
        }
        "Sip" => {
            let uri = uri_of(noun).unwrap_or(text);
            let bare = uri.split('?').next().unwrap_or(uri);
            if !is_sip(bare) {
                return Err((13_243, format!("{uri:?} is no SIP URI")));
            }
            let (good, bad) = headers(noun, uri);
            (parameters, warnings) = (good, bad);
            uri.to_owned()
        }
        "Application" => {
            let sid = child("ApplicationSid").unwrap_or(text);
            if sid.len() != 34 || !sid.starts_with("AP") || !sid.bytes().skip(2).all(|b| b.is_ascii_hexdigit()) {
                return Err((21_218, format!("{sid:?} is no ApplicationSid")));
            }
            let customer = noun.attr("customerId").map(|id| ("customerId".to_owned(), id.to_owned()));
            parameters.extend(customer);
            application = Some(sid.to_owned());
            let query = if parameters.is_empty() { String::new() } else { format!("?{}", encode_pairs(&parameters)) };
            format!("app:{sid}{query}")
        }
        "Sim" if text.len() == 34 && text.bytes().all(|b| b.is_ascii_alphanumeric()) => format!("sim:{text}"),
        "WhatsApp" => number(text.trim_start_matches("whatsapp:"))
            .map(|number| format!("whatsapp:{number}"))
            .ok_or_else(|| (13_223, format!("{text:?} cannot be dialled")))?,
        _ => return Err((13_223, format!("{text:?} is no sid of a SIM"))),
    };
    Ok(Callee { to, parameters, application, warnings })
}

fn number(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let bare = digits.strip_prefix('+').unwrap_or(&digits);
    let fits = (3..=15).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(digits)
}

fn named(noun: &Element, name: &str) -> Pairs {
    let children = noun.children.iter().filter(|c| c.name == name);
    children
        .filter_map(|c| Some((c.attr("name")?.to_owned(), c.attr("value").unwrap_or_default().to_owned())))
        .collect()
}

/// The best of the Uri children: the lowest priority, then the highest weight.
fn uri_of(noun: &Element) -> Option<&str> {
    let uris = noun.children.iter().filter(|c| c.name == "Uri");
    let best = uris.min_by_key(|uri| (uri.number("priority", 0), u64::MAX - uri.number("weight", 0)));
    best.map(|uri| uri.text.trim())
}

/// The headers of a SIP noun: behind the `?` of its URI, and in its Headers.
fn headers(noun: &Element, uri: &str) -> (Pairs, Vec<(u32, String)>) {
    let mut all = uri.split_once('?').map(|(_, query)| decode_pairs(query.as_bytes())).unwrap_or_default();
    for child in noun.children.iter().filter(|c| c.name == "Headers") {
        all.extend(named(child, "Header"));
    }
    let mut good = Pairs::new();
    let mut bad = Vec::new();
    for (name, value) in all {
        let lower = name.to_ascii_lowercase();
        let known = lower.starts_with("x-") || HEADERS.contains(&lower.as_str());
        match () {
            () if !known => bad.push((13_252, format!("{name:?} is no header that may be sent"))),
            () if name.len() + value.len() >= HEADER_LENGTH => bad.push((13_253, format!("{name} is too long"))),
            () => good.push((name, value)),
        }
    }
    (good, bad)
}

impl Carrier {
    /// What the device that rings on this leg gets with the call: the `<Parameter>`s of a Client or Application, the
    /// headers of a Sip noun. Empty for other legs.
    #[must_use]
    pub fn custom_parameters(&self, call: &str) -> Vec<(String, String)> {
        self.calls.get(call).map(|call| call.voice.parameters.clone()).unwrap_or_default()
    }

    /// A dialled leg answered: it is sent its digits, asked by its screening document, or bridged.
    pub(super) fn child_answered(&mut self, parent: &str, child: &str) {
        let digits = self.live_mut(child).and_then(|c| c.voice.digits.take());
        match (digits, self.live(child).and_then(|c| c.screen.clone())) {
            (Some(digits), screen) => self.send_digits(child, &digits, screen),
            (None, Some(screen)) => {
                let facts = self.detected_facts(child);
                self.fetch(child, Role::Screen, screen, facts);
            }
            (None, None) => self.bridge_child(parent, child),
        }
    }

    /// Twilio docs, TwiML Number: `sendDigits` are played once the call is answered, before anything else.
    fn send_digits(&mut self, child: &str, digits: &str, screen: Option<Target>) {
        let attribute = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let element = |name: &str, attributes| Element { name: name.to_owned(), attributes, ..Element::default() };
        let mut verbs = vec![element("Play", attribute("digits", digits))];
        verbs.extend(
            screen
                .map(|screen| Element { text: screen.url, ..element("Redirect", attribute("method", &screen.method)) }),
        );
        let now = self.now;
        let Some(call) = self.live_mut(child) else { return };
        call.epoch += 1;
        call.frames.push(Frame { role: Role::Screen, verbs, next: 0, url: None, doing: Doing::Ready, began: now });
        self.run(child);
    }

    /// Whom the nouns ring, each with its noun; what rings nobody is a warning.
    pub(super) fn callees(&mut self, sid: &Sid, nouns: Vec<Element>, url: &str) -> Vec<Element> {
        let mut good = Vec::new();
        for noun in nouns {
            match callee(&noun) {
                Ok(callee) => {
                    for (code, why) in callee.warnings {
                        self.notify(code, Some(sid), why, url);
                    }
                    good.push(noun);
                }
                Err((code, why)) => self.notify(code, Some(sid), why, url),
            }
        }
        good
    }
}
