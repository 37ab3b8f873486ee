//! Under which code Twilio's debugger lists a fault of a document (Twilio docs: error and warning dictionary).
//!
//! Where the dictionary has no code of its own for a place, the schema warning 12200 stands.

use super::place::Place;

/// The schema warning.
pub(super) const SCHEMA: u32 = 12_200;
/// The text is not XML.
pub(super) const NOT_XML: u32 = 12_100;
/// The text is XML of another version than 1.0.
pub(super) const VERSION: u32 = 12_101;
/// The root is not `Response`.
pub(super) const ROOT: u32 = 12_102;
/// The text is larger than 64 kB.
pub(super) const TOO_LARGE: u32 = 11_750;
/// A URL that is none.
const URL: u32 = 11_100;

/// The code of an attribute with a value that is not taken.
pub(super) fn of_attribute(place: &Place<'_>, name: &str) -> u32 {
    let code = match place.name() {
        "Say" => of_say(place, name),
        "Play" => in_list(name, &[("loop", 13_410), ("digits", 13_430)]),
        "Pause" => in_list(name, &[("length", 13_910)]),
        "prosody" => in_list(name, &[("rate", 13_513)]),
        "Gather" => in_list(name, GATHER),
        "Dial" => in_list(name, DIAL),
        "Number" => in_list(name, &[("method", 13_221), ("sendDigits", 13_222)]),
        "Client" => in_list(name, &[("clientNotificationUrl", 13_806)]),
        "Sip" | "Uri" => in_list(name, &[("method", 13_241), ("username", 13_249), ("password", 13_249)]),
        "Header" => in_list(name, &[("name", 13_252), ("value", 13_253)]),
        "Conference" => in_list(name, CONFERENCE),
        "Queue" => in_list(name, &[("method", 14_210), ("url", 14_211), ("reservationSid", 14_215)]),
        "Enqueue" => in_list(name, ENQUEUE),
        "Record" => in_list(name, RECORD),
        "Redirect" => in_list(name, &[("method", 13_710)]),
        "Reject" => in_list(name, &[("reason", 13_810)]),
        "Sms" => in_list(name, &[("to", 14_101), ("from", 14_102), ("method", 14_104), ("statusCallback", 14_105)]),
        _ => None,
    };
    code.or_else(|| in_list(name, ANYWHERE)).unwrap_or(SCHEMA)
}

/// The code of an element whose text or children are not taken, when its own check says `known` or nothing.
pub(super) fn of_text(place: &Place<'_>, known: Option<u32>) -> u32 {
    match (place.name(), known) {
        // The same names under the verb that enters a queue and the noun that reads it.
        ("Queue", Some(14_205)) => 14_213,
        ("Queue", _) => 14_212,
        (_, Some(code)) => code,
        ("Say", None) => 13_520,
        ("Play" | "Redirect", None) => URL,
        ("Dial", None) => 13_215,
        ("Number", None) => 13_223,
        ("Sip" | "Uri", None) => 13_243,
        ("Conference", None) => 13_237,
        ("Enqueue", None) => 14_204,
        ("Task", None) => 14_221,
        ("Sms", None) => 14_103,
        _ => SCHEMA,
    }
}

/// The code of an element that may not stand in this parent.
pub(super) fn of_stranger(parent: &str) -> u32 {
    match parent {
        "Gather" => 13_320,
        "Dial" => 13_215,
        "Start" => 14_300,
        _ => SCHEMA,
    }
}

fn of_say(place: &Place<'_>, name: &str) -> Option<u32> {
    match (place.parent(), name) {
        ("Gather", "voice") => Some(13_321),
        ("Gather", "loop") => Some(13_322),
        _ => in_list(name, &[("loop", 13_510), ("voice", 13_511), ("language", 13_512)]),
    }
}

fn in_list(name: &str, list: &[(&str, u32)]) -> Option<u32> {
    list.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}

const GATHER: &[(&str, u32)] = &[
    ("finishOnKey", 13_310),
    ("method", 13_312),
    ("timeout", 13_313),
    ("numDigits", 13_314),
    ("input", 13_326),
    ("speechTimeout", 13_327),
    ("maxSpeechTime", 13_328),
    ("partialResultCallbackMethod", 13_329),
    ("hints", 13_330),
    ("language", 13_331),
    ("bargeIn", 13_332),
    ("profanityFilter", 13_333),
    ("speechModel", 13_334),
    ("actionOnEmptyResult", 13_338),
];

const DIAL: &[(&str, u32)] = &[
    ("method", 13_210),
    ("timeout", 13_212),
    ("hangupOnStar", 13_213),
    ("callerId", 13_214),
    ("timeLimit", 13_216),
    ("record", 13_217),
    ("sequential", 13_218),
    ("answerOnBridge", 13_219),
    ("ringTone", 13_220),
    // The dictionary names it for Record.
    ("trim", 13_699),
];

const CONFERENCE: &[(&str, u32)] = &[
    ("muted", 13_230),
    ("endConferenceOnExit", 13_231),
    ("startConferenceOnEnter", 13_232),
    ("waitUrl", 13_233),
    ("waitMethod", 13_234),
    ("beep", 13_235),
    ("trim", 13_239),
    ("coach", 13_240),
    ("participantLabel", 16_023),
];

const ENQUEUE: &[(&str, u32)] =
    &[("method", 14_201), ("waitUrl", 14_202), ("action", 14_203), ("waitUrlMethod", 14_206), ("workflowSid", 14_220)];

const RECORD: &[(&str, u32)] = &[
    ("method", 13_610),
    ("timeout", 13_611),
    ("maxLength", 13_612),
    ("finishOnKey", 13_613),
    ("transcribe", 13_614),
    ("playBeep", 13_616),
    ("trim", 13_699),
    ("transcribeCallback", 13_257),
];

/// Attributes that mean the same in every element.
const ANYWHERE: &[(&str, u32)] = &[
    ("recordingStatusCallback", 13_256),
    ("recordingStatusCallbackEvent", 13_621),
    ("recordingTrack", 13_622),
    ("action", URL),
    ("url", URL),
    ("statusCallback", URL),
    ("statusCallbackUrl", URL),
    ("amdStatusCallback", URL),
    ("partialResultCallback", URL),
    ("referUrl", URL),
    ("eventCallbackUrl", URL),
];
