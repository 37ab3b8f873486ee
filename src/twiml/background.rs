//! `Start` and `Stop`, and what goes on beside the document until it is stopped or the call ends.

use super::check::{Report, Why};
use super::element::{Part, element, one_of};
use super::parameter::{Parameter, parameters};
use super::place::Place;
use super::sessions::{AgentSetting, Config, Connect};
use super::text::{Language, Plain, SocketUrl, Url, absolute, no_query, some};
use super::values::{Events, Hints};
use super::words::{Method, RecordingEvent, RecordingTrack, Trim, words};

element! {
    /// Begins something beside the document, which goes on at once (Twilio docs: TwiML `<Start>`).
    Start (
        /// What; at least one.
        services: Vec<Background>
    ) {
        /// Who is asked, as Twilio's libraries write it.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
    } check whole_start
}

element! {
    /// Ends what a `Start` began (Twilio docs: TwiML `<Stop>`).
    Stop (
        /// What; at least one, each with its name.
        services: Vec<Background>
    ) {} check whole_stop
}

one_of! {
    /// What goes on beside a document.
    Background {
        /// A socket for the audio, one way.
        Stream,
        /// A SIP recording session.
        Siprec,
        /// What is said, in writing.
        Transcription,
        /// A recording.
        Recording,
    }
}

impl Start {
    /// Begins this.
    #[must_use]
    pub fn new(service: impl Into<Background>) -> Self {
        Self::bare(vec![service.into()])
    }
}

impl Stop {
    /// Ends what has the name of this.
    #[must_use]
    pub fn new(service: impl Into<Background>) -> Self {
        Self::bare(vec![service.into()])
    }
}

fn not_empty(services: &[Background], place: &Place<'_>, report: &mut Report) {
    if services.is_empty() {
        report.refuse(place, Why::new("nothing in it", "it would do nothing", "name a service, or leave it out"));
    }
}

fn whole_start(start: &Start, place: &Place<'_>, report: &mut Report) {
    not_empty(&start.services, place, report);
}

fn whole_stop(stop: &Stop, place: &Place<'_>, report: &mut Report) {
    not_empty(&stop.services, place, report);
}

/// What is stopped has a name.
fn stopped_by_name(name: Option<&Plain>, place: &Place<'_>, report: &mut Report) {
    if name.is_none() && place.parent() == <Stop as Part>::NAME {
        let why = Why::new("no name", "Twilio finds what to stop by its name", "give the name it was started with");
        report.refuse(place, why);
    }
}

words! {
    /// Which side of a call is heard.
    Track {
        /// What arrives at Twilio.
        Inbound = "inbound_track",
        /// What Twilio sends.
        Outbound = "outbound_track",
        /// Both.
        Both = "both_tracks",
    }

    /// How many channels a recording has.
    Channels {
        /// One.
        Mono = "mono",
        /// One for each side.
        Dual = "dual",
    }

    /// Who writes down what is said.
    TranscriptionEngine {
        /// Google.
        Google = "google",
        /// Deepgram.
        Deepgram = "deepgram",
    }
}

element! {
    /// A socket that gets the call's audio (Twilio docs: TwiML `<Stream>`): one way under `Start`; under `Connect` both
    /// ways, and the document waits until the server closes it.
    Stream (
        /// What the server is told; each name and value below 500 characters together.
        parameters: Vec<Parameter>
    ) {
        /// The server, without a query.
        url: SocketUrl = "url" if no_query;
        /// Its name, once in a call.
        name: Plain = "name" if some;
        /// What it hears; `inbound_track` by default, and nothing else under `Connect`.
        track: Track = "track";
        /// Who is told about it; not relative.
        status_callback: Url = "statusCallback" if absolute;
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// The connector that takes it instead of a server.
        connector_name: Plain = "connectorName" if some;
        /// How the audio is coded, as Twilio's libraries write it; which words Twilio takes is unverified.
        audio_format: Plain = "audioFormat" if some;
        /// How often the audio is sampled, as Twilio's libraries write it; which numbers Twilio takes is unverified.
        sample_rate: Plain = "sampleRate" if some;
    } check whole_stream
}

impl Stream {
    /// To this server.
    #[must_use]
    pub fn new(url: impl Into<SocketUrl>) -> Self {
        Self::bare(Vec::new()).url(url)
    }

    /// The stream of this name, for `Stop`.
    #[must_use]
    pub fn named(name: impl Into<Plain>) -> Self {
        Self::bare(Vec::new()).name(name)
    }
}

fn whole_stream(stream: &Stream, place: &Place<'_>, report: &mut Report) {
    stopped_by_name(stream.name.as_ref(), place, report);
    let two_way = place.parent() == <Connect as Part>::NAME;
    if (two_way || place.parent() == <Start as Part>::NAME) && stream.url.is_none() && stream.connector_name.is_none() {
        report.refuse(place, Why::new("no url", "Twilio must know where the audio goes", "give a wss:// address"));
    }
    if two_way && stream.track.is_some_and(|track| track != Track::Inbound) {
        let why = Why::new(
            "a track that Twilio sends",
            "a Stream under Connect hears the inbound track only",
            "leave it out, or use Start",
        );
        report.refuse_attribute(place, "track", why);
    }
}

fn whole_siprec(siprec: &Siprec, place: &Place<'_>, report: &mut Report) {
    stopped_by_name(siprec.name.as_ref(), place, report);
}

fn whole_transcription(transcription: &Transcription, place: &Place<'_>, report: &mut Report) {
    stopped_by_name(transcription.name.as_ref(), place, report);
}

fn whole_recording(recording: &Recording, place: &Place<'_>, report: &mut Report) {
    stopped_by_name(recording.name.as_ref(), place, report);
}

element! {
    /// A SIP recording session (Twilio docs: TwiML `<Siprec>`).
    Siprec (
        /// What the recorder is told.
        parameters: Vec<Parameter>
    ) {
        /// Its name, once in a call.
        name: Plain = "name" if some;
        /// The connector that reaches the recorder.
        connector_name: Plain = "connectorName" if some;
        /// What is recorded; `both_tracks` by default.
        track: Track = "track";
        /// Who is told about it.
        status_callback: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
    } check whole_siprec
}

element! {
    /// What is said, in writing (Twilio docs: TwiML `<Transcription>`). In a conference the inbound track is the
    /// participant, and the outbound track all others.
    Transcription (
        /// How it is set up, and what its receiver is told.
        parameters: Vec<AgentSetting>
    ) {
        /// Its name, once in a call.
        name: Plain = "name" if some;
        /// Who is told what is said; not relative.
        status_callback_url: Url = "statusCallbackUrl" if absolute;
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// The language; `en-US` by default.
        language_code: Language = "languageCode";
        /// Who is written down; `both_tracks` by default.
        track: Track = "track";
        /// What the inbound side is called.
        inbound_track_label: Plain = "inboundTrackLabel";
        /// What the outbound side is called.
        outbound_track_label: Plain = "outboundTrackLabel";
        /// Who writes; Google by default.
        transcription_engine: TranscriptionEngine = "transcriptionEngine";
        /// The engine's model; `telephony` by default.
        speech_model: Plain = "speechModel" if some;
        /// Whether what was understood so far is told; false by default.
        partial_results: bool = "partialResults";
        /// Whether swear words are masked; true by default.
        profanity_filter: bool = "profanityFilter";
        /// What is likely to be said: at most 500 phrases of 100 characters.
        hints: Hints = "hints";
        /// Whether there are commas and full stops; true by default.
        enable_automatic_punctuation: bool = "enableAutomaticPunctuation";
        /// Whether the engine's own data is told; false by default.
        enable_provider_data: bool = "enableProviderData";
        /// The account's intelligence service.
        intelligence_service: Plain = "intelligenceService";
        /// The conversation's configuration.
        conversation_configuration: Plain = "conversationConfiguration";
        /// The conversation.
        conversation_id: Plain = "conversationId";
    } check whole_transcription
}

impl Transcription {
    /// Sets it up with one more value under this name.
    #[must_use]
    pub fn config(mut self, name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        self.parameters.push(Config::new(name, value).into());
        self
    }
}

element! {
    /// A recording beside the document (Twilio docs: TwiML `<Recording>`).
    Recording {
        /// Its name, once in a call.
        name: Plain = "name" if some;
        /// Who is told about it; not relative.
        recording_status_callback_url: Url = "recordingStatusCallback" if absolute;
        /// How that URL is requested; `POST` by default.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod";
        /// What is told about; `completed` by default.
        recording_status_callback_event: Events<RecordingEvent> = "recordingStatusCallbackEvent";
        /// Whether silence at its ends is cut; it is by default.
        trim: Trim = "trim";
        /// Which side is recorded; both by default. In tests of others it had no effect (unverified).
        track: RecordingTrack = "track";
        /// How many channels it has; two by default.
        channels: Channels = "channels";
        /// The account's recording configuration.
        recording_configuration_id: Plain = "recordingConfigurationId";
    } check whole_recording
}

parameters!(Stream Siprec Transcription);

macro_rules! begun {
    ($($name:ident($($content:expr)?))*) => {$(
        impl $name {
            /// With all defaults.
            #[must_use]
            pub fn new() -> Self {
                Self::bare($($content)?)
            }

            /// The one of this name, for `Stop`.
            #[must_use]
            pub fn named(name: impl Into<Plain>) -> Self {
                Self::new().name(name)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    )*};
}

begun!(Siprec(Vec::new()) Transcription(Vec::new()) Recording());
