//! The account: its keys, what went wrong, what was used, and accounts that may not do everything.

use base64::Engine as _;

use super::*;

/// A request with other credentials than the account's.
fn asks(world: &mut World, user: &str, secret: &str, method: &str, path: &str, form: &str) -> (u16, u64) {
    let token = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{secret}"));
    let path = format!("/2010-04-01/Accounts/{}{path}", CarrierConfig::default().account_sid);
    let reply = world.carrier.rest(method, &path, Some(&format!("Basic {token}")), form.as_bytes());
    let json: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    (reply.status, json["code"].as_u64().unwrap_or_default())
}

#[test]
fn a_key_opens_the_api_but_neither_keys_nor_the_account() {
    let mut world = World::new();
    let (status, key) = world.rest("POST", "Keys.json", "FriendlyName=ci");
    assert_eq!((status, key["secret"].as_str().map(str::len)), (201, Some(32)));
    let (sid, secret) = (text(&key, "sid"), text(&key, "secret"));
    let path = format!("Keys/{sid}.json");
    assert!(world.rest("GET", &path, "").1.get("secret").is_none(), "told once");
    assert_eq!(asks(&mut world, &sid, &secret, "GET", "/Calls.json", ""), (200, 0));
    assert_eq!(asks(&mut world, &sid, "wrong", "GET", "/Calls.json", ""), (401, 20_003));
    for (method, path) in
        [("GET", "/Keys.json"), ("POST", "/SigningKeys.json"), ("DELETE", &format!("/{path}")), ("GET", ".json")]
    {
        assert_eq!(asks(&mut world, &sid, &secret, method, path, ""), (401, 20_003), "{method} {path}");
    }
    assert_eq!(text(&world.rest("POST", &path, "FriendlyName=cd").1, "friendly_name"), "cd");
    assert_eq!(listed(&mut world, "SigningKeys.json", "signing_keys", "friendly_name"), ["cd"]);
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(asks(&mut world, &sid, &secret, "GET", "/Calls.json", ""), (401, 20_003));

    let main = format!("SK{}", "b".repeat(32));
    world.carrier.api_key(&main, "secret", true);
    assert_eq!(asks(&mut world, &main, "secret", "GET", "/Keys.json", ""), (200, 0));
    assert_eq!(asks(&mut world, &main, "secret", "GET", ".json", ""), (200, 0));
}

#[test]
fn a_standard_key_reads_the_account_where_that_is_allowed() {
    let mut world = account(|account| account.standard_keys_read_the_account = true);
    let key = format!("SK{}", "c".repeat(32));
    world.carrier.api_key(&key, "secret", false);
    assert_eq!(asks(&mut world, &key, "secret", "GET", ".json", ""), (200, 0));
    assert_eq!(asks(&mut world, &key, "secret", "POST", ".json", "FriendlyName=x"), (401, 20_003));
}

#[test]
fn the_account_shows_itself_and_can_be_renamed() {
    let mut world = World::new();
    let own = CarrierConfig::default().account_sid;
    let path = format!("/2010-04-01/Accounts/{own}.json");
    let (status, json) = world.rest("POST", &path, "FriendlyName=Desk");
    assert_eq!((status, text(&json, "friendly_name"), text(&json, "type")), (200, "Desk".into(), "Full".into()));
    assert_eq!(code(world.rest("POST", &path, "Status=closed")), (400, 20_001));
    assert_eq!(listed(&mut world, "/2010-04-01/Accounts.json?FriendlyName=Desk", "accounts", "sid"), [own]);
    assert!(listed(&mut world, "/2010-04-01/Accounts.json?Status=closed", "accounts", "sid").is_empty());
    assert_eq!(world.rest("POST", "/2010-04-01/Accounts.json", "").0, 405);
    let other = format!("/2010-04-01/Accounts/AC{}.json", "f".repeat(32));
    assert_eq!(code(world.rest("GET", &other, "")), (401, 20_003));
}

#[test]
fn test_credentials_know_magic_numbers_and_nothing_else() {
    let mut world = account(|account| account.test_credentials = true);
    let call = |to: &str, from: &str| format!("To=%2B1500555{to}&From=%2B1500555{from}&Twiml=x&Body=x");
    for (path, to, from, expected) in [
        ("Calls.json", "0009", "0001", 21_212),
        ("Calls.json", "0009", "0002", 21_210),
        ("Calls.json", "0001", "0006", 21_217),
        ("Calls.json", "0002", "0006", 21_214),
        ("Calls.json", "0003", "0006", 21_215),
        ("Calls.json", "0004", "0006", 21_216),
        ("Messages.json", "0009", "0001", 21_212),
        ("Messages.json", "0005", "0007", 21_606),
        ("Messages.json", "0005", "0008", 21_611),
        ("Messages.json", "0001", "0006", 21_211),
        ("Messages.json", "0002", "0006", 21_612),
        ("Messages.json", "0003", "0006", 21_408),
        ("Messages.json", "0004", "0006", 21_610),
        ("Messages.json", "0009", "0006", 21_614),
    ] {
        assert_eq!(code(world.rest("POST", path, &call(to, from))), (400, expected), "{path} {to} {from}");
    }
    for (form, expected) in [
        ("PhoneNumber=%2B15005550000", 21_422),
        ("PhoneNumber=%2B15005550001", 21_421),
        ("PhoneNumber=%2B14155550100", 21_421),
        ("AreaCode=533", 21_452),
    ] {
        assert_eq!(code(world.rest("POST", "IncomingPhoneNumbers.json", form)), (400, expected), "{form}");
    }
    for (path, form) in [
        ("Calls.json", &*call("0005", "0006")),
        ("Messages.json", &call("0005", "0006")),
        ("IncomingPhoneNumbers.json", "PhoneNumber=%2B15005550006"),
        ("IncomingPhoneNumbers.json", "AreaCode=500"),
    ] {
        assert_eq!(world.rest("POST", path, form).0, 201, "{path}");
    }
    assert!(world.carrier.calls().is_empty() && world.carrier.next_due().is_none(), "nothing is placed or sent");
    for path in ["Calls.json", "Queues.json", "Keys.json", "IncomingPhoneNumbers.json"] {
        assert_eq!(code(world.rest("GET", path, "")), (403, 20_008), "{path}");
    }
}

#[test]
fn what_went_wrong_is_listed_with_the_request_that_did() {
    let mut world = World::new();
    world.reply(
        "/voice",
        Ok(HttpReply {
            status: 500,
            content_type: "text/plain".into(),
            body: b"Oops".to_vec(),
            ..HttpReply::default()
        }),
    );
    world.page("/fallback", "<Say nonsense=\"1\">Sorry</Say>");
    let call = world.dials();
    world.run(secs(60));
    let shown = |world: &mut World, path: &str| listed(world, path, "notifications", "error_code");
    let own = format!("Calls/{call}/Notifications");
    assert_eq!(shown(&mut world, &format!("{own}.json")), ["12200", "11200"]);
    assert_eq!(shown(&mut world, "Notifications.json?Log=0"), ["11200"]);
    assert_eq!(shown(&mut world, "Notifications.json?Log=1&MessageDate=2025-01-01"), ["12200"]);
    assert_eq!(shown(&mut world, "Notifications.json?MessageDate%3E=2025-01-02"), [""; 0]);
    for query in ["Log=2", "MessageDate=never"] {
        assert_eq!(code(world.rest("GET", &format!("Notifications.json?{query}"), "")), (400, 20_001));
    }
    let sids = listed(&mut world, "Notifications.json", "notifications", "sid");
    let (status, error) = world.rest("GET", &format!("{own}/{}.json", sids[1]), "");
    assert_eq!((status, text(&error, "request_method"), text(&error, "response_body")), {
        (200, "POST".to_owned(), "Oops".to_owned())
    });
    assert!(text(&error, "request_variables").contains("CallStatus=ringing"), "{error}");
    assert!(text(&error, "message_text").contains("httpResponse=500"), "{error}");
    let other = world.dials();
    assert_eq!(world.rest("GET", &format!("Calls/{other}/Notifications/{}.json", sids[1]), "").0, 404);
}

#[test]
fn the_exchanges_of_a_call_can_be_read_a_while_after_it() {
    let mut world = World::new();
    world.page("/voice", "<Redirect method=\"GET\">/next</Redirect>");
    world.page("/next", "<Hangup/>");
    let call = world.dials();
    let path = format!("Calls/{call}/Events.json");
    let count = |world: &mut World| world.rest("GET", &path, "").1["events"].as_array().map(Vec::len);
    world.run(secs(600));
    assert_eq!(count(&mut world), Some(0));
    world.run(secs(300));
    assert_eq!(count(&mut world), Some(3), "two documents and the line's callback");
    let (_, page) = world.rest("GET", &format!("{path}?PageSize=2"), "");
    let (first, second) = (&page["events"][0], &page["events"][1]);
    assert_eq!((&first["request"]["method"], &first["request"]["parameters"]["From"]), (&"POST".into(), &ANN.into()));
    assert_eq!((&second["request"]["method"], &second["response"]["response_code"]), (&"GET".into(), &200.into()));
    assert_eq!(second["response"]["response_body"], "<Response><Hangup/></Response>");
    let next = page["next_page_uri"].as_str().expect("a second page").to_owned();
    assert_eq!(world.rest("GET", &next, "").1["events"].as_array().map(Vec::len), Some(1));
}

#[test]
fn usage_and_balance_are_what_happened() {
    let mut world = account(|account| {
        account.price_per_minute_micros = 14_000;
        account.price_per_segment_micros = 7_900;
        account.balance_micros = 20_000_000;
    });
    world.page("/out", "<Pause length=\"70\"/>");
    let call = world.places(BOB, "&Record=true&Trim=do-not-trim");
    world.rest("POST", "Messages.json", "To=%2B15550003000&From=%2B15550001000&Body=Hello");
    world.run(secs(100));
    assert_eq!(text(&world.rest("GET", &format!("Calls/{call}.json"), "").1, "price"), "-0.02800");
    assert_eq!(text(&world.rest("GET", "Balance.json", "").1, "balance"), "19.96410");
    world.run(secs(3 * 86_400));
    let used = |world: &mut World, path: &str| {
        let (_, list) = world.rest("GET", &format!("Usage/Records{path}"), "");
        let records = list["usage_records"].as_array().expect("records").clone();
        records.iter().map(|r| (text(r, "start_date"), text(r, "count"), text(r, "usage"))).collect::<Vec<_>>()
    };
    let record = |date: &str, count: &str, usage: &str| (date.to_owned(), count.to_owned(), usage.to_owned());
    assert_eq!(used(&mut world, ".json?Category=calls-outbound"), [record("2025-01-01", "1", "2")]);
    assert_eq!(used(&mut world, ".json?Category=recordings"), [record("2025-01-01", "1", "2")]);
    assert_eq!(used(&mut world, "/Today.json?Category=calls"), [record("2025-01-04", "0", "0")]);
    assert_eq!(used(&mut world, "/AllTime.json?Category=sms-outbound"), [record("2025-01-01", "1", "1")]);
    assert_eq!(used(&mut world, "/ThisMonth.json?Category=totalprice")[0].2, "0.035900");
    let daily = used(&mut world, "/Daily.json?Category=sms&StartDate=-3days&EndDate=2025-01-02");
    assert_eq!(daily, [record("2025-01-02", "0", "0"), record("2025-01-01", "1", "1")]);
    assert_eq!(used(&mut world, "/LastMonth.json?Category=calls")[0].0, "2024-12-01");
    assert!(used(&mut world, "/Monthly.json?Category=fax").is_empty());
    assert_eq!(code(world.rest("GET", "Usage/Records.json?StartDate=soon", "")), (400, 20_001));
    assert_eq!(world.rest("GET", "Usage/Records/Hourly.json", "").0, 404);
}

#[test]
fn every_list_has_pages_and_every_resource_its_methods() {
    let mut world = World::new();
    world.page("/voice", "<Dial><Conference>room</Conference></Dial>");
    let call = world.dials();
    let room = listed(&mut world, "Conferences.json", "conferences", "sid").remove(0);
    let queue = made(&mut world, "Queues.json", "FriendlyName=q");
    let message = made(&mut world, "Messages.json", "To=%2B15550003000&From=%2B15550001000&Body=x");
    let lists = [
        ("/2010-04-01/Accounts.json".to_owned(), "accounts"),
        ("Applications.json".to_owned(), "applications"),
        ("AvailablePhoneNumbers/US/Local.json".to_owned(), "available_phone_numbers"),
        ("Calls.json".to_owned(), "calls"),
        (format!("Calls/{call}/Events.json"), "events"),
        (format!("Calls/{call}/Notifications.json"), "notifications"),
        (format!("Calls/{call}/Recordings.json"), "recordings"),
        ("Conferences.json".to_owned(), "conferences"),
        (format!("Conferences/{room}/Participants.json"), "participants"),
        (format!("Conferences/{room}/Recordings.json"), "recordings"),
        ("IncomingPhoneNumbers.json".to_owned(), "incoming_phone_numbers"),
        ("IncomingPhoneNumbers/Local.json".to_owned(), "incoming_phone_numbers"),
        ("Keys.json".to_owned(), "keys"),
        ("Messages.json".to_owned(), "messages"),
        (format!("Messages/{message}/Media.json"), "media_list"),
        ("Notifications.json".to_owned(), "notifications"),
        ("OutgoingCallerIds.json".to_owned(), "outgoing_caller_ids"),
        ("Queues.json".to_owned(), "queues"),
        (format!("Queues/{queue}/Members.json"), "queue_members"),
        ("Recordings.json".to_owned(), "recordings"),
        ("SigningKeys.json".to_owned(), "signing_keys"),
        ("Transcriptions.json".to_owned(), "transcriptions"),
        ("Usage/Records.json".to_owned(), "usage_records"),
        ("Usage/Records/Daily.json".to_owned(), "usage_records"),
    ];
    for (path, key) in lists {
        let (status, list) = world.rest("GET", &format!("{path}?PageSize=1&Unknown=1"), "");
        assert_eq!((status, list[key].is_array(), &list["page_size"]), (200, true, &1.into()), "{path}: {list}");
        let other = list.as_object().map(|list| list.len());
        assert_eq!(other, Some(9), "one key and the envelope: {path}");
        assert_eq!(code(world.rest("GET", &format!("{path}?PageSize=1001"), "")), (400, 20_007), "{path}");
        for query in ["PageSize=0", "Page=x", "PageToken=PAnothing"] {
            assert_eq!(code(world.rest("GET", &format!("{path}?{query}"), "")), (400, 20_001), "{path} {query}");
        }
        for method in ["PUT", "PATCH"] {
            assert_eq!(code(world.rest(method, &path, "")), (405, 20_004), "{method} {path}");
        }
        let bare = path.trim_end_matches(".json");
        assert_eq!(world.rest("GET", bare, "").0, 404, "XML is not spoken: {bare}");
    }
    for path in [&*format!("Queues/{queue}.json"), &format!("Messages/{message}.json"), "Balance.json", "Tokens.json"] {
        assert_eq!(code(world.rest("PUT", path, "")), (405, 20_004), "{path}");
    }
}

#[test]
fn every_reply_names_its_request_and_home() {
    let mut world = World::new();
    let reply = world.carrier.rest("GET", "/2010-04-01/Accounts.json", None, b"");
    let names: Vec<&str> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "Twilio-Request-Id",
        "Twilio-Concurrent-Requests",
        "Twilio-Request-Duration",
        "X-Home-Region",
        "X-API-Domain",
        "ETag",
        "Content-Type",
        "WWW-Authenticate",
    ] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
}

#[test]
fn tokens_have_a_time_to_live() {
    let mut world = World::new();
    let (status, token) = world.rest("POST", "Tokens.json", "");
    assert_eq!((status, text(&token, "ttl"), token["ice_servers"].as_array().map(Vec::len)), {
        (201, "86400".to_owned(), Some(4))
    });
    assert_eq!(text(&world.rest("POST", "Tokens.json", "Ttl=60").1, "ttl"), "60");
    assert_eq!(code(world.rest("POST", "Tokens.json", "Ttl=x")), (400, 20_001));
}

#[test]
fn transcriptions_are_listed_by_recording_and_deleted() {
    let mut world = World::new();
    let (one, two) = (format!("RE{}", "1".repeat(32)), format!("RE{}", "2".repeat(32)));
    let sid = world.carrier.transcribes(&one, "Please call back", 7);
    world.carrier.transcribes(&two, "Never mind", 2);
    let list = |world: &mut World, path: &str| listed(world, path, "transcriptions", "transcription_text");
    assert_eq!(list(&mut world, "Transcriptions.json"), ["Never mind", "Please call back"]);
    assert_eq!(list(&mut world, &format!("Recordings/{one}/Transcriptions.json")), ["Please call back"]);
    assert_eq!(text(&world.rest("GET", &format!("Transcriptions/{sid}.json"), "").1, "duration"), "7");
    assert_eq!(world.rest("GET", &format!("Recordings/{two}/Transcriptions/{sid}.json"), "").0, 404);
    assert_eq!(world.rest("DELETE", &format!("Recordings/{one}/Transcriptions/{sid}.json"), "").0, 204);
    assert_eq!(list(&mut world, "Transcriptions.json"), ["Never mind"]);
}
