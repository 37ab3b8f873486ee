//! The attributes of every element, and what their values may be (Twilio docs, TwiML; codes from its error
//! dictionary). What is wrong is a warning, and the default holds.

use super::Carrier;
use super::form::is_web_url;
use super::xml::Element;

/// What a value may be.
#[derive(Clone, Copy, Debug)]
enum Value {
    Flag,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// A whole number of at least one, or `auto`.
    SecondsOrAuto,
    Method,
    /// One of these words.
    Word(&'static str),
    /// Some of these words, with spaces between.
    Words(&'static str),
    /// Any of these characters.
    Keys(&'static str),
    /// One of the keys of a telephone, or none.
    FinishKey,
    /// An absolute http(s) URL or a relative one.
    Url,
    /// A language such as `en-US`.
    Language,
    Voice,
    Hints,
}

/// Attributes of an element: those with any value, and those whose values are judged, with the code of a bad one.
#[derive(Clone, Copy, Debug)]
struct Known {
    free: &'static str,
    judged: &'static [(&'static str, Value, u32)],
}

const MOST: u64 = u64::MAX;
const WARNING: u32 = 12_200;
const CALL_EVENTS: Value = Value::Words("initiated ringing answered completed");
const RECORDING_EVENTS: Value = Value::Words("in-progress completed absent");
const TRIM: Value = Value::Word("trim-silence do-not-trim");
const TRACKS: Value = Value::Word("inbound_track outbound_track both_tracks");

const fn free(free: &'static str) -> Known {
    Known { free, judged: &[] }
}

const SAY: Known = Known {
    free: "",
    judged: &[
        ("voice", Value::Voice, 13_511),
        ("language", Value::Language, 13_512),
        ("loop", Value::Number(0, MOST), 13_510),
    ],
};
const SAY_IN_GATHER: Known = Known {
    free: "",
    judged: &[
        ("voice", Value::Voice, 13_321),
        ("language", Value::Language, 13_512),
        ("loop", Value::Number(0, MOST), 13_322),
    ],
};
const PLAY: Known = Known {
    free: "",
    judged: &[("loop", Value::Number(0, MOST), 13_410), ("digits", Value::Keys("0123456789ABCD*#wW"), 13_430)],
};
const GATHER: Known = Known {
    free: "action partialResultCallback debug",
    judged: &[
        ("method", Value::Method, 13_312),
        ("input", Value::Words("dtmf speech"), 13_326),
        ("timeout", Value::SecondsOrAuto, 13_313),
        ("numDigits", Value::Number(1, MOST), 13_314),
        ("finishOnKey", Value::FinishKey, 13_310),
        ("actionOnEmptyResult", Value::Flag, 13_338),
        ("speechTimeout", Value::SecondsOrAuto, 13_327),
        (
            "speechModel",
            Value::Word(
                "default numbers_and_commands phone_call experimental_conversations experimental_utterances \
                 googlev2_long googlev2_short googlev2_telephony googlev2_telephony_short deepgram_nova-2 \
                 deepgram_nova-3",
            ),
            13_334,
        ),
        ("language", Value::Language, 13_331),
        ("hints", Value::Hints, 13_330),
        ("profanityFilter", Value::Flag, 13_333),
        ("enhanced", Value::Flag, WARNING),
        ("partialResultCallbackMethod", Value::Method, 13_329),
        ("bargeIn", Value::Flag, 13_332),
        ("maxSpeechTime", Value::Number(1, MOST), 13_328),
    ],
};
const RECORD: Known = Known {
    free: "action transcribeCallbackMethod recordingConfigurationId",
    judged: &[
        ("method", Value::Method, 13_610),
        ("timeout", Value::Number(0, MOST), 13_611),
        ("finishOnKey", Value::Keys("0123456789*#"), 13_613),
        ("maxLength", Value::Number(1, 86_400), 13_612),
        ("playBeep", Value::Flag, 13_616),
        ("trim", TRIM, 13_699),
        ("recordingStatusCallback", Value::Url, 13_256),
        ("recordingStatusCallbackMethod", Value::Method, 13_610),
        ("recordingStatusCallbackEvent", RECORDING_EVENTS, 13_621),
        ("transcribe", Value::Flag, 13_614),
        ("transcribeCallback", Value::Url, 13_257),
    ],
};
const DIAL: Known = Known {
    free: "action callerId referUrl recordingConfigurationId events passports",
    judged: &[
        ("method", Value::Method, 13_210),
        ("timeout", Value::Number(5, 600), 13_212),
        ("timeLimit", Value::Number(1, 86_400), 13_216),
        ("answerOnBridge", Value::Flag, 13_219),
        ("hangupOnStar", Value::Flag, 13_213),
        (
            "record",
            Value::Word(
                "do-not-record record-from-answer record-from-ringing record-from-answer-dual \
                 record-from-ringing-dual true false",
            ),
            13_217,
        ),
        ("trim", TRIM, 13_699),
        ("recordingTrack", Value::Word("both inbound outbound"), 13_622),
        ("recordingStatusCallback", Value::Url, 13_256),
        ("recordingStatusCallbackMethod", Value::Method, 13_210),
        ("recordingStatusCallbackEvent", RECORDING_EVENTS, 13_621),
        (
            "ringTone",
            Value::Word(
                "at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl pt ru se sg \
                 th uk us us-old tw ve za",
            ),
            13_220,
        ),
        ("sequential", Value::Flag, 13_218),
        ("referMethod", Value::Method, 13_210),
    ],
};
const NUMBER: Known = Known {
    free: "url byoc statusCallback machineDetection machineDetectionTimeout machineDetectionSpeechThreshold \
           machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod",
    judged: &[
        ("sendDigits", Value::Keys("0123456789ABCD*#wW"), 13_222),
        ("method", Value::Method, 13_221),
        ("statusCallbackMethod", Value::Method, 13_221),
        ("statusCallbackEvent", CALL_EVENTS, WARNING),
    ],
};
const CLIENT: Known = Known {
    free: "url statusCallback",
    judged: &[
        ("method", Value::Method, 13_210),
        ("statusCallbackMethod", Value::Method, 13_210),
        ("statusCallbackEvent", CALL_EVENTS, WARNING),
        ("clientNotificationUrl", Value::Url, 13_806),
    ],
};
const SIP: Known = Known {
    free: "username password url statusCallback machineDetection machineDetectionTimeout \
           machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout \
           amdStatusCallback amdStatusCallbackMethod",
    judged: &[
        ("sendDigits", Value::Keys("0123456789ABCD*#wW"), 13_242),
        ("method", Value::Method, 13_241),
        ("statusCallbackMethod", Value::Method, 13_241),
        ("statusCallbackEvent", CALL_EVENTS, WARNING),
    ],
};
const CONFERENCE: Known = Known {
    free: "participantLabel region coach statusCallback eventCallbackUrl recordingConfigurationId",
    judged: &[
        ("waitUrl", Value::Url, 13_233),
        ("muted", Value::Flag, 13_230),
        ("beep", Value::Word("true false onEnter onExit"), 13_235),
        ("startConferenceOnEnter", Value::Flag, 13_232),
        ("endConferenceOnExit", Value::Flag, 13_231),
        ("jitterBufferSize", Value::Word("large medium small off"), WARNING),
        ("waitMethod", Value::Method, 13_234),
        ("maxParticipants", Value::Number(2, 250), WARNING),
        ("record", Value::Word("do-not-record record-from-start true false"), 13_217),
        ("trim", TRIM, 13_239),
        ("statusCallbackMethod", Value::Method, 13_210),
        (
            "statusCallbackEvent",
            Value::Words("start end join leave mute hold modify speaker announcement record-end"),
            WARNING,
        ),
        ("recordingStatusCallback", Value::Url, 13_256),
        ("recordingStatusCallbackMethod", Value::Method, 13_210),
        ("recordingStatusCallbackEvent", RECORDING_EVENTS, 13_621),
    ],
};
const APPLICATION: Known = Known {
    free: "url statusCallback customerId",
    judged: &[
        ("method", Value::Method, 13_210),
        ("statusCallbackMethod", Value::Method, 13_210),
        ("statusCallbackEvent", CALL_EVENTS, WARNING),
        ("copyParentTo", Value::Flag, WARNING),
    ],
};
const ENQUEUE: Known = Known {
    free: "workflowSid",
    judged: &[
        ("action", Value::Url, 14_203),
        ("waitUrl", Value::Url, 14_202),
        ("method", Value::Method, 14_201),
        ("waitUrlMethod", Value::Method, 14_206),
        ("maxQueueSize", Value::Number(1, 5000), WARNING),
    ],
};
const QUEUE: Known = Known {
    free: "reservationSid postWorkActivitySid",
    judged: &[("url", Value::Url, 14_211), ("method", Value::Method, 14_210)],
};
const PAY: Known = Known {
    free: "action statusCallback postalCode paymentConnector chargeAmount currency description validCardTypes language",
    judged: &[
        ("input", Value::Word("dtmf"), WARNING),
        ("method", Value::Method, WARNING),
        ("statusCallbackMethod", Value::Method, WARNING),
        ("timeout", Value::Number(1, 600), WARNING),
        ("maxAttempts", Value::Number(1, 10), WARNING),
        ("securityCode", Value::Flag, WARNING),
        ("minPostalCodeLength", Value::Number(0, 20), WARNING),
        ("paymentMethod", Value::Word("credit-card ach-debit"), WARNING),
        (
            "bankAccountType",
            Value::Word("consumer-checking consumer-savings commercial-checking commercial-savings"),
            WARNING,
        ),
        ("tokenType", Value::Word("one-time reusable payment-method"), WARNING),
    ],
};
const PROMPT: Known = Known {
    free: "cardType attempt",
    judged: &[
        (
            "for",
            Value::Word(
                "payment-card-number expiration-date security-code postal-code payment-processing \
                 bank-account-number bank-routing-number",
            ),
            WARNING,
        ),
        (
            "errorType",
            Value::Words(
                "timeout invalid-card-number invalid-card-type invalid-date invalid-security-code internal-error \
                 input-matching-failed invalid-postal-code invalid-bank-routing-number invalid-bank-account-number",
            ),
            WARNING,
        ),
        ("requireMatchingInputs", Value::Flag, WARNING),
    ],
};
const STARTED_RECORDING: Known = Known {
    free: "name recordingConfigurationId recordingStatusCallback",
    judged: &[
        ("recordingStatusCallbackMethod", Value::Method, WARNING),
        ("recordingStatusCallbackEvent", RECORDING_EVENTS, 13_621),
        ("trim", TRIM, 13_699),
        ("track", Value::Word("both inbound outbound"), 13_622),
        ("channels", Value::Word("mono dual"), WARNING),
    ],
};
const TRANSCRIPTION: Known = Known {
    free: "name statusCallbackUrl languageCode inboundTrackLabel outboundTrackLabel speechModel hints \
           intelligenceService conversationConfiguration conversationId",
    judged: &[
        ("statusCallbackMethod", Value::Method, WARNING),
        ("track", TRACKS, WARNING),
        ("transcriptionEngine", Value::Word("google deepgram"), WARNING),
        ("partialResults", Value::Flag, WARNING),
        ("profanityFilter", Value::Flag, WARNING),
        ("enableAutomaticPunctuation", Value::Flag, WARNING),
        ("enableProviderData", Value::Flag, WARNING),
    ],
};
const STREAM: Known = Known {
    // A track that nobody knows is an error of the stream (31941), and not a warning.
    free: "url name statusCallback connectorName audioFormat sampleRate track",
    judged: &[("statusCallbackMethod", Value::Method, WARNING)],
};
const SIPREC: Known = Known {
    free: "name connectorName statusCallback",
    judged: &[("track", TRACKS, WARNING), ("statusCallbackMethod", Value::Method, WARNING)],
};
const RELAY: Known = free(
    "url welcomeGreeting welcomeGreetingInterruptible language ttsLanguage ttsProvider voice transcriptionLanguage \
     transcriptionProvider speechModel interruptible interruptSensitivity dtmfDetection reportInputDuringAgentSpeech \
     preemptible hints debug elevenlabsTextNormalization intelligenceService events partialPrompts profanityFilter \
     backgroundNoiseReduction backgroundnoisereduction speechTimeout speechtimeout deepgramSmartFormat \
     deepgramsmartformat ignoreBackchannel ignorebackchannel partialPromptOnHangup eagerEotThreshold asrSmartFormat \
     ttsTextNormalization ttsLanguageTextNormalization elevenlabsLanguageTextNormalization includeInPrompt \
     customerName applicationReconnect echoPromptFiltering turnDetection conversationConfiguration conversationId",
);
const SMS: Known = Known {
    free: "to from action",
    judged: &[("method", Value::Method, 14_104), ("statusCallback", Value::Url, 14_105)],
};

/// What is known of an element within another; `None`: nobody knows the element.
fn known(parent: &str, name: &str) -> Option<Known> {
    Some(match (parent, name) {
        ("Gather", "Say") => SAY_IN_GATHER,
        (_, "Say") => SAY,
        (_, "Play") => PLAY,
        (_, "Pause") => Known { free: "", judged: &[("length", Value::Number(1, MOST), 13_910)] },
        (_, "Gather") => GATHER,
        (_, "Record") => RECORD,
        (_, "Dial") => DIAL,
        (_, "Number") => NUMBER,
        (_, "Client") => CLIENT,
        ("Refer", "Sip") => free(""),
        (_, "Sip") => SIP,
        (_, "Conference") => CONFERENCE,
        (_, "Application") => APPLICATION,
        (_, "WhatsApp") => Known { free: "url statusCallback", judged: CLIENT.judged },
        (_, "Uri") => free("priority weight username password"),
        (_, "Header" | "Parameter" | "Config") => free("name value"),
        (_, "Sim" | "Identity" | "ApplicationSid" | "Headers") => free(""),
        (_, "Enqueue") => ENQUEUE,
        (_, "Queue") => QUEUE,
        (_, "Task") => free("priority timeout"),
        (_, "Redirect") => Known { free: "", judged: &[("method", Value::Method, 13_710)] },
        (_, "Reject") => Known { free: "", judged: &[("reason", Value::Word("rejected busy"), 13_810)] },
        (_, "Hangup" | "Leave" | "Echo" | "Stop") => free(""),
        (_, "Refer") => Known { free: "action", judged: &[("method", Value::Method, WARNING)] },
        (_, "Sms") => SMS,
        (_, "Pay") => PAY,
        (_, "Prompt") => PROMPT,
        (_, "Connect" | "Start") => Known { free: "action", judged: &[("method", Value::Method, WARNING)] },
        (_, "Recording") => STARTED_RECORDING,
        (_, "Transcription") => TRANSCRIPTION,
        (_, "Stream") => STREAM,
        (_, "Siprec") => SIPREC,
        (_, "ConversationRelay") => RELAY,
        (_, "Language") => free(
            "code ttsProvider voice transcriptionProvider speechModel hints asrSmartFormat ttsTextNormalization \
             ttsLanguageTextNormalization",
        ),
        (_, "Room") => free("participantIdentity"),
        (_, "Conversation") => free(
            "serviceInstanceSid inboundAutocreation routingAssignmentTimeout inboundTimeout url method record trim \
             recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent statusCallback \
             statusCallbackMethod statusCallbackEvent",
        ),
        (_, "VirtualAgent") => free("connectorName language sentimentAnalysis statusCallback statusCallbackMethod"),
        (_, "AiSession") => free("aiConnector aiSessionConfiguration"),
        (_, "ConversationRelaySession") => free("connector sessionConfiguration"),
        _ => return None,
    })
}

/// What an element may hold; `None`: that is judged elsewhere, under a code of its own, or not at all.
fn holds(name: &str) -> Option<&'static str> {
    Some(match name {
        "Play" | "Pause" | "Redirect" | "Record" | "Leave" | "Echo" | "Sms" | "Number" | "Conference" | "Queue"
        | "Sim" | "WhatsApp" | "Recording" => "",
        "Hangup" | "Reject" | "Stream" | "Siprec" => "Parameter",
        "Client" => "Identity Parameter",
        "Sip" => "Uri Headers Parameter",
        "Headers" => "Header",
        "Application" => "ApplicationSid Parameter",
        "Enqueue" => "Task",
        "Refer" => "Sip",
        "Pay" => "Prompt Parameter",
        "Prompt" => "Say Play Pause",
        "Transcription" | "VirtualAgent" => "Config Parameter",
        "ConversationRelay" => "Language Parameter",
        _ => return None,
    })
}

impl Value {
    fn admits(self, text: &str) -> bool {
        let text = text.trim();
        match self {
            Self::Flag => matches!(text, "true" | "false"),
            Self::Number(least, most) => text.parse().is_ok_and(|n: u64| (least..=most).contains(&n)),
            Self::SecondsOrAuto => text == "auto" || text.parse().is_ok_and(|n: u64| n > 0),
            Self::Method => matches!(text, "GET" | "POST" | "get" | "post"),
            Self::Word(words) => words.split_whitespace().any(|word| word == text),
            Self::Words(words) => {
                let one_of = |given: &str| words.split_whitespace().any(|word| word == given);
                !text.is_empty() && text.split_whitespace().all(one_of)
            }
            Self::Keys(keys) => text.chars().all(|key| keys.contains(key)),
            Self::FinishKey => text.is_empty() || (text.len() == 1 && "0123456789*#".contains(text)),
            Self::Url => text.is_empty() || !text.contains("://") || is_web_url(text.split('#').next().unwrap_or(text)),
            Self::Language => {
                let mut parts = text.split('-');
                let first = parts.next().unwrap_or_default();
                let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
                matches!(first, "multi") || ((2..=3).contains(&first.len()) && is_part(first) && parts.all(is_part))
            }
            Self::Voice => {
                matches!(text, "man" | "woman" | "alice")
                    || text.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
            }
            Self::Hints => {
                text.split(',').count() <= 500 && text.split(',').all(|hint| hint.trim().chars().count() <= 100)
            }
        }
    }
}

impl Carrier {
    /// The verb as it is executed: without the attributes that are no good, each of which is a warning.
    pub(super) fn judged(&mut self, sid: &str, parent: &str, element: &Element, url: &str) -> Element {
        let mut good = Element { attributes: Vec::new(), children: Vec::new(), ..element.clone() };
        let known = known(parent, &element.name);
        for (name, value) in &element.attributes {
            let judged = known.and_then(|k| k.judged.iter().find(|(n, ..)| n == name));
            // The official libraries differ in the case of this noun's attributes.
            let any_case = element.name == "ConversationRelay";
            let is = |n: &str| n == name || (any_case && n.eq_ignore_ascii_case(name));
            let free = known.is_none_or(|k| k.free.split_whitespace().any(is));
            match judged {
                Some((_, kind, code)) if !kind.admits(value) => {
                    let code = if name == "finishOnKey" && *code == 13_310 && value.len() > 1 { 13_311 } else { *code };
                    self.notify(
                        code,
                        Some(sid),
                        format!("{name}={value:?} in <{}>; the default holds", element.name),
                        url,
                    );
                    if let Value::Words(words) = kind {
                        let few: Vec<&str> =
                            value.split_whitespace().filter(|v| words.split_whitespace().any(|w| w == *v)).collect();
                        good.attributes.extend((!few.is_empty()).then(|| (name.clone(), few.join(" "))));
                    }
                }
                None if !free => {
                    self.notify(WARNING, Some(sid), format!("<{}> has no attribute {name:?}", element.name), url);
                }
                _ => good.attributes.push((name.clone(), value.clone())),
            }
        }
        self.judge_together(sid, &good, url);
        // Within Say there is SSML, which only its voice judges.
        for child in &element.children {
            if holds(&element.name).is_some_and(|names| !names.split_whitespace().any(|name| name == child.name)) {
                let message = format!("<{}> is not allowed in <{}>; skipped", child.name, element.name);
                self.notify(WARNING, Some(sid), message, url);
                continue;
            }
            let child = if element.name == "Say" { child.clone() } else { self.judged(sid, &element.name, child, url) };
            good.children.push(child);
        }
        good
    }

    /// Attributes that do not go together.
    fn judge_together(&mut self, sid: &str, element: &Element, url: &str) {
        match element.name.as_str() {
            "Gather" if element.attr("speechTimeout") == Some("auto") && element.attr("speechModel").is_some() => {
                self.notify(13_335, Some(sid), "speechTimeout must be a number with an explicit speechModel", url);
            }
            "Record" if element.flag("transcribe", false) && element.number("maxLength", 0) > 120 => {
                self.notify(13_615, Some(sid), "at most 120 seconds are transcribed", url);
            }
            _ => {}
        }
    }
}
