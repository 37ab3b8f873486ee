//! `<ConversationRelay>` on the carrier: who says what, who cuts whom short, and what the action is told.

use serde_json::{Value, json};
use switchboard::sim::carrier::{CallStatus, CarrierConfig, EndCause, Hearing, Loss, SocketFault, SocketRules};

use super::world::{ANN, LINE, World, ms, secs};

/// A document with these attributes, and with an action.
fn document(attributes: &str) -> String {
    format!(r#"<Connect action="/after"><ConversationRelay url="wss://app.test/talk" {attributes}/></Connect>"#)
}

/// A conversation that has begun: the world, Ann's leg and the connection.
fn talking(attributes: &str) -> (World, String, u64) {
    let mut world = World::new(&document(attributes));
    world.page("/after", "<Say>And after that.</Say>");
    let ann = world.dials();
    let id = world.id();
    (world, ann, id)
}

fn text(token: &str, last: bool) -> Value {
    json!({"type": "text", "token": token, "last": last})
}

fn hears(world: &World, call: &str) -> Hearing {
    world.carrier.call(call).expect("a leg").hearing
}

fn say(words: &str) -> Hearing {
    Hearing::Say(words.to_owned())
}

/// All that was spoken to the leg.
fn spoken(world: &World, call: &str) -> Vec<String> {
    let heard = world.carrier.heard(call).into_iter();
    heard.filter_map(|heard| if let Hearing::Say(words) = heard.what { Some(words) } else { None }).collect()
}

fn after(world: &World, name: &str) -> Option<String> {
    let told = world.told("/after", name);
    assert_eq!(told.len(), 1, "the action is asked once");
    told.into_iter().next().flatten()
}

#[test]
fn a_session_is_set_up_with_what_is_known_of_the_call() {
    let relay = r#"<Connect><ConversationRelay url="wss://app.test/talk"><Language code="es-MX" voice="x"/>
        <Parameter name="table" value="7"/></ConversationRelay></Connect>"#;
    let mut world = World::new(relay);
    let ann = world.dials();
    let said = world.said(world.id());
    let session = said[0]["sessionId"].clone();
    assert!(session.as_str().is_some_and(|sid| sid.starts_with("VX") && sid.len() == 34), "{session}");
    let account = CarrierConfig::default().account_sid;
    let setup = json!({"type": "setup", "sessionId": session, "accountSid": account, "parentCallSid": "",
        "callSid": ann, "from": ANN, "to": LINE, "forwardedFrom": "", "callType": "PSTN", "callerName": "",
        "direction": "inbound", "callStatus": "RINGING", "customParameters": {"table": "7"}});
    assert_eq!(said, [setup]);
    assert_eq!(hears(&world, &ann), Hearing::Pause, "it is listened to");
    assert_eq!(world.carrier.call(&ann).expect("a leg").status, CallStatus::InProgress);
}

#[test]
fn somebody_whom_rest_called_is_talked_to_as_well() {
    let mut world = World::new("");
    let relay = "%3CResponse%3E%3CConnect%3E%3CConversationRelay+url%3D%22wss%3A%2F%2Fapp.test%2Ft%22%2F%3E\
                 %3C%2FConnect%3E%3C%2FResponse%3E";
    let form = format!("To=%2B15550003000&From=%2B15550001000&Twiml={relay}");
    let (status, call) = world.rest("Calls.json", &form);
    assert_eq!(status, 201, "{call}");
    world.run(secs(5));
    let setup = &world.said(world.id())[0];
    let told = [&setup["callSid"], &setup["direction"], &setup["callStatus"], &setup["from"]];
    assert_eq!(told, [&call["sid"], &json!("outbound-api"), &json!("IN-PROGRESS"), &json!(LINE)]);
}

#[test]
fn a_greeting_is_spoken_first() {
    let (mut world, ann, id) = talking(r#"welcomeGreeting="Hello, how can I help?""#);
    assert_eq!(hears(&world, &ann), say("Hello, how can I help?"));
    world.run(secs(2));
    assert_eq!(hears(&world, &ann), Hearing::Pause);
    assert_eq!(world.said(id).len(), 1, "nothing but the setup was sent");
}

#[test]
fn what_the_caller_says_is_told_when_it_is_over() {
    let mut world = World::new(&document(r#"language="de-DE""#));
    world.ann_says(&[(secs(2), "Are you open today?")]);
    world.dials();
    let id = world.id();
    // 19 characters take 1266 ms; then half a second of silence.
    world.run(ms(3_765));
    assert_eq!(world.said(id).len(), 1);
    world.run(ms(1));
    let prompt = json!({"type": "prompt", "voicePrompt": "Are you open today?", "lang": "de-DE", "last": true});
    assert_eq!(world.said(id)[1..], [prompt]);
}

#[test]
fn partial_prompts_come_before_the_whole() {
    let (mut world, ann, id) = talking(r#"partialPrompts="true" speechTimeout="1000""#);
    world.carrier.says(&ann, "Are you open today?");
    world.run(ms(2_265));
    let partial = json!({"type": "prompt", "voicePrompt": "Are you", "lang": "en-US", "last": false});
    assert_eq!(world.said(id)[1..], [partial]);
    world.run(ms(10));
    assert_eq!(world.said(id)[2]["last"], json!(true));
}

#[test]
fn tokens_are_spoken_sentence_by_sentence() {
    let (mut world, ann, id) = talking("");
    for token in ["Until ", "6.30", " today", ". And", " to", "morrow", "? Clos"] {
        world.server(id, &text(token, false));
    }
    assert_eq!(hears(&world, &ann), say("Until 6.30 today."), "a point within a number ends nothing");
    world.server(id, &text("ed.", true));
    world.run(secs(10));
    assert_eq!(spoken(&world, &ann), ["Until 6.30 today.", "And tomorrow?", "Closed."]);
    assert_eq!(hears(&world, &ann), Hearing::Pause);
    world.server(id, &text("One moment", false));
    world.run(ms(999));
    assert_eq!(hears(&world, &ann), Hearing::Pause, "more may come");
    world.run(ms(1));
    assert_eq!(hears(&world, &ann), say("One moment"));
}

#[test]
fn a_caller_who_speaks_cuts_the_speech_short() {
    let (mut world, ann, id) = talking("");
    world.server(id, &text("We open at nine. And we close at six, but not on Sundays.", true));
    world.run(ms(2_000));
    world.carrier.says(&ann, "Thanks!");
    world.pump();
    assert_eq!(hears(&world, &ann), Hearing::Pause);
    // The first sentence takes 1066 ms; 934 ms are 14 characters of the second: "And we close a".
    let interrupt = json!({"type": "interrupt", "utteranceUntilInterrupt": "We open at nine. And we close",
        "durationUntilInterruptMs": 2000});
    assert_eq!(world.said(id)[1..], [interrupt]);
    world.run(secs(10));
    assert_eq!(world.said_of(id, "prompt")[0]["voicePrompt"], "Thanks!");
    assert_eq!(spoken(&world, &ann).len(), 2, "the rest is never spoken");
    world.server(id, &text("You are welcome.", true));
    assert_eq!(hears(&world, &ann), say("You are welcome."));
}

#[test]
fn what_was_not_spoken_when_the_caller_interrupted_is_dropped() {
    let (mut world, ann, id) = talking("");
    world.server(id, &text("We open at nine. Then we", false));
    world.run(ms(500));
    world.carrier.says(&ann, "Stop!");
    world.run(secs(3));
    world.server(id, &text("Yes?", true));
    world.run(secs(3));
    assert_eq!(spoken(&world, &ann), ["We open at nine.", "Yes?"]);
}

#[test]
fn what_is_said_while_something_is_said_comes_after_it() {
    let (mut world, ann, id) = talking("");
    world.carrier.says(&ann, "One, two, three.");
    world.carrier.says(&ann, "Four, five, six.");
    world.run(ms(2_600));
    let prompts: Vec<Value> = world.said_of(id, "prompt").iter().map(|m| m["voicePrompt"].clone()).collect();
    assert_eq!(prompts, ["One, two, three."], "16 characters take 1066 ms");
    world.run(ms(40));
    assert_eq!(world.said_of(id, "prompt")[1]["voicePrompt"], "Four, five, six.");
}

#[test]
fn what_may_not_be_interrupted_is_not_and_the_caller_is_heard_only_on_request() {
    for (attributes, message, is_heard) in [
        (r#"interruptible="none""#, text("Please listen to this.", true), false),
        (r#"interruptible="dtmf" reportInputDuringAgentSpeech="speech""#, text("Please listen to this.", true), true),
        ("", json!({"type": "text", "token": "Please listen.", "last": true, "interruptible": false}), false),
        (r#"interruptible="false" reportInputDuringAgentSpeech="any""#, text("Please listen.", true), true),
    ] {
        let (mut world, ann, id) = talking(attributes);
        world.server(id, &message);
        world.carrier.says(&ann, "But I");
        world.run(ms(500));
        assert!(matches!(hears(&world, &ann), Hearing::Say(_)), "{attributes}");
        world.run(secs(5));
        assert_eq!(world.said_of(id, "interrupt").len(), 0, "{attributes}");
        assert_eq!(world.said_of(id, "prompt").len(), usize::from(is_heard), "{attributes}");
    }
}

#[test]
fn a_greeting_has_its_own_rule() {
    let attributes = r#"welcomeGreeting="Hello and welcome." welcomeGreetingInterruptible="none""#;
    let (mut world, ann, id) = talking(attributes);
    world.carrier.says(&ann, "Hi");
    world.run(secs(3));
    assert_eq!(world.said(id).len(), 1);
    world.server(id, &text("What can I do for you?", true));
    world.carrier.says(&ann, "Hi");
    world.pump();
    assert_eq!(world.said_of(id, "interrupt").len(), 1, "the session's rule is another");
}

#[test]
fn keys_are_told_when_they_are_asked_for() {
    let (mut world, ann, id) = talking(r#"dtmfDetection="true" interruptible="speech""#);
    world.carrier.presses(&ann, "1");
    world.server(id, &text("Please wait for a moment.", true));
    world.carrier.presses(&ann, "2");
    world.run(secs(3));
    world.carrier.presses(&ann, "#");
    world.pump();
    let keys: Vec<Value> = world.said_of(id, "dtmf").iter().map(|m| m["digit"].clone()).collect();
    assert_eq!(keys, ["1", "#"], "not while speech goes on that keys do not interrupt");
    let (mut world, ann, id) = talking(r#"dtmfDetection="true""#);
    world.server(id, &text("Please wait for a moment.", true));
    world.carrier.presses(&ann, "2");
    world.pump();
    let kinds: Vec<Value> = world.said(id).iter().map(|m| m["type"].clone()).collect();
    assert_eq!(kinds, ["setup", "interrupt", "dtmf"]);
    let (mut world, ann, id) = talking("");
    world.carrier.presses(&ann, "2");
    world.pump();
    assert_eq!(world.said(id).len(), 1, "not asked for");
}

#[test]
fn the_next_talk_cycle_takes_the_place_of_a_preemptible_one() {
    for preemptible in [true, false] {
        let (mut world, ann, id) = talking(&format!(r#"preemptible="{preemptible}""#));
        world.server(id, &text("Let me look that up for you.", true));
        world.run(ms(200));
        world.server(id, &text("Found ", false));
        world.server(id, &text("it.", true));
        let expected = if preemptible { "Found it." } else { "Let me look that up for you." };
        assert_eq!(hears(&world, &ann), say(expected));
        world.run(secs(5));
        assert_eq!(spoken(&world, &ann).last().map(String::as_str), Some("Found it."));
    }
}

#[test]
fn files_and_keys_are_played_in_their_turn() {
    let (mut world, ann, id) = talking("");
    world.server(id, &text("Listen.", true));
    world.server(id, &json!({"type": "play", "source": "https://app.test/a.mp3", "loop": 2}));
    world.server(id, &json!({"type": "sendDigits", "digits": "1w2"}));
    world.server(id, &text("That was it.", true));
    world.run(secs(30));
    let heard: Vec<(Hearing, u128)> = world
        .carrier
        .heard(&ann)
        .into_iter()
        .filter(|heard| !matches!(heard.what, Hearing::Pause | Hearing::Silence | Hearing::Ringback))
        .map(|heard| (heard.what, heard.to.expect("it is over").since(heard.from).as_millis()))
        .collect();
    let play = |what: &str| Hearing::Play(what.to_owned());
    let expected = [
        (say("Listen."), 466),
        (play("https://app.test/a.mp3"), 20_000),
        (play("digits:1w2"), 900),
        (say("That was it."), 800),
    ];
    assert_eq!(heard, expected);
}

#[test]
fn a_change_of_language_shows_in_what_the_caller_says() {
    let (mut world, ann, id) = talking("");
    world.server(id, &json!({"type": "language", "ttsLanguage": "es-ES", "transcriptionLanguage": "es-MX"}));
    world.carrier.says(&ann, "Hola");
    world.run(secs(2));
    assert_eq!(world.said_of(id, "prompt")[0]["lang"], "es-MX");
}

#[test]
fn speakers_and_tokens_are_told_to_whom_asks() {
    let (mut world, ann, id) = talking(r#"debug="speaker-events" events="tokens-played""#);
    world.server(id, &text("Hello. How are you?", true));
    world.run(secs(2));
    world.carrier.says(&ann, "Fine.");
    world.run(secs(2));
    let told: Vec<(Value, Value)> =
        world.said_of(id, "info").iter().map(|m| (m["name"].clone(), m["value"].clone())).collect();
    let expected = [
        ("agentSpeaking", "on"),
        ("tokensPlayed", "Hello."),
        ("tokensPlayed", "How are you?"),
        ("agentSpeaking", "off"),
        ("clientSpeaking", "on"),
        ("clientSpeaking", "off"),
    ];
    assert_eq!(told, expected.map(|(name, value)| (json!(name), json!(value))));
    assert_eq!(world.said_of(id, "info")[0]["ts"], json!(1_735_689_600_000_i64));
    assert!(talking("").0.said_of(id, "info").is_empty());
}

#[test]
fn the_end_hands_over_to_the_action_when_all_is_spoken() {
    for cuts in [false, true] {
        let rules = SocketRules { relay_end_cuts_speech: cuts, ..SocketRules::default() };
        let mut world = World::with(rules, &document(""));
        world.page("/after", "<Say>And after that.</Say>");
        let ann = world.dials();
        let id = world.id();
        let session = world.said(id)[0]["sessionId"].as_str().map(str::to_owned);
        world.run(secs(5));
        world.server(id, &text("I put you through.", true));
        world.server(id, &json!({"type": "end", "handoffData": "{\"to\":\"sales\"}"}));
        world.server(id, &text("Not any more.", true));
        let expected = if cuts { "And after that." } else { "I put you through." };
        assert_eq!(hears(&world, &ann), say(expected));
        world.run(ms(if cuts { 0 } else { 1_200 }));
        assert_eq!((hears(&world, &ann), world.closed(id)), (say("And after that."), Some(1000)));
        assert_eq!(after(&world, "SessionId"), session);
        assert_eq!(after(&world, "SessionStatus").as_deref(), Some("ended"));
        assert_eq!(after(&world, "SessionDuration").as_deref(), Some(if cuts { "5" } else { "6" }));
        assert_eq!(after(&world, "HandoffData").as_deref(), Some("{\"to\":\"sales\"}"));
        assert_eq!(after(&world, "CallStatus").as_deref(), Some("in-progress"));
        assert_eq!(after(&world, "ErrorCode"), None);
        assert!(world.codes().is_empty(), "{:?}", world.codes());
    }
}

#[test]
fn the_document_goes_on_after_the_end_without_an_action() {
    let mut world = World::new(r#"<Connect><ConversationRelay url="wss://app.test/t"/></Connect><Say>Goodbye.</Say>"#);
    let ann = world.dials();
    world.server(world.id(), &json!({"type": "end"}));
    assert_eq!(hears(&world, &ann), say("Goodbye."));
}

#[test]
fn wrong_messages_are_answered_and_ten_in_a_row_end_it() {
    let (mut world, ann, id) = talking("");
    for wrong in ["no json", r#"{"type":"dance"}"#, r#"{"type":"text"}"#, r#"{"type":"sendDigits","digits":"x"}"#] {
        world.carrier.socket_text(id, wrong);
    }
    world.carrier.socket_binary(id);
    world.pump();
    let errors = world.said_of(id, "error");
    assert_eq!((errors.len(), world.codes()), (5, vec![64_107; 5]));
    assert!(errors[1]["description"].as_str().is_some_and(|why| why.contains("dance")), "{errors:?}");
    world.server(id, &text("A right one.", true));
    for _ in 0..9 {
        world.carrier.socket_text(id, "{}");
    }
    world.pump();
    assert_eq!(world.closed(id), None, "a right one was between them");
    world.carrier.socket_text(id, "{}");
    world.pump();
    assert_eq!((world.closed(id), world.codes().last()), (Some(1007), Some(&64_105)));
    assert_eq!(after(&world, "SessionStatus").as_deref(), Some("failed"));
    assert_eq!(after(&world, "ErrorCode").as_deref(), Some("64105"));
    assert_eq!(hears(&world, &ann), say("And after that."));
}

#[test]
fn a_server_that_goes_away_fails_the_session() {
    let (mut world, ann, id) = talking("");
    world.run(secs(3));
    world.carrier.socket_closed(id, Some(1011));
    world.pump();
    assert_eq!(world.codes(), [64_105]);
    assert_eq!(after(&world, "SessionStatus").as_deref(), Some("failed"));
    assert_eq!(after(&world, "SessionDuration").as_deref(), Some("3"));
    assert!(after(&world, "ErrorMessage").is_some_and(|why| why.contains("1011")));
    assert_eq!(hears(&world, &ann), say("And after that."), "the action takes over");
    let mut world = World::new(r#"<Connect><ConversationRelay url="wss://app.test/t"/></Connect><Say>Goodbye.</Say>"#);
    let ann = world.dials();
    world.carrier.socket_failed(world.id(), SocketFault::Broken);
    world.pump();
    let leg = world.carrier.call(&ann).expect("a leg");
    assert_eq!((leg.status, leg.end_cause), (CallStatus::Completed, Some(EndCause::ApplicationError)));
    assert_eq!(world.carrier.lost()[0].loss, Loss::ApplicationError, "without an action the call ends");
}

#[test]
fn what_cannot_be_connected_or_is_asked_for_wrongly_fails_at_once() {
    let relay = |attributes: &str| format!(r#"<Connect action="/after"><ConversationRelay {attributes}/></Connect>"#);
    for (attributes, code) in [
        ("", 64_102),
        (r#"url="https://app.test""#, 64_102),
        (r#"url="wss://app.test" interruptible="often""#, 64_101),
        (r#"url="wss://app.test" ttsProvider="Nobody""#, 64_101),
        (r#"url="wss://app.test" dtmfDetection="yes""#, 64_101),
    ] {
        let mut world = World::new(&relay(attributes));
        world.page("/after", "<Say>Sorry.</Say>");
        let ann = world.dials();
        assert_eq!((world.codes(), world.ids().len()), (vec![code], 0), "{attributes}");
        assert_eq!(after(&world, "ErrorCode"), Some(code.to_string()));
        assert_eq!(hears(&world, &ann), say("Sorry."));
    }
    let mut world = World::new(&relay(r#"url="wss://app.test""#));
    world.refuses = Some(SocketFault::Handshake(403));
    world.dials();
    assert_eq!((world.codes(), after(&world, "SessionStatus").as_deref()), (vec![64_102], Some("failed")));
    let mut world = World::new(r#"<Connect><ConversationRelay url="x"/></Connect><Say>Goodbye.</Say>"#);
    let ann = world.dials();
    assert_eq!(world.carrier.call(&ann).expect("a leg").end_cause, Some(EndCause::ApplicationError));
}

#[test]
fn a_caller_who_hangs_up_completes_the_session() {
    let (mut world, ann, id) = talking(r#"partialPromptOnHangup="true""#);
    world.run(secs(2));
    world.carrier.says(&ann, "I wanted to ask");
    world.run(ms(600));
    world.carrier.hangs_up(&ann);
    world.pump();
    assert_eq!(world.said_of(id, "prompt")[0]["voicePrompt"], "I wanted", "what was said so far");
    assert_eq!(world.closed(id), Some(1000));
    assert_eq!(after(&world, "SessionStatus").as_deref(), Some("completed"));
    assert_eq!(after(&world, "CallStatus").as_deref(), Some("completed"));
    assert_eq!(world.carrier.next_due().filter(|due| *due <= world.carrier.now() + secs(1)), None);
}

#[test]
fn a_caller_who_is_handed_over_is_joined_with_an_agent() {
    let mut world = World::new(&document(""));
    world.page("/after", "<Dial><Client>ana</Client></Dial>");
    world.ann_says(&[(secs(3), "I want to talk to a person.")]);
    let ann = world.dials();
    let id = world.id();
    world.run(secs(6));
    assert_eq!(world.said_of(id, "prompt").len(), 1);
    world.server(id, &text("I put you through.", true));
    world.server(id, &json!({"type": "end", "handoffData": "ana"}));
    world.run(secs(5));
    let legs = world.carrier.calls();
    let agent = legs.iter().find(|leg| leg.to == "client:ana").expect("ana is rung");
    let pair = [ann.clone(), agent.sid.clone()];
    assert!(world.joined().iter().any(|j| j.to.is_none() && pair.contains(&j.a) && pair.contains(&j.b)));
    assert_eq!(hears(&world, &ann), Hearing::Party);
}
