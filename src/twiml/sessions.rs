//! `Connect` and what it hands a call to, except `ConversationRelay`.

use std::time::Duration;

use super::background::Stream;
use super::check::{Report, Why, within};
use super::element::{element, one_of};
use super::parameter::{Parameter, parameters};
use super::place::Place;
use super::relay::ConversationRelay;
use super::text::{ConferenceName, Language, Plain, Sid, Url, kind, name, some};
use super::values::Events;
use super::words::{DialRecord, Method, RecordingEvent, Trim, words};

element! {
    /// Hands the call to a service until it gives it back (Twilio docs: TwiML `<Connect>`).
    Connect (
        /// To which; exactly one.
        services: Vec<Service>
    ) {
        /// Who is asked when the session is over; without it the next verb runs.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
    } check whole_connect
}

one_of! {
    /// What a `Connect` hands a call to.
    Service {
        /// A socket for the audio, both ways.
        Stream,
        /// A socket for the words.
        ConversationRelay,
        /// A video room.
        Room,
        /// A conversation.
        Conversation,
        /// A Dialogflow agent.
        VirtualAgent,
        /// A session of an AI connector.
        AiSession,
        /// A session of `ConversationRelay` that is configured elsewhere.
        ConversationRelaySession,
    }
}

impl Connect {
    /// Hands the call to this service.
    #[must_use]
    pub fn new(service: impl Into<Service>) -> Self {
        Self::bare(vec![service.into()])
    }
}

fn whole_connect(connect: &Connect, place: &Place<'_>, report: &mut Report) {
    if connect.services.len() != 1 {
        let what = format!("{} services", connect.services.len());
        report.refuse(place, Why::new(what, "a call is handed to exactly one", "give one"));
    }
}

element! {
    /// A video room (Twilio docs: TwiML `<Room>`).
    Room (
        /// Its name, 1 to 128 characters.
        name: ConferenceName
    ) {
        /// Who the caller is in it, 1 to 256 characters.
        participant_identity: Plain = "participantIdentity" if |text: &Plain| name(text.as_str(), 256);
    }
}

impl Room {
    /// The room of this name.
    #[must_use]
    pub fn new(name: impl Into<ConferenceName>) -> Self {
        Self::bare(name.into())
    }
}

words! {
    /// When Twilio reports on a leg of a conversation.
    ConversationEvent {
        /// It was begun.
        Initiated = "call-initiated",
        /// It rings.
        Ringing = "call-ringing",
        /// It was answered.
        Answered = "call-answered",
        /// It is over.
        Completed = "call-completed",
    }
}

element! {
    /// A conversation (Twilio docs: TwiML `<Conversation>`).
    Conversation {
        /// The service it belongs to.
        service_instance_sid: Sid = "serviceInstanceSid" if kind("IS");
        /// Whether it is made when there is none.
        inbound_autocreation: bool = "inboundAutocreation";
        /// How long somebody may take to be assigned, in whole seconds.
        routing_assignment_timeout: Duration = "routingAssignmentTimeout" if within(1, u64::MAX);
        /// How long the caller waits, in whole seconds.
        inbound_timeout: Duration = "inboundTimeout" if within(1, u64::MAX);
        /// The document the called side hears before the two are connected.
        url: Url = "url";
        /// How `url` is requested; `POST` by default.
        method: Method = "method";
        /// What is recorded; nothing by default.
        record: DialRecord = "record";
        /// Whether silence at the ends of the recording is cut.
        trim: Trim = "trim";
        /// Who is told about the recording.
        recording_status_callback_url: Url = "recordingStatusCallback";
        /// How that URL is requested; `POST` by default.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod";
        /// What is told about; `completed` by default.
        recording_status_callback_event: Events<RecordingEvent> = "recordingStatusCallbackEvent";
        /// Who is told about the legs.
        status_callback_url: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// What is told about.
        status_callback_event: Events<ConversationEvent> = "statusCallbackEvent";
    }
}

element! {
    /// A Dialogflow agent (Twilio docs: TwiML `<VirtualAgent>`).
    VirtualAgent (
        /// How it is set up, and what it is told.
        parameters: Vec<AgentSetting>
    ) {
        /// The connector that reaches it.
        connector_name: Plain = "connectorName" if some;
        /// The language of the conversation.
        language: Language = "language";
        /// Whether the caller's mood is judged.
        sentiment_analysis: bool = "sentimentAnalysis";
        /// Who is told about the conversation.
        status_callback: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
    } check whole_agent
}

one_of! {
    /// What may stand in a `VirtualAgent` or a `Transcription`.
    AgentSetting {
        /// Set up.
        Config,
        /// Told.
        Parameter,
    }
}

element! {
    /// One value of a configuration (Twilio docs: TwiML `<Config>`).
    Config {
        /// Its name.
        name: Plain = "name" if some;
        /// Its value.
        value: Plain = "value";
    } check whole_config
}

impl Config {
    /// This value under this name.
    #[must_use]
    pub fn new(name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        Self::bare().name(name).value(value)
    }
}

fn whole_config(config: &Config, place: &Place<'_>, report: &mut Report) {
    if config.name.is_none() || config.value.is_none() {
        report.refuse(place, Why::new("name or value is missing", "a setting has both", "give both"));
    }
}

impl VirtualAgent {
    /// The agent behind this connector.
    #[must_use]
    pub fn new(connector_name: impl Into<Plain>) -> Self {
        Self::bare(Vec::new()).connector_name(connector_name)
    }

    /// Sets it up with one more value under this name.
    #[must_use]
    pub fn config(mut self, name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        self.parameters.push(Config::new(name, value).into());
        self
    }
}

parameters!(VirtualAgent);

fn whole_agent(agent: &VirtualAgent, place: &Place<'_>, report: &mut Report) {
    if agent.connector_name.is_none() {
        let why = Why::new("no connectorName", "Twilio finds the agent by it", "give the connector's name");
        report.refuse(place, why);
    }
}

element! {
    /// A session of an AI connector, as Twilio's libraries write it (TwiML `<AiSession>`).
    AiSession {
        /// The connector.
        ai_connector: Plain = "aiConnector" if some;
        /// How the session is set up.
        ai_session_configuration: Plain = "aiSessionConfiguration" if some;
    }
}

element! {
    /// A `ConversationRelay` that is set up elsewhere, as Twilio's libraries write it (TwiML
    /// `<ConversationRelaySession>`).
    ConversationRelaySession {
        /// The connector.
        connector: Plain = "connector" if some;
        /// How the session is set up.
        session_configuration: Plain = "sessionConfiguration" if some;
    }
}

macro_rules! plain_new {
    ($($name:ident)*) => {$(
        impl $name {
            /// With all defaults.
            #[must_use]
            pub fn new() -> Self {
                Self::bare()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    )*};
}

plain_new!(Conversation AiSession ConversationRelaySession);
