//! Requests that lack something, contradict themselves, or say what nobody expected.

use switchboard::webhook::params::{
    CallStatusEvent, ConferenceEvent, DebuggerEvent, GatherResult, MachineDetection, Party, PayResult, RecordingEvent,
    RecordingTranscribed, StreamEvent, TranscriptionEvent, VoiceRequest, Withheld,
};

use super::{CALL, read, try_read};

#[test]
fn what_a_request_is_about_is_all_it_must_say() {
    let request: VoiceRequest = try_read(CALL).expect("a request");
    assert_eq!((request.call.from, request.call.status, request.call.places.from.city), (None, None, None));
    assert!(request.extra.is_empty());
    let missing = |form: &str| try_read::<VoiceRequest>(form).expect_err("nothing to go by").name;
    assert_eq!(missing("From=%2B14155550100"), "CallSid");
    assert_eq!(missing("CallSid="), "CallSid");
    assert_eq!(missing("CallSid=CA1&CallSid=CA2"), "CallSid");
    assert_eq!(
        try_read::<VoiceRequest>("CallSid=CA1&CallSid=CA1").map(|request| request.call.sid),
        Ok("CA1".to_owned())
    );
    let error = try_read::<VoiceRequest>("").expect_err("nothing").to_string();
    assert!(error.contains("CallSid"), "{error}");

    assert_eq!(
        try_read::<ConferenceEvent>("ConferenceSid=CF1").map(drop).map_err(|e| e.name),
        Err("StatusCallbackEvent")
    );
    assert_eq!(
        try_read::<ConferenceEvent>("StatusCallbackEvent=x").map(drop).map_err(|e| e.name),
        Err("ConferenceSid")
    );
    assert_eq!(try_read::<RecordingEvent>(CALL).map(drop).map_err(|e| e.name), Err("RecordingSid"));
    assert_eq!(try_read::<RecordingTranscribed>(CALL).map(drop).map_err(|e| e.name), Err("TranscriptionSid"));
    assert_eq!(
        try_read::<TranscriptionEvent>("TranscriptionSid=GT1").map(drop).map_err(|e| e.name),
        Err("TranscriptionEvent")
    );
    assert_eq!(try_read::<StreamEvent>("StreamSid=MZ1").map(drop).map_err(|e| e.name), Err("StreamEvent"));
    assert_eq!(try_read::<MachineDetection>("AnsweredBy=human").map(drop).map_err(|e| e.name), Err("CallSid"));
    assert_eq!(try_read::<DebuggerEvent>("Level=Error").map(drop).map_err(|e| e.name), Err("Sid"));
}

#[test]
fn numbers_dates_and_flags_that_are_none_are_kept_as_they_came() {
    let odd = "CallDuration=4.5&Duration=-1&SequenceNumber=+1&SipResponseCode=99999999999&Timestamp=yesterday";
    let event: CallStatusEvent = read(odd);
    assert_eq!((event.duration, event.billed_minutes, event.sequence_number), (None, None, None));
    assert_eq!((event.sip_response_code, event.at), (None, None));
    for (name, value) in [
        ("CallDuration", "4.5"),
        ("Duration", "-1"),
        ("SequenceNumber", " 1"),
        ("SipResponseCode", "99999999999"),
        ("Timestamp", "yesterday"),
    ] {
        assert_eq!(event.extra.get(name), Some(value), "{name}");
    }
    for confidence in ["NaN", "1.01", "-0.1", "inf", "high"] {
        let gathered: GatherResult = read(&format!("Confidence={confidence}"));
        assert_eq!((gathered.confidence, gathered.extra.get("Confidence")), (None, Some(confidence)));
    }
    let muted = "ConferenceSid=CF1&StatusCallbackEvent=participant-mute&Muted=yes";
    let muted: ConferenceEvent = try_read(muted).expect("an event");
    assert_eq!((muted.participant.muted, muted.extra.get("Muted")), (None, Some("yes")));
    let more = "TranscriptionSid=GT1&TranscriptionEvent=transcription-content&TranscriptionData=";
    for data in ["%7B%22transcript%22%3A1%7D", "%7B%22transcript%22%3A%22a%22%2C%22speaker%22%3A1%7D", "hello"] {
        let event: TranscriptionEvent = try_read(&format!("{more}{data}")).expect("an event");
        assert!(event.data.is_none() && event.extra.get("TranscriptionData").is_some(), "{data}");
    }
}

#[test]
fn a_parameter_that_contradicts_itself_is_kept_with_all_its_values() {
    let event: CallStatusEvent = read("CallDuration=4&CallDuration=5&CallDuration=5");
    assert_eq!((event.duration, event.extra.get("CallDuration"), event.extra.len()), (None, None, 1));
    let kept: Vec<(&str, &str)> = event.extra.iter().collect();
    assert_eq!(kept, [("CallDuration", "4"), ("CallDuration", "5")]);
}

#[test]
fn a_caller_who_is_named_twice_is_the_same_or_kept() {
    let same: VoiceRequest = read("From=%2B14155550100&Caller=%2B14155550100");
    assert!(same.extra.is_empty());
    let second: VoiceRequest = read("Caller=%2B14155550100&CalledCity=PARIS");
    assert_eq!(second.call.from.map(|from| from.to_string()).as_deref(), Some("+14155550100"));
    assert_eq!(second.call.places.to.city.as_deref(), Some("PARIS"));
    let other: VoiceRequest = read("From=%2B14155550100&Caller=%2B14155550199");
    assert_eq!(other.call.from.map(|from| from.to_string()).as_deref(), Some("+14155550100"));
    assert_eq!(other.extra.get("Caller"), Some("+14155550199"));
}

#[test]
fn withheld_numbers_are_recognised() {
    for (text, how) in [
        ("anonymous", Withheld::Anonymous),
        ("Anonymous", Withheld::Anonymous),
        ("+266696687", Withheld::Anonymous),
        ("sip:anonymous@anonymous.invalid", Withheld::Anonymous),
        ("restricted", Withheld::Restricted),
        ("+7378742833", Withheld::Restricted),
        ("unavailable", Withheld::Unavailable),
        ("86282452253", Withheld::Unavailable),
        ("unknown", Withheld::Unknown),
        ("+8656696", Withheld::Unknown),
        ("blocked", Withheld::Blocked),
        ("+2562533", Withheld::Blocked),
        ("private", Withheld::Private),
        ("+7748283", Withheld::Private),
    ] {
        let party = Party::read(text);
        assert_eq!(party, Party::Withheld { how, text: text.to_owned() });
        assert!(party.is_withheld() && party.endpoint().is_none());
        assert_eq!(party.to_string(), text);
    }
    for text in ["+14155550100", "client:anonymous", "12345", "whatsapp:+14155550100", "sips:a@b", "app:AP1", "client:"]
    {
        assert!(!Party::read(text).is_withheld(), "{text}");
        assert_eq!(Party::read(text).to_string(), text);
    }
    let app = "app:AP00000000000000000000000000000001";
    assert_eq!(Party::read(app), Party::Application(app.trim_start_matches("app:").to_owned()));
    assert_eq!(Party::read(app).to_string(), app);
}

#[test]
fn debug_shows_what_happened_and_to_whom_never() {
    let event: CallStatusEvent = read(
        "From=%2B14155550123&To=client%3Abeatrice&CallerName=ANN&FromCity=SAUSALITO&CallStatus=busy&SequenceNumber=42\
         &SipSourceIp=203.0.113.9&SipHeader_X-Name=carla&secret=of+yours&ForwardedFrom=anonymous",
    );
    let shown = format!("{event:?} {:?}", event.call.places);
    for hidden in ["4155550123", "beatrice", "ANN", "SAUSALITO", "203.0.113.9", "carla", "of yours"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    for seen in ["CA00000000000000000000000000000001", "Busy", "42", "secret", "X-Name", "Anonymous"] {
        assert!(shown.contains(seen), "{seen} is not in {shown}");
    }
    let pay: PayResult = read("PaymentToken=tok_9&PaymentCardNumber=xx1111&ExpirationDate=1230&Result=success");
    let shown = format!("{pay:?}");
    assert!(!shown.contains("tok_9") && !shown.contains("1111") && !shown.contains("1230"), "{shown}");
    assert!(shown.contains("Success"), "{shown}");
    let words: GatherResult = read("Digits=4711&SpeechResult=my+pin");
    let shown = format!("{words:?}");
    assert!(!shown.contains("4711") && !shown.contains("pin"), "{shown}");
}
