//! Lists, page by page, without a network.

use serde_json::json;
use switchboard::telephony::twilio::api::*;

use super::{ACCOUNT, account, sid};

fn path(rest: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?{rest}")
}

/// A page with these calls that leads to `next`.
fn page(numbers: &[u32], next: Option<&str>) -> String {
    let calls: Vec<_> = numbers.iter().map(|number| json!({"sid": sid("CA", *number)})).collect();
    json!({"calls": calls, "next_page_uri": next, "page": 0, "page_size": 2, "start": 0, "end": 1}).to_string()
}

fn asked<L: Listing>(pages: &Pages<L>) -> Option<String> {
    pages.request().map(|request| request.path_and_query.clone())
}

fn sids(calls: Vec<calls::Call>) -> Vec<String> {
    calls.into_iter().map(|call| call.sid).collect()
}

#[test]
fn a_walk_follows_the_pages_to_the_last() {
    let mut pages = Pages::new(calls::List::new().to("+15550002000").page_size(2), &account()).expect("it can be sent");
    assert_eq!(asked(&pages), Some(path("To=%2B15550002000&PageSize=2")));
    let next = path("To=%2B15550002000&PageSize=2&Page=1&PageToken=PACA1");
    let first = pages.read(&Answer::new(200, page(&[3, 2], Some(&next)).as_bytes())).expect("a page");
    assert_eq!(sids(first), [sid("CA", 3), sid("CA", 2)]);
    assert_eq!(asked(&pages).as_deref(), Some(next.as_str()), "as Twilio wrote it");
    let last = pages.read(&Answer::new(200, page(&[1], None).as_bytes())).expect("a page");
    assert_eq!((sids(last), asked(&pages)), (vec![sid("CA", 1)], None));
}

#[test]
fn a_limit_asks_for_no_more_than_is_wanted() {
    let list = |limit: usize| Pages::new(calls::List::new().limit(limit), &account()).expect("it can be sent");
    assert_eq!(asked(&list(3)), Some(path("PageSize=3")));
    assert_eq!(asked(&list(5000)), Some(path("PageSize=1000")));
    assert_eq!(asked(&list(0)), None);
    let both = Pages::new(calls::List::new().limit(3).page_size(2), &account()).expect("it can be sent");
    assert_eq!(asked(&both), Some(path("PageSize=2")));
    let mut pages = list(3);
    let next = path("Page=1");
    assert_eq!(pages.read(&Answer::new(200, page(&[5, 4], Some(&next)).as_bytes())).expect("a page").len(), 2);
    assert_eq!(
        pages.read(&Answer::new(200, page(&[3, 2], Some(&path("Page=2"))).as_bytes())).expect("a page").len(),
        1
    );
    assert_eq!(asked(&pages), None);
}

#[test]
fn a_page_that_leads_away_is_not_gone_to() {
    let elsewhere = "/2010-04-01/Accounts/AC00000000000000000000000000000002/Calls.json?Page=1";
    let step = format!("/2010-04-01/Accounts/{ACCOUNT}/../AC00000000000000000000000000000002/Calls.json?Page=1");
    let coded = step.replace("..", "%2E%2e");
    let longer = format!("/2010-04-01/Accounts/{ACCOUNT}0/Calls.json");
    for next in [
        "https://evil.example/2010-04-01/Accounts/x",
        "//evil.example/2010-04-01/Accounts/x",
        "@evil.example/",
        ".evil.example",
        elsewhere,
        step.as_str(),
        coded.as_str(),
        longer.as_str(),
        &path("a b"),
        &path("a\r\nHost: evil.example"),
        &path("a#b"),
        "",
    ] {
        let mut pages = Pages::new(calls::List::new(), &account()).expect("it can be sent");
        let before = asked(&pages);
        let read = pages.read(&Answer::new(200, page(&[1], Some(next)).as_bytes()));
        if next.is_empty() {
            assert_eq!((read.expect("the last page").len(), asked(&pages)), (1, None));
        } else {
            assert_eq!(read.expect_err(next).kind(), ErrorKind::Astray, "{next}");
            assert_eq!(asked(&pages), before, "{next}");
        }
    }
}

#[test]
fn pages_that_lead_in_a_circle_end() {
    let mut pages = Pages::new(calls::List::new(), &account()).expect("it can be sent");
    pages.read(&Answer::new(200, page(&[1], Some(&path("Page=1"))).as_bytes())).expect("a page");
    pages.read(&Answer::new(200, page(&[2], Some(&path("Page=2"))).as_bytes())).expect("a page");
    let error = pages.read(&Answer::new(200, page(&[3], Some(&path("Page=1"))).as_bytes())).expect_err("again");
    assert_eq!(error.kind(), ErrorKind::Astray);
}

#[test]
fn a_walk_goes_on_after_a_bad_moment() {
    let mut pages = Pages::new(calls::List::new(), &account()).expect("it can be sent");
    let before = asked(&pages);
    let error = pages.read(&Answer::new(503, b"")).expect_err("unavailable");
    assert_eq!((error.status(), asked(&pages)), (Some(503), before));
    assert_eq!(pages.read(&Answer::new(200, page(&[1], None).as_bytes())).expect("a page").len(), 1);
}

#[test]
fn a_page_with_something_else_on_it_is_unreadable_and_never_short() {
    let calls = json!([{"sid": sid("CA", 1)}, {"no": "sid"}]);
    for body in [
        json!({"calls": calls}).to_string(),
        json!({"calls": {}}).to_string(),
        json!({"conferences": []}).to_string(),
        "[]".to_owned(),
    ] {
        let error = calls::List::new().read(&Answer::new(200, body.as_bytes())).expect_err("not a list of calls");
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{body}");
    }
}
