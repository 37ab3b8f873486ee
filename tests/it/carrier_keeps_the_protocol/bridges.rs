use super::*;
use switchboard::sim::carrier::{EndCause, Joined};

fn ring(verb: &str, nouns: &str) -> String {
    format!("<Dial {verb}>{nouns}</Dial><Say>After</Say>")
}

#[test]
fn a_dialled_leg_is_bridged_and_when_it_hangs_up_the_caller_goes_on() {
    let mut world = World::new();
    let noun = "<Number statusCallback=\"/child\" statusCallbackEvent=\"initiated ringing answered completed\">+15550003000</Number>";
    world.page("/voice", &ring("", noun));
    let sid = world.dials();
    world.run(secs(1));
    assert_eq!(world.hears(&sid), Hearing::Ringback);
    world.run(secs(4));
    let child = world.call(&world.leg_to(BOB));
    assert_eq!((child.parent.as_deref(), child.direction.as_str()), (Some(sid.as_str()), "outbound-dial"));
    assert_eq!((world.hears(&sid), child.hearing.clone()), (Hearing::Party, Hearing::Party));
    assert_eq!(child.from, ANN);
    world.carrier.hangs_up(&child.sid);
    world.pump();
    assert_eq!(world.hears(&sid), say("After"));
    let joined: Vec<Joined> = world.carrier.joined();
    assert_eq!(joined.len(), 1);
    let mut pair = [sid.clone(), child.sid];
    pair.sort();
    assert_eq!([joined[0].a.clone(), joined[0].b.clone()], pair);
    assert_eq!(joined[0].to, Some(world.carrier.now()));
    assert_eq!(world.told("/child", "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(world.told("/child", "ParentCallSid"), vec![sid; 4]);
}

#[test]
fn the_action_is_told_how_the_dial_ended_and_its_document_drives_the_caller() {
    let cases = [(Ring::Busy, "busy"), (Ring::RingsOut, "no-answer"), (Ring::Fails, "failed")];
    for (on_ring, status) in cases {
        let mut world = World::new();
        world.page("/voice", &ring("action=\"/dialled\" timeout=\"10\"", "+15550003000"));
        world.page("/dialled", "<Say>Sorry</Say>");
        world.script(BOB, on_ring);
        let sid = world.dials();
        world.run(Duration::from_millis(15_500));
        assert_eq!(world.told("/dialled", "DialCallStatus"), [status]);
        assert_eq!(world.told("/dialled", "DialCallSid"), [world.leg_to(BOB)]);
        assert_eq!(world.told("/dialled", "DialBridged"), ["false"]);
        assert!(world.has_heard(&sid, "Sorry"));
    }
}

#[test]
fn of_many_rung_the_first_to_answer_wins_and_the_others_are_cancelled() {
    let mut world = World::new();
    world.page(
        "/voice",
        &ring("action=\"/dialled\"", "<Client>ana</Client><Number>+15550003000</Number><Sip>sip:x@y.test</Sip>"),
    );
    world.script("client:ana", Ring::RingsOut);
    world.script("sip:x@y.test", Ring::Answers { after: secs(1) });
    let sid = world.dials();
    world.run(secs(5));
    assert_eq!(world.status(&world.leg_to("client:ana")), "canceled");
    assert_eq!(world.status(&world.leg_to(BOB)), "canceled");
    let winner = world.leg_to("sip:x@y.test");
    assert_eq!(world.status(&winner), "in-progress");
    world.run(secs(55));
    world.carrier.hangs_up(&winner);
    world.pump();
    assert_eq!(world.told("/dialled", "DialCallStatus"), ["completed"]);
    assert_eq!(world.told("/dialled", "DialBridged"), ["true"]);
    assert_eq!(world.told("/dialled", "DialCallDuration"), ["58"]);
    assert_eq!(world.status(&sid), "completed");
}

#[test]
fn sequential_rings_one_after_another() {
    let mut world = World::new();
    world.page("/voice", &ring("sequential=\"true\"", "<Client>ana</Client><Number>+15550003000</Number>"));
    world.script("client:ana", Ring::Declines { after: secs(3) });
    world.dials();
    world.run(secs(2));
    assert!(world.carrier.calls().iter().all(|c| c.to != BOB));
    world.run(secs(5));
    assert_eq!(world.status(&world.leg_to(BOB)), "in-progress");
}

#[test]
fn answer_on_bridge_leaves_the_caller_ringing_until_the_callee_answers() {
    let mut world = World::new();
    world.page("/voice", &ring("answerOnBridge=\"true\"", "+15550003000"));
    world.script(BOB, Ring::Manual);
    let sid = world.dials();
    world.run(secs(6));
    assert_eq!((world.status(&sid), world.hears(&sid)), ("ringing", Hearing::Ringback));
    let child = world.leg_to(BOB);
    world.carrier.answers(&child);
    world.pump();
    let call = world.call(&sid);
    assert_eq!((call.status.as_str(), call.answered_at), ("in-progress", Some(world.carrier.now())));
}

#[test]
fn a_screening_document_decides_on_the_callee_before_the_bridge() {
    let mut world = World::new();
    world.page("/voice", &ring("action=\"/dialled\"", "<Number url=\"/screen\">+15550003000</Number>"));
    world.page("/screen", "<Dial>+15550009999</Dial><Gather numDigits=\"1\" action=\"/accepted\"><Say>A call for you</Say></Gather><Hangup/>");
    world.page("/accepted", "<Say>Connecting</Say>");
    let sid = world.dials();
    world.run(secs(3));
    let child = world.leg_to(BOB);
    assert_eq!((world.hears(&sid), world.codes()), (Hearing::Ringback, vec![13_201]));
    assert_eq!(world.told("/screen", "ParentCallSid"), std::slice::from_ref(&sid));
    world.carrier.presses(&child, "1");
    world.run(secs(2));
    assert_eq!((world.hears(&sid), world.hears(&child)), (Hearing::Party, Hearing::Party));

    let other = world.dials();
    world.run(secs(30));
    assert_eq!(world.told("/dialled", "DialCallStatus"), ["completed"], "a callee who refuses still gives completed");
    assert_eq!(world.told("/dialled", "DialBridged"), ["false"]);
    assert_eq!(world.status(&other), "completed");
}

#[test]
fn a_caller_who_leaves_ends_the_dialled_leg_and_the_action_is_still_asked() {
    let mut world = World::new();
    world.page("/voice", &ring("action=\"/dialled\"", "+15550003000"));
    let sid = world.dials();
    world.run(secs(1));
    world.carrier.hangs_up(&sid);
    world.pump();
    let child = world.call(&world.leg_to(BOB));
    assert_eq!((child.status.as_str(), child.end_cause), ("canceled", Some(EndCause::Parent)));
    let sid = world.dials();
    world.run(secs(5));
    world.carrier.hangs_up(&sid);
    world.pump();
    assert_eq!(world.told("/dialled", "DialCallStatus"), ["canceled", "completed"]);
    assert!(world.carrier.lost().is_empty());
}

#[test]
fn time_limit_and_star_end_the_bridge_but_not_the_caller() {
    let mut world = World::new();
    world.page("/voice", &ring("timeLimit=\"20\" hangupOnStar=\"true\"", "+15550003000"));
    let sid = world.dials();
    world.run(secs(10));
    world.carrier.presses(&sid, "*");
    world.pump();
    assert_eq!(world.hears(&sid), say("After"));
    let sid = world.dials();
    world.run(secs(22));
    assert_eq!(world.hears(&sid), Hearing::Party);
    world.run(Duration::from_millis(200));
    assert_eq!(world.hears(&sid), say("After"));
}

#[test]
fn a_strange_caller_id_is_refused_and_a_mix_of_nouns_is_an_error() {
    let mut world = World::new();
    world.page("/voice", &ring("callerId=\"+15559998888\" action=\"/dialled\"", "+15550003000"));
    world.dials();
    world.run(secs(1));
    assert_eq!((world.codes(), world.told("/dialled", "DialCallStatus")), (vec![13_214], vec!["failed".to_owned()]));
    let mut world = World::new();
    world.page("/voice", &ring("", "<Number>+15550003000</Number><Conference>x</Conference>"));
    world.dials();
    assert_eq!(world.told("/fallback", "ErrorCode"), ["13000"]);
}

#[test]
fn redirecting_the_caller_ends_the_dialled_leg_and_redirecting_the_callee_frees_the_caller() {
    let mut world = World::new();
    world.page("/voice", &ring("", "+15550003000"));
    world.page("/else", "<Say>Elsewhere</Say><Pause length=\"60\"/>");
    let sid = world.dials();
    world.run(secs(5));
    let child = world.leg_to(BOB);
    let (status, _) = world.rest("POST", &format!("Calls/{child}.json"), "Url=https://app.test/else");
    assert_eq!(status, 200);
    assert_eq!((world.hears(&child), world.hears(&sid)), (say("Elsewhere"), say("After")));

    let sid = world.dials();
    world.run(secs(5));
    let child = world.leg_to(BOB);
    world.rest("POST", &format!("Calls/{sid}.json"), "Url=https://app.test/else");
    assert_eq!((world.hears(&sid), world.status(&child)), (say("Elsewhere"), "completed"));
    assert!(world.carrier.joined().iter().all(|j| j.to.is_some()));
}

#[test]
fn an_interrupted_dial_asks_for_its_action_where_the_rule_says_so() {
    for asks in [false, true] {
        let mut config = CarrierConfig::default();
        config.rules.interrupted_dial_asks_action = asks;
        let mut world = World::with(config);
        world.page("/voice", &ring("action=\"/dialled\"", "+15550003000"));
        world.page("/dialled", "<Say>Ignored</Say>");
        world.page("/else", "<Say>Elsewhere</Say>");
        let sid = world.dials();
        world.run(secs(5));
        world.rest("POST", &format!("Calls/{sid}.json"), "Url=https://app.test/else");
        assert_eq!(world.hears(&sid), say("Elsewhere"));
        assert_eq!(world.told("/dialled", "DialCallStatus").len(), usize::from(asks));
    }
}
