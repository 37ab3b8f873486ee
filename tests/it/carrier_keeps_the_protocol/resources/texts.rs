//! Messages: on their way, at their goal, and back.

use super::*;

const TO: &str = "To=%2B15550003000&From=%2B15550001000";

#[test]
fn a_message_is_queued_sent_and_delivered_and_tells_so() {
    let mut world = World::new();
    let form = format!("{TO}&Body=Hello&StatusCallback=https%3A%2F%2Fapp.test%2Fsms");
    let (status, message) = world.rest("POST", "Messages.json", &form);
    assert_eq!((status, text(&message, "status"), text(&message, "direction")), {
        (201, "queued".to_owned(), "outbound-api".to_owned())
    });
    let path = format!("Messages/{}.json", text(&message, "sid"));
    assert_eq!(code(world.rest("DELETE", &path, "")), (400, 20_009), "it is on its way");
    assert_eq!(code(world.rest("POST", &path, "Body=")), (400, 20_009));
    world.run(secs(3));
    assert_eq!(world.told("/sms", "MessageStatus"), ["sent", "delivered"]);
    let (_, message) = world.rest("GET", &path, "");
    assert_eq!((text(&message, "status"), message["date_sent"].is_string()), ("delivered".to_owned(), true));
    assert_eq!(code(world.rest("POST", &path, "Body=Other")), (400, 20_001));
    assert_eq!(text(&world.rest("POST", &path, "Body=").1, "body"), "");
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(world.rest("GET", &path, "").0, 404);
}

#[test]
fn an_unreachable_telephone_gets_nothing() {
    let mut world = World::new();
    world.script(BOB, Ring::Fails);
    let sid =
        made(&mut world, "Messages.json", &format!("{TO}&Body=Hello&StatusCallback=https%3A%2F%2Fapp.test%2Fsms"));
    world.run(secs(3));
    let (_, message) = world.rest("GET", &format!("Messages/{sid}.json"), "");
    assert_eq!((text(&message, "status"), &message["error_code"]), ("undelivered".to_owned(), &30_003.into()));
    assert_eq!(world.told("/sms", "ErrorCode").last().map(String::as_str), Some("30003"));
}

#[test]
fn a_text_that_comes_in_is_answered_by_the_number_s_document() {
    let mut world = World::new();
    let number = text(&world.rest("GET", "IncomingPhoneNumbers.json", "").1["incoming_phone_numbers"][0], "sid");
    let urls = "SmsUrl=https%3A%2F%2Fapp.test%2Ftext&SmsFallbackUrl=https%3A%2F%2Fapp.test%2Fplan-b";
    world.rest("POST", &format!("IncomingPhoneNumbers/{number}.json"), urls);
    world.page("/text", "<Message><Body>Thanks</Body></Message><Sms>Bye</Sms>");
    let sid = world.carrier.text(ANN, LINE, "Help").expect("a number of ours");
    world.run(secs(3));
    assert_eq!((world.told("/text", "Body"), world.told("/text", "MessageSid")), (vec!["Help".to_owned()], vec![sid]));
    assert_eq!(listed(&mut world, "Messages.json?From=%2B15550001000", "messages", "body"), ["Bye", "Thanks"]);
    assert_eq!(listed(&mut world, "Messages.json?To=%2B15550002000", "messages", "direction"), ["outbound-reply"; 2]);

    world.reply("/text", Ok(HttpReply { status: 500, ..HttpReply::default() }));
    world.reply(
        "/plan-b",
        Ok(HttpReply {
            status: 200,
            content_type: "text/plain".to_owned(),
            body: b"Sorry".to_vec(),
            ..HttpReply::default()
        }),
    );
    world.carrier.text(ANN, LINE, "Help");
    world.run(secs(3));
    assert_eq!(world.told("/plan-b", "ErrorCode"), ["11200"]);
    assert_eq!(listed(&mut world, "Messages.json?From=%2B15550001000", "messages", "body"), ["Sorry", "Bye", "Thanks"]);
    assert_eq!(world.carrier.text(ANN, FAR, "Anybody?"), None);
}

#[test]
fn documents_for_texts_that_lead_in_a_circle_end() {
    let mut world = World::new();
    let number = text(&world.rest("GET", "IncomingPhoneNumbers.json", "").1["incoming_phone_numbers"][0], "sid");
    world.rest("POST", &format!("IncomingPhoneNumbers/{number}.json"), "SmsUrl=https%3A%2F%2Fapp.test%2Ftext");
    world.page("/text", "<Redirect>/text</Redirect>");
    world.carrier.text(ANN, LINE, "Help");
    world.run(secs(1));
    assert_eq!((world.asked().len(), world.codes()), (10, vec![12_400]));
}

#[test]
fn whoever_says_stop_is_left_alone() {
    let mut world = World::new();
    let stop = world.carrier.text(BOB, LINE, " stop ").expect("a number of ours");
    assert_eq!(code(world.rest("POST", "Messages.json", &format!("{TO}&Body=Hello"))), (400, 21_610));
    assert_eq!(world.rest("DELETE", &format!("Messages/{stop}.json"), "").0, 204);
    assert_eq!(code(world.rest("POST", "Messages.json", &format!("{TO}&Body=Hello"))), (400, 21_610), "still");
    world.carrier.text(BOB, LINE, "START");
    assert_eq!(world.rest("POST", "Messages.json", &format!("{TO}&Body=Hello")).0, 201);
}

#[test]
fn messages_that_cannot_be_sent_are_refused() {
    let mut world = World::new();
    let long = format!("{TO}&Body={}", "x".repeat(1601));
    let media = format!("{TO}{}", "&MediaUrl=https://app.test/a.png".repeat(11));
    let service = format!("MG{}", "a".repeat(32));
    let scheduled = format!("To=%2B15550003000&MessagingServiceSid={service}&Body=x&ScheduleType=fixed");
    let cases: Vec<(String, u64)> = vec![
        ("From=%2B15550001000&Body=x".to_owned(), 21_604),
        ("To=%2B15550003000&Body=x".to_owned(), 21_603),
        (TO.to_owned(), 21_602),
        (long, 21_617),
        (media, 21_623),
        ("To=12&From=%2B15550001000&Body=x".to_owned(), 21_211),
        ("To=%2B15550003000&From=12&Body=x".to_owned(), 21_212),
        ("To=%2B15550003000&From=%2B15550003001&Body=x".to_owned(), 21_606),
        ("To=%2B15550001000&From=%2B15550001000&Body=x".to_owned(), 21_266),
        (format!("{TO}&Body=x&StatusCallback=nowhere"), 21_609),
        (format!("{TO}&Body=x&ApplicationSid=AP0"), 21_218),
        (format!("{TO}&Body=x&ScheduleType=fixed&SendAt=2026-01-01T00:00:00Z"), 35_118),
        (scheduled.clone(), 35_111),
        (format!("{scheduled}&SendAt=yesterday"), 35_114),
    ];
    for (form, expected) in cases {
        assert_eq!(
            code(world.rest("POST", "Messages.json", &form)),
            (400, expected),
            "{}",
            &form[..form.len().min(90)]
        );
    }
    assert!(listed(&mut world, "Messages.json", "messages", "sid").is_empty());

    let sid = made(&mut world, "Messages.json", &format!("{scheduled}&SendAt=2025-01-01T01:00:00Z"));
    world.run(secs(60));
    let path = format!("Messages/{sid}.json");
    assert_eq!(text(&world.rest("GET", &path, "").1, "status"), "scheduled");
    assert_eq!(text(&world.rest("POST", &path, "Status=canceled").1, "status"), "canceled");
    world.run(secs(7200));
    assert_eq!(text(&world.rest("GET", &path, "").1, "status"), "canceled");
}

#[test]
fn a_message_counts_its_parts_and_its_media() {
    let mut world = World::new();
    for (body, segments) in [("x".repeat(160), "1"), ("x".repeat(161), "2"), ("%D0%96".repeat(71), "2")] {
        let (_, message) = world.rest("POST", "Messages.json", &format!("{TO}&Body={body}"));
        assert_eq!(text(&message, "num_segments"), segments);
    }
    let sid = made(&mut world, "Messages.json", &format!("{TO}&MediaUrl=https://app.test/a.png"));
    assert!(sid.starts_with("MM"), "{sid}");
    let media = listed(&mut world, &format!("Messages/{sid}/Media.json"), "media_list", "sid");
    let path = format!("Messages/{sid}/Media/{}.json", media[0]);
    assert_eq!(text(&world.rest("GET", &path, "").1, "parent_sid"), sid);
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(text(&world.rest("GET", &format!("Messages/{sid}.json"), "").1, "num_media"), "0");
    assert_eq!(text(&world.rest("POST", &format!("Messages/{sid}/Feedback.json"), "").1, "outcome"), "confirmed");
}
