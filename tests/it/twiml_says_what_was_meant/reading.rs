//! What is not TwiML is not read, and the error names the place.

use super::*;

/// The document inside `<Response>` is refused at this place.
#[track_caller]
fn unread(inside: &str, place: &str) {
    let error = parse(&format!("<Response>{inside}</Response>")).expect_err(inside);
    assert_eq!(error.place, place, "{error}");
}

#[test]
fn unknown_names_are_named() {
    unread("<say>a</say>", "Response/say[0]");
    unread("<Say>a</Say><Dail/>", "Response/Dail[1]");
    unread("<Say Voice=\"man\">a</Say>", "Response/Say[0]@Voice");
    unread("<Gather><Dial/></Gather>", "Response/Gather[0]/Dial[0]");
    unread("<Gather><Pause/><Say><Say/></Say></Gather>", "Response/Gather[0]/Say[1]/Say[0]");
    unread("<Hangup><Say/></Hangup>", "Response/Hangup[0]/Say[0]");
    unread("<Hangup>now</Hangup>", "Response/Hangup[0]");
    unread("text", "Response");
    unread("<Dial><Numbers>1</Numbers></Dial>", "Response/Dial[0]/Numbers[0]");
    unread("<Dial>+14155550100<Client>a</Client></Dial>", "Response/Dial[0]");
    unread("<Dial><Client><Parameter name=\"a\" value=\"b\"/></Client></Dial>", "Response/Dial[0]/Client[0]");
    unread("<Enqueue><Tusk/></Enqueue>", "Response/Enqueue[0]/Tusk[0]");
    assert_eq!(parse("<Response x=\"1\"/>").expect_err("attribute").place, "Response@x");
}

#[test]
fn values_of_another_kind_are_named() {
    unread("<Pause length=\"1.5\"/>", "Response/Pause[0]@length");
    unread("<Say loop=\"-1\">a</Say>", "Response/Say[0]@loop");
    unread("<Gather timeout=\"soon\"/>", "Response/Gather[0]@timeout");
    unread("<Dial answerOnBridge=\"yes\"/>", "Response/Dial[0]@answerOnBridge");
    unread("<Dial><Conference beep=\"maybe\">a</Conference></Dial>", "Response/Dial[0]/Conference[0]@beep");
    unread("<Pause length=\"99999999999999999999999\"/>", "Response/Pause[0]@length");
    let error = parse("<Response><Reject reason=\"no\"/></Response>").expect_err("reason");
    assert_eq!(error.to_string(), "Response/Reject[0]@reason: found \"no\", expected one of rejected busy");
}

#[test]
fn the_root_is_one_response() {
    for text in ["", "  ", "<response/>", "<Say>a</Say>", "<Response/><Response/>", "<Response/>x", "x<Response/>"] {
        assert!(parse(text).is_err(), "{text:?}");
    }
    for text in ["<Response>", "</Response>", "<Response></Say>", "<Response><Say></Response>", "<Response/>&amp;"] {
        assert!(parse(text).is_err(), "{text:?}");
    }
    for text in ["<Response/>", "\u{FEFF}<?xml version='1.0'?>\n<!-- a -->\n<Response>\n</Response>\n<!-- b -->\n"] {
        assert_eq!(parse(text), Ok(Response::new()), "{text:?}");
    }
}

#[test]
fn entities_types_and_instructions_are_refused() {
    let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Response><Say>&b;</Say></Response>";
    assert!(parse(bomb).expect_err("a document type").problem.contains("document type"));
    for inside in ["<Say>&nbsp;</Say>", "<Say voice=\"&x;\">a</Say>", "<Say>&</Say>", "<Say>& b</Say>"] {
        assert!(parse(&format!("<Response>{inside}</Response>")).is_err(), "{inside}");
    }
    for inside in ["<Say>&#0;</Say>", "<Say>&#xFFFE;</Say>", "<Say>\u{1}</Say>", "<Say language=\"&#1;\">a</Say>"] {
        assert!(parse(&format!("<Response>{inside}</Response>")).is_err(), "{inside}");
    }
    for inside in ["<?php x ?>", "<Say>]]></Say>", "<Say voice=\"<\">a</Say>", "<Say loop=\"1\" loop=\"2\">a</Say>"] {
        assert!(parse(&format!("<Response>{inside}</Response>")).is_err(), "{inside}");
    }
    assert!(parse("<?xml version=\"1.1\"?><Response/>").expect_err("version").problem.contains("12101"));
    assert!(parse("<Response/><?xml version=\"1.0\"?>").is_err());
}

#[test]
fn depth_and_size_are_limited() {
    let deep = "<Response>".repeat(100_000 / 20);
    assert!(parse(&deep).expect_err("deep").problem.contains("levels"));
    let long = format!("<Response><Say>{}</Say></Response>", "a".repeat(64 * 1024));
    assert!(parse(&long).expect_err("long").problem.contains("11750"));
}

#[test]
fn what_others_write_is_read() {
    let say = |text: &str| parse(&format!("<Response>{text}</Response>"));
    let expected = Ok(Response::new().say(Say::new("a <b> & c")));
    assert_eq!(say("<Say>a &lt;b&#x3e;<!-- not spoken --> &amp; c</Say>"), expected);
    assert_eq!(say("<Say><![CDATA[a <b> & ]]>c</Say>"), expected);
    assert_eq!(say("<Say>a\r\nb</Say>"), Ok(Response::new().say(Say::new("a\nb"))));
    let number = Response::new().dial(Dial::new().number(Number::new("+14155550100")));
    assert_eq!(say("\n <Dial>\n  +14155550100\n </Dial>\n"), Ok(number));
    let play = Response::new().play(Play::new("/a"));
    assert_eq!(say("<Play>\n /a\n</Play>"), Ok(play));
    let both = Response::new().dial(Dial::new().record(DialRecord::FromAnswer).queue(Queue::new("q")));
    assert_eq!(say("<Dial record='true'><Queue>q</Queue></Dial>"), Ok(both));
}

#[test]
fn a_value_out_of_range_is_read_and_then_refused() {
    let document = parse("<Response><Dial timeout=\"4\">+14155550100</Dial></Response>").expect("TwiML");
    assert_eq!(document.check().first().map(|refused| refused.place.as_str()), Some("Response/Dial[0]@timeout"));
}

#[test]
fn wait_documents_hold_no_other_verbs() {
    for verb in ["Dial", "Gather", "Hangup", "Record", "Enqueue", "Leave", "Reject"] {
        let text = format!("<Response><{verb}/></Response>");
        assert_eq!(WaitResponse::parse(&text).expect_err(verb).place, format!("Response/{verb}[0]"));
    }
    assert!(QueueResponse::parse("<Response><Dial/></Response>").is_err());
    assert!(ScreenResponse::parse("<Response><Dial/></Response>").is_err());
}
