//! `ConversationRelay`: the caller speaks, and a server of the application reads and writes.

use super::check::{Report, Why, shown};
use super::element::{Value, element, one_of};
use super::parameter::{Parameter, parameters};
use super::place::Place;
use super::text::{Decimal, Language, Plain, SocketUrl, some};
use super::values::{Events, Hints};
use super::words::words;
use super::write::Writer;

words! {
    /// What a caller may interrupt with, or what is reported.
    Interruption {
        /// Speech and keys.
        Any = "any" | "true",
        /// Nothing.
        None = "none" | "false",
        /// Keys.
        Dtmf = "dtmf",
        /// Speech.
        Speech = "speech",
    }

    /// How little speech interrupts.
    Sensitivity {
        /// Any.
        High = "high",
        /// In between.
        Medium = "medium",
        /// Clear speech.
        Low = "low",
    }

    /// Who speaks.
    TtsProvider {
        /// ElevenLabs.
        ElevenLabs = "ElevenLabs",
        /// Google.
        Google = "Google",
        /// Amazon.
        Amazon = "Amazon",
    }

    /// Who understands speech.
    TranscriptionProvider {
        /// Deepgram.
        Deepgram = "Deepgram",
        /// Google.
        Google = "Google",
    }

    /// Whether numbers and the like are made words before they are spoken.
    TextNormalization {
        /// The provider decides.
        Auto = "auto",
        /// Yes.
        On = "on",
        /// No.
        Off = "off",
    }

    /// What more the server is told.
    RelayDebug {
        /// What helps to find faults.
        Debugging = "debugging",
        /// When somebody begins and stops speaking.
        SpeakerEvents = "speaker-events",
        /// What the caller has heard.
        TokensPlayed = "tokens-played",
    }

    /// What a caller's words are told with.
    PromptDetail {
        /// How far the turn is.
        TurnState = "turn-state",
        /// The parts of the words.
        PromptSegments = "prompt-segments",
    }
}

element! {
    /// A server that gets the caller's words and sends words to speak (Twilio docs: TwiML `<ConversationRelay>`).
    ConversationRelay (
        /// Languages it can change to, and what the server is told.
        parameters: Vec<RelaySetting>
    ) {
        /// The server.
        url: SocketUrl = "url";
        /// What the caller hears first.
        welcome_greeting: Plain = "welcomeGreeting";
        /// What interrupts the greeting; anything by default.
        welcome_greeting_interruptible: Interruption = "welcomeGreetingInterruptible";
        /// The language of both sides; `en-US` by default.
        language: Language = "language";
        /// The language that is spoken to the caller.
        tts_language: Language = "ttsLanguage";
        /// Who speaks; ElevenLabs by default.
        tts_provider: TtsProvider = "ttsProvider";
        /// The provider's voice.
        voice: Plain = "voice" if some;
        /// The language that the caller speaks.
        transcription_language: Language = "transcriptionLanguage";
        /// Who understands the caller; Deepgram by default.
        transcription_provider: TranscriptionProvider = "transcriptionProvider";
        /// The provider's model.
        speech_model: Plain = "speechModel" if some;
        /// What interrupts the speech; anything by default.
        interruptible: Interruption = "interruptible";
        /// How little interrupts; high by default.
        interrupt_sensitivity: Sensitivity = "interruptSensitivity";
        /// Whether keys are told.
        dtmf_detection: bool = "dtmfDetection";
        /// What is told while the caller hears speech; nothing by default.
        report_input_during_agent_speech: Interruption = "reportInputDuringAgentSpeech";
        /// Whether new words replace those that are still spoken; false by default.
        preemptible: bool = "preemptible";
        /// What is likely to be said: at most 500 phrases of 100 characters.
        hints: Hints = "hints";
        /// What more the server is told.
        debug: Events<RelayDebug> = "debug";
        /// Whether ElevenLabs makes numbers words; off by default.
        elevenlabs_text_normalization: TextNormalization = "elevenlabsTextNormalization";
        /// The account's intelligence service.
        intelligence_service: Plain = "intelligenceService";
        /// What is reported, as Twilio's libraries write it.
        events: Plain = "events";
        /// Whether what was understood so far is told.
        partial_prompts: bool = "partialPrompts";
        /// Whether swear words are masked.
        profanity_filter: bool = "profanityFilter";
        /// How noise is treated. Twilio's libraries differ in the spelling of this and the next three: see [`Spelling`].
        background_noise_reduction: Spelled = "backgroundNoiseReduction" | "backgroundnoisereduction" if something;
        /// How much silence ends the speech, as Twilio's libraries write it.
        speech_timeout: Spelled = "speechTimeout" | "speechtimeout" if something;
        /// How Deepgram formats, as Twilio's libraries write it.
        deepgram_smart_format: Spelled = "deepgramSmartFormat" | "deepgramsmartformat" if something;
        /// Whether short sounds of agreement are ignored, as Twilio's libraries write it.
        ignore_backchannel: Spelled = "ignoreBackchannel" | "ignorebackchannel" if something;
        /// Whether what was understood so far is told when the caller hangs up.
        partial_prompt_on_hangup: bool = "partialPromptOnHangup";
        /// From which certainty on the end of a turn is guessed, 0.3 to 0.9.
        eager_eot_threshold: Decimal = "eagerEotThreshold" if threshold;
        /// How the provider formats, as Twilio's libraries write it.
        asr_smart_format: Plain = "asrSmartFormat" if some;
        /// Whether numbers are made words.
        tts_text_normalization: TextNormalization = "ttsTextNormalization";
        /// In which language numbers are made words, as Twilio's libraries write it.
        tts_language_text_normalization: Plain = "ttsLanguageTextNormalization" if some;
        /// In which language ElevenLabs makes numbers words, as Twilio's libraries write it.
        elevenlabs_language_text_normalization: Plain = "elevenlabsLanguageTextNormalization" if some;
        /// What the caller's words are told with.
        include_in_prompt: Events<PromptDetail> = "includeInPrompt";
        /// Who the caller is.
        customer_name: Plain = "customerName";
        /// Whether the server may come back after a broken connection; false by default.
        application_reconnect: bool = "applicationReconnect";
        /// Whether the echo of the own speech is left out; false by default.
        echo_prompt_filtering: bool = "echoPromptFiltering";
        /// Whether the end of a turn is detected; false by default.
        turn_detection: bool = "turnDetection";
    } check whole_relay
}

/// How an attribute is spelt that Twilio's libraries spell differently. Which one Twilio reads is unverified; both are
/// read here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spelling {
    /// As twilio-python writes it: `speechTimeout`.
    #[default]
    Camel,
    /// As twilio-node writes it: `speechtimeout`.
    Lower,
}

/// The value of an attribute with two spellings. From a text it is spelt as [`Spelling::Camel`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spelled {
    /// The value.
    pub value: Plain,
    /// How the attribute's name is written.
    pub spelling: Spelling,
}

impl Spelled {
    /// This value, with the attribute's name spelt like this.
    #[must_use]
    pub fn new(value: impl Into<Plain>, spelling: Spelling) -> Self {
        Self { value: value.into(), spelling }
    }
}

impl<T: Into<Plain>> From<T> for Spelled {
    fn from(value: T) -> Self {
        Self::new(value, Spelling::default())
    }
}

impl Value for Spelled {
    const EXPECTED: &'static str = Plain::EXPECTED;
    fn write(&self, out: &mut Writer) {
        Value::write(&self.value, out);
    }
    fn size(&self) -> usize {
        self.value.size()
    }
    fn read(text: &str) -> Option<Self> {
        Some(text.into())
    }
    fn check(&self) -> Result<(), Why> {
        Value::check(&self.value)
    }
    fn read_spelled(text: &str, spelling: usize) -> Option<Self> {
        Some(Self::new(text, if spelling == 0 { Spelling::Camel } else { Spelling::Lower }))
    }
    fn spelling(&self) -> usize {
        match self.spelling {
            Spelling::Camel => 0,
            Spelling::Lower => 1,
        }
    }
}

/// The rule that a value has something in it.
fn something(spelled: &Spelled) -> Result<(), Why> {
    some(&spelled.value)
}

one_of! {
    /// What may stand in a `ConversationRelay`.
    RelaySetting {
        /// A language it can change to.
        RelayLanguage,
        /// What the server is told.
        Parameter,
    }
}

impl ConversationRelay {
    /// To this server.
    #[must_use]
    pub fn new(url: impl Into<SocketUrl>) -> Self {
        Self::bare(Vec::new()).url(url)
    }

    /// Lets the server change to one more language.
    #[must_use]
    pub fn other_language(mut self, language: RelayLanguage) -> Self {
        self.parameters.push(language.into());
        self
    }
}

parameters!(ConversationRelay);

fn whole_relay(relay: &ConversationRelay, place: &Place<'_>, report: &mut Report) {
    if relay.url.is_none() {
        let why = Why::new("no url", "Twilio must know where the words go", "give a wss:// address");
        report.refuse(place, why);
    }
}

fn threshold(threshold: &Decimal) -> Result<(), Why> {
    match threshold.as_str().parse::<f64>() {
        Ok(number) if (0.3..=0.9).contains(&number) => Ok(()),
        _ => Err(Why::new(shown(threshold.as_str()), "it is outside what Twilio takes", "give 0.3 to 0.9")),
    }
}

element! {
    /// A language that a `ConversationRelay` can change to (Twilio docs: TwiML `<Language>`).
    RelayLanguage as "Language" {
        /// Which.
        code: Language = "code";
        /// Who speaks it.
        tts_provider: TtsProvider = "ttsProvider";
        /// The provider's voice.
        voice: Plain = "voice" if some;
        /// Who understands it.
        transcription_provider: TranscriptionProvider = "transcriptionProvider";
        /// The provider's model.
        speech_model: Plain = "speechModel" if some;
        /// What is likely to be said: at most 500 phrases of 100 characters.
        hints: Hints = "hints";
        /// How the provider formats, as Twilio's libraries write it.
        asr_smart_format: Plain = "asrSmartFormat" if some;
        /// Whether numbers are made words.
        tts_text_normalization: TextNormalization = "ttsTextNormalization";
        /// In which language numbers are made words, as Twilio's libraries write it.
        tts_language_text_normalization: Plain = "ttsLanguageTextNormalization" if some;
    } check whole_language
}

impl RelayLanguage {
    /// This language.
    #[must_use]
    pub fn new(code: impl Into<Language>) -> Self {
        Self::bare().code(code)
    }
}

fn whole_language(language: &RelayLanguage, place: &Place<'_>, report: &mut Report) {
    if language.code.is_none() {
        report.refuse(place, Why::new("no code", "Twilio must know which language", "give a tag such as en-US"));
    }
}
