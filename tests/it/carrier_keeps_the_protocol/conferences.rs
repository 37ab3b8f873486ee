use super::*;
use switchboard::sim::carrier::EndCause;

const EVENTS: &str = "statusCallback=\"/room\" statusCallbackEvent=\"start end join leave mute hold modify\"";

/// An inbound caller waits in room `r`; an agent (`BOB`) is added by REST and answers.
fn talk(attributes: &str, agent: &str) -> (World, String, String, String) {
    let mut world = World::new();
    world.page("/voice", &format!("<Dial action=\"/left\"><Conference {EVENTS} {attributes}>r</Conference></Dial>"));
    world.page("/left", "<Say>Bye</Say>");
    let caller = world.dials();
    world.run(secs(1));
    let (status, person) = world.rest(
        "POST",
        "Conferences/r/Participants.json",
        &format!("To=%2B15550003000&From=%2B15550001000&Label=agent{agent}"),
    );
    assert_eq!(status, 201, "{person}");
    let (sid, room) = (text(&person, "call_sid"), text(&person, "conference_sid"));
    assert_eq!(text(&person, "status"), "queued");
    world.run(secs(4));
    (world, caller, sid, room)
}

#[test]
fn a_conference_starts_with_the_second_participant_and_the_first_ones_callback_counts() {
    let (world, caller, agent, room) = talk("", "&ConferenceStatusCallback=https://app.test/other");
    assert_eq!((world.hears(&caller), world.hears(&agent)), (Hearing::Party, Hearing::Party));
    assert_eq!(world.call(&agent).in_conference.as_deref(), Some("r"));
    assert_eq!(
        world.told("/room", "StatusCallbackEvent"),
        ["participant-join", "participant-join", "conference-start"]
    );
    assert_eq!(world.told("/room", "SequenceNumber"), ["1", "2", "3"]);
    assert_eq!(world.told("/room", "ConferenceSid"), vec![room; 3]);
    assert_eq!(world.told("/room", "ParticipantLabel"), ["", "agent", ""]);
    assert!(!world.asked().contains(&"/other"));
    let heard: Vec<Hearing> = world.carrier.heard(&caller).into_iter().map(|h| h.what).collect();
    assert_eq!(heard, [Hearing::Music("default".to_owned()), Hearing::Party]);
    assert!(world.codes().is_empty(), "{:?}", world.carrier.notifications());
    assert!(world.carrier.lost().is_empty());
}

#[test]
fn nobody_starts_a_conference_without_start_conference_on_enter() {
    let (world, caller, agent, _) = talk("startConferenceOnEnter=\"false\"", "&StartConferenceOnEnter=false");
    let music = Hearing::Music("default".to_owned());
    assert_eq!((world.hears(&caller), world.hears(&agent)), (music.clone(), music));
    assert!(world.carrier.joined().is_empty());
}

#[test]
fn end_conference_on_exit_ends_it_for_all_and_the_caller_goes_on_with_the_action() {
    let (mut world, caller, agent, room) = talk("", "&EndConferenceOnExit=true");
    world.carrier.hangs_up(&agent);
    world.pump();
    assert_eq!(world.told("/left", "DialCallStatus"), ["answered"]);
    assert_eq!(world.hears(&caller), say("Bye"));
    let events = world.told("/room", "StatusCallbackEvent");
    assert_eq!(events[3..], ["participant-leave", "participant-leave", "conference-end"]);
    assert_eq!(
        world.told("/room", "ReasonParticipantLeft")[3..5],
        ["participant_hung_up", "moderator_ended_conference"]
    );
    assert_eq!(world.told("/room", "ReasonConferenceEnded")[5], "participant-with-end-conference-on-exit-left");
    let (_, json) = world.rest("GET", &format!("Conferences/{room}.json"), "");
    assert_eq!((text(&json, "status"), text(&json, "call_sid_ending_conference")), ("completed".to_owned(), agent));
    let (status, list) = world.rest("GET", &format!("Conferences/{room}/Participants.json"), "");
    assert_eq!((status, list["participants"].as_array().map(Vec::len)), (200, Some(0)));
}

#[test]
fn one_who_leaves_does_not_affect_the_other_and_the_name_is_used_again_afterwards() {
    let (mut world, caller, agent, room) = talk("", "");
    world.carrier.hangs_up(&agent);
    world.pump();
    assert_eq!(world.hears(&caller), Hearing::Silence);
    world.run(secs(6));
    assert_eq!(world.carrier.lost().len(), 1, "left alone in silence");
    world.carrier.hangs_up(&caller);
    world.pump();
    assert_eq!(world.told("/room", "ReasonConferenceEnded").last().map(String::as_str), Some("last-participant-left"));
    world.dials();
    world.run(secs(1));
    let (_, list) = world.rest("GET", "Conferences.json?FriendlyName=r", "");
    let states: Vec<String> =
        list["conferences"].as_array().expect("a list").iter().map(|c| text(c, "status")).collect();
    assert_eq!(states, ["init", "completed"]);
    assert_ne!(text(&list["conferences"][0], "sid"), room);
}

#[test]
fn hold_plays_music_and_mute_silences_and_both_part_the_pair() {
    let (mut world, caller, agent, room) = talk("", "");
    let person = format!("Conferences/{room}/Participants/{caller}.json");
    world.reply(
        "/hold",
        Ok(HttpReply {
            status: 200,
            content_type: "audio/mpeg".to_owned(),
            body: b"x".to_vec(),
            ..HttpReply::default()
        }),
    );
    let (_, json) = world.rest("POST", &person, "Hold=true&HoldUrl=https://app.test/hold");
    assert_eq!(json["hold"], true);
    assert_eq!(world.log.last().map(|h| h.method.as_str()), Some("GET"));
    assert_eq!(world.hears(&caller), Hearing::Music("https://app.test/hold".to_owned()));
    assert_eq!(world.hears(&agent), Hearing::Silence);
    world.run(secs(60));
    assert_eq!(world.hears(&caller), Hearing::Music("https://app.test/hold".to_owned()));
    world.rest("POST", &person, "Hold=false");
    assert_eq!(world.hears(&caller), Hearing::Party);
    world.run(secs(3));
    world.rest("POST", &format!("Conferences/{room}/Participants/agent.json"), "Muted=true");
    assert_eq!(world.hears(&caller), Hearing::Party);
    let times: Vec<u64> =
        world.carrier.joined().iter().map(|j| j.to.map_or(99, |to| to.since(j.from).as_secs())).collect();
    assert_eq!(times.len(), 2, "apart while held, and again when muted");
    assert_eq!(times[1], 3);
    let events = world.told("/room", "StatusCallbackEvent");
    assert_eq!(events[3..], ["participant-hold", "participant-unhold", "participant-mute"]);
}

#[test]
fn a_coach_is_heard_by_the_coached_alone() {
    let (mut world, caller, agent, room) = talk("", "");
    let form = format!("To=client%3Aboss&From=%2B15550001000&Coaching=true&CallSidToCoach={agent}");
    let (_, coach) = world.rest("POST", &format!("Conferences/{room}/Participants.json"), &form);
    let coach = text(&coach, "call_sid");
    world.run(secs(4));
    let with_coach: Vec<String> = world
        .carrier
        .joined()
        .into_iter()
        .filter(|j| j.a == coach || j.b == coach)
        .map(|j| if j.a == coach { j.b } else { j.a })
        .collect();
    assert_eq!(with_coach, [agent]);
    assert_eq!(world.hears(&caller), Hearing::Party);
    let absent = "To=client%3Aboss2&From=%2B15550001000&Coaching=true&CallSidToCoach=CA0";
    let (status, error) = world.rest("POST", &format!("Conferences/{room}/Participants.json"), absent);
    assert_eq!((status, &error["code"]), (400, &Value::from(16_028)));
}

#[test]
fn a_kicked_caller_goes_on_with_its_document_and_a_kicked_participant_of_rest_ends() {
    let (mut world, caller, agent, room) = talk("", "");
    let (status, body) = world.rest("DELETE", &format!("Conferences/{room}/Participants/{caller}.json"), "");
    assert_eq!((status, body), (204, Value::Null));
    assert_eq!(world.hears(&caller), say("Bye"));
    world.rest("DELETE", &format!("Conferences/{room}/Participants/{agent}.json"), "");
    assert_eq!(world.call(&agent).end_cause, Some(EndCause::Rest));
    let (_, json) = world.rest("GET", &format!("Conferences/{room}.json"), "");
    assert_eq!(text(&json, "reason_conference_ended"), "last-participant-kicked");
}

#[test]
fn rest_ends_a_conference_and_redirects_take_a_leg_out_of_it() {
    let (mut world, caller, _, room) = talk("", "");
    world.page("/else", "<Say>Elsewhere</Say>");
    world.rest("POST", &format!("Calls/{caller}.json"), "Url=https://app.test/else");
    assert_eq!((world.hears(&caller), world.call(&caller).in_conference), (say("Elsewhere"), None));
    assert!(!world.asked().contains(&"/left"));
    assert_eq!(
        world.told("/room", "ReasonParticipantLeft").last().map(String::as_str),
        Some("participant_updated_via_api")
    );
    let (status, json) = world.rest("POST", &format!("Conferences/{room}.json"), "Status=completed");
    assert_eq!((status, text(&json, "status")), (200, "completed".to_owned()));
    let form = "To=client%3Aana&From=%2B15550001000";
    let (status, error) = world.rest("POST", &format!("Conferences/{room}/Participants.json"), form);
    assert_eq!((status, &error["code"]), (400, &Value::from(16_022)));
}

#[test]
fn a_wait_document_is_fetched_once_and_then_there_is_silence() {
    let mut world = World::new();
    world.page("/voice", "<Dial><Conference waitUrl=\"/wait\">r</Conference></Dial>");
    world.page("/wait", "<Say>Hold on</Say><Gather/><Play>/m.mp3</Play>");
    let caller = world.dials();
    assert_eq!(world.hears(&caller), say("Hold on"));
    world.run(secs(2));
    assert_eq!(world.hears(&caller), Hearing::Music("https://app.test/m.mp3".to_owned()));
    assert_eq!(world.codes(), [13_238]);
    world.run(secs(60));
    assert_eq!(world.hears(&caller), Hearing::Silence);
    assert_eq!(world.asked().iter().filter(|p| **p == "/wait").count(), 1);
    assert_eq!(world.carrier.lost().len(), 1);
}

#[test]
fn a_full_room_and_a_taken_label_are_refused() {
    let (mut world, _, _, room) = talk("maxParticipants=\"2\"", "");
    let people = format!("Conferences/{room}/Participants.json");
    let (status, error) = world.rest("POST", &people, "To=client%3Aana&From=%2B15550001000&Label=agent");
    assert_eq!((status, &error["code"]), (400, &Value::from(16_025)));
    let (status, error) = world.rest("POST", &people, "To=client%3Aana&From=%2B15550001000&MaxParticipants=2");
    assert_eq!((status, &error["code"]), (400, &Value::from(16_020)));
}

#[test]
fn an_announcement_is_heard_and_then_the_room_again() {
    let (mut world, caller, agent, room) = talk("", "");
    world.page("/news", "<Say>This call is recorded</Say>");
    let person = format!("Conferences/{room}/Participants/{caller}.json");
    world.rest("POST", &person, "AnnounceUrl=https%3A%2F%2Fapp.test%2Fnews");
    assert_eq!((world.hears(&caller), world.hears(&agent)), (say("This call is recorded"), Hearing::Party));
    world.rest("POST", &format!("Conferences/{room}/Participants/agent.json"), "Muted=true");
    assert_eq!(world.hears(&caller), say("This call is recorded"));
    world.run(secs(3));
    assert_eq!(world.hears(&caller), Hearing::Party);
}

#[test]
fn a_participant_that_does_not_answer_leaves_as_add_failed() {
    let mut world = World::new();
    world.page("/voice", &format!("<Dial><Conference {EVENTS}>r</Conference></Dial>"));
    let caller = world.dials();
    world.script(BOB, Ring::Busy);
    world.rest("POST", "Conferences/r/Participants.json", "To=%2B15550003000&From=%2B15550001000");
    world.run(secs(2));
    assert_eq!(world.told("/room", "ReasonParticipantLeft"), ["", "participant_add_failed"]);
    assert_eq!(world.told("/room", "ParticipantCallStatus"), ["", "busy"]);
    assert_eq!(world.hears(&caller), Hearing::Music("default".to_owned()));
}

#[test]
fn a_list_of_participants_holds_those_who_are_present_and_can_be_filtered() {
    let (mut world, caller, agent, room) = talk("", "");
    world.script("client:late", Ring::Manual);
    let people = format!("Conferences/{room}/Participants.json");
    let (_, late) = world.rest("POST", &people, "To=client%3Alate&From=%2B15550001000&Muted=true");
    world.run(secs(2));
    world.rest("POST", &format!("Conferences/{room}/Participants/{agent}.json"), "Muted=true");
    let sids = |world: &mut World, query: &str| -> Vec<String> {
        let (_, list) = world.rest("GET", &format!("{people}{query}"), "");
        list["participants"].as_array().expect("a list").iter().map(|p| text(p, "call_sid")).collect()
    };
    assert_eq!(sids(&mut world, ""), [agent.clone(), caller.clone()]);
    assert_eq!(sids(&mut world, "?Muted=true"), std::slice::from_ref(&agent));
    assert_eq!(sids(&mut world, "?Muted=false"), std::slice::from_ref(&caller));
    let (status, person) = world.rest("GET", &format!("Conferences/{room}/Participants/agent.json"), "");
    let expected =
        [("call_sid", agent.as_str()), ("label", "agent"), ("status", "connected"), ("conference_sid", &room)];
    assert_eq!((status, expected.map(|(name, _)| text(&person, name))), (200, expected.map(|(_, v)| v.to_owned())));
    let path = format!("Conferences/{room}/Participants/{}.json", text(&late, "call_sid"));
    assert_eq!(text(&world.rest("GET", &path, "").1, "status"), "ringing");
    assert_eq!(world.rest("GET", &format!("Conferences/{room}/Participants/CA0.json"), "").0, 404);
}
