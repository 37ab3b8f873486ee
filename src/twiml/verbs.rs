//! The verbs that speak, play, listen and steer. `Dial`, `Enqueue`, `Connect`, `Start`, `Refer` and `Pay` have files of
//! their own.

use std::time::Duration;

use super::check::{Report, Why, within};
use super::element::{Part, element, one_of};
use super::parameter::{Parameter, parameters};
use super::place::Place;
use super::speech::Speech;
use super::text::{FinishOnKey, Language, Plain, Tones, Url, Voice};
use super::values::{Events, GatherTimeout, Hints};
use super::words::{Input, Method, Reason, RecordingEvent, SpeechModel, Trim};

element! {
    /// Speaks words (Twilio docs: TwiML `<Say>`).
    Say (
        /// What is spoken: at most 4096 bytes; 3000 characters with a Polly voice, 5000 with a Google voice, which
        /// counts tags too, and 4500 characters when percent-encoded (Twilio error 13521).
        words: Speech
    ) {
        /// Who speaks; by default what the account says.
        voice: Voice = "voice";
        /// The language of the words; `en-US` by default.
        language: Language = "language";
        /// How often it is said, 0 to 1000; once by default, and 0 repeats until the call ends.
        loops: u32 = "loop" if within(0, 1000);
    } check whole_say
}

impl Say {
    /// Says these words, or this marked-up speech, once.
    #[must_use]
    pub fn new(words: impl Into<Speech>) -> Self {
        Self::bare(words.into())
    }
}

/// What each kind of voice takes at most, and how it counts (Twilio docs: TwiML `<Say>`, limits; error 13521).
fn whole_say(say: &Say, place: &Place<'_>, report: &mut Report) {
    let voice = say.voice.as_ref().map_or("", Voice::as_str);
    if matches!(voice, "man" | "woman" | "alice") && say.words.markups().next().is_some() {
        let why = Why::new("markup", "only Polly and Google voices obey it", "choose one of these, or leave it out");
        report.refuse(place, why);
    }
    // Whatever is counted, it is at most three times the bytes.
    if say.words.most_bytes() > SHORT_BYTES {
        check_length(say, voice, place, report);
    }
}

/// Words below this pass every limit.
const SHORT_BYTES: usize = 1000;

fn check_length(say: &Say, voice: &str, place: &Place<'_>, report: &mut Report) {
    let (mut bytes, mut characters, mut encoded) = (0, 0, 0);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~ ".contains(&b);
    say.words.each_words(&mut |words| {
        bytes += words.len();
        characters += words.chars().count();
        encoded += words.bytes().map(|b| if plain(b) { 1 } else { 3 }).sum::<usize>();
    });
    let (length, most, unit) = if voice.starts_with("Polly.") {
        (characters, 3000, "characters, the limit of Polly voices")
    } else if voice.starts_with("Google.") {
        (characters + say.words.tags(), 5000, "characters, the limit of Google voices")
    } else {
        (bytes, 4096, "bytes")
    };
    let why = if length > most {
        format!("Twilio says at most {most} {unit} (error 13521)")
    } else if encoded > 4500 {
        format!("percent-encoded it has {encoded} characters, and Twilio takes 4500 (error 13521)")
    } else {
        return;
    };
    let what = format!("{length} characters or bytes of words");
    report.refuse(place, Why::new(what, why, "split it into several Say").coded(13_521));
}

element! {
    /// Plays an audio file, or tones (Twilio docs: TwiML `<Play>`).
    Play (
        /// The audio; nothing when tones are played.
        url: Option<Url>
    ) {
        /// How often it is played, 0 to 1000; once by default, and 0 repeats until the call ends.
        loops: u32 = "loop" if within(0, 1000);
        /// Tones to play instead of a file; not in a `Gather`.
        tones: Tones = "digits";
    } check whole_play
}

impl Play {
    /// Plays this file once.
    #[must_use]
    pub fn new(url: impl Into<Url>) -> Self {
        Self::bare(Some(url.into()))
    }

    /// Plays these tones.
    #[must_use]
    pub fn keys(tones: impl Into<Tones>) -> Self {
        Self::bare(None).tones(tones)
    }
}

fn whole_play(play: &Play, place: &Place<'_>, report: &mut Report) {
    let what = match (&play.url, &play.tones) {
        (Some(_), Some(_)) => "a file and tones",
        (None, None) => "neither a file nor tones",
        _ => return not_in_gather(play, place, report),
    };
    report.refuse(place, Why::new(what, "Twilio plays one of them and ignores the other", "give exactly one"));
}

fn not_in_gather(play: &Play, place: &Place<'_>, report: &mut Report) {
    if play.tones.is_some() && place.parent() == <Gather as Part>::NAME {
        let why = Why::new("tones", "a Gather would hear them as keys (error 13320)", "play them outside");
        report.refuse(place, why.coded(13_320));
    }
}

element! {
    /// Waits in silence (Twilio docs: TwiML `<Pause>`).
    Pause {
        /// How long, in whole seconds, at least one; one by default.
        length: Duration = "length" if within(1, u64::MAX);
    }
}

impl Pause {
    /// Waits this long, in whole seconds.
    #[must_use]
    pub fn new(length: Duration) -> Self {
        Self::bare().length(length)
    }
}

one_of! {
    /// What may stand in a `Gather` (Twilio error 13320 otherwise).
    ///
    /// ```compile_fail
    /// use switchboard::twiml::{Dial, Gather};
    ///
    /// let gather = Gather::new().prompt(Dial::new());
    /// ```
    Prompt {
        /// Speaks.
        Say,
        /// Plays a file.
        Play,
        /// Waits.
        Pause,
    }
}

element! {
    /// Collects keys or speech while its prompts run (Twilio docs: TwiML `<Gather>`).
    Gather (
        /// What runs first; a key stops it.
        prompts: Vec<Prompt>
    ) {
        /// Who is asked with the result; the document's own URL by default.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
        /// What is listened for; keys by default.
        input: Input = "input";
        /// How long is waited for the first or next input; 5 s by default. `Auto` needs speech.
        timeout: GatherTimeout = "timeout" if within(1, u64::MAX);
        /// After how many keys the input ends, at least one; by default their number does not end it.
        num_digits: u32 = "numDigits" if within(1, u64::MAX);
        /// The one key that ends the input, or empty for none; `#` by default.
        finish_on_key: FinishOnKey = "finishOnKey" if one_key;
        /// Whether `action` is asked without input too; false by default.
        action_on_empty_result: bool = "actionOnEmptyResult";
        /// How much silence ends the speech; `timeout` by default. A number when `speech_model` is given (error 13335).
        speech_timeout: GatherTimeout = "speechTimeout" if within(1, u64::MAX);
        /// What recognises the speech; `default` by default.
        speech_model: SpeechModel = "speechModel";
        /// The language of the speech; `en-US` by default.
        language: Language = "language";
        /// What is likely to be said: at most 500 phrases of 100 characters.
        hints: Hints = "hints";
        /// Whether swear words are masked; true by default.
        profanity_filter: bool = "profanityFilter";
        /// Whether the enhanced `phone_call` model is used; false by default. Twilio has deprecated it.
        enhanced: bool = "enhanced";
        /// Who is told what was understood so far.
        partial_result_callback: Url = "partialResultCallback";
        /// How `partial_result_callback` is requested; `POST` by default.
        partial_result_callback_method: Method = "partialResultCallbackMethod";
        /// Whether speech stops the prompts, as Twilio's libraries write it; that it does by default is unverified.
        barge_in: bool = "bargeIn";
        /// How long the speech may be, in whole seconds, as Twilio's libraries write it; 60 s by default.
        max_speech_time: Duration = "maxSpeechTime" if within(1, u64::MAX);
        /// Whether Twilio reports more about the recognition, as its libraries write it.
        debug: bool = "debug";
    } check whole_gather
}

impl Gather {
    /// Collects keys, with all defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::bare(Vec::new())
    }

    /// Speaks after the prompts so far.
    #[must_use]
    pub fn say(self, say: Say) -> Self {
        self.prompt(say)
    }

    /// Plays after the prompts so far.
    #[must_use]
    pub fn play(self, play: Play) -> Self {
        self.prompt(play)
    }

    /// Waits after the prompts so far.
    #[must_use]
    pub fn pause(self, pause: Pause) -> Self {
        self.prompt(pause)
    }

    /// Adds a prompt after those so far.
    #[must_use]
    pub fn prompt(mut self, prompt: impl Into<Prompt>) -> Self {
        self.prompts.push(prompt.into());
        self
    }
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

fn one_key(keys: &FinishOnKey) -> Result<(), Why> {
    if keys.as_str().chars().count() <= 1 {
        return Ok(());
    }
    Err(Why::new("several keys", "a Gather ends on one key, or on none", "choose one of 0-9, # and *").coded(13_311))
}

fn whole_gather(gather: &Gather, place: &Place<'_>, report: &mut Report) {
    let speech = matches!(gather.input, Some(Input::Speech | Input::DtmfSpeech));
    if gather.timeout == Some(GatherTimeout::Auto) && !speech {
        let why =
            Why::new("auto without speech", "keys need a number of seconds", "give seconds, or listen for speech");
        report.refuse_attribute(place, "timeout", why);
    }
    if gather.speech_timeout == Some(GatherTimeout::Auto) && gather.speech_model.is_some() {
        let why = Why::new("auto with a speechModel", "a model needs a number (error 13335)", "give seconds");
        report.refuse_attribute(place, "speechTimeout", why.coded(13_335));
    }
    if gather.enhanced == Some(true) && gather.speech_model != Some(SpeechModel::PhoneCall) {
        let why = Why::new("true", "only the model phone_call is enhanced", "set speechModel to phone_call");
        report.refuse_attribute(place, "enhanced", why);
    }
}

element! {
    /// Takes the caller out of the queue (Twilio docs: TwiML `<Leave>`); only in an `Enqueue`'s wait document.
    Leave {}
}

impl Leave {
    /// Leaves the queue.
    #[must_use]
    pub fn new() -> Self {
        Self::bare()
    }
}

impl Default for Leave {
    fn default() -> Self {
        Self::new()
    }
}

element! {
    /// Goes on with the document at another URL (Twilio docs: TwiML `<Redirect>`); nothing after it runs.
    Redirect (
        /// The other document.
        url: Url
    ) {
        /// How it is requested; `POST` by default.
        method: Method = "method";
    }
}

impl Redirect {
    /// Goes on at this URL.
    #[must_use]
    pub fn new(url: impl Into<Url>) -> Self {
        Self::bare(url.into())
    }
}

element! {
    /// Records the caller (Twilio docs: TwiML `<Record>`).
    Record {
        /// Who is asked when the recording ends; the document's own URL by default.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
        /// How much silence ends the recording, in whole seconds; 5 s by default, 0 for never.
        timeout: Duration = "timeout";
        /// The keys that end the recording; any key by default.
        finish_on_key: FinishOnKey = "finishOnKey";
        /// How long it may get, 2 s to 86400 s; 3600 s by default. Above 14400 s the account must allow it, with
        /// `transcribe` 120 s is the most (Twilio error 13615), and in a call of the voice SDK 600 s.
        max_length: Duration = "maxLength" if within(2, 86_400);
        /// Whether a tone is heard before it; true by default.
        play_beep: bool = "playBeep";
        /// Whether silence at its ends is cut; `trim-silence` by default.
        trim: Trim = "trim";
        /// Who is told about the recording; nobody by default.
        recording_status_callback_url: Url = "recordingStatusCallback";
        /// How that URL is requested; `POST` by default.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod";
        /// What is told about; `completed` by default.
        recording_status_callback_event: Events<RecordingEvent> = "recordingStatusCallbackEvent";
        /// Whether Twilio writes down what was said; false by default.
        transcribe: bool = "transcribe";
        /// Who is told what was said; nobody by default.
        transcribe_callback: Url = "transcribeCallback";
        /// The account's recording configuration.
        recording_configuration_id: Plain = "recordingConfigurationId";
    } check whole_record
}

impl Record {
    /// Records with all defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::bare()
    }

    /// Tells this URL about these events of the recording.
    #[must_use]
    pub fn recording_status_callback(self, url: impl Into<Url>, events: impl Into<Events<RecordingEvent>>) -> Self {
        self.recording_status_callback_url(url).recording_status_callback_event(events)
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::new()
    }
}

fn whole_record(record: &Record, place: &Place<'_>, report: &mut Report) {
    if record.transcribe == Some(true) && record.max_length.is_some_and(|length| length.as_secs() > 120) {
        let why =
            Why::new("more than 120 s with transcribe", "Twilio writes down 2 minutes at most", "give 2 s to 120 s");
        report.refuse_attribute(place, "maxLength", why.coded(13_615));
    }
}

element! {
    /// Ends the call (Twilio docs: TwiML `<Hangup>`).
    Hangup (
        /// What Twilio is told with it, as its libraries write it.
        parameters: Vec<Parameter>
    ) {}
}

impl Hangup {
    /// Hangs up.
    #[must_use]
    pub fn new() -> Self {
        Self::bare(Vec::new())
    }
}

impl Default for Hangup {
    fn default() -> Self {
        Self::new()
    }
}

element! {
    /// Turns the caller away without answering, and so without cost (Twilio docs: TwiML `<Reject>`).
    Reject (
        /// What Twilio is told with it, as its libraries write it.
        parameters: Vec<Parameter>
    ) {
        /// What the caller hears; the "not in service" tone by default.
        reason: Reason = "reason";
    }
}

impl Reject {
    /// Rejects with the default reason.
    #[must_use]
    pub fn new() -> Self {
        Self::bare(Vec::new())
    }
}

impl Default for Reject {
    fn default() -> Self {
        Self::new()
    }
}

parameters!(Hangup Reject);
