//! SIP addresses: those that are dialled, and those that a call is referred to.

use std::time::Duration;

use super::check::{Report, Why, within};
use super::dial::status_callback;
use super::element::{Content, Part, element, one_of, only_kind};
use super::parse::ParseError;
use super::place::Place;
use super::reading::{Reading, Subject};
use super::text::{Plain, SipUri, Url, name};
use super::tree::Element;
use super::values::{Events, Millis, read_text};
use super::words::{CallEvent, MachineDetection, Method};
use super::write::Writer;

element! {
    /// A SIP address (Twilio docs: TwiML `<Sip>`).
    Sip (
        /// The address, or several of them.
        target: SipTarget
    ) {
        /// The name for the SIP login.
        username: Plain = "username";
        /// The password for the SIP login.
        password: Plain = "password";
        /// The document the called side hears before the two are connected, a `ScreenResponse`; none by default.
        url: Url = "url";
        /// How `url` is requested; `POST` by default.
        method: Method = "method";
        /// Who is told about the leg; nobody by default.
        status_callback_url: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// What is told about; `completed` by default.
        status_callback_event: Events<CallEvent> = "statusCallbackEvent";
        /// Whether Twilio finds out if a machine answered; it does not by default.
        machine_detection: MachineDetection = "machineDetection";
        /// How long the detection may take, 3 s to 60 s; 30 s by default.
        machine_detection_timeout: Duration = "machineDetectionTimeout" if within(3, 60);
        /// How much speech means a machine, 1000 ms to 6000 ms; 2400 ms by default.
        machine_detection_speech_threshold: Millis = "machineDetectionSpeechThreshold" if within(1000, 6000);
        /// How much silence ends the speech, 500 ms to 5000 ms; 1200 ms by default.
        machine_detection_speech_end_threshold: Millis = "machineDetectionSpeechEndThreshold" if within(500, 5000);
        /// How much silence at first ends the detection, 2000 ms to 10000 ms; 5000 ms by default.
        machine_detection_silence_timeout: Millis = "machineDetectionSilenceTimeout" if within(2000, 10_000);
        /// Who is told what answered; nobody by default.
        amd_status_callback: Url = "amdStatusCallback";
        /// How `amd_status_callback` is requested; `POST` by default.
        amd_status_callback_method: Method = "amdStatusCallbackMethod";
    }
}

status_callback!(Sip);
only_kind!(Sip Header);

impl Sip {
    /// The SIP address `sip:user@host`.
    #[must_use]
    pub fn new(uri: impl Into<SipUri>) -> Self {
        Self::bare(SipTarget::Address(uri.into()))
    }

    /// Several addresses, and headers for them.
    #[must_use]
    pub fn choices(uris: impl IntoIterator<Item = Uri>, headers: impl IntoIterator<Item = Header>) -> Self {
        let mut parts: Vec<SipPart> = uris.into_iter().map(SipPart::Uri).collect();
        let headers: Vec<Header> = headers.into_iter().collect();
        if !headers.is_empty() {
            parts.push(Headers::bare(headers).into());
        }
        Self::bare(SipTarget::Choices(parts))
    }
}

/// What a `Sip` reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SipTarget {
    /// One address, with headers after `?`.
    Address(SipUri),
    /// Several addresses, and headers for them.
    Choices(Vec<SipPart>),
}

one_of! {
    /// What may stand in a `Sip`.
    SipPart {
        /// An address.
        Uri,
        /// Headers for all addresses.
        Headers,
    }
}

element! {
    /// One of several SIP addresses (Twilio docs: TwiML `<Sip>`, `<Uri>`).
    Uri (
        /// The address.
        uri: SipUri
    ) {
        /// The lower the sooner.
        priority: u32 = "priority";
        /// Its share among those of the same priority.
        weight: u32 = "weight";
        /// The name for the SIP login.
        username: Plain = "username";
        /// The password for the SIP login.
        password: Plain = "password";
    }
}

impl Uri {
    /// The SIP address `sip:user@host`.
    #[must_use]
    pub fn new(uri: impl Into<SipUri>) -> Self {
        Self::bare(uri.into())
    }
}

element! {
    /// Headers of a SIP invitation (Twilio docs: TwiML `<Sip>`, `<Headers>`).
    Headers (
        /// The headers, in their order.
        headers: Vec<Header>
    ) {}
}

element! {
    /// A header of a SIP invitation (Twilio docs: TwiML `<Sip>`, `<Header>`).
    Header {
        /// Its name, 1 to 256 characters.
        name: Plain = "name" if |text: &Plain| name(text.as_str(), 256);
        /// Its value, below 1024 characters.
        value: Plain = "value" if |text: &Plain| value(text.as_str());
    } check whole_header
}

impl Header {
    /// This value under this name.
    #[must_use]
    pub fn new(name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        Self::bare().name(name).value(value)
    }
}

fn value(text: &str) -> Result<(), Why> {
    let length = text.chars().count();
    if length < 1024 && !text.contains(['\r', '\n']) {
        return Ok(());
    }
    let why = "a header is one line below 1024 characters (Twilio error 21227)";
    Err(Why::new(format!("{length} characters"), why, "shorten it to one line"))
}

fn whole_header(header: &Header, place: &Place<'_>, report: &mut Report) {
    if header.name.is_none() || header.value.is_none() {
        report.refuse(place, Why::new("name or value is missing", "a header has both", "give both"));
    }
}

impl Content for SipTarget {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Address(uri) => Content::write(uri, out),
            Self::Choices(parts) => parts.write(out),
        }
    }

    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        let has_uri = element.has_child(<Uri as Part>::NAME);
        if !has_uri && !element.has_child(<Headers as Part>::NAME) {
            return Ok(read_text(element, place, reading)?.map(Self::Address));
        }
        let mut parts = Vec::new();
        if let Some(text) = if has_uri { None } else { element.take_text() } {
            reading.wrong(ParseError::text(place, &text), Subject::LooseText, place)?;
            parts.push(Uri::new(text).into());
        }
        parts.extend(<Vec<SipPart> as Content>::read(element, place, reading)?.unwrap_or_default());
        Ok(Some(Self::Choices(parts)))
    }

    fn check(&self, place: &Place<'_>, report: &mut Report) {
        let parts = match self {
            Self::Address(uri) => return report.text(uri, place),
            Self::Choices(parts) => parts,
        };
        Content::check(parts, place, report);
        let uris = parts.iter().filter(|part| matches!(part, SipPart::Uri(_))).count();
        if uris == 0 || parts.len() > uris + 1 {
            let why = Why::new(
                format!("{uris} addresses and {} lists of headers", parts.len() - uris),
                "a Sip has at least one address and at most one list of headers",
                "give that many",
            );
            report.refuse(place, why);
        }
    }
}

element! {
    /// Hands a SIP call over to another address (Twilio docs: TwiML `<Refer>`; SIP calls only, error 13801). Nothing
    /// after it runs.
    Refer (
        /// Whom to; exactly one.
        sips: Vec<Sip>
    ) {
        /// Who is asked when the other side has answered.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
    } check whole_refer
}

impl Refer {
    /// Hands the call over to this address.
    #[must_use]
    pub fn new(sip: Sip) -> Self {
        Self::bare(vec![sip])
    }
}

fn whole_refer(refer: &Refer, place: &Place<'_>, report: &mut Report) {
    if refer.sips.len() != 1 {
        let what = format!("{} addresses", refer.sips.len());
        report.refuse(place, Why::new(what, "a call is referred to exactly one", "give one Sip"));
    }
}
