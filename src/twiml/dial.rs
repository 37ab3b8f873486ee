//! `Dial`, and what it can reach except a conference.

use std::time::Duration;

use super::check::{Report, Why, within};
use super::conference::Conference;
use super::element::{Content, element, one_of};
use super::nouns::{Application, Sim, WhatsApp};
use super::parameter::{Parameter, check_named, read_named, write_named};
use super::parse::ParseError;
use super::place::Place;
use super::reading::Reading;
use super::sip::Sip;
use super::text::{CallerId, DialledNumber, Identity, Plain, QueueName, Sid, Tones, Url, kind};
use super::tree::Element;
use super::values::{Events, Millis};
use super::words::{
    CallEvent, DialEvent, DialRecord, MachineDetection, Method, RecordingEvent, RecordingTrack, RingTone, Trim,
};
use super::write::Writer;
use crate::phone::Endpoint;

element! {
    /// Connects the caller (Twilio docs: TwiML `<Dial>`): with up to ten numbers, clients and SIP addresses, or with
    /// one conference, queue, application, SIM or WhatsApp user (Twilio errors 13000, 13215).
    Dial (
        /// Whom with.
        nouns: Vec<Noun>
    ) {
        /// Who is asked when the connection is over; without it the next verb runs.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
        /// How long it may ring, 5 s to 600 s; 30 s by default. Twilio adds about 5 s.
        timeout: Duration = "timeout" if within(5, 600);
        /// How long the connection may last, 1 s to 86400 s; 14400 s by default, and above it the account must allow it.
        time_limit: Duration = "timeLimit" if within(1, 86_400);
        /// What the called side sees; the caller's number by default.
        caller_id: CallerId = "callerId";
        /// Whether the caller's leg is answered only when the called side answers; false by default.
        answer_on_bridge: bool = "answerOnBridge";
        /// Whether `*` ends the called leg; false by default.
        hangup_on_star: bool = "hangupOnStar";
        /// What is recorded; nothing by default.
        record: DialRecord = "record";
        /// Whether silence at the ends of the recording is cut; `do-not-trim` by default.
        trim: Trim = "trim";
        /// Which side is recorded; both by default.
        recording_track: RecordingTrack = "recordingTrack";
        /// Who is told about the recording.
        recording_status_callback_url: Url = "recordingStatusCallback";
        /// How that URL is requested; `POST` by default.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod";
        /// What is told about; `completed` by default.
        recording_status_callback_event: Events<RecordingEvent> = "recordingStatusCallbackEvent";
        /// What the caller hears while it rings; the carrier's tone by default.
        ring_tone: RingTone = "ringTone";
        /// Whether the nouns are tried one after another; false by default.
        sequential: bool = "sequential";
        /// Who is told when the other side sends a SIP REFER.
        refer_url: Url = "referUrl";
        /// How `refer_url` is requested; `POST` by default.
        refer_method: Method = "referMethod";
        /// The account's recording configuration.
        recording_configuration_id: Plain = "recordingConfigurationId";
        /// What Twilio reports of the dialling, as its libraries write it.
        events: Events<DialEvent> = "events";
        /// Signed caller identities, as Twilio's libraries write them.
        passports: Plain = "passports";
    } check whole_dial
}

one_of! {
    /// What a `Dial` can reach.
    Noun {
        /// A telephone.
        Number,
        /// A browser or app.
        Client,
        /// A SIP address.
        Sip,
        /// A conference.
        Conference,
        /// The oldest caller of a queue.
        Queue,
        /// An application of the account.
        Application,
        /// A SIM.
        Sim,
        /// A WhatsApp user.
        WhatsApp,
    }
    text |text: &str| Self::Number(Number::new(text));
}

impl From<&Endpoint> for Noun {
    fn from(endpoint: &Endpoint) -> Self {
        match endpoint {
            Endpoint::Phone(number) => Number::new(number).into(),
            Endpoint::Client(identity) => Client::new(identity).into(),
            Endpoint::Sip(uri) => Sip::new(uri).into(),
        }
    }
}

impl Dial {
    /// Connects with nobody yet; `build` refuses it in this state.
    #[must_use]
    pub fn new() -> Self {
        Self::bare(Vec::new())
    }

    /// Rings this telephone too.
    #[must_use]
    pub fn number(self, number: Number) -> Self {
        self.noun(number)
    }

    /// Rings this browser or app too.
    #[must_use]
    pub fn client(self, client: Client) -> Self {
        self.noun(client)
    }

    /// Rings this SIP address too.
    #[must_use]
    pub fn sip(self, sip: Sip) -> Self {
        self.noun(sip)
    }

    /// Puts the caller into this conference; nothing else may be dialled with it.
    #[must_use]
    pub fn conference(self, conference: Conference) -> Self {
        self.noun(conference)
    }

    /// Takes the oldest caller of this queue; nothing else may be dialled with it.
    #[must_use]
    pub fn queue(self, queue: Queue) -> Self {
        self.noun(queue)
    }

    /// Asks this application; nothing else may be dialled with it.
    #[must_use]
    pub fn application(self, application: Application) -> Self {
        self.noun(application)
    }

    /// Rings this SIM; nothing else may be dialled with it.
    #[must_use]
    pub fn sim(self, sim: Sim) -> Self {
        self.noun(sim)
    }

    /// Rings this WhatsApp user; nothing else may be dialled with it.
    #[must_use]
    pub fn whats_app(self, whats_app: WhatsApp) -> Self {
        self.noun(whats_app)
    }

    /// Adds a noun after those so far.
    #[must_use]
    pub fn noun(mut self, noun: impl Into<Noun>) -> Self {
        self.nouns.push(noun.into());
        self
    }

    /// Tells this URL about these events of the recording.
    #[must_use]
    pub fn recording_status_callback(self, url: impl Into<Url>, events: impl Into<Events<RecordingEvent>>) -> Self {
        self.recording_status_callback_url(url).recording_status_callback_event(events)
    }
}

impl Default for Dial {
    fn default() -> Self {
        Self::new()
    }
}

fn whole_dial(dial: &Dial, place: &Place<'_>, report: &mut Report) {
    let alone = dial.nouns.iter().any(|noun| !matches!(noun, Noun::Number(_) | Noun::Client(_) | Noun::Sip(_)));
    let why = match dial.nouns.len() {
        0 => Why::new(
            "nobody to dial",
            "Twilio refuses an empty Dial",
            "add a number, client, SIP address, conference or queue",
        ),
        2.. if alone => Why::new(
            "a conference, queue, application, SIM or WhatsApp user among other nouns",
            "it must be the only one (error 13000)",
            "dial it in a Dial of its own",
        )
        .coded(13_000),
        count @ 11.. => Why::new(format!("{count} nouns"), "Twilio dials at most ten", "dial the rest in a later Dial"),
        _ => return,
    };
    report.refuse(place, why);
}

element! {
    /// A telephone (Twilio docs: TwiML `<Number>`).
    Number (
        /// Its number.
        number: DialledNumber
    ) {
        /// Keys sent when it answers.
        send_digits: Tones = "sendDigits";
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
        /// The trunk that carries the leg.
        byoc: Sid = "byoc" if kind("BY");
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

element! {
    /// A browser or app with Twilio's voice SDK (Twilio docs: TwiML `<Client>`); all devices of the identity ring.
    Client (
        /// Who.
        target: ClientTarget
    ) {
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
        /// Who wakes the app.
        client_notification_url: Url = "clientNotificationUrl";
    }
}

macro_rules! status_callback {
    ($($name:ident)*) => {$(
        impl $name {
            /// Tells this URL about these events of the leg.
            #[must_use]
            pub fn status_callback(self, url: impl Into<Url>, events: impl Into<Events<CallEvent>>) -> Self {
                self.status_callback_url(url).status_callback_event(events)
            }
        }
    )*};
}

status_callback!(Number Client);

pub(super) use status_callback;

impl Number {
    /// The telephone with this number, in E.164 form.
    #[must_use]
    pub fn new(number: impl Into<DialledNumber>) -> Self {
        Self::bare(number.into())
    }
}

impl Client {
    /// The browser or app that registered under this identity.
    #[must_use]
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self::bare(ClientTarget { identity: identity.into(), parameters: Vec::new() })
    }

    /// Gives the app one more custom parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        self.target.parameters.push(Parameter::new(name, value));
        self
    }
}

/// Whom a `Client` reaches, and what the app is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientTarget {
    /// Whom.
    pub identity: Identity,
    /// The custom parameters, in the order given.
    pub parameters: Vec<Parameter>,
}

impl Content for ClientTarget {
    fn write(&self, out: &mut Writer) {
        write_named(&self.identity, ("<Identity", "</Identity>"), &self.parameters, out);
    }

    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        let read = read_named(element, "Identity", place, reading)?;
        Ok(read.map(|(identity, parameters)| Self { identity, parameters }))
    }

    fn check(&self, place: &Place<'_>, report: &mut Report) {
        check_named(&self.identity, &self.parameters, place, report);
    }
}

element! {
    /// The oldest caller of a queue (Twilio docs: TwiML `<Queue>`).
    Queue (
        /// The queue.
        name: QueueName
    ) {
        /// The document the queued caller hears before the two are connected, a `BridgeResponse`; none by default.
        url: Url = "url";
        /// How `url` is requested; `POST` by default.
        method: Method = "method";
        /// The TaskRouter reservation that is served.
        reservation_sid: Sid = "reservationSid" if kind("WR");
        /// The TaskRouter activity of the worker afterwards.
        post_work_activity_sid: Sid = "postWorkActivitySid" if kind("WA");
    }
}

impl Queue {
    /// The queue of this name.
    #[must_use]
    pub fn new(name: impl Into<QueueName>) -> Self {
        Self::bare(name.into())
    }
}
