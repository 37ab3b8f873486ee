//! Who may be shown as the caller, and who is added to a conference.

use super::*;

#[test]
fn a_caller_id_is_verified_by_whoever_presses_the_code() {
    let mut world = account(|account| account.trial = true);
    let form = "PhoneNumber=%2B15550003000&FriendlyName=Bob&StatusCallback=https%3A%2F%2Fapp.test%2Fverified";
    assert_eq!(code(world.rest("POST", "Calls.json", "To=%2B15550003000&From=%2B15550001000&Twiml=x")), (400, 21_219));
    let (status, request) = world.rest("POST", "OutgoingCallerIds.json", form);
    assert_eq!((status, text(&request, "validation_code").len()), (200, 6), "{request}");
    world.run(secs(3));
    let call = text(&request, "call_sid");
    assert_eq!(world.hears(&call), say("Please enter your validation code."));
    world.carrier.presses(&call, &format!("9{}", text(&request, "validation_code")));
    world.pump();
    assert_eq!(
        (world.status(&call), world.told("/verified", "VerificationStatus")),
        ("completed", vec!["success".into()])
    );
    let sid =
        listed(&mut world, "OutgoingCallerIds.json?PhoneNumber=%2B15550003000", "outgoing_caller_ids", "sid").remove(0);
    assert_eq!(world.told("/verified", "OutgoingCallerIdSid"), std::slice::from_ref(&sid));

    let from_bob = "To=%2B15550001000&From=%2B15550003000&Twiml=x";
    assert_eq!(world.rest("POST", "Calls.json", from_bob).0, 201, "it may be shown, and called");
    assert_eq!(code(world.rest("POST", "OutgoingCallerIds.json", form)), (400, 21_450));
    let path = format!("OutgoingCallerIds/{sid}.json");
    assert_eq!(text(&world.rest("POST", &path, "FriendlyName=Robert").1, "friendly_name"), "Robert");
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(code(world.rest("POST", "Calls.json", from_bob)), (400, 21_210));
}

#[test]
fn a_wrong_code_verifies_nobody() {
    let mut world = World::new();
    world.script(BOB, Ring::Busy);
    let form = "PhoneNumber=%2B15550003000&CallDelay=5&StatusCallback=https%3A%2F%2Fapp.test%2Fverified";
    world.rest("POST", "OutgoingCallerIds.json", form);
    world.run(secs(4));
    assert!(world.asked().is_empty(), "the call waits");
    world.run(secs(4));
    world.script(BOB, Ring::Answers { after: secs(1) });
    let (_, request) = world.rest("POST", "OutgoingCallerIds.json", form);
    world.run(secs(8));
    world.carrier.presses(&text(&request, "call_sid"), "000");
    world.run(secs(120));
    assert_eq!(world.told("/verified", "VerificationStatus"), ["failed", "failed"]);
    assert!(listed(&mut world, "OutgoingCallerIds.json", "outgoing_caller_ids", "sid").is_empty());
    assert_eq!(code(world.rest("POST", "OutgoingCallerIds.json", "PhoneNumber=12")), (400, 21_401));
    assert_eq!(
        code(world.rest("POST", "OutgoingCallerIds.json", "PhoneNumber=%2B15550004000&CallDelay=61")),
        (400, 20_001)
    );
}

/// A caller alone in the conference `room`; its sid and the conference's.
fn alone(attributes: &str) -> (World, String, String) {
    let mut world = World::new();
    world.page("/voice", &format!("<Dial><Conference {attributes}>room</Conference></Dial>"));
    let caller = world.dials();
    let room = listed(&mut world, "Conferences.json", "conferences", "sid").remove(0);
    (world, caller, room)
}

#[test]
fn participants_that_cannot_be_added_are_refused() {
    let (mut world, caller, room) = alone("participantLabel=\"caller\"");
    world.script("client:late", Ring::Manual);
    let people = format!("Conferences/{room}/Participants.json");
    let good = "To=client%3Aana&From=%2B15550001000";
    let late = text(&world.rest("POST", &people, "To=client%3Alate&From=%2B15550001000").1, "call_sid");
    world.rest("POST", &format!("Conferences/{room}/Participants/{caller}.json"), "Hold=true");
    let before = world.carrier.calls().len();
    for (more, expected) in [
        (format!("&Label={}", "x".repeat(129)), 16_023),
        ("&Label=a%2Fb".to_owned(), 16_024),
        (format!("&Label={caller}"), 16_024),
        ("&Label=caller".to_owned(), 16_025),
        (format!("&Coaching=true&CallSidToCoach={caller}"), 16_027),
        (format!("&CallSidToCoach={late}"), 16_028),
        ("&Coaching=true".to_owned(), 16_028),
        ("&Timeout=4".to_owned(), 21_208),
        ("&Timeout=601".to_owned(), 21_208),
        ("&Beep=loud".to_owned(), 20_001),
        ("&EarlyMedia=maybe".to_owned(), 20_001),
        ("&JitterBufferSize=huge".to_owned(), 20_001),
        ("&ConferenceRecord=maybe".to_owned(), 20_001),
        ("&CallerDisplayName=x".to_owned(), 20_001),
        ("&ConferenceStatusCallbackMethod=PUT".to_owned(), 21_209),
        ("&WaitUrl=nowhere".to_owned(), 21_205),
    ] {
        assert_eq!(code(world.rest("POST", &people, &format!("{good}{more}"))), (400, expected), "{more}");
    }
    let gone = format!("Conferences/CF{}/Participants.json", "0".repeat(32));
    assert_eq!(code(world.rest("POST", &gone, good)), (400, 16_022));
    assert_eq!(world.carrier.calls().len(), before);
    let fine = format!("{good}&Label=ana&Beep=onExit&EarlyMedia=false&JitterBufferSize=off&CallerDisplayName=Desk");
    let (status, person) = world.rest("POST", &people, &fine);
    assert_eq!((status, text(&person, "label")), (201, "ana".to_owned()));
    let shown = world.carrier.display(&text(&person, "call_sid")).and_then(|display| display.name);
    assert_eq!(shown.as_deref(), Some("Desk"));
}

#[test]
fn whoever_waits_hears_the_new_music_at_once() {
    let (mut world, caller, room) = alone("");
    let person = format!("Conferences/{room}/Participants/{caller}.json");
    assert_eq!(world.hears(&caller), Hearing::Music("default".to_owned()));
    world.page("/wait", "<Say>Please hold</Say>");
    assert_eq!(code(world.rest("POST", &person, "WaitUrl=nowhere")), (400, 21_205));
    assert_eq!(code(world.rest("POST", &person, "Hold=true&HoldUrl=nowhere")), (400, 21_205));
    world.rest("POST", &person, "WaitUrl=https%3A%2F%2Fapp.test%2Fwait");
    assert_eq!(world.hears(&caller), say("Please hold"));
}

#[test]
fn a_coach_stops_coaching_and_is_heard_by_all() {
    let (mut world, caller, room) = alone("");
    let people = format!("Conferences/{room}/Participants.json");
    let agent = text(&world.rest("POST", &people, "To=client%3Aana&From=%2B15550001000").1, "call_sid");
    world.run(secs(3));
    let form = format!("To=client%3Aboss&From=%2B15550001000&Coaching=true&CallSidToCoach={agent}");
    let (_, boss) = world.rest("POST", &people, &form);
    assert_eq!((&boss["coaching"], text(&boss, "call_sid_to_coach")), (&true.into(), agent));
    let boss = text(&boss, "call_sid");
    world.run(secs(3));
    let hears_boss = |world: &World| {
        let pairs = world.carrier.joined();
        pairs
            .iter()
            .filter(|j| j.to.is_none() && (j.a == boss || j.b == boss) && (j.a == caller || j.b == caller))
            .count()
    };
    assert_eq!(hears_boss(&world), 0);
    let path = format!("Conferences/{room}/Participants/{boss}.json");
    let (_, json) = world.rest("POST", &path, "Coaching=false");
    assert_eq!((&json["coaching"], &json["call_sid_to_coach"]), (&false.into(), &Value::Null));
    assert_eq!(hears_boss(&world), 1);
}

#[test]
fn lists_of_conferences_are_filtered() {
    let (mut world, caller, room) = alone("");
    let found =
        |world: &mut World, query: &str| listed(world, &format!("Conferences.json?{query}"), "conferences", "sid");
    assert_eq!(found(&mut world, "FriendlyName=room&Status=init"), std::slice::from_ref(&room));
    assert!(found(&mut world, "Status=completed").is_empty());
    world.carrier.hangs_up(&caller);
    assert_eq!(found(&mut world, "Status=completed&DateUpdated%3E=2025-01-01"), std::slice::from_ref(&room));
    assert_eq!(code(world.rest("GET", "Conferences.json?Status=over", "")), (400, 20_001));
    let people = format!("Conferences/{room}/Participants.json");
    assert!(listed(&mut world, &people, "participants", "call_sid").is_empty(), "nobody is in it any more");
    assert_eq!(code(world.rest("GET", &format!("{people}?Muted=so"), "")), (400, 20_001));
}
