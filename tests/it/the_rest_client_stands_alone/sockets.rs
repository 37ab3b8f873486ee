//! The client against a server on a socket that answers as it is told.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::json;
use switchboard::telephony::Failure;
use switchboard::telephony::twilio::ConfigError;
use switchboard::telephony::twilio::api::*;
use switchboard::telephony::twilio::rest::{Client, ClientBuilder, RetryTooMany};

use super::super::twilio_client_over_a_socket::server::{ACCOUNT, Reply, Server, TOKEN, leg_sid, problem};

const SHORT: Duration = Duration::from_millis(500);
const LATER: Failure = Failure::Unavailable { retry_after: None };

pub(super) fn settings(server: &Server) -> ClientBuilder {
    Client::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url(server.url())
}

pub(super) fn client(server: &Server) -> Client {
    settings(server).build().expect("the settings are right")
}

fn place() -> calls::Create {
    calls::Create::new("+15550002000", "+15550001000").url("https://a.example/x")
}

fn call(number: usize) -> String {
    json!({"sid": leg_sid(number), "status": "ringing"}).to_string()
}

fn page(numbers: &[usize], next: Option<String>) -> String {
    let calls: Vec<_> = numbers.iter().map(|number| json!({"sid": leg_sid(*number)})).collect();
    json!({"calls": calls, "next_page_uri": next}).to_string()
}

#[tokio::test]
async fn an_operation_arrives_whole_and_with_credentials() {
    let server = Server::start();
    let placed = client(&server).send(place()).await.expect("done");
    assert_eq!((placed.sid, placed.status), (leg_sid(1), Some(CallStatus::Ringing)));
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json HTTP/1.1"));
    assert_eq!(seen[0].body, "To=%2B15550002000&From=%2B15550001000&Url=https%3A%2F%2Fa.example%2Fx");
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    // printf 'AC0123456789abcdef0123456789abcdef:token-that-nobody-may-see' | base64
    let basic = "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2tlbi10aGF0LW5vYm9keS1tYXktc2Vl";
    assert_eq!(seen[0].header("authorization"), Some(basic));
}

#[tokio::test]
async fn an_api_key_signs_in_and_another_account_stands_in_the_path_alone() {
    let server = Server::start();
    let key = format!("SK{:032x}", 5);
    let settings = Client::builder().account_sid(ACCOUNT).api_key(&key, "s3cret").base_url(server.url() + "/");
    let other = format!("AC{:032x}", 9);
    let client = settings.build().expect("right").in_account(other.parse().expect("an account"));
    client.send(calls::Delete::new(leg_sid(7))).await.expect("gone");
    let seen = server.seen();
    assert_eq!(seen[0].line, format!("DELETE /2010-04-01/Accounts/{other}/Calls/{}.json HTTP/1.1", leg_sid(7)));
    // printf 'SK00000000000000000000000000000005:s3cret' | base64
    let basic = "Basic U0swMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwNTpzM2NyZXQ=";
    assert_eq!((seen[0].header("authorization"), seen[0].header("content-type")), (Some(basic), None));
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = Server::start();
    let error = client(&server).send(calls::Fetch::new("../Keys")).await.expect_err("no id");
    assert_eq!(error.kind(), ErrorKind::Unsendable);
    for path in ["@evil.example/", ".evil.example/", "", "0/2010-04-01"] {
        let request = ApiRequest { method: Method::Get, path_and_query: path.to_owned(), body: None };
        let error = client(&server).exchange(&request).await.expect_err(path);
        assert_eq!(error.kind(), ErrorKind::Unsendable, "{path}");
    }
    let items: Vec<_> = client(&server).list(calls::Events::new("../Keys")).collect().await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_ref().expect_err("no id").kind(), ErrorKind::Unsendable);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_has_sent_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", taken.local_addr().expect("an address"));
    drop(taken);
    let client = Client::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url(url).build().expect("right");
    let error = client.send(place()).await.expect_err("nobody listens");
    assert_eq!((error.kind(), error.failure()), (ErrorKind::NotConnected, LATER));
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    assert!(!text.contains(TOKEN) && !text.contains("Accounts") && !text.contains("5550"), "{text}");
}

#[tokio::test]
async fn a_timeout_is_kept_whatever_the_server_does() {
    let half = b"HTTP/1.1 201 Created\r\nContent-Length: 50000\r\n\r\n{".to_vec();
    let head = b"HTTP/1.1 201 Created\r\nX-Slow:".to_vec();
    for reply in [Reply::Stall(Vec::new()), Reply::Stall(half.clone()), Reply::Drip(head), Reply::Drip(half)] {
        let server = Server::start();
        server.answer_command(reply.clone());
        server.answer_question(reply.clone());
        let client = settings(&server).timeout(SHORT).build().expect("right");
        let began = Instant::now();
        let error = client.send(place()).await.expect_err("no answer");
        assert_eq!((error.kind(), error.failure()), (ErrorKind::TimedOut, Failure::Unknown), "{reply:?}");
        let took = began.elapsed();
        assert!(took >= SHORT && took < Duration::from_secs(5), "{reply:?} took {took:?}");
        let error = client.send(calls::Fetch::new(leg_sid(1))).await.expect_err("no answer");
        assert_eq!((error.kind(), error.failure()), (ErrorKind::TimedOut, LATER), "{reply:?}");
        assert_eq!(server.seen().len(), 2, "{reply:?}: sent again");
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_does_not_send_anything_again() {
    let server = Server::start();
    let client = client(&server);
    for _ in 0..20 {
        client.send(place()).await.expect("done");
        server.answer_command(Reply::AfterDoing(Box::new(Reply::Close(Vec::new()))));
        let error = client.send(place()).await.expect_err("the answer is lost");
        assert_eq!((error.kind(), error.failure()), (ErrorKind::Broken, Failure::Unknown));
    }
    assert_eq!((server.seen().len(), server.legs_placed()), (40, 40), "a call was placed again by itself");
}

#[tokio::test]
async fn an_answer_that_breaks_off_still_counts_by_its_status() {
    let server = Server::start();
    let client = client(&server);
    server.answer_command(Reply::Close(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"sid\"".to_vec()));
    let error = client.send(place()).await.expect_err("half an answer");
    assert_eq!((error.kind(), error.failure()), (ErrorKind::Broken, Failure::Unknown));
    server.answer_command(Reply::Close(b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n{".to_vec()));
    let error = client.send(place()).await.expect_err("a refusal");
    assert_eq!((error.kind(), error.status(), error.failure()), (ErrorKind::Refused, Some(400), Failure::Rejected));
    server.answer_command(Reply::Full(201, None, "A".repeat(17 << 20)));
    let error = client.send(place()).await.expect_err("endless");
    assert_eq!((error.kind(), error.failure()), (ErrorKind::TooLarge, Failure::Unknown));
}

#[tokio::test]
async fn a_redirection_takes_the_credentials_nowhere() {
    let (server, other) = (Server::start(), Server::start());
    for status in [301, 302, 303, 307, 308] {
        let head = format!("HTTP/1.1 {status} Moved\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n", other.url());
        server.answer_command(Reply::Close(head.clone().into_bytes()));
        server.answer_question(Reply::Close(head.into_bytes()));
        let error = client(&server).send(place()).await.expect_err("sent elsewhere");
        assert_eq!((error.status(), error.failure()), (Some(status), Failure::Unknown));
        let error = client(&server).send(calls::Fetch::new(leg_sid(1))).await.expect_err("sent elsewhere");
        assert_eq!((error.status(), error.failure()), (Some(status), LATER));
    }
    assert_eq!((server.seen().len(), other.seen().len()), (10, 0));
}

#[tokio::test]
async fn too_many_requests_are_handed_back_unless_told_otherwise() {
    let server = Server::start();
    server.answer_command(Reply::Full(429, Some("7"), problem(20429, 429)));
    let error = client(&server).send(place()).await.expect_err("one too many");
    assert!(error.is_too_many());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn too_many_requests_are_sent_again_if_told_so_and_nothing_else_is() {
    let server = Server::start();
    let retry = RetryTooMany::new().first_wait(Duration::from_millis(1));
    let client = settings(&server).retry_too_many(retry).build().expect("right");
    for _ in 0..3 {
        server.answer_command(Reply::Full(429, None, problem(20429, 429)));
    }
    client.send(place()).await.expect("the fourth is taken");
    assert_eq!((server.seen().len(), server.legs_placed()), (4, 1));
    for _ in 0..5 {
        server.answer_command(Reply::Full(429, None, "busy".to_owned()));
    }
    assert!(client.send(place()).await.expect_err("they are used up").is_too_many());
    assert_eq!(server.seen().len(), 8);
    assert!(client.send(place()).await.expect("the fifth, and one more").sid.starts_with("CA"));
    server.answer_command(Reply::Full(429, Some("60"), problem(20429, 429)));
    let error = client.send(place()).await.expect_err("too long to sit out");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    server.answer_command(Reply::Full(503, None, problem(20503, 503)));
    server.answer_command(Reply::Full(500, None, problem(20500, 500)));
    assert_eq!(client.send(place()).await.expect_err("unavailable").status(), Some(503));
    assert_eq!(client.send(place()).await.expect_err("failed").status(), Some(500));
    assert_eq!(server.seen().len(), 13);
}

#[tokio::test]
async fn a_list_asks_for_pages_as_they_are_needed() {
    let server = Server::start();
    let next =
        |page: usize| format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=2&Page={page}&PageToken=PA{page}");
    let three = || {
        server.answer_question(Reply::Full(200, None, page(&[6, 5], Some(next(1)))));
        server.answer_question(Reply::Full(200, None, page(&[4, 3], Some(next(2)))));
        server.answer_question(Reply::Full(200, None, page(&[2], None)));
    };
    three();
    let client = client(&server);
    let mut calls = client.list(calls::List::new().page_size(2));
    let mut sids = Vec::new();
    while let Some(call) = calls.next().await {
        sids.push(call.expect("a call").sid);
        assert_eq!(server.seen().len(), sids.len().div_ceil(2), "a page is asked for when it is needed");
    }
    assert_eq!(sids, [6, 5, 4, 3, 2].map(leg_sid));
    assert!(calls.next().await.is_none());
    assert_eq!(server.seen()[2].line, format!("GET {} HTTP/1.1", next(2)));
    three();
    let some = client.list_all(calls::List::new().page_size(2).limit(3)).await.expect("some calls");
    assert_eq!(some.into_iter().map(|call| call.sid).collect::<Vec<_>>(), [6, 5, 4].map(leg_sid));
    assert_eq!(server.seen().len(), 5, "the last page is not asked for");
}

#[tokio::test]
async fn a_list_ends_with_its_first_error_and_never_at_another_host() {
    let (server, other) = (Server::start(), Server::start());
    server.answer_question(Reply::Full(200, None, page(&[6, 5], Some(format!("{}/2010-04-01/x", other.url())))));
    let items: Vec<_> = client(&server).list(calls::List::new()).collect().await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_ref().expect_err("it leads away").kind(), ErrorKind::Astray);
    let next = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?Page=1");
    server.answer_question(Reply::Full(200, None, page(&[6, 5], Some(next))));
    server.answer_question(Reply::Full(503, None, problem(20503, 503)));
    let items: Vec<_> = client(&server).list(calls::List::new()).collect().await;
    assert_eq!(items.len(), 3);
    assert_eq!(items[2].as_ref().expect_err("unavailable").status(), Some(503));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn an_exchange_hands_back_what_was_answered() {
    let server = Server::start();
    server.answer_question(Reply::Full(404, None, problem(20404, 404)));
    let client = client(&server);
    let request = calls::Fetch::new(leg_sid(1)).request(client.account()).expect("it can be sent");
    let received = client.exchange(&request).await.expect("an answer");
    assert_eq!((received.answer().status, received.answer().body), (404, problem(20404, 404).as_bytes()));
    server.answer_question(Reply::Full(200, None, call(1)));
    assert_eq!(client.send(calls::Fetch::new(leg_sid(1))).await.expect("a call").sid, leg_sid(1));
}

#[test]
fn every_mistake_in_the_settings_is_told_at_once() {
    let errors = Client::builder()
        .base_url("ftp://x")
        .region("Ireland")
        .edge("-")
        .timeout(Duration::ZERO)
        .media_timeout(Duration::ZERO)
        .build()
        .expect_err("all is wrong");
    let all = [
        ConfigError::NoAccount,
        ConfigError::NoCredentials,
        ConfigError::BadRegion,
        ConfigError::BadEdge,
        ConfigError::TwoHosts,
        ConfigError::BadBaseUrl,
        ConfigError::NoTime,
    ];
    assert_eq!(errors, all);
    let clear = Client::builder().account_sid(ACCOUNT).auth_token(TOKEN).base_url("http://api.twilio.com").build();
    assert_eq!(clear.expect_err("in the clear"), [ConfigError::InsecureBaseUrl]);
    let builder = Client::builder().account_sid(ACCOUNT).auth_token(TOKEN).region("ie1").edge("dublin");
    let shown = format!("{builder:?} {:?}", builder.clone().build());
    assert!(shown.contains("https://api.dublin.ie1.twilio.com") && !shown.contains(TOKEN), "{shown}");
    let misplaced = Client::builder().base_url(format!("https://{ACCOUNT}:{TOKEN}@api.twilio.com"));
    assert!(!format!("{misplaced:?}").contains(TOKEN), "{misplaced:?}");
}

#[test]
fn what_is_awaited_can_be_spawned() {
    fn sendable<T: Send>(_: &T) {}
    let client = Client::builder().account_sid(ACCOUNT).auth_token(TOKEN).build().expect("right");
    sendable(&client.send(place()));
    sendable(&client.list(calls::List::new()));
    let media = recordings::Media::new("RE", recordings::Format::Wav);
    sendable(&client.media(&media));
}
