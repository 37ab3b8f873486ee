//! What a refusal says, and what to do.

use std::time::Duration;

use serde_json::json;
use switchboard::telephony::Failure;
use switchboard::telephony::twilio::api::*;

use super::sid;

const LATER: Failure = Failure::Unavailable { retry_after: None };

fn place(status: u16, body: &str) -> Error {
    calls::Create::new("+15550002000", "+15550001000")
        .read(&Answer::new(status, body.as_bytes()))
        .expect_err("it is refused")
}

fn look(status: u16, body: &str) -> Error {
    calls::Fetch::new(sid("CA", 1)).read(&Answer::new(status, body.as_bytes())).expect_err("it is refused")
}

fn problem(code: u32, status: u16) -> String {
    json!({"code": code, "message": "no: +15550002000", "more_info": "https://www.twilio.com/docs/errors/1",
        "status": status, "details": {"to": "+15550002000"}})
    .to_string()
}

#[test]
fn a_refusal_says_what_twilio_said_and_what_to_do() {
    let answer = problem(21211, 400);
    let answer = Answer::new(400, answer.as_bytes()).with_headers(None, Some("RQ1"));
    let error = calls::Create::new("a", "b").read(&answer).expect_err("it is refused");
    assert_eq!((error.kind(), error.status(), error.code()), (ErrorKind::Refused, Some(400), Some(21211)));
    assert_eq!(error.failure(), Failure::Rejected);
    assert_eq!(error.message(), Some("no: +15550002000"));
    assert_eq!(error.more_info(), Some("https://www.twilio.com/docs/errors/1"));
    assert_eq!(error.details(), Some(&json!({"to": "+15550002000"})));
    assert_eq!(error.request_id(), Some("RQ1"));
    assert_eq!(error.error_code().map(|code| code.group), Some(Group::Number));
    let said = "the creation of a call was refused (HTTP 400, Twilio 21211): the number to call is not valid; write it \
                as +14155550100";
    assert_eq!(error.to_string(), said);
    assert!(!format!("{error:?}").contains("5550002000"), "{error:?}");
}

#[test]
fn a_problem_of_the_newest_products_is_read_too() {
    let body = json!({"type": "https://www.twilio.com/docs/errors/20404", "title": "Not found", "status": 404,
        "code": 20404, "detail": "no such thing", "instance": "/x", "errors": [{"pointer": "/a"}]});
    let error = look(404, &body.to_string());
    assert_eq!((error.code(), error.is_not_found()), (Some(20404), true));
    assert_eq!(error.message(), Some("Not found: no such thing"));
    assert_eq!(error.more_info(), Some("https://www.twilio.com/docs/errors/20404"));
    assert_eq!(error.details(), Some(&json!([{"pointer": "/a"}])));
    let text = look(404, &json!({"code": "20404", "message": null, "detail": "gone"}).to_string());
    assert_eq!((text.code(), text.message()), (Some(20404), Some("gone")));
}

#[test]
fn what_may_have_been_done_is_unknown_only_where_twice_is_worse_than_once() {
    for (status, code, placed, looked) in [
        (400, 21210, Failure::Rejected, Failure::Rejected),
        (404, 20404, Failure::Rejected, Failure::Rejected),
        (401, 20003, LATER, LATER),
        (503, 20503, LATER, LATER),
        (500, 20500, Failure::Unknown, LATER),
        (502, 99999, Failure::Unknown, LATER),
        (503, 98765, LATER, LATER),
        (503, 503, Failure::Unknown, LATER),
        (503, 99999, Failure::Unknown, LATER),
        (302, 99999, Failure::Unknown, LATER),
        (408, 99999, Failure::Unknown, LATER),
    ] {
        let body = if code == 99999 { String::new() } else { problem(code, status) };
        assert_eq!(place(status, &body).failure(), placed, "{status} {code}");
        assert_eq!(look(status, &body).failure(), looked, "{status} {code}");
    }
    assert_eq!(place(404, "nginx").failure(), Failure::Rejected);
    assert_eq!(look(404, "nginx").failure(), LATER, "a proxy does not know");
    assert!(!look(404, "nginx").is_not_found());
}

#[test]
fn announcements_and_dequeueing_from_the_front_are_not_harmless_again() {
    let again = |kind: Kind| kind.is_harmless_again();
    assert!(!again(<participants::Announce as Operation>::KIND) && !again(<conferences::Announce as Operation>::KIND));
    assert!(!again(<queues::Dequeue as Operation>::KIND) && !again(<messages::Create as Operation>::KIND));
    assert!(again(<participants::Update as Operation>::KIND) && again(<calls::Update as Operation>::KIND));
    assert!(again(<calls::Delete as Operation>::KIND) && again(<calls::List as Operation>::KIND));
}

#[test]
fn too_many_requests_say_how_long_to_wait() {
    let body = problem(20429, 429);
    let wait = |header: Option<&str>| {
        let answer = Answer::new(429, body.as_bytes()).with_headers(header, None);
        let error = calls::Create::new("a", "b").read(&answer).expect_err("it is refused");
        assert!(error.is_too_many());
        error.retry_after()
    };
    assert_eq!(wait(Some("7")), Some(Duration::from_secs(7)));
    assert_eq!(wait(Some("soon")), None);
    assert_eq!(wait(None), None);
    assert!(place(429, "").is_too_many(), "the status alone says so");
}

#[test]
fn every_code_that_matters_is_known_by_name_group_and_class() {
    let refused = [21201..=21220, 21221..=21229, 21401..=21409, 21420..=21422, 21450..=21458]
        .into_iter()
        .flatten()
        .chain([20001, 20004, 20006, 20007, 20403, 20404, 20409, 20422, 20423, 20426, 21234, 21262, 21263, 16001])
        .chain([16002, 16003, 16010, 16011, 16020, 16021, 16022, 16023, 16024, 16025, 16026, 16027, 16028, 16101])
        .chain([16102, 16104, 16105, 16106, 16107, 16108, 16113, 32018]);
    for code in refused {
        assert_eq!(ErrorCode::find(code).map(|known| known.class), Some(Class::Rejected), "{code}");
    }
    for code in (20101..=20107).chain(20151..=20161).chain([20003, 20005, 20429, 20503]) {
        assert_eq!(ErrorCode::find(code).map(|known| known.class), Some(Class::Retryable), "{code}");
    }
    assert_eq!(ErrorCode::find(20500).map(|known| known.class), Some(Class::Unknown));
    let reported = [11200..=11203, 11205..=11206, 11235..=11237, 11240..=11243, 12100..=12102, 13210..=13227]
        .into_iter()
        .chain([13230..=13254, 13310..=13314, 13320..=13322, 13325..=13335, 13337..=13338, 13510..=13513])
        .chain([13520..=13521, 13610..=13621, 13801..=13802, 14201..=14207, 14210..=14219, 14220..=14241])
        .chain([31900..=31960, 64101..=64107])
        .flatten()
        .chain([11100, 11210, 11215, 11220, 11750, 11770, 12200, 12300, 12400, 13000, 13201, 13340, 13410, 13420])
        .chain([13430, 13699, 13710, 13810, 13910, 15000, 15002, 15003, 15004, 15009, 31005, 31201, 31204, 31205])
        .chain([31208, 31404, 31480, 31486, 31487, 31603, 32009, 32011, 32014, 32015, 32016, 32017, 32019, 32021])
        .chain([32022, 39001]);
    for code in reported {
        assert_eq!(ErrorCode::find(code).map(|known| known.class), Some(Class::Reported), "{code}");
    }
    for (code, group) in [
        (20003, Group::Auth),
        (20404, Group::NotFound),
        (20429, Group::RateLimit),
        (21205, Group::Parameter),
        (21220, Group::State),
        (21211, Group::Number),
        (16020, Group::Conference),
        (16113, Group::Recording),
        (12100, Group::Document),
        (11200, Group::Fetch),
        (13214, Group::Dial),
        (13326, Group::Gather),
        (31920, Group::Stream),
        (64105, Group::Relay),
    ] {
        assert_eq!(ErrorCode::find(code).map(|known| known.group), Some(group), "{code}");
    }
    assert_eq!(ErrorCode::find(29_999), None);
}
