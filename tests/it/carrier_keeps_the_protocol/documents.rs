use super::*;
use switchboard::sim::carrier::{EndCause, Loss};

#[test]
fn a_key_stops_the_prompt_and_the_action_gets_the_digits() {
    let mut world = World::new();
    world.page(
        "/voice",
        "<Gather numDigits=\"2\" action=\"menu?x=1&amp;y=2\"><Say>Press two keys, please, whenever you are ready</Say></Gather><Say>Nothing</Say>",
    );
    world.page("/menu", "<Say>Chosen</Say>");
    let sid = world.dials();
    world.run(secs(1));
    world.carrier.presses(&sid, "4");
    world.pump();
    assert_eq!(world.hears(&sid), Hearing::Pause);
    world.run(secs(4));
    world.carrier.presses(&sid, "2");
    world.pump();
    assert_eq!(world.told("/menu", "Digits"), ["42"]);
    assert!(world.log.iter().any(|h| h.url == "https://app.test/menu?x=1&y=2"));
    assert_eq!(world.hears(&sid), say("Chosen"));
}

#[test]
fn the_timeout_starts_again_after_each_key_and_no_input_goes_on_with_the_next_verb() {
    let mut world = World::new();
    world.page("/voice", "<Gather timeout=\"4\" action=\"/menu\"/><Say>Nothing came</Say>");
    let sid = world.dials();
    world.run(Duration::from_millis(4100));
    assert_eq!(world.hears(&sid), say("Nothing came"));
    let sid = world.dials();
    world.run(secs(3));
    world.carrier.presses(&sid, "7");
    world.run(secs(3));
    assert!(world.told("/menu", "Digits").is_empty());
    world.run(secs(2));
    assert_eq!(world.told("/menu", "Digits"), ["7"]);
}

#[test]
fn the_finish_key_is_not_part_of_the_digits_and_alone_is_no_input() {
    let mut world = World::new();
    world.page("/voice", "<Gather action=\"/menu\"/><Say>Nothing</Say>");
    let sid = world.dials();
    world.carrier.presses(&sid, "12#");
    world.pump();
    assert_eq!(world.told("/menu", "Digits"), ["12"]);
    assert_eq!(world.told("/menu", "FinishedOnKey"), ["%23"]);
    let sid = world.dials();
    world.carrier.presses(&sid, "#");
    world.pump();
    assert_eq!(world.hears(&sid), say("Nothing"));
    world.page("/voice", "<Gather action=\"/empty\" actionOnEmptyResult=\"true\" timeout=\"2\"/>");
    world.dials();
    world.run(secs(3));
    assert_eq!(world.told("/empty", "Digits"), [""]);
}

#[test]
fn a_document_that_cannot_be_executed_goes_to_the_fallback() {
    let broken = |body: &str, kind: &str| {
        Ok(HttpReply {
            status: 200,
            content_type: kind.to_owned(),
            body: body.as_bytes().to_vec(),
            ..HttpReply::default()
        })
    };
    let cases = [
        (broken("<Response><Say>", "text/xml"), 12_100),
        (broken("<Answer/>", "text/xml"), 12_102),
        (broken("<?xml version=\"1.1\"?><Response/>", "text/xml"), 12_101),
        (broken("{}", "application/json"), 12_300),
        (broken(&"x".repeat(65_537), "text/xml"), 11_750),
        (Ok(HttpReply { status: 500, ..HttpReply::default() }), 11_200),
        (Err(HttpFault::ReadTimeout), 11_203),
        (Err(HttpFault::ConnectFailed), 11_205),
        (Err(HttpFault::Broken), 11_206),
    ];
    for (reply, code) in cases {
        let mut world = World::new();
        world.page("/fallback", "<Say>One moment</Say>");
        world.reply("/voice", reply);
        let sid = world.dials();
        assert_eq!(world.codes(), [code]);
        assert_eq!(world.told("/fallback", "ErrorCode"), [code.to_string()]);
        assert_eq!(world.told("/fallback", "ErrorUrl"), ["https://app.test/voice"]);
        assert_eq!(world.hears(&sid), say("One moment"));
        assert!(world.carrier.lost().is_empty());
    }
}

#[test]
fn without_a_good_fallback_the_caller_hears_an_application_error() {
    let mut world = World::new();
    world.reply("/voice", Err(HttpFault::ReadTimeout));
    world.reply("/fallback", Err(HttpFault::ReadTimeout));
    let sid = world.dials();
    assert!(matches!(world.hears(&sid), Hearing::Say(words) if words.contains("application error")));
    assert_eq!(world.carrier.lost().iter().map(|l| l.loss).collect::<Vec<_>>(), [Loss::ApplicationError]);
    world.run(secs(10));
    assert_eq!(world.call(&sid).end_cause, Some(EndCause::ApplicationError));
}

#[test]
fn what_is_unknown_in_a_document_is_a_warning_and_is_skipped() {
    let mut world = World::new();
    world.page("/voice", "<Sing/><Say speed=\"9\">Still here</Say><!-- nothing -->");
    let sid = world.dials();
    assert_eq!(world.codes(), [12_200, 12_200]);
    assert_eq!(world.hears(&sid), say("Still here"));
    assert!(!world.asked().contains(&"/fallback"));
}

#[test]
fn faults_are_noticed_when_a_document_arrives_even_behind_its_end() {
    let mut world = World::new();
    world.page("/voice", "<Pause length=\"5\"/><Redirect>/next</Redirect><Gather><Say loop=\"x\">Never</Say></Gather>");
    world.page("/next", "<Say>Next</Say>");
    let sid = world.dials();
    assert_eq!(world.codes(), [13_322]);
    world.run(Duration::from_millis(5100));
    assert_eq!((world.codes(), world.hears(&sid)), (vec![13_322], say("Next")));
}

#[test]
fn marked_up_speech_is_said_in_its_order() {
    let mut world = World::new();
    world.page(
        "/voice",
        "<Say voice=\"Polly.Joanna\"><p>One</p><p>two</p> un<emphasis>believ</emphasis>able<break/>three</Say>",
    );
    let sid = world.dials();
    let words = match world.hears(&sid) {
        Hearing::Say(words) => words.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!((words.join(" ").as_str(), world.codes()), ("One two unbelievable three", vec![]));
}

#[test]
fn text_that_is_no_document_is_read_and_what_no_voice_says_at_once_is_noticed() {
    let mut world = World::new();
    let text = "a".repeat(4097);
    let reply = HttpReply {
        status: 200,
        content_type: "text/plain".to_owned(),
        body: text.clone().into_bytes(),
        ..HttpReply::default()
    };
    world.reply("/voice", Ok(reply));
    let sid = world.dials();
    assert_eq!((world.hears(&sid), world.codes()), (say(&text), vec![13_521]));
}

#[test]
fn entities_comments_and_cdata_are_read_as_xml_means_them() {
    let mut world = World::new();
    world.page("/voice", "<Say>Fish &amp; chips &#60;hot&#62; <![CDATA[& <salt>]]></Say>");
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Fish & chips <hot> & <salt>"));
}

#[test]
fn verbs_after_a_redirect_are_not_reached_and_its_url_is_relative_to_the_document() {
    let mut world = World::new();
    world.page("/voice", "<Redirect method=\"GET\">deep/../next?a=1</Redirect><Say>Never</Say>");
    world.page("/next", "<Say>Next</Say>");
    let sid = world.dials();
    let hook = world.log.last().cloned().expect("a request");
    assert_eq!((hook.method.as_str(), hook.body.as_str()), ("GET", ""));
    assert!(hook.url.starts_with("https://app.test/next?a=1&CallSid=CA"), "{}", hook.url);
    assert_eq!(world.hears(&sid), say("Next"));
}

#[test]
fn a_relative_url_may_have_another_url_in_its_query() {
    let mut world = World::new();
    world.page("/voice", "<Redirect>/next?back=https://other.test/x</Redirect>");
    world.page("/next", "<Say>Next</Say>");
    let sid = world.dials();
    assert_eq!(world.log.last().map(|hook| hook.url.as_str()), Some("https://app.test/next?back=https://other.test/x"));
    assert_eq!((world.hears(&sid), world.codes()), (say("Next"), Vec::new()));
}

#[test]
fn redirects_without_end_are_an_error() {
    let mut world = World::new();
    world.page("/voice", "<Redirect/>");
    world.reply("/fallback", Err(HttpFault::Broken));
    let sid = world.dials();
    assert!(world.codes().contains(&12_400));
    world.run(secs(10));
    assert_eq!(world.status(&sid), "completed");
}

#[test]
fn a_recording_ends_by_key_or_hang_up_and_its_action_is_told_which() {
    let mut world = World::new();
    world.page("/voice", "<Record timeout=\"0\" action=\"/recorded\"/><Say>Not reached</Say>");
    world.page("/recorded", "<Say>Thanks</Say>");
    let sid = world.dials();
    world.run(secs(8));
    world.carrier.presses(&sid, "5");
    world.pump();
    assert_eq!(world.hears(&sid), say("Thanks"));
    let other = world.dials();
    world.run(secs(3));
    world.carrier.hangs_up(&other);
    world.pump();
    assert_eq!(world.told("/recorded", "Digits"), ["5", "hangup"]);
    assert_eq!(world.told("/recorded", "RecordingDuration"), ["8", "3"]);
}

#[test]
fn plain_text_is_read_and_audio_is_played() {
    let mut world = World::new();
    let reply = |kind: &str, body: &str| {
        Ok(HttpReply {
            status: 200,
            content_type: kind.to_owned(),
            body: body.as_bytes().to_vec(),
            ..HttpReply::default()
        })
    };
    world.reply("/voice", reply("text/plain; charset=utf-8", "Good day"));
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Good day"));
    world.reply("/voice", reply("audio/mpeg", "…"));
    let sid = world.dials();
    assert_eq!(world.hears(&sid), Hearing::Play("https://app.test/voice".to_owned()));
}

#[test]
fn a_document_given_by_rest_has_no_base_for_relative_urls() {
    let mut world = World::new();
    let (status, call) = world.rest(
        "POST",
        "Calls.json",
        "To=%2B15550003000&From=%2B15550001000&Twiml=%3CResponse%3E%3CGather+action%3D%22menu%22+actionOnEmptyResult%3D%22true%22%2F%3E%3CSay%3EBye%3C%2FSay%3E%3C%2FResponse%3E",
    );
    assert_eq!(status, 201);
    world.run(secs(8));
    assert_eq!(world.codes(), [15_004]);
    assert!(world.has_heard(&text(&call, "sid"), "Bye"));
}

#[test]
fn a_long_document_of_verbs_that_take_no_time_needs_no_stack() {
    let mut world = World::new();
    let verbs = format!("{}<Say>Here</Say>", "<Dial>x</Dial>".repeat(4000));
    world.page("/voice", &verbs);
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Here"));
    assert_eq!(world.codes(), [13_223; 4000]);
}

#[test]
fn a_fallback_that_fails_is_not_asked_again() {
    let mut world = World::new();
    world.carrier.number(NumberConfig {
        number: LINE.to_owned(),
        voice_url: "https://app.test/voice".to_owned(),
        voice_fallback_url: Some("https://app.test/fallback#rt=3000".to_owned()),
        ..NumberConfig::default()
    });
    world.reply("/voice", Err(HttpFault::ReadTimeout));
    world.reply("/fallback", Err(HttpFault::ReadTimeout));
    world.dials();
    world.run(secs(10));
    assert_eq!(world.asked(), ["/voice", "/fallback"]);
}
