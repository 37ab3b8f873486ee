//! Texts with rules: each type says what it holds, and `build` refuses the rest.

use std::fmt;

use super::check::{Report, Why, shown};
use super::element::{Content, Value};
use super::parse::ParseError;
use super::place::Place;
use super::reading::Reading;
use super::tree::Element;
use super::values::read_text;
use super::write::{Writer, growth, is_xml, is_xml_char};
use crate::phone::{Endpoint, PhoneNumber};

/// What one look at a text has shown, so that nobody looks at it again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// Its rule allows it, and this many bytes it grows by when it is escaped.
    Allowed(u32),
    /// Its rule refuses it.
    Refused,
}

macro_rules! text {
    ($($(#[$meta:meta])* $name:ident, $rule:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name {
            text: String,
            seen: Seen,
        }

        impl $name {
            /// The text as it was given; it may still be one that `build` refuses.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }

            fn rule(text: &str) -> Result<(), Why> {
                let rule: fn(&str) -> Result<(), Why> = $rule;
                rule(text)
            }
        }

        impl<S: Into<String>> From<S> for $name {
            fn from(text: S) -> Self {
                let text = text.into();
                let seen = match Self::rule(&text) {
                    Ok(()) => Seen::Allowed(u32::try_from(growth(&text)).unwrap_or(u32::MAX)),
                    Err(_) => Seen::Refused,
                };
                Self { text, seen }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.text).finish()
            }
        }

        impl Value for $name {
            const EXPECTED: &'static str = "text";
            #[inline]
            fn write(&self, out: &mut Writer) {
                match self.seen {
                    Seen::Allowed(0) => out.plain_value(&self.text),
                    _ => out.value(&self.text),
                }
            }
            #[inline]
            fn size(&self) -> usize {
                match self.seen {
                    Seen::Allowed(growth) => self.text.len() + growth as usize,
                    Seen::Refused => self.text.len(),
                }
            }
            fn read(text: &str) -> Option<Self> {
                Some(text.into())
            }
            #[inline]
            fn check(&self) -> Result<(), Why> {
                match self.seen {
                    Seen::Allowed(_) => Ok(()),
                    Seen::Refused => Self::rule(&self.text),
                }
            }
            #[inline]
            fn is_relative(&self) -> bool {
                // Only a `Url` is ever followed.
                stringify!($name) == "Url" && !is_absolute(&self.text)
            }
        }

        impl Content for $name {
            #[inline]
            fn write(&self, out: &mut Writer) {
                match self.seen {
                    Seen::Allowed(0) => out.plain_text(&self.text),
                    _ => out.text(&self.text),
                }
            }
            fn read(
                element: &mut Element,
                place: &Place<'_>,
                reading: &mut Reading,
            ) -> Result<Option<Self>, ParseError> {
                read_text(element, place, reading)
            }
            #[inline]
            fn check(&self, place: &Place<'_>, report: &mut Report) {
                report.text(self, place);
            }
        }
    )*};
}

text! {
    /// An address Twilio fetches: `http`, `https`, or relative to the document (Twilio docs: TwiML, relative URLs).
    ///
    /// Refused: other schemes, another host without a scheme (`//host`), characters RFC 3986 does not allow, host names
    /// with `_`.
    Url, url;
    /// A voice: `man`, `woman`, `alice`, `Polly.Joanna-Neural`, `Polly.Mía`, `Google.en-US-Chirp3-HD-Aoede`.
    Voice, voice;
    /// A language tag such as `en-US` (BCP 47).
    Language, language;
    /// Keys to play: `0`–`9`, `A`–`D`, `*`, `#`, and `w` for half a second, `W` for a second of silence.
    Tones, |text| only(text, "0123456789ABCDabcd*#wW", "tones");
    /// Keys that end an input: any of `0`–`9`, `#`, `*`; empty for none.
    FinishOnKey, finish_on_key;
    /// The name of a conference: 1 to 128 characters (Twilio error 13237).
    ConferenceName, |text| name(text, 128);
    /// The name of a queue: 1 to 64 characters.
    QueueName, queue_name;
    /// A participant's name inside a conference: 1 to 128 characters, no `/`, not a call sid (Twilio error 16023).
    Label, label;
    /// Whom a browser or app registered as: 1 to 256 characters.
    Identity, |text| name(text, 256);
    /// A telephone number in E.164 form.
    DialledNumber, number;
    /// What the called side sees: an E.164 number, `client:` and an identity, or a SIP user.
    CallerId, caller_id;
    /// `sip:user@host`, below 255 characters, and below 1024 characters of headers after `?` (Twilio error 21227).
    SipUri, sip_uri;
    /// Where a conversation's audio or words go: `wss://host/path` (Twilio docs: TwiML `<Stream>`).
    SocketUrl, socket_url;
    /// A number with or without decimals: `9.99`, never negative.
    Decimal, decimal;
    /// The words of a text message: 1 to 160 characters.
    Message, |text| name(text, 160);
    /// Two letters and 32 lower-case hexadecimal digits.
    Sid, sid;
    /// A JSON value (Twilio error 14221 otherwise).
    Json, json;
    /// Any text without the characters XML 1.0 cannot hold.
    Plain, plain;
}

impl From<&PhoneNumber> for DialledNumber {
    fn from(number: &PhoneNumber) -> Self {
        number.as_str().into()
    }
}

impl From<&PhoneNumber> for CallerId {
    fn from(number: &PhoneNumber) -> Self {
        number.as_str().into()
    }
}

/// Not empty, no space at either end, no control characters, and not too long.
pub(super) fn name(text: &str, most: usize) -> Result<(), Why> {
    let length = text.chars().count();
    if length == 0 || length > most {
        return Err(Why::new(
            format!("{length} characters"),
            format!("it must have 1 to {most}"),
            "give a name of that length",
        ));
    }
    if text.trim() != text || text.chars().any(|c| c.is_control() || !is_xml_char(c)) {
        return Err(Why::new(
            shown(text),
            "space at an end and control characters do not reach the other side unchanged",
            "remove them",
        ));
    }
    Ok(())
}

fn queue_name(text: &str) -> Result<(), Why> {
    let code = if text.chars().count() > 64 { 14_205 } else { 14_204 };
    name(text, 64).map_err(|why| why.coded(code))
}

fn plain(text: &str) -> Result<(), Why> {
    if is_xml(text) {
        return Ok(());
    }
    Err(Why::new(shown(text), "XML 1.0 cannot hold its control characters", "remove them"))
}

fn only(text: &str, allowed: &str, what: &str) -> Result<(), Why> {
    if !text.is_empty() && text.chars().all(|c| allowed.contains(c)) {
        return Ok(());
    }
    Err(Why::new(shown(text), format!("{what} are one or more of {allowed}"), "use only these"))
}

fn finish_on_key(text: &str) -> Result<(), Why> {
    if text.is_empty() { Ok(()) } else { only(text, "0123456789#*", "keys") }
}

fn voice(text: &str) -> Result<(), Why> {
    let named = ["Polly.", "Google."].iter().find_map(|maker| text.strip_prefix(maker));
    let tail = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    if matches!(text, "man" | "woman" | "alice") || named.is_some_and(tail) {
        return Ok(());
    }
    Err(Why::new(
        shown(text),
        "Twilio knows man, woman, alice, Polly.… and Google.… (error 13511)",
        "take a name from Twilio's list of voices",
    ))
}

fn language(text: &str) -> Result<(), Why> {
    let mut parts = text.split('-');
    let first = parts.next().is_some_and(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()));
    let rest = parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if first && rest {
        return Ok(());
    }
    Err(Why::new(shown(text), "it is not a language tag (BCP 47)", "write a tag such as en-US"))
}

fn label(text: &str) -> Result<(), Why> {
    name(text, 128)?;
    if text.contains('/') || (text.starts_with("CA") && sid(text).is_ok()) {
        return Err(Why::new(
            shown(text),
            "a label with / or the form of a call sid is refused (error 16023)",
            "choose another label",
        ));
    }
    Ok(())
}

fn number(text: &str) -> Result<(), Why> {
    match text.parse::<PhoneNumber>() {
        Ok(_) => Ok(()),
        Err(error) => Err(Why::new(shown(text), error.to_string(), "convert the number before dialling (error 13223)")),
    }
}

fn caller_id(text: &str) -> Result<(), Why> {
    let sip_user =
        !text.is_empty() && text.len() < 255 && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-_.".contains(c));
    if sip_user || matches!(text.parse(), Ok(Endpoint::Client(_))) {
        return Ok(());
    }
    Err(Why::new(
        shown(text),
        "a caller id is an E.164 number, client:identity or a SIP user (error 13214)",
        "use one of these",
    ))
}

fn sip_uri(text: &str) -> Result<(), Why> {
    let (address, headers) = text.split_once('?').unwrap_or((text, ""));
    let rest = address.strip_prefix("sip:").or_else(|| address.strip_prefix("sips:"));
    let parts = rest.and_then(|rest| rest.split_once('@'));
    let form = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    let clean = text.bytes().all(|b| b.is_ascii_graphic() && !br#"<>"\"#.contains(&b));
    if form && clean && address.len() < 255 && headers.len() < 1024 {
        return Ok(());
    }
    Err(Why::new(
        shown(text),
        "a SIP address is sip:user@host, below 255 characters, with headers below 1024 characters",
        "write such an address",
    ))
}

fn sid(text: &str) -> Result<(), Why> {
    let form = text.len() == 34
        && text.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && text.bytes().skip(2).all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if form {
        return Ok(());
    }
    Err(Why::new(shown(text), "a sid is two letters and 32 hexadecimal digits", "copy the whole sid"))
}

/// The rule that a sid names this kind of thing.
pub(super) fn kind(prefix: &'static str) -> impl Fn(&Sid) -> Result<(), Why> {
    move |sid| {
        if sid.text.starts_with(prefix) {
            return Ok(());
        }
        Err(Why::new(shown(&sid.text), format!("a sid that starts with {prefix} belongs here"), "give that sid"))
    }
}

fn json(text: &str) -> Result<(), Why> {
    plain(text)?;
    if text.trim() != text {
        return Err(Why::new(shown(text), "space at its ends does not reach Twilio unchanged", "remove it"));
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Why::new(
            shown(text),
            format!("it is not JSON: {error} (error 14221)"),
            "write the task's attributes as a JSON object",
        )),
    }
}

fn socket_url(text: &str) -> Result<(), Why> {
    match text.strip_prefix("wss://") {
        Some(rest) => url(&format!("https://{rest}")),
        None => Err(Why::new(shown(text), "Twilio connects only to wss", "write wss://host/path")),
    }
}

/// The rule that a socket's URL has no query, which `<Stream>` does not take.
pub(super) fn no_query(socket: &SocketUrl) -> Result<(), Why> {
    if !socket.text.contains('?') {
        return Ok(());
    }
    Err(Why::new(shown(&socket.text), "a Stream's URL takes no query", "send the values as parameters"))
}

/// The rule that a URL is not relative: a wrong one gives error 11200 and no callback.
pub(super) fn absolute(address: &Url) -> Result<(), Why> {
    if is_absolute(&address.text) {
        return Ok(());
    }
    Err(Why::new(
        shown(&address.text),
        "what runs in the background has no document to be relative to",
        "write https://…",
    ))
}

fn is_absolute(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// The rule that a text has something in it.
pub(super) fn some(text: &Plain) -> Result<(), Why> {
    if text.text.is_empty() {
        return Err(Why::new("nothing", "an empty value names nothing", "leave the attribute out"));
    }
    Ok(())
}

fn decimal(text: &str) -> Result<(), Why> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(part) {
        return Ok(());
    }
    Err(Why::new(shown(text), "it is not a number with a decimal point", "write such as 9.99"))
}

/// The bytes a URL may have (RFC 3986, 2.2 to 2.4); brackets only around an address of IPv6, which is not looked at here.
const IN_URL: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7F {
        allowed[byte] = !matches!(byte as u8, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        byte += 1;
    }
    allowed
};

fn url(text: &str) -> Result<(), Why> {
    let refuse = |why: &str, fix: &str| Err(Why::new(shown(text), why, fix));
    if text.is_empty() {
        return refuse("there is no address", "leave the attribute or verb out");
    }
    if !text.bytes().all(|byte| IN_URL[usize::from(byte)]) {
        return refuse("a URL may not hold these characters (RFC 3986)", "percent-encode them");
    }
    if text.starts_with("//") {
        return refuse("this names another host without saying how to reach it", "write https:// and the host");
    }
    let head = text.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((scheme, _)) = head.split_once(':') else { return Ok(()) };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return refuse("Twilio fetches only http and https", "use https, or a URL relative to the document");
    }
    let rest = text.get(scheme.len() + 1..).and_then(|rest| rest.strip_prefix("//")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.strip_prefix('[').and_then(|six| six.split_once(']')) {
        Some((six, tail)) => (six, tail.strip_prefix(':').unwrap_or(tail)),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
    if !named || !port.bytes().all(|b| b.is_ascii_digit()) {
        return refuse("there is no host name in it that Twilio reaches (no `_` allowed)", "write https://host/path");
    }
    Ok(())
}
