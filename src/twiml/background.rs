//! `Start` and `Stop`, and what goes on beside the document until it is stopped or the call ends.

use super::check::{Refused, Why};
use super::element::{element, one_of};
use super::parameter::{Parameter, parameters};
use super::sessions::{AgentSetting, Config};
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

fn not_empty(services: &[Background], place: &str, refused: &mut Vec<Refused>) {
    if services.is_empty() {
        refused.push(Why::new("nothing in it", "it would do nothing", "name a service, or leave it out").at(place));
    }
}

fn whole_start(start: &Start, place: &str, refused: &mut Vec<Refused>) {
    not_empty(&start.services, place, refused);
    for (i, service) in start.services.iter().enumerate() {
        if let Background::Stream(stream) = service {
            stream.check_reached(&format!("{place}/Stream[{i}]"), refused);
        }
    }
}

fn whole_stop(stop: &Stop, place: &str, refused: &mut Vec<Refused>) {
    not_empty(&stop.services, place, refused);
    for (i, service) in stop.services.iter().enumerate() {
        let (kind, name) = match service {
            Background::Stream(stream) => ("Stream", &stream.name),
            Background::Siprec(siprec) => ("Siprec", &siprec.name),
            Background::Transcription(transcription) => ("Transcription", &transcription.name),
            Background::Recording(recording) => ("Recording", &recording.name),
        };
        if name.is_none() {
            let why = Why::new("no name", "Twilio finds what to stop by its name", "give the name it was started with");
            refused.push(why.at(format!("{place}/{kind}[{i}]")));
        }
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
        /// How the audio is coded, as Twilio's libraries write it.
        audio_format: Plain = "audioFormat" if some;
        /// How often the audio is sampled, as Twilio's libraries write it.
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

    /// What holds for a stream that begins.
    fn check_reached(&self, place: &str, refused: &mut Vec<Refused>) {
        if self.url.is_none() && self.connector_name.is_none() {
            let why = Why::new("no url", "Twilio must know where the audio goes", "give a wss:// address");
            refused.push(why.at(place));
        }
    }

    /// What holds for a stream under `Connect`.
    pub(super) fn check_two_way(&self, place: &str, refused: &mut Vec<Refused>) {
        self.check_reached(place, refused);
        if self.track.is_some_and(|track| track != Track::Inbound) {
            let why = Why::new(
                "a track that Twilio sends",
                "a Stream under Connect hears the inbound track only",
                "leave it out, or use Start",
            );
            refused.push(why.at(format!("{place}@track")));
        }
    }
}

fn whole_stream(stream: &Stream, place: &str, refused: &mut Vec<Refused>) {
    for (i, parameter) in stream.parameters.iter().enumerate() {
        let length = parameter.length();
        if length >= 500 {
            let why = "a Stream takes name and value below 500 characters together";
            let why = Why::new(format!("{length} characters"), why, "shorten it");
            refused.push(why.at(format!("{place}/Parameter[{i}]")));
        }
    }
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
    }
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
    }
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
        /// Which side is recorded; both by default.
        track: RecordingTrack = "track";
        /// How many channels it has; two by default.
        channels: Channels = "channels";
        /// The account's recording configuration.
        recording_configuration_id: Plain = "recordingConfigurationId";
    }
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
