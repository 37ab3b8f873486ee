use super::*;
use switchboard::sim::carrier::{Faults, RestFault};

#[test]
fn wrong_requests_are_refused_with_the_documented_codes() {
    let good = "From=%2B15550001000&To=%2B15550003000";
    let url = "Url=https%3A%2F%2Fapp.test%2Fout";
    let long = format!("{good}&Twiml={}", "x".repeat(4001));
    let cases: Vec<(String, u16, u32)> = vec![
        (format!("From=%2B15550001000&{url}"), 400, 21_201),
        (format!("From=%2B15550001000&To=nobody&{url}"), 400, 21_211),
        (format!("To=%2B15550003000&{url}"), 400, 21_213),
        (format!("From=12&To=%2B15550003000&{url}"), 400, 21_212),
        (format!("From=%2B15550009999&To=%2B15550003000&{url}"), 400, 21_210),
        (good.to_owned(), 400, 21_205),
        (format!("{good}&Url=nowhere"), 400, 21_205),
        (format!("{good}&ApplicationSid=AP0"), 400, 21_218),
        (format!("{good}&{url}&Timeout=601"), 400, 21_208),
        (format!("{good}&{url}&Method=PUT"), 400, 21_209),
        (format!("{good}&{url}&SendDigits=x"), 400, 21_206),
        (long, 400, 32_018),
    ];
    let mut world = World::new();
    for (form, status, code) in cases {
        let (got, error) = world.rest("POST", "Calls.json", &form);
        assert_eq!(
            (got, &error["code"], &error["status"]),
            (status, &Value::from(code), &Value::from(status)),
            "{form}"
        );
        assert_eq!(text(&error, "more_info"), format!("https://www.twilio.com/docs/errors/{code}"));
        assert!(!text(&error, "message").is_empty());
    }
    assert!(world.carrier.calls().is_empty());
}

#[test]
fn strangers_unknown_resources_and_wrong_methods_are_refused() {
    let mut world = World::new();
    let path = format!("/2010-04-01/Accounts/{}/Calls.json", CarrierConfig::default().account_sid);
    for header in [None, Some("Basic bm9ib2R5Om5vdGhpbmc="), Some("Bearer x"), Some("Basic %%%")] {
        let reply = world.carrier.rest("GET", &path, header, b"");
        assert_eq!(reply.status, 401);
        assert!(reply.body.contains("20003"), "{}", reply.body);
    }
    for path in ["Faxes.json", "Calls/CA0.json", "Calls", "Calls/CA0/Recordings.json", "Conferences/CF0.json"] {
        let (status, error) = world.rest("GET", path, "");
        assert_eq!((status, &error["code"]), (404, &Value::from(20_404)), "{path}");
    }
    assert_eq!(world.rest("GET", "/v1/Services", "").0, 404);
    assert_eq!(world.rest("PUT", "Calls.json", "").0, 405);
    assert_eq!(world.rest("POST", "Conferences.json", "").1["code"], 20_004);
}

#[test]
fn a_list_is_paged_by_token_and_filtered() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"600\"/>");
    let mut sids: Vec<String> = (0..5).map(|_| world.places(BOB, "")).collect();
    sids.reverse();
    world.places("client:ana", "");
    world.run(secs(5));
    let mut seen = Vec::new();
    let mut next = Some("Calls.json?To=%2B15550003000&PageSize=2".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let (status, page) = world.rest("GET", &path, "");
        assert_eq!((status, &page["page"], &page["page_size"]), (200, &Value::from(pages), &Value::from(2)));
        seen.extend(page["calls"].as_array().expect("calls").iter().map(|c| text(c, "sid")));
        next = page["next_page_uri"].as_str().map(str::to_owned);
        if pages == 0 {
            assert!(next.as_ref().is_some_and(|n| n.contains("PageToken=PACA") && n.contains("To=%2B15550003000")));
            // A call that comes meanwhile does not shift the pages.
            world.places(BOB, "");
        }
        pages += 1;
    }
    assert_eq!((seen, pages), (sids, 3));
    assert_eq!(world.rest("GET", "Calls.json?PageSize=1001", "").1["code"], 20_007);
    let count = |world: &mut World, query: &str| {
        world.rest("GET", &format!("Calls.json?{query}"), "").1["calls"].as_array().map(Vec::len)
    };
    assert_eq!(count(&mut world, "Status=in-progress"), Some(6));
    assert_eq!(count(&mut world, "StartTime%3E=2025-01-01&From=%2B15550001000"), Some(7));
    assert_eq!(count(&mut world, "StartTime>=2025-01-02"), Some(0));
    assert_eq!(count(&mut world, "StartTime%3C=2025-01-01T00:00:01Z"), Some(6));
    assert_eq!(count(&mut world, "StartTime=2025-01-01"), Some(7));
    assert_eq!(count(&mut world, "StartTime%3C=2025-01-01"), Some(7), "the whole day");
    assert_eq!(world.rest("GET", "Calls.json?StartTime=yesterday", "").0, 400);
}

#[test]
fn a_call_is_cancelled_completed_and_deleted_when_its_state_allows() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"600\"/>");
    let queued = world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
    world.rest("POST", &format!("Calls/{queued}.json"), "Status=canceled");
    world.run(secs(5));
    assert_eq!((world.status(&queued), world.told("/status", "CallStatus").len()), ("canceled", 0));

    let sid = world.places(BOB, "");
    world.run(secs(5));
    let path = format!("Calls/{sid}.json");
    assert_eq!(world.rest("POST", &path, "Status=canceled").1["code"], 21_220);
    assert_eq!(world.rest("DELETE", &path, "").1["code"], 20_009);
    let (status, call) = world.rest("POST", &path, "Status=completed");
    assert_eq!((status, text(&call, "status"), text(&call, "duration")), (200, "completed".to_owned(), "2".to_owned()));
    assert_eq!(world.rest("POST", &path, "Url=https://app.test/out").1["code"], 21_220);
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(world.rest("GET", &path, "").0, 404);
}

#[test]
fn a_fresh_call_has_all_fields_and_no_dates_yet() {
    let mut world = World::new();
    let sid = world.places(BOB, "");
    let (_, call) = world.rest("GET", &format!("Calls/{sid}.json"), "");
    for field in ["date_created", "start_time", "end_time", "duration", "price", "answered_by", "parent_call_sid"] {
        assert!(call.get(field).is_some_and(Value::is_null), "{field}");
    }
    assert_eq!((text(&call, "status"), text(&call, "direction")), ("queued".to_owned(), "outbound-api".to_owned()));
    assert_eq!(call["subresource_uris"].as_object().map(serde_json::Map::len), Some(9));
    world.run(secs(1));
    let (_, call) = world.rest("GET", &format!("Calls/{sid}.json"), "");
    assert_eq!(text(&call, "start_time"), "Wed, 01 Jan 2025 00:00:00 +0000");
}

#[test]
fn lost_and_refused_requests_have_the_effect_that_they_should() {
    let mut world = World::new();
    let form = b"From=%2B15550001000&To=%2B15550003000&Twiml=%3CResponse%2F%3E";
    let config = CarrierConfig::default();
    let path = format!("/2010-04-01/Accounts/{}/Calls.json", config.account_sid);
    let token =
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
    let header = format!("Basic {token}");
    world.carrier.fault_next_rest(RestFault::LostBefore);
    world.carrier.fault_next_rest(429);
    world.carrier.fault_next_rest(500);
    world.carrier.fault_next_rest(RestFault::LostAfter);
    world.carrier.fault_next_rest(RestFault::Timeout);
    let mut seen = Vec::new();
    for _ in 0..6 {
        let reply = world.carrier.rest("POST", &path, Some(&header), form);
        seen.push((reply.status, reply.fault, world.carrier.calls().len()));
    }
    let expected = [
        (0, Some(RestFault::LostBefore), 0),
        (429, None, 0),
        (500, None, 0),
        (201, Some(RestFault::LostAfter), 1),
        (201, Some(RestFault::Timeout), 2),
        (201, None, 3),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_list_may_lag_behind() {
    let faults = Faults { list_lag: secs(3), ..Faults::default() };
    let mut world = World::with(CarrierConfig { faults, ..CarrierConfig::default() });
    let sid = world.places(BOB, "");
    let listed = |world: &mut World| world.rest("GET", "Calls.json", "").1["calls"].as_array().map(Vec::len);
    assert_eq!(listed(&mut world), Some(0));
    assert_eq!(world.rest("GET", &format!("Calls/{sid}.json"), "").0, 200);
    world.run(secs(3));
    assert_eq!(listed(&mut world), Some(1));
}
