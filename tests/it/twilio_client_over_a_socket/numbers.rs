//! Listing, buying, binding and releasing telephone numbers.

use serde_json::{Value, json};
use switchboard::phone::PhoneNumber;
use switchboard::telephony::{
    AvailableNumber, Failure, FakeTelephony, NumberBinding, NumberPage, NumberSearch, Numbers, OwnedNumber,
};

use super::server::{ACCOUNT, Reply, Server, problem};
use super::spec::TELNYX;

fn number(text: &str) -> PhoneNumber {
    text.parse().expect("a number")
}

fn id(at: usize) -> String {
    format!("PN{at:032x}")
}

fn binding() -> NumberBinding {
    NumberBinding::voice("https://c.example/voice").status_url("https://c.example/status")
}

/// A number as Twilio shows it.
fn shown(at: usize) -> Value {
    json!({
        "sid": id(at), "phone_number": format!("+1415555010{at}"), "friendly_name": "Sales",
        "voice_url": "https://c.example/voice", "voice_fallback_url": "", "sms_url": null,
        "status_callback": "https://c.example/status", "capabilities": {"voice": true, "sms": false, "mms": false},
    })
}

fn owned(at: usize) -> OwnedNumber {
    let mut owned = OwnedNumber::new(id(at), number(&format!("+1415555010{at}")), binding());
    owned.name = "Sales".to_owned();
    owned.takes_messages = false;
    owned
}

const BOUND: &str = "TrunkSid=&VoiceApplicationSid=&VoiceUrl=https%3A%2F%2Fc.example%2Fvoice&VoiceMethod=POST\
    &VoiceFallbackUrl=&VoiceFallbackMethod=POST&StatusCallback=https%3A%2F%2Fc.example%2Fstatus\
    &StatusCallbackMethod=POST&SmsApplicationSid=&SmsUrl=&SmsMethod=POST";

#[tokio::test]
async fn an_operator_lists_buys_binds_and_releases_numbers() {
    let server = Server::start();
    let base = format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers");
    let next = format!("{base}.json?PageSize=100&Page=1&PageToken=PAPN1");
    let pages = [
        json!({"incoming_phone_numbers": [shown(1)], "next_page_uri": next}),
        json!({"incoming_phone_numbers": [shown(2)], "next_page_uri": null}),
    ];
    for page in pages {
        server.answer_question(Reply::Full(200, None, page.to_string()));
    }
    let client = server.client();
    let first = client.list(None).await.expect("answered");
    assert_eq!(first, NumberPage { numbers: vec![owned(1)], next: Some(next.clone()) });
    let second = client.list(first.next.as_deref()).await.expect("answered");
    assert_eq!(second, NumberPage { numbers: vec![owned(2)], next: None });

    let found = json!({"available_phone_numbers": [
        {"phone_number": "+14155550109", "locality": "San Francisco", "region": "CA"},
        {"phone_number": "not a number"},
    ]});
    server.answer_question(Reply::Full(200, None, found.to_string()));
    let wanted = NumberSearch::local("US").area_code(415).containing("0109");
    let mut available = AvailableNumber::new(number("+14155550109"));
    (available.locality, available.region) = (Some("San Francisco".to_owned()), Some("CA".to_owned()));
    assert_eq!(client.search(&wanted).await.expect("answered"), [available]);

    server.answer_command(Reply::Full(201, None, shown(3).to_string()));
    assert_eq!(client.buy(&number("+14155550103"), &binding()).await.expect("bought"), owned(3));
    server.answer_command(Reply::Full(200, None, shown(3).to_string()));
    assert_eq!(client.bind(&id(3), &binding()).await.expect("bound"), owned(3));
    client.release(&id(3)).await.expect("released");
    server.answer_command(Reply::Full(404, None, problem(20404, 404)));
    client.release(&id(3)).await.expect("it is not owned any more");

    let sent: Vec<_> = server.seen().into_iter().map(|seen| format!("{} {}", seen.line, seen.body)).collect();
    let search = "AvailablePhoneNumbers/US/Local.json?VoiceEnabled=true&PageSize=20&AreaCode=415&Contains=0109";
    assert_eq!(
        sent,
        [
            format!("GET {base}.json?PageSize=100 HTTP/1.1 "),
            format!("GET {next} HTTP/1.1 "),
            format!("GET /2010-04-01/Accounts/{ACCOUNT}/{search} HTTP/1.1 "),
            format!("POST {base}.json HTTP/1.1 PhoneNumber=%2B14155550103&{BOUND}"),
            format!("POST {base}/{}.json HTTP/1.1 {BOUND}", id(3)),
            format!("DELETE {base}/{}.json HTTP/1.1 ", id(3)),
            format!("DELETE {base}/{}.json HTTP/1.1 ", id(3)),
        ]
    );
}

#[tokio::test]
async fn a_purchase_without_a_reply_is_unknown_and_nothing_is_bought_twice() {
    let server = Server::start();
    let client = server.client();
    for lost in
        [Reply::Close(Vec::new()), Reply::Full(201, None, "{".to_owned()), Reply::Full(500, None, String::new())]
    {
        server.answer_command(lost);
        let error = client.buy(&number("+14155550103"), &binding()).await.expect_err("it is not known");
        assert_eq!(error.failure(), Failure::Unknown, "{error}");
    }
    assert_eq!(server.seen().len(), 3, "a purchase was sent again");
    server.answer_command(Reply::Full(400, None, problem(21422, 400)));
    let error = client.buy(&number("+14155550103"), &binding()).await.expect_err("somebody was faster");
    assert_eq!((error.failure(), error.code()), (Failure::Rejected, Some(21422)));
    server.answer_command(Reply::Close(Vec::new()));
    let error = client.bind(&id(3), &binding()).await.expect_err("no reply");
    assert_eq!(error.failure(), Failure::Unavailable { retry_after: None }, "it may be bound again");
}

#[tokio::test]
async fn what_cannot_be_asked_of_numbers_is_not_sent() {
    let server = Server::start();
    let client = server.client();
    for bad in ["https://evil.example/", "/2010-04-01/Accounts/AC1/Calls.json?x", "", "/x"] {
        assert_eq!(client.list(Some(bad)).await.expect_err(bad).failure(), Failure::Rejected, "{bad}");
    }
    for bad in ["", "PN1", "../Calls"] {
        assert_eq!(client.bind(bad, &binding()).await.expect_err(bad).failure(), Failure::Rejected, "{bad}");
        assert_eq!(client.release(bad).await.expect_err(bad).failure(), Failure::Rejected, "{bad}");
    }
    for country in ["us", "U", "US/Local"] {
        let error = client.search(&NumberSearch::toll_free(country)).await.expect_err(country);
        assert_eq!(error.failure(), Failure::Rejected, "{country}");
    }
    let telnyx = Server::of(TELNYX);
    let error = telnyx.client().list(None).await.expect_err("there is another API for that");
    assert_eq!(
        error.to_string(),
        "nothing was sent: with Telnyx, managing numbers is not offered; use the numbers API, or the portal"
    );
    assert!(server.seen().is_empty() && telnyx.seen().is_empty());
}

#[tokio::test]
async fn a_fake_owns_what_was_bought() {
    let fake = FakeTelephony::new();
    let found = fake.search(&NumberSearch::local("US").area_code(415)).await.expect("answered");
    let bought = fake.buy(&found[0].number, &binding()).await.expect("bought");
    assert!(fake.buy(&found[0].number, &binding()).await.is_err(), "it is owned already");
    let again = fake.search(&NumberSearch::local("US").area_code(415)).await.expect("answered");
    assert!(again.iter().all(|free| free.number != bought.number));
    let silent = fake.bind(&bought.id, &NumberBinding::default()).await.expect("bound");
    assert_eq!(fake.list(None).await.expect("answered").numbers, [silent]);
    fake.release(&bought.id).await.expect("released");
    assert!(fake.list(None).await.expect("answered").numbers.is_empty());
}
