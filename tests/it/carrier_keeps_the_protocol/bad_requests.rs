//! Requests that are wrong in type or size are refused in words, and change nothing.

use super::*;

/// What a wrong request must leave as it is.
fn state(world: &World) -> String {
    format!("{:?}", world.carrier.calls())
}

#[test]
fn huge_and_odd_page_numbers_are_answered() {
    let mut world = World::new();
    let sids: Vec<String> = (0..3).map(|_| world.places(BOB, "")).collect();
    let most = u64::MAX;
    let token = format!("PageToken=PA{}", sids[2]);
    for query in [
        format!("Page={most}"),
        format!("Page={most}&PageSize=1000"),
        format!("Page={most}&PageSize=1&{token}"),
        format!("Page={most}&PageSize=1000&{token}"),
        format!("Page={most}&PageSize=1&PageToken=PB{}", sids[0]),
    ] {
        let (status, page) = world.rest("GET", &format!("Calls.json?{query}"), "");
        assert_eq!((status, page["calls"].is_array()), (200, true), "{query}: {page}");
    }
    for query in [
        "Page=18446744073709551616",
        "Page=-1",
        "Page=1.5",
        "PageSize=0",
        "PageSize=x",
        "PageToken=",
        "PageToken=PA",
        "PageToken=%FF",
        "PageToken=PACA00000000000000000000000000000000",
    ] {
        let (status, error) = world.rest("GET", &format!("Calls.json?{query}"), "");
        assert_eq!((status, &error["code"]), (400, &Value::from(20_001)), "{query}");
    }
}

#[test]
fn a_date_that_is_none_is_refused_even_by_an_empty_list() {
    let mut world = World::new();
    for (list, name) in [("Calls", "StartTime"), ("Calls", "EndTime"), ("Conferences", "DateCreated")] {
        for value in ["yesterday", "2025-13-01", "99999999999-01-01", "", "2025-01-01&X=1&NAME%3C=never"] {
            let query = format!("{name}={}", value.replace("NAME", name));
            let (status, error) = world.rest("GET", &format!("{list}.json?{query}"), "");
            assert_eq!((status, &error["code"]), (400, &Value::from(20_001)), "{list} {query}");
        }
        assert_eq!(world.rest("GET", &format!("{list}.json?{name}=2025-01-01"), "").0, 200);
    }
}

#[test]
fn calls_of_wrong_types_are_not_placed() {
    let mut world = World::new();
    let good = "From=%2B15550001000&To=%2B15550003000&Twiml=%3CResponse%2F%3E";
    let mut cases: Vec<(String, u32)> = [
        ("TimeLimit=x", 20_001),
        ("TimeLimit=0", 20_001),
        ("TimeLimit=-1", 20_001),
        ("TimeLimit=99999999999999999999", 20_001),
        ("Timeout=1e3", 21_208),
        ("Timeout=99999999999999999999", 21_208),
        ("FallbackMethod=BREW", 21_209),
        ("StatusCallbackMethod=post%00", 21_209),
    ]
    .map(|(field, code)| (format!("{good}&{field}"), code))
    .into();
    let odd = ["%2B", "%2B1", "%2B0123456789", "%2B155500030001234567", "15550003000", "%2B1555000300%D9%A3", "%00"];
    for to in odd.into_iter().chain(["%2B1555<Say>", "client:", "client:a%20b", "sip:", "sip:@", "tel:%2B15550003000"])
    {
        cases.push((format!("To={to}&From=%2B15550001000&Twiml=x"), 21_211));
        cases.push((format!("From={to}&To=%2B15550003000&Twiml=x"), 21_212));
    }
    cases.push((format!("To=client:{}&From=%2B15550001000&Twiml=x", "a".repeat(100_000)), 21_211));
    cases.push(("{\"To\":\"+15550003000\"}".to_owned(), 21_201));
    cases.push(("&&=&%&%zz=%".to_owned(), 21_201));
    for (form, code) in cases {
        let (status, error) = world.rest("POST", "Calls.json", &form);
        let shown: String = form.chars().take(120).collect();
        assert_eq!((status, &error["code"]), (400, &Value::from(code)), "{shown}");
    }
    assert!(world.carrier.calls().is_empty());
}

#[test]
fn a_live_call_outlives_wrong_updates() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"600\"/>");
    let sid = world.places(BOB, "");
    world.run(secs(5));
    let before = state(&world);
    let path = format!("Calls/{sid}.json");
    for (form, code) in [
        ("Status=gone", 20_001),
        ("Status=COMPLETED", 20_001),
        ("Url=ftp%3A%2F%2Fapp.test", 21_205),
        ("Url=https%3A%2F%2F", 21_205),
        ("Url=https%3A%2F%2Fapp.test%2Fout&Method=DELETE", 21_209),
        ("Status=completed&TimeLimit=never", 20_001),
    ] {
        let (status, error) = world.rest("POST", &path, form);
        assert_eq!((status, &error["code"]), (400, &Value::from(code)), "{form}");
    }
    for method in ["PUT", "PATCH", "get", "", "GET POST"] {
        assert_eq!(world.rest(method, &path, "Status=completed").0, 405, "{method:?}");
    }
    for odd in ["Calls/.json", "Calls/%00.json", "Calls/..%2F.json", "Calls//.json", "Calls/%FF%FE.json"] {
        assert_eq!(world.rest("POST", odd, "Status=completed").0, 404, "{odd}");
    }
    assert_eq!((state(&world), world.status(&sid)), (before, "in-progress"));
}

#[test]
fn somebody_in_a_conference_stays_as_they_are_when_an_update_is_wrong() {
    let mut world = World::new();
    world.page("/out", "<Dial><Conference>room</Conference></Dial>");
    let sid = world.places(BOB, "");
    world.run(secs(5));
    let room = text(&world.rest("GET", "Conferences.json", "").1["conferences"][0], "sid");
    let path = format!("Conferences/{room}/Participants/{sid}.json");
    let before = world.rest("GET", &path, "");
    for (form, code) in [
        ("Muted=yes", 20_001),
        ("Hold=1", 20_001),
        ("Muted=true&Hold=perhaps", 20_001),
        ("Muted=true&HoldMethod=PUT", 21_209),
        ("Muted=true&AnnounceUrl=nowhere", 21_205),
        ("Muted=true&Coaching=true&CallSidToCoach=CA0", 16_028),
        ("Hold=true&EndConferenceOnExit=maybe", 20_001),
    ] {
        let (status, error) = world.rest("POST", &path, form);
        assert_eq!((status, &error["code"]), (400, &Value::from(code)), "{form}");
        assert_eq!(world.rest("GET", &path, ""), before, "{form}");
    }
    let add = format!("Conferences/{room}/Participants.json");
    for more in ["&MaxParticipants=1", "&MaxParticipants=251", "&MaxParticipants=x", "&Muted=so", "&TimeLimit=x"] {
        let (status, error) = world.rest("POST", &add, &format!("From=%2B15550001000&To=%2B15550003000{more}"));
        assert_eq!((status, &error["code"]), (400, &Value::from(20_001)), "{more}");
    }
    assert_eq!(world.rest("POST", &format!("Conferences/{room}.json"), "Status=over").1["code"], 20_001);
    assert_eq!((world.carrier.calls().len(), world.status(&sid)), (1, "in-progress"));
}
