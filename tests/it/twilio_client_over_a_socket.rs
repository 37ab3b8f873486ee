//! The client that sends to Twilio, against a provider on a real socket that counts what it is sent.
#![cfg(feature = "twilio")]

mod numbers;
pub(crate) mod server;
mod sound;
pub(crate) mod spec;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::phone::Endpoint;
use switchboard::telephony::twilio::{Budget, ConfigError, TwilioClient};
use switchboard::telephony::{Action, Command, Dial, Failure, LegRef, LegState, Telephony};
use switchboard::time::{ManualClock, Timestamp};

use server::{ACCOUNT, Reply, Server, TOKEN, leg_sid, problem};

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(500);

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

fn dial(id: &str, deadline: Duration) -> Command {
    let dial =
        Dial::new(endpoint("client:ana"), endpoint("+14155550100"), "https://c.example/d", "https://c.example/s");
    let action = dial.ring_timeout(Duration::from_secs(20)).time_limit(Duration::from_secs(3600)).into();
    Command { id: id.to_owned(), deadline, action }
}

fn hang_up(deadline: Duration) -> Command {
    Command { id: "hang-up".to_owned(), deadline, action: Action::HangUp { leg: leg_sid(7) } }
}

async fn failure(client: &TwilioClient, command: &Command) -> Failure {
    client.perform(command).await.expect_err("it cannot be done").failure()
}

#[tokio::test]
async fn a_dial_arrives_whole_and_with_credentials() {
    let server = Server::start();
    server.client().perform(&dial("d", LONG)).await.expect("done");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json HTTP/1.1"));
    assert_eq!(
        seen[0].body,
        "To=client%3Aana&From=%2B14155550100&Url=https%3A%2F%2Fc.example%2Fd&Method=POST\
         &StatusCallback=https%3A%2F%2Fc.example%2Fs&StatusCallbackMethod=POST&StatusCallbackEvent=initiated\
         &StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed\
         &Timeout=20&TimeLimit=3600"
    );
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    // printf 'AC0123456789abcdef0123456789abcdef:token-that-nobody-may-see' | base64
    let basic = "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2tlbi10aGF0LW5vYm9keS1tYXktc2Vl";
    assert_eq!(seen[0].header("authorization"), Some(basic));
}

#[tokio::test]
async fn an_api_key_signs_in_and_the_path_keeps_the_account() {
    let server = Server::start();
    let key = format!("SK{:032x}", 5);
    let client = TwilioClient::builder().account_sid(ACCOUNT).api_key(&key, "s3cret").base_url(server.url() + "/");
    client.build().expect("right").perform(&hang_up(LONG)).await.expect("done");
    let seen = server.seen();
    assert_eq!(seen[0].line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls/{}.json HTTP/1.1", leg_sid(7)));
    assert_eq!(seen[0].body, "Status=completed");
    // printf 'SK00000000000000000000000000000005:s3cret' | base64
    let basic = "Basic U0swMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwNTpzM2NyZXQ=";
    assert_eq!(seen[0].header("authorization"), Some(basic));
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_has_sent_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", taken.local_addr().expect("an address"));
    drop(taken);
    let client = TwilioClient::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url(url).build().expect("right");
    let error = client.perform(&dial("d", LONG)).await.expect_err("nobody listens");
    assert_eq!(error.failure(), Failure::Unavailable { retry_after: None });
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    assert!(!text.contains(TOKEN) && !text.contains("Accounts"), "{text}");
}

#[tokio::test]
async fn a_deadline_is_kept_whatever_the_provider_does() {
    let half = b"HTTP/1.1 201 Created\r\nContent-Length: 50000\r\n\r\n{".to_vec();
    for reply in [Reply::Stall(Vec::new()), Reply::Stall(half.clone()), Reply::Drip(b"HTT".to_vec()), Reply::Drip(half)]
    {
        let server = Server::start();
        server.answer_command(reply.clone());
        let began = Instant::now();
        assert_eq!(failure(&server.client(), &dial("d", SHORT)).await, Failure::Unknown, "{reply:?}");
        let took = began.elapsed();
        assert!(took >= SHORT && took < Duration::from_secs(5), "{reply:?} took {took:?}");
        assert_eq!(server.seen().len(), 1, "{reply:?}: sent again");
    }
}

#[tokio::test]
async fn a_deadline_of_zero_sends_nothing() {
    let server = Server::start();
    assert_eq!(failure(&server.client(), &dial("d", Duration::ZERO)).await, Failure::Unavailable { retry_after: None });
    assert!(server.seen().is_empty());
    server.client().perform(&dial("d", Duration::MAX)).await.expect("an endless deadline is no reason to panic");
}

#[tokio::test]
async fn a_kept_connection_that_breaks_does_not_send_a_dial_again() {
    let server = Server::start();
    let client = server.client();
    for round in 0..20 {
        client.perform(&dial(&format!("good-{round}"), LONG)).await.expect("done");
        server.answer_command(Reply::AfterDoing(Box::new(Reply::Close(Vec::new()))));
        assert_eq!(failure(&client, &dial(&format!("lost-{round}"), LONG)).await, Failure::Unknown);
    }
    assert_eq!((server.seen().len(), server.legs_placed()), (40, 40), "a dial was sent again by itself");
}

#[tokio::test]
async fn a_reply_that_breaks_off_still_counts_by_its_status() {
    let server = Server::start();
    let client = server.client();
    server.answer_command(Reply::Close(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"sid\"".to_vec()));
    assert_eq!(failure(&client, &dial("a", LONG)).await, Failure::Unknown, "it was placed");
    server.answer_command(Reply::Close(b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n{".to_vec()));
    assert_eq!(failure(&client, &dial("b", LONG)).await, Failure::Rejected, "it was refused, for whatever reason");
    server.answer_command(Reply::Close(b"SSH-2.0-OpenSSH\r\n".to_vec()));
    assert_eq!(failure(&client, &dial("c", LONG)).await, Failure::Unknown, "that is not even HTTP");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_redirection_takes_the_credentials_nowhere() {
    let (server, other) = (Server::start(), Server::start());
    for status in [301, 302, 303, 307, 308] {
        let head = format!("HTTP/1.1 {status} Moved\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n", other.url());
        server.answer_command(Reply::Close(head.into_bytes()));
        assert_eq!(failure(&server.client(), &dial("d", LONG)).await, Failure::Unknown, "{status}");
    }
    assert_eq!((server.seen().len(), other.seen().len()), (5, 0));
}

#[tokio::test]
async fn dials_beyond_the_budget_are_not_sent_and_hang_ups_pass() {
    let server = Server::start();
    let client = || {
        let builder = TwilioClient::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url(server.url());
        builder.clock(Arc::new(ManualClock::at(Timestamp::from_secs(1_000))))
    };
    let first = client().calls_per_second(4).build().expect("right");
    let second = client().budget(first.budget()).build().expect("right");
    first.perform(&dial("a", LONG)).await.expect("the first is in the budget");
    let spent = Failure::Unavailable { retry_after: Some(Duration::from_millis(250)) };
    assert_eq!(failure(&second, &dial("b", LONG)).await, spent, "one account, one budget");
    second.perform(&hang_up(LONG)).await.expect("a hang-up never waits behind dials");
    first.perform(&dial("a", LONG)).await.expect("it was done already, and costs nothing");
    assert_eq!((server.seen().len(), server.legs_placed()), (2, 1));
}

#[tokio::test]
async fn too_many_requests_pause_dials_longer_each_time_and_nothing_else() {
    let server = Server::start();
    let clock = ManualClock::at(Timestamp::from_secs(1_000));
    let builder = TwilioClient::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url(server.url());
    let client = builder.clock(Arc::new(clock)).build().expect("right");
    server.answer_command(Reply::Full(429, None, problem(20429, 429)));
    let pause = Failure::Unavailable { retry_after: Some(Duration::from_millis(250)) };
    assert_eq!(failure(&client, &dial("a", LONG)).await, pause);
    server.answer_command(Reply::Full(429, None, "busy".to_owned()));
    let longer = Failure::Unavailable { retry_after: Some(Duration::from_millis(500)) };
    assert_eq!(failure(&client, &hang_up(LONG)).await, longer);
    let sent = server.seen().len();
    assert!(matches!(failure(&client, &dial("a", LONG)).await, Failure::Unavailable { retry_after: Some(_) }));
    assert_eq!(server.seen().len(), sent, "a dial in the pause is not sent");
    client.perform(&hang_up(LONG)).await.expect("a hang-up in the pause is");
}

#[tokio::test]
async fn a_probe_reads_on_through_the_pages_and_ends_at_its_deadline() {
    let server = Server::start();
    let client = server.client();
    let sent_at = Timestamp::from_secs(server::PLACED_AT_SECS);
    let asked = LegRef::Dialled { to: endpoint("client:ana"), from: endpoint("sip:c@s.example"), sent_at };
    let next = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?Page=1&PageToken=PACA");
    let first = serde_json::json!({"calls": [], "next_page_uri": next});
    server.answer_question(Reply::Full(200, None, first.to_string()));
    assert_eq!(client.probe(&asked).await.expect("answered").state, LegState::Absent);
    let lines: Vec<_> = server.seen().into_iter().map(|seen| seen.line).collect();
    let query = "From=sip%3Ac%40s.example&PageSize=100";
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    assert_eq!(lines, [format!("GET {path}?{query} HTTP/1.1"), format!("GET {next} HTTP/1.1")]);
    server.answer_question(Reply::Full(200, None, first.to_string()));
    server.answer_question(Reply::Stall(Vec::new()));
    let builder = TwilioClient::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url(server.url());
    let hurried = builder.probe_deadline(SHORT).build().expect("right");
    let began = Instant::now();
    let error = hurried.probe(&asked).await.expect_err("nobody answers");
    assert_eq!(error.failure(), Failure::Unavailable { retry_after: None });
    assert!(began.elapsed() < Duration::from_secs(5), "all pages share one deadline");
}

#[test]
fn every_mistake_in_the_settings_is_told_at_once() {
    let builder = || TwilioClient::builder().account_sid(ACCOUNT).auth_token(TOKEN);
    let errors = TwilioClient::builder().base_url("ftp://x").calls_per_second(0).build().expect_err("all is wrong");
    let all =
        [ConfigError::NoAccount, ConfigError::NoCredentials, ConfigError::BadBaseUrl, ConfigError::NoCallsPerSecond];
    assert_eq!(errors, all);
    for (url, error) in [
        ("http://api.twilio.com", ConfigError::InsecureBaseUrl),
        ("https://user@api.twilio.com", ConfigError::BadBaseUrl),
        ("https://api.twilio.com?x", ConfigError::BadBaseUrl),
        ("api.twilio.com", ConfigError::BadBaseUrl),
        ("", ConfigError::BadBaseUrl),
    ] {
        assert_eq!(builder().base_url(url).build().expect_err(url), [error], "{url}");
    }
    for url in ["http://localhost:1", "http://[::1]:1", "http://127.8.0.1", "https://api.dublin.ie1.twilio.com"] {
        assert!(builder().base_url(url).build().is_ok(), "{url}");
    }
    let key = format!("SK{:032x}", 5);
    assert_eq!(builder().api_key(&key, "s").build().expect_err("two"), [ConfigError::TwoCredentials]);
    let with_key = |sid: &str, secret: &str| TwilioClient::builder().account_sid(ACCOUNT).api_key(sid, secret).build();
    assert_eq!(with_key(ACCOUNT, "s").expect_err("not a key"), [ConfigError::BadKeySid]);
    assert_eq!(with_key(&key, "s\n").expect_err("a line end"), [ConfigError::BadSecret]);
    assert_eq!(with_key(&key, "").expect_err("empty"), [ConfigError::BadSecret]);
}

#[test]
fn no_secret_is_shown() {
    let builder = TwilioClient::builder().account_sid(ACCOUNT).auth_token(TOKEN).budget(Budget::new(1));
    let shown = format!("{builder:?} {:?}", builder.clone().build());
    assert!(shown.contains("TwilioClient") && !shown.contains(TOKEN), "{shown}");
    let misplaced = TwilioClient::builder().base_url(format!("https://{ACCOUNT}:{TOKEN}@api.twilio.com"));
    assert!(!format!("{misplaced:?}").contains(TOKEN), "{misplaced:?}");
}
