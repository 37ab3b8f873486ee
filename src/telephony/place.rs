//! Ringing somebody: everything that can be said when a leg is placed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::settings::RecordingSettings;
use crate::phone::Endpoint;

/// How long a leg rings unless told otherwise.
const RING_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a leg may last unless told otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(4 * 3600);

/// Rings an endpoint.
///
/// ```
/// use std::time::Duration;
/// use switchboard::telephony::{Action, Detection, Dial};
///
/// let (to, from) = ("+14155550123".parse()?, "+14155550100".parse()?);
/// let dial = Dial::new(to, from, "https://centre.example/document", "https://centre.example/status")
///     .ring_timeout(Duration::from_secs(20))
///     .detection(Detection::at_once().status_url("https://centre.example/machine"));
/// assert!(!Action::from(dial).is_idempotent(), "dialled twice, it rings twice");
/// # Ok::<(), switchboard::phone::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dial {
    /// Who is rung.
    pub to: Endpoint,
    /// Who seems to call.
    pub from: Endpoint,
    /// Asked for a document by POST when the leg is answered.
    pub document_url: String,
    /// Told of ringing, answer and end by POST.
    pub status_url: String,
    /// How long it rings, whole seconds.
    pub ring_timeout: Duration,
    /// How long the leg may last, whole seconds: the last fence against a leg that nobody ends.
    pub time_limit: Duration,
    /// A document in the provider's words, at most 4000 characters, carried out instead of asking `document_url`.
    pub document: Option<String>,
    /// What else is asked of it.
    pub extras: Extras,
}

/// Rings an endpoint and puts it into a conference once it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddParticipant {
    /// Which conference.
    pub conference: ConferenceRef,
    /// Who is rung.
    pub to: Endpoint,
    /// Who seems to call.
    pub from: Endpoint,
    /// Told of ringing, answer and end of the leg by POST.
    pub status_url: String,
    /// How long it rings, whole seconds.
    pub ring_timeout: Duration,
    /// How long the leg may last, whole seconds.
    pub time_limit: Duration,
    /// What else is asked of the leg.
    pub extras: Extras,
    /// A name of this participant, one of a kind in the conference; at most 128 characters without `/`.
    pub label: Option<String>,
    /// Whether nobody hears it at first.
    pub muted: bool,
    /// The leg that alone hears this one: a supervisor who whispers. That leg must be in the conference already.
    pub coached: Option<String>,
    /// When the others hear a beep for it.
    pub beep: Beeps,
    /// Whether the conference starts when it enters.
    pub starts_on_enter: bool,
    /// Whether the conference ends for all when it leaves.
    pub ends_on_exit: bool,
    /// Whether the others hear what the network plays while it rings.
    pub early_media: bool,
    /// How many may be in the conference, 2 to 250; `None`: the provider's limit.
    pub participants_max: Option<u32>,
    /// Asked by POST for what it hears until the conference starts; `None`: the provider's music.
    pub wait_url: Option<String>,
    /// Told of the conference's events by POST; heeded only from the first participant.
    pub conference_status_url: Option<String>,
    /// How the conference is recorded from its start; `None`: it is not. Channels and track do not apply.
    pub conference_recording: Option<RecordingSettings>,
}

/// Which conference somebody is put into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConferenceRef {
    /// A running one, by the provider's id.
    Id(String),
    /// The running one of this name; there is one afterwards if there was none. At most 128 characters.
    Name(String),
}

/// When a participant is announced by a beep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beeps {
    /// Never.
    #[default]
    Never,
    /// When it enters.
    OnEnter,
    /// When it leaves.
    OnExit,
    /// Both.
    Both,
}

/// What may be asked of a leg that is placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Extras {
    /// The number or client that is shown instead of `from`.
    pub caller_id: Option<Endpoint>,
    /// The name that is shown to whoever is rung, 2 to 255 characters. Few providers take one.
    pub caller_name: Option<String>,
    /// Why is being called, shown on branded calls: at most 50 characters.
    pub reason: Option<String>,
    /// Told to a client's app, or sent to a SIP device as headers: names with letters, digits, `_` and `-`.
    pub parameters: BTreeMap<String, String>,
    /// Keys that are pressed once it is answered: at most 32 of `0-9 A-D # * w W` (`w` waits half a second).
    pub digits: Option<String>,
    /// Whether a person or a machine answers is found out; `None`: it is not.
    pub detection: Option<Detection>,
    /// How it is recorded from its answer on; `None`: it is not.
    pub recording: Option<RecordingSettings>,
}

/// Finding out whether a person or a machine answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Detection {
    /// When a verdict is wanted.
    pub until: DetectUntil,
    /// Told the verdict by POST, while the leg goes on with its document. `None`: the leg waits, and the verdict comes
    /// with the request for its document.
    pub status_url: Option<String>,
    /// Longest time for a verdict, 3 to 59 s; `None`: the provider's default.
    pub timeout: Option<Duration>,
    /// Speech as long as this is a machine's, 1 to 6 s; `None`: the provider's default.
    pub speech_max: Option<Duration>,
    /// Silence after speech that ends a greeting, 0.5 to 5 s; `None`: the provider's default.
    pub speech_end: Option<Duration>,
    /// Silence at first that ends in no verdict, 2 to 10 s; `None`: the provider's default.
    pub silence_max: Option<Duration>,
}

/// When a machine's verdict is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetectUntil {
    /// As soon as it is known.
    Known,
    /// When a machine's greeting is over, so that a message can be left.
    GreetingEnds,
}

impl Detection {
    /// A verdict as soon as it is known, before the document is asked for.
    #[must_use]
    pub fn at_once() -> Self {
        let until = DetectUntil::Known;
        Self { until, status_url: None, timeout: None, speech_max: None, speech_end: None, silence_max: None }
    }

    /// A verdict once a machine's greeting is over.
    #[must_use]
    pub fn after_greeting() -> Self {
        Self { until: DetectUntil::GreetingEnds, ..Self::at_once() }
    }

    /// The same, told to `url` while the leg goes on.
    #[must_use]
    pub fn status_url(mut self, url: impl Into<String>) -> Self {
        self.status_url = Some(url.into());
        self
    }

    /// The same, given up after `timeout`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Dial {
    /// Rings for 30 s, lasts 4 h at most; nothing else is asked.
    #[must_use]
    pub fn new(to: Endpoint, from: Endpoint, document_url: impl Into<String>, status_url: impl Into<String>) -> Self {
        Self {
            to,
            from,
            document_url: document_url.into(),
            status_url: status_url.into(),
            ring_timeout: RING_TIMEOUT,
            time_limit: TIME_LIMIT,
            document: None,
            extras: Extras::default(),
        }
    }
}

impl AddParticipant {
    /// Rings for 30 s, lasts 4 h at most, enters heard and without a beep, and starts the conference.
    #[must_use]
    pub fn new(conference: ConferenceRef, to: Endpoint, from: Endpoint, status_url: impl Into<String>) -> Self {
        Self {
            conference,
            to,
            from,
            status_url: status_url.into(),
            ring_timeout: RING_TIMEOUT,
            time_limit: TIME_LIMIT,
            extras: Extras::default(),
            label: None,
            muted: false,
            coached: None,
            beep: Beeps::Never,
            starts_on_enter: true,
            ends_on_exit: false,
            early_media: true,
            participants_max: None,
            wait_url: None,
            conference_status_url: None,
            conference_recording: None,
        }
    }

    /// The same, under this label.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same, heard by `leg` alone.
    #[must_use]
    pub fn coaching(mut self, leg: impl Into<String>) -> Self {
        self.coached = Some(leg.into());
        self
    }

    /// The same, heard by nobody at first.
    #[must_use]
    pub fn muted(mut self) -> Self {
        self.muted = true;
        self
    }
}

/// What both kinds of placing are told in the same way.
macro_rules! placed {
    ($($placed:ty),*) => {$(
        impl $placed {
            /// The same, ringing this long.
            #[must_use]
            pub fn ring_timeout(mut self, ring_timeout: Duration) -> Self {
                self.ring_timeout = ring_timeout;
                self
            }
            /// The same, lasting this long at most.
            #[must_use]
            pub fn time_limit(mut self, time_limit: Duration) -> Self {
                self.time_limit = time_limit;
                self
            }
            /// The same, and who answers is found out.
            #[must_use]
            pub fn detection(mut self, detection: Detection) -> Self {
                self.extras.detection = Some(detection);
                self
            }
            /// The same, recorded from its answer on.
            #[must_use]
            pub fn recording(mut self, settings: RecordingSettings) -> Self {
                self.extras.recording = Some(settings);
                self
            }
            /// The same, with a reason that is shown.
            #[must_use]
            pub fn reason(mut self, reason: impl Into<String>) -> Self {
                self.extras.reason = Some(reason.into());
                self
            }
            /// The same, showing this name.
            #[must_use]
            pub fn caller_name(mut self, name: impl Into<String>) -> Self {
                self.extras.caller_name = Some(name.into());
                self
            }
            /// The same, telling the client or SIP device `value` under `name`.
            #[must_use]
            pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.extras.parameters.insert(name.into(), value.into());
                self
            }
        }
    )*};
}

placed!(Dial, AddParticipant);
