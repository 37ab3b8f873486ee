//! A lenient reader finds what Twilio's debugger would list, and leaves a document without it.

use super::*;

/// What is warned about in the document with this inside, as code and place below the root.
fn warned(inside: &str) -> Vec<(u32, String)> {
    let read = interpret(&format!("<Response>{inside}</Response>")).expect(inside);
    // What is left says nothing more, and can be built.
    let left = read.document.build().unwrap_or_else(|refused| panic!("{inside}: {refused:?}"));
    let again = interpret(left.as_str()).expect("it was built");
    assert_eq!((&again.document, again.warnings.len()), (&read.document, 0), "{inside}: {left}");
    let place = |warning: &Warning| warning.place.trim_start_matches("Response").trim_start_matches('/').to_owned();
    read.warnings.iter().map(|warning| (warning.code, place(warning))).collect()
}

fn at(code: u32, place: &str) -> (u32, String) {
    (code, place.to_owned())
}

#[track_caller]
fn one(inside: &str, code: u32, place: &str) {
    assert_eq!(warned(inside), [at(code, place)], "{inside}");
    #[cfg(feature = "sim")]
    if place.contains('@') {
        agreed(inside, code);
    }
}

/// The carrier in a box says of an attribute what this crate says, and some of it only once it executes the verb.
#[cfg(feature = "sim")]
#[track_caller]
fn agreed(inside: &str, code: u32) {
    let found = carrier::notices(&format!("<Response>{inside}</Response>"));
    let codes: Vec<u32> = found.iter().map(|notice| notice.code).collect();
    assert!(codes.contains(&code), "{inside}: {found:?}");
    let other = found.iter().find(|notice| carrier::of_form(notice) && notice.code != code);
    assert_eq!(other, None, "{inside}: {code} was expected");
}

/// The document with this inside is read without a warning.
fn clean(inside: &str) -> Response {
    assert_eq!(warned(inside), [], "{inside}");
    interpret(&format!("<Response>{inside}</Response>")).expect(inside).document
}

#[test]
fn each_value_that_is_not_taken_has_twilios_code() {
    let number = "<Number>+14155550100</Number>";
    for (attribute, code) in [
        ("method=\"PUT\"", 13_210),
        ("timeout=\"4\"", 13_212),
        ("timeout=\"601\"", 13_212),
        ("hangupOnStar=\"1\"", 13_213),
        ("callerId=\"a b\"", 13_214),
        ("timeLimit=\"0\"", 13_216),
        ("record=\"yes\"", 13_217),
        ("sequential=\"on\"", 13_218),
        ("answerOnBridge=\"\"", 13_219),
        ("ringTone=\"eu\"", 13_220),
        ("recordingStatusCallback=\"ftp://a\"", 13_256),
        ("recordingStatusCallbackEvent=\"done\"", 13_621),
        ("recordingTrack=\"all\"", 13_622),
        ("action=\"javascript:x\"", 11_100),
        ("referUrl=\"//x\"", 11_100),
        ("trim=\"yes\"", 13_699),
        ("loop=\"1\"", 12_200),
    ] {
        let name = attribute.split('=').next().unwrap_or_default();
        one(&format!("<Dial {attribute}>{number}</Dial>"), code, &format!("Dial[0]@{name}"));
    }
    for (attribute, code) in [
        ("muted=\"yes\"", 13_230),
        ("endConferenceOnExit=\"x\"", 13_231),
        ("startConferenceOnEnter=\"x\"", 13_232),
        ("waitUrl=\"ftp://a\"", 13_233),
        ("waitMethod=\"PATCH\"", 13_234),
        ("beep=\"loud\"", 13_235),
        ("trim=\"yes\"", 13_239),
        ("coach=\"CA1\"", 13_240),
        ("participantLabel=\"a/b\"", 16_023),
        ("maxParticipants=\"251\"", 12_200),
    ] {
        let name = attribute.split('=').next().unwrap_or_default();
        let inside = format!("<Dial><Conference {attribute}>a</Conference></Dial>");
        one(&inside, code, &format!("Dial[0]/Conference[0]@{name}"));
    }
    for (attribute, code) in [
        ("finishOnKey=\"a\"", 13_310),
        ("finishOnKey=\"##\"", 13_311),
        ("method=\"PUT\"", 13_312),
        ("timeout=\"0\"", 13_313),
        ("numDigits=\"0\"", 13_314),
        ("input=\"voice\"", 13_326),
        ("speechTimeout=\"0\"", 13_327),
        ("maxSpeechTime=\"0\"", 13_328),
        ("partialResultCallbackMethod=\"x\"", 13_329),
        ("language=\"german\u{20}\u{20}language\"", 13_331),
        ("bargeIn=\"x\"", 13_332),
        ("profanityFilter=\"x\"", 13_333),
        ("speechModel=\"best\"", 13_334),
        ("actionOnEmptyResult=\"x\"", 13_338),
    ] {
        let name = attribute.split('=').next().unwrap_or_default();
        one(&format!("<Gather {attribute}/>"), code, &format!("Gather[0]@{name}"));
    }
    one("<Gather input='speech' speechModel='default' speechTimeout='auto'/>", 13_335, "Gather[0]@speechTimeout");
}

#[test]
fn the_smaller_verbs_have_codes_too() {
    one("<Say loop='x'>a</Say>", 13_510, "Say[0]@loop");
    one("<Say voice='robot'>a</Say>", 13_511, "Say[0]@voice");
    one("<Say language='x'>a</Say>", 13_512, "Say[0]@language");
    one("<Say/>", 13_520, "Say[0]");
    one(&format!("<Say>{}</Say>", "a".repeat(4097)), 13_521, "Say[0]");
    one("<Gather><Say voice='x'>a</Say></Gather>", 13_321, "Gather[0]/Say[0]@voice");
    one("<Gather><Say loop='x'>a</Say></Gather>", 13_322, "Gather[0]/Say[0]@loop");
    one("<Say><prosody rate='1 2'>a</prosody></Say>", 13_513, "Say[0]/prosody[0]@rate");
    one("<Play loop='-1'>/a</Play>", 13_410, "Play[0]@loop");
    assert_eq!(warned("<Play digits='1-2'/>"), [at(13_430, "Play[0]@digits"), at(11_100, "Play[0]")]);
    one("<Pause length='0'/>", 13_910, "Pause[0]@length");
    one("<Redirect method='x'>/a</Redirect>", 13_710, "Redirect[0]@method");
    one("<Redirect>javascript:a</Redirect>", 11_100, "Redirect[0]");
    one("<Reject reason='no'/>", 13_810, "Reject[0]@reason");
    for (attribute, code) in [
        ("method=\"x\"", 13_610),
        ("timeout=\"x\"", 13_611),
        ("maxLength=\"1\"", 13_612),
        ("finishOnKey=\"x\"", 13_613),
        ("transcribe=\"x\"", 13_614),
        ("playBeep=\"x\"", 13_616),
        ("trim=\"x\"", 13_699),
        ("transcribeCallback=\"ftp:\"", 13_257),
    ] {
        let name = attribute.split('=').next().unwrap_or_default();
        one(&format!("<Record {attribute}/>"), code, &format!("Record[0]@{name}"));
    }
    one("<Record transcribe='true' maxLength='121'/>", 13_615, "Record[0]@maxLength");
    one("<Sms to='1'>a</Sms>", 14_101, "Sms[0]@to");
    one("<Sms from='1'>a</Sms>", 14_102, "Sms[0]@from");
    one("<Sms method='x'>a</Sms>", 14_104, "Sms[0]@method");
    one("<Sms statusCallback='ftp:'>a</Sms>", 14_105, "Sms[0]@statusCallback");
    one("<Sms/>", 14_103, "Sms[0]");
    one("<Start><Room>a</Room><Recording/></Start>", 14_300, "Start[0]/Room[0]");
}

#[test]
fn whom_a_dial_reaches_is_judged() {
    let dial = |noun: &str| format!("<Dial>{noun}<Client>ana</Client></Dial>");
    one(&dial("<Number>4155550100</Number>"), 13_223, "Dial[0]/Number[0]");
    one(&dial("<Number method='x'>+14155550100</Number>"), 13_221, "Dial[0]/Number[0]@method");
    one(&dial("<Number sendDigits='-'>+14155550100</Number>"), 13_222, "Dial[0]/Number[0]@sendDigits");
    one(&dial("<Sip>ana</Sip>"), 13_243, "Dial[0]/Sip[0]");
    one(&dial("<Sip method='x'>sip:a@b.example</Sip>"), 13_241, "Dial[0]/Sip[0]@method");
    one(&dial("<Client clientNotificationUrl='ftp:'>b</Client>"), 13_806, "Dial[0]/Client[0]@clientNotificationUrl");
    one(&dial("<Fax>1</Fax>"), 13_215, "Dial[0]/Fax[0]");
    one("<Dial><Conference>a</Conference><Client>a</Client></Dial>", 13_000, "Dial[0]");
    one("<Dial/>", 13_215, "Dial[0]");
    one("<Dial><Queue method='x'>a</Queue></Dial>", 14_210, "Dial[0]/Queue[0]@method");
    one("<Dial><Queue url='ftp:'>a</Queue></Dial>", 14_211, "Dial[0]/Queue[0]@url");
}

#[test]
fn queues_and_tasks_are_judged() {
    one("<Enqueue method='x'>a</Enqueue>", 14_201, "Enqueue[0]@method");
    one("<Enqueue waitUrl='ftp:'>a</Enqueue>", 14_202, "Enqueue[0]@waitUrl");
    one("<Enqueue action='ftp:'>a</Enqueue>", 14_203, "Enqueue[0]@action");
    one("<Enqueue/>", 14_204, "Enqueue[0]");
    one(&format!("<Enqueue>{}</Enqueue>", "a".repeat(65)), 14_205, "Enqueue[0]");
    one("<Enqueue waitUrlMethod='x'>a</Enqueue>", 14_206, "Enqueue[0]@waitUrlMethod");
    one("<Enqueue workflowSid='WF1'>a</Enqueue>", 14_220, "Enqueue[0]@workflowSid");
    // The noun has codes of its own, and an empty Dial is left.
    let long = format!("<Dial><Queue>{}</Queue></Dial>", "a".repeat(65));
    assert_eq!(warned(&long), [at(14_213, "Dial[0]/Queue[0]"), at(13_215, "Dial[0]")]);
    let task = format!("<Enqueue workflowSid='{}'><Task>{{</Task></Enqueue>", sid("WW"));
    assert_eq!(warned(&task), [at(14_221, "Enqueue[0]/Task[0]")]);
}

#[test]
fn strangers_are_skipped_and_the_rest_runs() {
    let say = || Response::new().say(Say::new("a"));
    let left = |inside: &str| interpret(&format!("<Response>{inside}</Response>")).expect(inside).document;
    one("<say>b</say><Say>a</Say>", 12_200, "say[0]");
    assert_eq!(left("<say>b</say><Say Voice='man'>a</Say>"), say());
    one("hello<Say>a</Say>", 12_200, "");
    assert_eq!(left("hello<Say>a</Say>"), say());
    one("<Gather><Dial>+14155550100</Dial></Gather>", 13_320, "Gather[0]/Dial[0]");
    assert_eq!(left("<Gather><Dial>+14155550100</Dial></Gather>"), Response::new().gather(Gather::new()));
    let inside = "<Gather><Play digits='1'/><Pause/></Gather>";
    assert_eq!(warned(inside), [at(13_320, "Gather[0]/Play[0]")]);
    assert_eq!(left(inside), left("<Gather><Pause/></Gather>"));
    one("<Hangup><Say>a</Say></Hangup>", 12_200, "Hangup[0]/Say[0]");
    one("<Play>/a<b/></Play>", 12_200, "Play[0]/b[0]");
    one("<Say>a<b>c</b></Say>", 12_200, "Say[0]/b[0]");
    // The number counts what was written, not what is left.
    let inside = "<Gather><Dial/><Say loop='x'>a</Say></Gather>";
    assert_eq!(warned(inside), [at(13_320, "Gather[0]/Dial[0]"), at(13_322, "Gather[0]/Say[1]@loop")]);
}

#[test]
fn what_does_no_harm_is_not_noticed() {
    let spaced = clean("<Gather timeout=' 7 ' method='post' input='speech dtmf' action=' /a '/>");
    let gather =
        Gather::new().timeout(Duration::from_secs(7)).method(Method::Post).input(Input::DtmfSpeech).action("/a");
    assert_eq!(spaced, Response::new().gather(gather));
    // A parameter's value is whatever it is.
    let parameter = clean("<Hangup><Parameter name='a' value=' b '/></Hangup>");
    assert_eq!(parameter, Response::new().hangup(Hangup::new().parameter("a", " b ")));
    assert_eq!(clean("<Say loop='5000'>a</Say>"), Response::new().say(Say::new("a").loops(1000u32)));
    assert_eq!(clean("<!-- a --><Leave/>"), Response::new().leave(Leave::new()));
}

#[test]
fn what_can_be_kept_is_kept() {
    let left = |inside: &str| interpret(&format!("<Response>{inside}</Response>")).expect(inside).document;
    let inside = "<Record recordingStatusCallbackEvent='done completed' recordingStatusCallback='/a'/>";
    one(inside, 13_621, "Record[0]@recordingStatusCallbackEvent");
    let record = Record::new().recording_status_callback("/a", [RecordingEvent::Completed]);
    assert_eq!(left(inside), Response::new().record(record));
    // With tones Twilio does not look at the file.
    one("<Play digits='1'>/a</Play>", 12_200, "Play[0]");
    assert_eq!(left("<Play digits='1'>/a</Play>"), Response::new().play(Play::keys("1")));
    one("<Dial>+14155550100<Client>ana</Client></Dial>", 12_200, "Dial[0]");
    let ana = Response::new().dial(Dial::new().client(Client::new("ana")));
    assert_eq!(left("<Dial>+14155550100<Client>ana</Client></Dial>"), ana);
}

#[test]
fn a_warning_tells_what_of_which_element_is_left_out() {
    let about = |inside: &str| {
        let read = interpret(&format!("<Response>{inside}</Response>")).expect(inside);
        let [warning] = <[Warning; 1]>::try_from(read.warnings).expect("one warning");
        (warning.subject, warning.path)
    };
    let name = |name: &str| name.to_owned();
    assert_eq!(about("<Say tone='x'>a</Say>"), (Subject::UnknownAttribute(name("tone")), vec![0]));
    assert_eq!(
        about("<Pause/><Gather><Pause/><Say loop='x'>a</Say></Gather>"),
        (Subject::Value(name("loop")), vec![1, 1])
    );
    assert_eq!(about("<Gather enhanced='true'/>"), (Subject::Value(name("enhanced")), vec![0]));
    let events = "recordingStatusCallbackEvent";
    assert_eq!(about(&format!("<Record {events}='done completed'/>")), (Subject::PartOfValue(name(events)), vec![0]));
    assert_eq!(about("<Gather><Pause/><Dial/></Gather>"), (Subject::UnknownElement, vec![0, 1]));
    assert_eq!(about("<Pause/><Say/>"), (Subject::Element, vec![1]));
    assert_eq!(about("hello<Pause/>"), (Subject::Text, vec![]));
    let ana = "<Client>ana<Parameter name='a' value='b'/></Client>";
    assert_eq!(about(&format!("<Dial>{ana}</Dial>")), (Subject::LooseText, vec![0, 0]));
}

#[test]
fn a_text_beside_what_belongs_to_it_counts() {
    let left = |inside: &str| interpret(&format!("<Response>{inside}</Response>")).expect(inside).document;
    let dial = |noun: Noun| Response::new().dial(Dial::new().noun(noun));
    let inside = "<Dial><Client>ana<Parameter name='a' value='b'/></Client></Dial>";
    one(inside, 12_200, "Dial[0]/Client[0]");
    assert_eq!(left(inside), dial(Client::new("ana").parameter("a", "b").into()));
    let inside = "<Dial><Sip>sip:a@b.test<Headers><Header name='X-A' value='b'/></Headers></Sip></Dial>";
    one(inside, 12_200, "Dial[0]/Sip[0]");
    assert_eq!(left(inside), dial(Sip::choices([Uri::new("sip:a@b.test")], [Header::new("X-A", "b")]).into()));
    // With an address of its own the text does not count.
    let inside = "<Dial><Client>bob<Identity>ana</Identity></Client></Dial>";
    one(inside, 12_200, "Dial[0]/Client[0]");
    assert_eq!(left(inside), dial(Client::new("ana").into()));
    // Strangers do not make a name less of a name.
    one("<Enqueue>a<Say>b</Say></Enqueue>", 12_200, "Enqueue[0]/Say[0]");
    assert_eq!(left("<Enqueue>a<Say>b</Say></Enqueue>"), Response::new().enqueue(Enqueue::new("a")));
    one("<Dial><Client>ana<Say>b</Say></Client></Dial>", 12_200, "Dial[0]/Client[0]/Say[0]");
    assert_eq!(left("<Dial><Client>ana<Say>b</Say></Client></Dial>"), dial(Client::new("ana").into()));
}

#[test]
fn only_a_text_that_is_no_document_is_an_error() {
    let code = |text: &str| interpret(text).expect_err(text).code;
    assert_eq!(code(""), 12_100);
    assert_eq!(code("hello"), 12_100);
    assert_eq!(code("<Response><Say>a</Response>"), 12_100);
    assert_eq!(code("<Response><Say>a & b</Say></Response>"), 12_100);
    assert_eq!(code("<?xml version='1.1'?><Response/>"), 12_101);
    assert_eq!(code("<response/>"), 12_102);
    assert_eq!(code(&format!("<Response><Say>{}</Say></Response>", "a".repeat(64 * 1024))), 11_750);
    assert_eq!(parse("<Response><Reject reason='no'/></Response>").expect_err("strict").code, 13_810);
}

#[test]
fn a_document_for_a_special_place_has_codes_of_its_own() {
    let text = "<Response><Dial>+14155550100</Dial><Gather/><Pause/></Response>";
    let codes = |warnings: Vec<Warning>| warnings.iter().map(|warning| warning.code).collect::<Vec<_>>();
    assert_eq!(codes(WaitResponse::interpret(text).expect("XML").warnings), [13_238, 13_238]);
    assert_eq!(codes(ScreenResponse::interpret(text).expect("XML").warnings), [13_201]);
    assert_eq!(codes(QueueResponse::interpret(text).expect("XML").warnings), [12_200]);
    assert_eq!(codes(BridgeResponse::interpret(text).expect("XML").warnings), [12_200, 12_200]);
    let pause = WaitResponse::new().pause(Pause::new(Duration::from_secs(1)));
    assert_eq!(WaitResponse::interpret("<Response><Pause length='1'/></Response>").expect("XML").document, pause);
}

/// Puts something that does not belong there into a document's text.
pub(super) fn spoilt(text: &str, dice: &mut Dice) -> String {
    let spots: Vec<usize> = text.match_indices(['<', '"', ' ', '>']).map(|(at, _)| at).skip(6).collect();
    let mut text = text.to_owned();
    if spots.is_empty() {
        return text;
    }
    let at = spots[dice.below(spots.len())];
    let stranger =
        dice.of(&["<Tusk/>", "<Dial/>", "<Say loop=\"x\">a</Say>", "x", " loop=\"x\"", " action=\"//x\"", "-"]);
    text.insert_str(at, stranger);
    text
}

proptest! {
    #[test]
    fn a_document_that_can_be_built_is_read_without_a_warning(seed in any::<u64>()) {
        let document = Dice(seed).document();
        let text = document.build().map_err(|refused| TestCaseError::fail(format!("{refused:?}")))?;
        let read = interpret(text.as_str()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read.warnings, []);
        prop_assert_eq!(read.document, document);
    }

    #[test]
    fn what_is_left_of_a_spoilt_document_can_be_built_and_says_the_same_again(seed in any::<u64>(), times in 1..6usize) {
        let mut dice = Dice(seed);
        let mut text = dice.document().build().expect("allowed").into_string();
        for _ in 0..times {
            text = spoilt(&text, &mut dice);
        }
        let Ok(read) = interpret(&text) else { return Ok(()) };
        let left = read.document.build().map_err(|refused| TestCaseError::fail(format!("{refused:?}\n{text}")))?;
        let again = interpret(left.as_str()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again.warnings, &[]);
        prop_assert_eq!(&again.document, &read.document);
        // The strict reader and the checks agree that there was something, or that there was nothing.
        let flawless = parse(&text).is_ok_and(|document| document.check().is_empty());
        prop_assert_eq!(flawless, read.warnings.is_empty(), "{} {:?}", text, read.warnings);
    }

    #[test]
    fn a_lenient_reader_never_panics(text in any::<String>()) {
        let _ = interpret(&text);
        let _ = interpret(&format!("<Response>{text}</Response>"));
        let _ = interpret(&format!("<Response><Dial {text}>a</Dial></Response>"));
    }
}
