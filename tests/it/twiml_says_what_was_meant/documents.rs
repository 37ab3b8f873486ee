//! Whole documents, compared with the text Twilio would get.

use std::collections::BTreeSet;

use super::*;

fn golden(document: &Response, expected: &str) {
    let text = document.build().expect("allowed");
    assert_eq!(text.as_str(), expected.trim_end());
    assert_eq!(parse(expected).as_ref(), Ok(document));
}

#[test]
fn a_menu() {
    let menu = Response::new()
        .gather(
            Gather::new()
                .num_digits(1u32)
                .timeout(Duration::from_secs(7))
                .finish_on_key("")
                .action("/calls/1?step=menu&lang=de")
                .input(Input::DtmfSpeech)
                .hints(["sales", "support"])
                .say(Say::new("Tom & Jerry: press 1 > 0").voice("Polly.Vicki").language("de-DE"))
                .play(Play::new("https://example.com/menu.mp3").loops(2u32))
                .pause(Pause::new(Duration::from_secs(3))),
        )
        .redirect(Redirect::new("/calls/1?again=1").method(Method::Get));
    golden(&menu, include_str!("../../data/twiml/menu.xml"));
}

#[test]
fn an_agent_in_a_conference() {
    let agent = Response::new()
        .dial(
            Dial::new().action("/after").hangup_on_star(false).conference(
                Conference::new("call-7")
                    .start_on_enter(true)
                    .end_on_exit(false)
                    .beep(Beep::False)
                    .label("agent-ana")
                    .wait_url(WaitUrl::Silence)
                    .status_callback("/conference", [ConferenceEvent::Leave, ConferenceEvent::Start])
                    .status_callback_method(Method::Post),
            ),
        )
        .hangup(Hangup::new());
    golden(&agent, include_str!("../../data/twiml/agent_in_conference.xml"));
}

#[test]
fn a_ring_of_all_kinds() {
    let ring = Response::new().dial(
        Dial::new()
            .timeout(Duration::from_secs(20))
            .record(DialRecord::FromAnswerDual)
            .recording_status_callback("/recording", [RecordingEvent::Completed, RecordingEvent::Absent])
            .number(
                Number::new("+14155550100")
                    .status_callback("/leg", [CallEvent::Answered, CallEvent::Ringing])
                    .machine_detection(MachineDetection::DetectMessageEnd)
                    .machine_detection_speech_threshold(2400u32),
            )
            .client(Client::new("ana").parameter("customer", "\"A&B\"\n"))
            .client(Client::new("ben").url("/screen"))
            .sip(Sip::new("sip:cy@example.com;transport=tls?X-Call=7&X-Q=1").username("cy")),
    );
    golden(&ring, include_str!("../../data/twiml/ring.xml"));
}

#[test]
fn queues_and_the_short_verbs() {
    let queues = Response::new()
        .reject(Reject::new().reason(Reason::Busy))
        .enqueue(Enqueue::new("support").wait_url("/wait").action("/left"))
        .enqueue(Enqueue::workflow(sid("WW"), Task::new(r#"{"lang":"de"}"#).priority(5u32)))
        .leave(Leave::new())
        .dial(Dial::new().queue(Queue::new("support").url("/hello")))
        .record(Record::new().max_length(Duration::from_secs(60)).play_beep(true).finish_on_key("#*"))
        .play(Play::keys("ww1"))
        .reject(Reject::new())
        .hangup(Hangup::new());
    golden(&queues, include_str!("../../data/twiml/queues.xml"));
}

#[test]
fn a_document_without_verbs() {
    golden(&Response::new(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>");
}

#[test]
fn what_is_not_set_is_not_written() {
    let text = Response::new().gather(Gather::new()).record(Record::new()).build().expect("allowed").into_string();
    assert!(text.ends_with("<Response><Gather/><Record/></Response>"), "{text}");
}

#[test]
fn unwritable_characters_are_marked_and_others_survive() {
    let say = |words: &str| Response::new().say(Say::new(words)).build().expect("allowed").into_string();
    assert!(say("a\u{0}b\u{FFFE}c\u{1b}").contains("<Say>a\u{FFFD}b\u{FFFD}c\u{FFFD}</Say>"));
    assert!(say("a\r\n]]>\u{202E}").contains("<Say>a&#13;\n]]&gt;\u{202E}</Say>"));
    assert!(say("<break/>").contains("<Say>&lt;break/&gt;</Say>"));
}

#[test]
fn the_other_documents_read_back_too() {
    let wait = WaitResponse::new()
        .say(Say::new("Please hold"))
        .play(Play::new("/music.mp3"))
        .pause(Pause::new(Duration::from_secs(1)))
        .redirect(Redirect::new("/wait"));
    assert_eq!(WaitResponse::parse(wait.build().expect("allowed").as_str()), Ok(wait));
    let queue = QueueResponse::new().gather(Gather::new().say(Say::new("1 to leave"))).leave(Leave::new());
    assert_eq!(QueueResponse::parse(queue.build().expect("allowed").as_str()), Ok(queue));
    let bridge = BridgeResponse::new().say(Say::new("You are next")).redirect(Redirect::new("/more"));
    assert_eq!(BridgeResponse::parse(bridge.build().expect("allowed").as_str()), Ok(bridge));
    let screen = ScreenResponse::new().gather(Gather::new().say(Say::new("1 to accept"))).hangup(Hangup::new());
    assert_eq!(ScreenResponse::parse(screen.build().expect("allowed").as_str()), Ok(screen));
}

/// The names of Twilio's documentation, each element with its attributes.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("Response", ""),
    ("Say", "voice language loop"),
    ("Play", "loop digits"),
    ("Pause", "length"),
    (
        "Gather",
        "action method input timeout numDigits finishOnKey actionOnEmptyResult speechTimeout speechModel language hints \
         profanityFilter enhanced partialResultCallback partialResultCallbackMethod bargeIn maxSpeechTime debug",
    ),
    (
        "Dial",
        "action method timeout timeLimit callerId answerOnBridge hangupOnStar record trim recordingTrack \
         recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent ringTone sequential referUrl \
         referMethod recordingConfigurationId events passports",
    ),
    (
        "Number",
        "sendDigits url method statusCallback statusCallbackMethod statusCallbackEvent byoc machineDetection \
         machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold \
         machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod",
    ),
    ("Client", "url method statusCallback statusCallbackMethod statusCallbackEvent clientNotificationUrl"),
    (
        "Sip",
        "username password url method statusCallback statusCallbackMethod statusCallbackEvent machineDetection \
         machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold \
         machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod",
    ),
    (
        "Conference",
        "muted beep startConferenceOnEnter endConferenceOnExit participantLabel jitterBufferSize waitUrl waitMethod \
         maxParticipants record trim region coach statusCallback statusCallbackMethod statusCallbackEvent \
         recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent eventCallbackUrl \
         recordingConfigurationId",
    ),
    ("Queue", "url method reservationSid postWorkActivitySid"),
    ("Enqueue", "action method waitUrl waitUrlMethod workflowSid maxQueueSize"),
    ("Leave", ""),
    ("Redirect", "method"),
    (
        "Record",
        "action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback recordingStatusCallbackMethod \
         recordingStatusCallbackEvent transcribe transcribeCallback recordingConfigurationId",
    ),
    ("Hangup", ""),
    ("Reject", "reason"),
    ("Application", "url method statusCallback statusCallbackMethod statusCallbackEvent customerId copyParentTo"),
    ("Sim", ""),
    ("WhatsApp", "url method statusCallback statusCallbackMethod statusCallbackEvent"),
    ("Identity", ""),
    ("ApplicationSid", ""),
    ("Parameter", "name value"),
    ("Task", "priority timeout"),
    ("Headers", ""),
    ("Uri", "priority weight username password"),
    ("Header", "name value"),
    ("Refer", "action method"),
    ("Connect", "action method"),
    ("Start", "action method"),
    ("Stop", ""),
    ("Stream", "url name track statusCallback statusCallbackMethod connectorName audioFormat sampleRate"),
    ("Siprec", "name connectorName track statusCallback statusCallbackMethod"),
    (
        "Transcription",
        "name statusCallbackUrl statusCallbackMethod languageCode track inboundTrackLabel outboundTrackLabel \
         transcriptionEngine speechModel partialResults profanityFilter hints enableAutomaticPunctuation \
         enableProviderData intelligenceService conversationConfiguration conversationId",
    ),
    (
        "Recording",
        "name recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim track channels \
         recordingConfigurationId",
    ),
    (
        "ConversationRelay",
        "url welcomeGreeting welcomeGreetingInterruptible language ttsLanguage ttsProvider voice transcriptionLanguage \
         transcriptionProvider speechModel interruptible interruptSensitivity dtmfDetection \
         reportInputDuringAgentSpeech preemptible hints debug elevenlabsTextNormalization intelligenceService events \
         partialPrompts profanityFilter backgroundNoiseReduction speechTimeout deepgramSmartFormat ignoreBackchannel \
         partialPromptOnHangup eagerEotThreshold asrSmartFormat ttsTextNormalization ttsLanguageTextNormalization \
         elevenlabsLanguageTextNormalization includeInPrompt customerName applicationReconnect echoPromptFiltering \
         turnDetection",
    ),
    (
        "Language",
        "code ttsProvider voice transcriptionProvider speechModel hints asrSmartFormat ttsTextNormalization \
         ttsLanguageTextNormalization",
    ),
    ("Room", "participantIdentity"),
    (
        "Conversation",
        "serviceInstanceSid inboundAutocreation routingAssignmentTimeout inboundTimeout url method record trim \
         recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent statusCallback \
         statusCallbackMethod statusCallbackEvent",
    ),
    ("VirtualAgent", "connectorName language sentimentAnalysis statusCallback statusCallbackMethod"),
    ("Config", "name value"),
    ("AiSession", "aiConnector aiSessionConfiguration"),
    ("ConversationRelaySession", "connector sessionConfiguration"),
    (
        "Pay",
        "input action method statusCallback statusCallbackMethod timeout maxAttempts securityCode postalCode \
         minPostalCodeLength paymentConnector paymentMethod bankAccountType tokenType chargeAmount currency description \
         validCardTypes language",
    ),
    ("Prompt", "for errorType cardType attempt requireMatchingInputs"),
    ("Sms", "to from action method statusCallback"),
    ("Echo", ""),
    ("break", "strength time"),
    ("emphasis", "level"),
    ("lang", "xml:lang"),
    ("p", ""),
    ("phoneme", "alphabet ph"),
    ("prosody", "volume rate pitch"),
    ("s", ""),
    ("say-as", "interpret-as format"),
    ("sub", "alias"),
    ("w", "role"),
];

/// The elements an element stands in.
fn parents(element: &str) -> &'static [&'static str] {
    match element {
        "Number" | "Client" | "Sip" | "Conference" | "Queue" | "Application" | "Sim" | "WhatsApp" => &["Dial"],
        "Uri" => &["Dial", "Sip"],
        "Header" => &["Dial", "Sip", "Headers"],
        "Stream" | "Siprec" | "Transcription" | "Recording" => &["Start"],
        "ConversationRelay" | "Room" | "Conversation" | "VirtualAgent" | "AiSession" | "ConversationRelaySession" => {
            &["Connect"]
        }
        "Language" => &["Connect", "ConversationRelay"],
        "Config" => &["Connect", "VirtualAgent"],
        "Prompt" => &["Pay"],
        "Parameter" => &["Hangup"],
        "Task" => &["Enqueue"],
        "break" | "emphasis" | "lang" | "phoneme" | "prosody" | "say-as" | "sub" | "w" => &["Say"],
        _ => &[],
    }
}

/// A value that reads, whatever the attribute's type: the first that the parser takes.
fn sample(element: &str, attribute: &str) -> String {
    let values =
        ["1", "true", "GET", "dtmf", "phone_call", "trim-silence", "both", "completed", "at", "Enable", "onEnter"];
    let more = ["large", "us1", "start", "do-not-record", "rejected", "inbound_track", "mono", "google", "any", "high"];
    let services = ["ElevenLabs", "Deepgram", "auto", "debugging", "turn-state", "call-initiated"];
    let payments = ["credit-card", "consumer-checking", "one-time", "visa", "payment-card-number", "timeout"];
    let speech = ["call-progress-event", "none", "strong", "ipa", "cardinal", "mdy", "200ms"];
    let wrapped = |value: &str| {
        let one = format!("<{element} {attribute}=\"{value}\"/>");
        let within = parents(element).iter().rev().fold(one, |inner, tag| format!("<{tag}>{inner}</{tag}>"));
        format!("<Response>{within}</Response>")
    };
    let taken = values
        .into_iter()
        .chain(more)
        .chain(services)
        .chain(payments)
        .chain(speech)
        .find(|value| parse(&wrapped(value)).is_ok());
    taken.unwrap_or_else(|| panic!("{element}@{attribute} is not read: {:?}", parse(&wrapped("1")))).to_owned()
}

#[test]
fn every_documented_attribute_is_read_by_its_name() {
    for (element, attributes) in NAMES {
        for attribute in attributes.split_whitespace() {
            assert!(!sample(element, attribute).is_empty());
        }
    }
}

/// Every element, and every attribute as `Element@attribute`.
fn vocabulary() -> BTreeSet<String> {
    let of = |(element, names): &(&str, &str)| {
        let attributes: Vec<String> = names.split_whitespace().map(|name| format!("{element}@{name}")).collect();
        std::iter::once((*element).to_owned()).chain(attributes)
    };
    NAMES.iter().flat_map(of).collect()
}

#[test]
fn everything_documented_is_written_and_nothing_else() {
    let (known, mut written) = (vocabulary(), BTreeSet::new());
    for seed in 0..3000 {
        let text = Dice(seed).document().build().expect("allowed");
        let mut element = String::new();
        for part in skeleton(text.as_str()) {
            match part.strip_prefix('<') {
                Some(name) => {
                    element = name.trim_end_matches('/').to_owned();
                    written.insert(element.clone());
                }
                None if part == "/>" => {}
                None => {
                    written.insert(format!("{element}@{part}"));
                }
            }
        }
    }
    // Twilio's libraries differ in the spelling of four attributes; the table has one of them.
    let spelt = |word: &&String| !known.iter().any(|name| name.eq_ignore_ascii_case(word));
    assert_eq!(written.difference(&known).filter(spelt).collect::<Vec<_>>(), Vec::<&String>::new(), "not documented");
    assert_eq!(known.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new(), "never written");
}
