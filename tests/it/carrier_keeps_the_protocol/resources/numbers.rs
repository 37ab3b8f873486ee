//! Numbers that are bought, set up and given back drive what comes in.

use super::*;

#[test]
fn a_bought_number_rings_where_it_was_told_to() {
    let mut world = World::new();
    world.page("/sales", "<Say>Sales</Say>");
    let form = "PhoneNumber=%2B15550009000&VoiceUrl=https%3A%2F%2Fapp.test%2Fsales&VoiceMethod=GET&FriendlyName=Sales\
                &StatusCallback=https%3A%2F%2Fapp.test%2Fover";
    let sid = made(&mut world, "IncomingPhoneNumbers.json", form);
    let caller = world.carrier.caller_dials(ANN, FAR);
    world.pump();
    assert_eq!((world.hears(&caller), world.log[0].method.as_str()), (say("Sales"), "GET"));
    world.carrier.hangs_up(&caller);
    world.pump();
    assert_eq!(world.told("/over", "CallStatus"), ["completed"]);

    world.page("/other", "<Say>Other</Say>");
    let path = format!("IncomingPhoneNumbers/{sid}.json");
    let (status, json) = world.rest("POST", &path, "VoiceUrl=https%3A%2F%2Fapp.test%2Fother&VoiceMethod=POST");
    assert_eq!((status, text(&json, "voice_url")), (200, "https://app.test/other".to_owned()));
    let caller = world.carrier.caller_dials(ANN, FAR);
    world.pump();
    assert_eq!(world.hears(&caller), say("Other"));

    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(world.rest("GET", &path, "").0, 404);
    let caller = world.carrier.caller_dials(ANN, FAR);
    assert_eq!(world.status(&caller), "failed", "nobody owns it any more");
}

#[test]
fn an_application_drives_the_numbers_and_calls_that_name_it() {
    let mut world = World::new();
    world.page("/app", "<Say>Application</Say><Pause length=\"60\"/>");
    let form = "FriendlyName=Desk&VoiceUrl=https%3A%2F%2Fapp.test%2Fapp&StatusCallback=https%3A%2F%2Fapp.test%2Fdone";
    let app = made(&mut world, "Applications.json", form);
    let number = text(&world.rest("GET", "IncomingPhoneNumbers.json", "").1["incoming_phone_numbers"][0], "sid");
    let path = format!("IncomingPhoneNumbers/{number}.json");
    assert_eq!(world.rest("POST", &path, &format!("VoiceApplicationSid={app}")).0, 200);
    let caller = world.dials();
    assert_eq!(world.hears(&caller), say("Application"));
    assert_eq!(world.told("/app", "ApplicationSid"), std::slice::from_ref(&app));
    assert!(!world.asked().contains(&"/voice"));

    let form = format!(
        "To=%2B15550003000&From=%2B15550001000&ApplicationSid={app}&StatusCallback=https%3A%2F%2Fapp.test%2Fmine"
    );
    let call = made(&mut world, "Calls.json", &form);
    world.run(secs(3));
    assert!(world.has_heard(&call, "Application"));
    world.carrier.hangs_up(&call);
    world.pump();
    assert_eq!(world.told("/done", "CallSid"), [call]);
    assert!(!world.asked().contains(&"/mine"), "the application's callback holds");

    assert_eq!(world.rest("DELETE", &format!("Applications/{app}.json"), "").0, 204);
    assert_eq!(code(world.rest("POST", "Calls.json", &form)), (400, 21_218));
    assert_eq!(code(world.rest("POST", &path, &format!("VoiceApplicationSid={app}"))), (400, 21_218));
}

#[test]
fn a_participant_at_an_app_address_is_driven_by_the_application() {
    let mut world = World::new();
    world.page("/bot", "<Say>I am a bot</Say><Pause length=\"60\"/>");
    let app = made(&mut world, "Applications.json", "VoiceUrl=https%3A%2F%2Fapp.test%2Fbot");
    let form = format!("From=%2B15550001000&To=app%3A{app}%3Fmood%3Dgood");
    let (status, person) = world.rest("POST", "Conferences/room/Participants.json", &form);
    assert_eq!(status, 201, "{person}");
    world.run(secs(1));
    assert_eq!(world.told("/bot", "mood"), ["good"]);
    assert_eq!(world.call(&text(&person, "call_sid")).in_conference.as_deref(), Some("room"));
    assert_eq!(code(world.rest("POST", "Calls.json", &format!("{form}&Twiml=x"))), (400, 21_211));
}

#[test]
fn a_dialled_application_talks_with_the_caller() {
    let mut world = World::new();
    world.page("/bot", "<Say>I am a bot</Say><Pause length=\"60\"/>");
    let app = made(&mut world, "Applications.json", "VoiceUrl=https%3A%2F%2Fapp.test%2Fbot");
    let parameter = "<Parameter name=\"mood\" value=\"good\"/>";
    let noun = format!("<Application><ApplicationSid>{app}</ApplicationSid>{parameter}</Application>");
    world.page("/voice", &format!("<Dial>{noun}</Dial>"));
    let caller = world.dials();
    world.run(secs(1));
    assert_eq!(
        (world.told("/bot", "mood"), world.told("/bot", "ApplicationSid")),
        (vec!["good".to_owned()], vec![app])
    );
    assert_eq!(world.hears(&caller), Hearing::Party);
}

#[test]
fn a_number_with_a_trunk_asks_for_no_document() {
    let mut world = World::new();
    let number = text(&world.rest("GET", "IncomingPhoneNumbers.json", "").1["incoming_phone_numbers"][0], "sid");
    let path = format!("IncomingPhoneNumbers/{number}.json");
    world.rest("POST", &path, &format!("TrunkSid=TK{}", "a".repeat(32)));
    let caller = world.dials();
    assert_eq!((world.status(&caller), world.asked().contains(&"/voice")), ("failed", false));
    world.rest("POST", &path, "TrunkSid=");
    world.page("/voice", "<Say>Back</Say>");
    let caller = world.dials();
    assert_eq!(world.hears(&caller), say("Back"));
}

#[test]
fn numbers_are_found_by_part_and_name_and_kind() {
    let mut world = World::new();
    for number in ["%2B14155550123", "%2B18885550123", "%2B447400555012"] {
        made(&mut world, "IncomingPhoneNumbers.json", &format!("PhoneNumber={number}"));
    }
    let found = |world: &mut World, path: &str| {
        let mut found = listed(world, path, "incoming_phone_numbers", "phone_number");
        found.sort();
        found
    };
    for (query, expected) in [
        ("?PhoneNumber=415", vec!["+14155550123"]),
        ("?PhoneNumber=%2B1***5550123", vec!["+14155550123", "+18885550123"]),
        ("?PhoneNumber=555**23", vec!["+14155550123", "+18885550123"]),
        ("?PhoneNumber=%2B1555*", vec![LINE]),
        ("?FriendlyName=%28415%29+555-0123", vec!["+14155550123"]),
        ("?Origin=hosted", vec![]),
        ("?Beta=true", vec![]),
    ] {
        assert_eq!(found(&mut world, &format!("IncomingPhoneNumbers.json{query}")), expected, "{query}");
    }
    assert_eq!(found(&mut world, "IncomingPhoneNumbers/TollFree.json"), ["+18885550123"]);
    assert_eq!(found(&mut world, "IncomingPhoneNumbers/Mobile.json"), ["+447400555012"]);
    assert_eq!(found(&mut world, "IncomingPhoneNumbers/Local.json"), ["+14155550123", LINE]);
}

#[test]
fn purchases_that_cannot_be_are_refused() {
    let mut world = World::new();
    for (path, form, expected) in [
        ("IncomingPhoneNumbers.json", "", 21_421),
        ("IncomingPhoneNumbers.json", "PhoneNumber=12", 21_421),
        ("IncomingPhoneNumbers.json", "PhoneNumber=%2B15550001000", 21_422),
        ("IncomingPhoneNumbers.json", "AreaCode=1x5", 21_452),
        ("IncomingPhoneNumbers/TollFree.json", "PhoneNumber=%2B14155550123", 21_421),
        ("IncomingPhoneNumbers.json", "PhoneNumber=%2B14155550123&VoiceUrl=nowhere", 21_205),
        ("IncomingPhoneNumbers.json", "PhoneNumber=%2B14155550123&VoiceMethod=PUT", 21_209),
        ("IncomingPhoneNumbers.json", "PhoneNumber=%2B14155550123&TrunkSid=TK1", 20_001),
        ("IncomingPhoneNumbers.json", "PhoneNumber=%2B14155550123&VoiceReceiveMode=morse", 20_001),
    ] {
        assert_eq!(code(world.rest("POST", path, form)), (400, expected), "{form}");
    }
    let numbers = listed(&mut world, "IncomingPhoneNumbers.json", "incoming_phone_numbers", "phone_number");
    assert_eq!(numbers, [LINE]);
    let (status, bought) = world.rest("POST", "IncomingPhoneNumbers.json", "AreaCode=415");
    assert_eq!((status, text(&bought, "phone_number").starts_with("+1415")), (201, true));
}

#[test]
fn what_is_offered_can_be_bought_once() {
    let mut world = World::new();
    let path = "AvailablePhoneNumbers/US/Local.json?AreaCode=415&Contains=*55501*&InRegion=CA&VoiceEnabled=true";
    let offered = listed(&mut world, path, "available_phone_numbers", "phone_number");
    assert!(offered.len() == 20 && offered.iter().all(|n| n.starts_with("+1415")), "{offered:?}");
    made(&mut world, "IncomingPhoneNumbers.json", &format!("PhoneNumber={}", offered[0].replace('+', "%2B")));
    let left = listed(&mut world, path, "available_phone_numbers", "phone_number");
    assert_eq!(left, offered[1..]);
    for (path, count) in [
        ("AvailablePhoneNumbers/US/Local.json?InRegion=NV", 0),
        ("AvailablePhoneNumbers/US/Local.json?Contains=KKKKK", 0),
        ("AvailablePhoneNumbers/US/Local.json?InLocality=boston", 20),
        ("AvailablePhoneNumbers/US/Local.json?FaxEnabled=true", 0),
        ("AvailablePhoneNumbers/GB/Mobile.json", 30),
        ("AvailablePhoneNumbers/US/TollFree.json?PageSize=7", 7),
    ] {
        assert_eq!(listed(&mut world, path, "available_phone_numbers", "phone_number").len(), count, "{path}");
    }
    assert_eq!(world.rest("GET", "AvailablePhoneNumbers/US/Mobile.json", "").0, 404);
    assert_eq!(world.rest("GET", "AvailablePhoneNumbers/XX.json", "").0, 404);
    assert_eq!(world.rest("GET", "AvailablePhoneNumbers.json", "").1["countries"][0]["country_code"], "US");
}
