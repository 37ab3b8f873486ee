use super::*;
use switchboard::sim::carrier::{AfterGreeting, Answerer};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn human(greeting_ms: u64) -> Answerer {
    Answerer::Human { greeting: ms(greeting_ms) }
}

fn machine(greeting_ms: u64, then: AfterGreeting) -> Answerer {
    Answerer::Machine { greeting: ms(greeting_ms), then }
}

/// A world in which `who` answers Bob's telephone at once, and `/out` is the document of a call to him.
fn world_with(who: Answerer) -> World {
    let mut world = World::new();
    world.page("/out", "<Say>Hello</Say><Pause length=\"600\"/>");
    let on_ring = Ring::Answers { after: Duration::ZERO };
    world.carrier.script(BOB, EndpointScript { on_ring, who, ..EndpointScript::default() });
    world
}

/// Verdict and how many milliseconds after the answer the document was asked for.
fn verdict(who: Answerer, more: &str) -> (String, u64) {
    let mut world = world_with(who);
    let sid = world.places(BOB, more);
    world.run(ms(100));
    let answered = world.call(&sid).answered_at.expect("answered");
    while world.told("/out", "AnsweredBy").is_empty() {
        let due = world.carrier.next_due().expect("the verdict is due");
        world.carrier.advance(due);
        world.pump();
    }
    let took = u64::try_from(world.carrier.now().since(answered).as_millis()).expect("a short time");
    let hook = world.log.last().cloned().expect("a request");
    assert_eq!(field(&hook, "MachineDetectionDuration"), Some(took.to_string()));
    (field(&hook, "AnsweredBy").unwrap_or_default(), took)
}

#[test]
fn the_document_waits_for_the_verdict_which_comes_when_the_greeting_allows() {
    let cases = [
        (human(1000), "Enable", "human", 2200),
        (human(2400), "DetectMessageEnd", "human", 3600),
        (machine(8000, AfterGreeting::Beep), "Enable", "machine_start", 2400),
        (machine(8000, AfterGreeting::Beep), "DetectMessageEnd", "machine_end_beep", 8500),
        (machine(8000, AfterGreeting::Silence), "DetectMessageEnd", "machine_end_silence", 9200),
        (machine(8000, AfterGreeting::Other), "DetectMessageEnd", "machine_end_other", 9200),
        (machine(60_000, AfterGreeting::Beep), "DetectMessageEnd", "machine_end_other", 30_000),
        (Answerer::Fax, "Enable", "fax", 2000),
        (Answerer::Silent, "Enable", "unknown", 5000),
        // Thresholds of 2.4 s do not tell a long-winded person from a machine, nor a curt machine from a person.
        (human(5000), "Enable", "machine_start", 2400),
        (machine(2000, AfterGreeting::Beep), "Enable", "human", 3200),
    ];
    for (who, mode, expected, took) in cases {
        let got = verdict(who, &format!("&MachineDetection={mode}"));
        assert_eq!(got, (expected.to_owned(), took), "{who:?} {mode}");
    }
}

#[test]
fn thresholds_and_timeouts_of_the_request_move_the_verdict() {
    let cases = [
        ("MachineDetectionSpeechThreshold=5500", human(5000), "human", 6200),
        ("MachineDetectionSpeechEndThreshold=3000", human(1000), "human", 4000),
        ("MachineDetectionSilenceTimeout=9000", Answerer::Silent, "unknown", 9000),
        ("MachineDetectionTimeout=3&MachineDetectionSilenceTimeout=9000", Answerer::Silent, "unknown", 3000),
        (
            "MachineDetectionTimeout=3&MachineDetectionSpeechThreshold=4000",
            machine(8000, AfterGreeting::Beep),
            "unknown",
            3000,
        ),
    ];
    for (more, who, expected, took) in cases {
        assert_eq!(verdict(who, &format!("&MachineDetection=Enable&{more}")), (expected.to_owned(), took), "{more}");
    }
}

#[test]
fn the_verdict_is_in_rest_and_in_the_last_callback_and_the_callee_hears_nothing_before() {
    let mut world = world_with(machine(4000, AfterGreeting::Beep));
    let sid = world.places(BOB, "&MachineDetection=DetectMessageEnd&StatusCallback=https://app.test/status");
    world.run(ms(4100));
    assert_eq!((world.hears(&sid), world.asked().len()), (Hearing::Silence, 0));
    assert!(world.rest("GET", &format!("Calls/{sid}.json"), "").1["answered_by"].is_null());
    world.run(secs(1));
    assert_eq!(world.hears(&sid), Hearing::Pause);
    let (_, call) = world.rest("GET", &format!("Calls/{sid}.json"), "");
    assert_eq!(text(&call, "answered_by"), "machine_end_beep");
    world.carrier.hangs_up(&sid);
    world.pump();
    assert_eq!(world.told("/status", "AnsweredBy"), ["machine_end_beep"]);
    assert_eq!(world.told("/status", "MachineDetectionDuration"), ["4500"]);
}

#[test]
fn asynchronous_detection_lets_the_document_run_and_tells_its_own_callback() {
    let mut world = world_with(human(1000));
    let more = "&MachineDetection=Enable&AsyncAmd=true&AsyncAmdStatusCallback=https://app.test/amd";
    let sid = world.places(BOB, more);
    world.run(ms(200));
    assert_eq!((world.hears(&sid), world.told("/out", "AnsweredBy")), (say("Hello"), vec![String::new()]));
    world.run(secs(3));
    let hook = world.log.iter().find(|h| path_of(h) == "/amd").cloned().expect("told");
    let body = [("CallSid", sid.as_str()), ("AnsweredBy", "human"), ("MachineDetectionDuration", "2200")];
    for (name, value) in body {
        assert_eq!(field(&hook, name).as_deref(), Some(value));
    }
    assert_eq!(hook.body.split('&').count(), 4, "nothing else is told");

    let gone = world.places(BOB, more);
    world.run(secs(1));
    world.carrier.hangs_up(&gone);
    world.pump();
    assert_eq!(world.told("/amd", "AnsweredBy"), ["human", "unknown"]);
    world.run(secs(9));
    assert_eq!(world.told("/amd", "AnsweredBy").len(), 2, "once is enough");
}

#[test]
fn a_dialled_number_is_detected_beside_the_bridge_and_only_with_a_callback() {
    let mut world = world_with(machine(8000, AfterGreeting::Beep));
    world.page(
        "/voice",
        "<Dial><Number machineDetection=\"DetectMessageEnd\" amdStatusCallback=\"/amd\">+15550003000</Number></Dial>",
    );
    let sid = world.dials();
    world.run(secs(1));
    assert_eq!(world.hears(&sid), Hearing::Party, "the bridge does not wait");
    world.run(secs(9));
    assert_eq!(world.told("/amd", "AnsweredBy"), ["machine_end_beep"]);
    assert_eq!(world.told("/amd", "CallSid"), [world.leg_to(BOB)]);
    for (attributes, codes) in [
        ("machineDetection=\"Enable\"", [21_262]),
        ("machineDetection=\"Enable\" amdStatusCallback=\"/amd\" machineDetectionTimeout=\"61\"", [21_234]),
        ("machineDetection=\"Maybe\" amdStatusCallback=\"/amd\"", [21_234]),
    ] {
        let mut world = world_with(human(1000));
        world.page("/voice", &format!("<Dial><Number {attributes}>+15550003000</Number></Dial>"));
        let sid = world.dials();
        world.run(secs(8));
        assert_eq!((world.codes(), world.hears(&sid)), (codes.to_vec(), Hearing::Party));
        assert!(!world.asked().contains(&"/amd"));
    }
}

#[test]
fn a_participant_is_detected_beside_the_conference() {
    let mut world = world_with(human(1000));
    let form = "To=%2B15550003000&From=%2B15550001000&MachineDetection=Enable";
    let (status, error) = world.rest("POST", "Conferences/room/Participants.json", form);
    assert_eq!((status, &error["code"]), (400, &Value::from(21_262)));
    let (status, person) = world.rest(
        "POST",
        "Conferences/room/Participants.json",
        &format!("{form}&AmdStatusCallback=https://app.test/amd&AsyncAmd=true"),
    );
    assert_eq!((status, world.codes()), (201, vec![21_263]));
    world.run(secs(5));
    assert_eq!(world.told("/amd", "AnsweredBy"), ["human"]);
    assert_eq!(world.told("/amd", "CallSid"), [text(&person, "call_sid")]);
}

#[test]
fn settings_out_of_range_are_refused() {
    let mut world = World::new();
    for more in [
        "MachineDetection=Perhaps",
        "MachineDetection=Enable&MachineDetectionTimeout=60",
        "MachineDetection=Enable&MachineDetectionTimeout=2",
        "MachineDetection=Enable&MachineDetectionSpeechThreshold=999",
        "MachineDetection=Enable&MachineDetectionSpeechEndThreshold=5001",
        "MachineDetection=Enable&MachineDetectionSilenceTimeout=many",
    ] {
        let form = format!("To=%2B15550003000&From=%2B15550001000&Url=https://app.test/out&{more}");
        let (status, error) = world.rest("POST", "Calls.json", &form);
        assert_eq!((status, &error["code"]), (400, &Value::from(21_234)), "{more}");
    }
    assert!(world.carrier.calls().is_empty());
}

#[test]
fn a_redirect_that_is_faster_than_the_verdict_wins() {
    let mut world = world_with(human(1000));
    world.page("/else", "<Say>Elsewhere</Say><Pause length=\"600\"/>");
    let sid = world.places(BOB, "&MachineDetection=Enable");
    world.run(secs(1));
    world.rest("POST", &format!("Calls/{sid}.json"), "Url=https://app.test/else");
    world.run(secs(9));
    assert_eq!((world.asked(), world.hears(&sid)), (vec!["/else"], Hearing::Pause));
}
