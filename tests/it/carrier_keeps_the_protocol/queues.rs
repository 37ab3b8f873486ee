use super::*;

fn world() -> World {
    let mut world = World::new();
    world.page("/voice", "<Enqueue waitUrl=\"/wait\" action=\"/dequeued\">support</Enqueue>");
    world.page("/wait", "<Play>/m.mp3</Play>");
    world.page("/dequeued", "<Say>Done</Say>");
    world.page("/out", "<Dial action=\"/agent-done\" timeout=\"20\"><Queue url=\"/about\">support</Queue></Dial>");
    world.page("/about", "<Say>An agent takes your call</Say>");
    world
}

#[test]
fn the_wait_document_is_asked_for_again_and_again_with_the_position() {
    let mut world = world();
    let first = world.dials();
    let second = world.carrier.caller_dials("+15550002001", LINE);
    world.run(secs(25));
    assert_eq!(world.hears(&first), Hearing::Music("https://app.test/m.mp3".to_owned()));
    let waits: Vec<(String, String)> = world
        .log
        .iter()
        .filter(|h| path_of(h) == "/wait" && h.call_sid.as_deref() == Some(second.as_str()))
        .map(|h| (field(h, "QueuePosition").unwrap_or_default(), field(h, "QueueTime").unwrap_or_default()))
        .collect();
    let expected = [("2", "0"), ("2", "10"), ("2", "20")].map(|(p, t)| (p.to_owned(), t.to_owned()));
    assert_eq!(waits, expected);
    assert!(world.carrier.lost().is_empty());
}

#[test]
fn an_agent_takes_the_oldest_caller_who_is_told_first() {
    let mut world = world();
    let first = world.dials();
    world.run(secs(1));
    let second = world.dials();
    let agent = world.places(BOB, "");
    world.run(Duration::from_millis(2200));
    assert_eq!(world.hears(&first), say("An agent takes your call"));
    assert_eq!(world.told("/about", "DequeingCallSid"), std::slice::from_ref(&agent));
    world.run(secs(3));
    assert_eq!((world.hears(&first), world.hears(&agent)), (Hearing::Party, Hearing::Party));
    assert_eq!(world.hears(&second), Hearing::Music("https://app.test/m.mp3".to_owned()));
    world.carrier.hangs_up(&agent);
    world.pump();
    assert_eq!(world.told("/dequeued", "QueueResult"), ["bridged"]);
    assert_eq!(world.hears(&first), say("Done"));
    assert_eq!(world.told("/agent-done", "DialCallStatus"), ["completed"]);
}

#[test]
fn an_agent_waits_for_a_caller_and_gives_up() {
    let mut world = world();
    let early = world.dials();
    world.carrier.hangs_up(&early);
    world.pump();
    assert_eq!(world.told("/dequeued", "QueueResult"), ["hangup"]);
    world.places(BOB, "");
    world.run(secs(21));
    assert!(world.told("/agent-done", "DialCallStatus").is_empty());
    world.run(secs(3));
    assert_eq!(world.told("/agent-done", "DialCallStatus"), ["no-answer"]);
}

#[test]
fn leave_takes_a_caller_out_and_on_with_the_action() {
    let mut world = world();
    world.page("/wait", "<Say>Too long</Say><Leave/>");
    let caller = world.dials();
    world.run(secs(1));
    assert_eq!(world.told("/dequeued", "QueueResult"), ["leave"]);
    assert!(world.has_heard(&caller, "Done"));
}

#[test]
fn rest_takes_a_queued_caller_away() {
    let mut world = world();
    world.page("/else", "<Say>Elsewhere</Say>");
    let caller = world.dials();
    world.run(secs(1));
    world.rest("POST", &format!("Calls/{caller}.json"), "Url=https://app.test/else");
    assert_eq!(world.told("/dequeued", "QueueResult"), ["redirected"]);
    assert_eq!(world.hears(&caller), say("Elsewhere"));
}

#[test]
fn a_caller_whose_agent_leaves_before_the_bridge_waits_on_at_the_head_of_the_queue() {
    let mut world = world();
    let first = world.dials();
    world.run(secs(1));
    world.dials();
    let agent = world.places(BOB, "");
    world.run(Duration::from_millis(2200));
    assert_eq!(world.hears(&first), say("An agent takes your call"));
    world.carrier.hangs_up(&agent);
    world.run(secs(3));
    assert_eq!(world.hears(&first), Hearing::Music("https://app.test/m.mp3".to_owned()));
    let places: Vec<Option<String>> = world
        .log
        .iter()
        .filter(|h| path_of(h) == "/wait" && h.call_sid.as_deref() == Some(first.as_str()))
        .map(|h| field(h, "QueuePosition"))
        .collect();
    assert_eq!(places, [Some("1".to_owned()), Some("1".to_owned())]);
    assert!(world.carrier.joined().is_empty() && world.carrier.lost().is_empty());
    let next = world.places("client:ana", "");
    world.run(secs(8));
    assert_eq!((world.hears(&first), world.hears(&next)), (Hearing::Party, Hearing::Party));
}

#[test]
fn an_agent_whose_caller_leaves_while_being_told_waits_for_another_as_long_as_the_dial_says() {
    let mut world = world();
    let caller = world.dials();
    world.places(BOB, "");
    world.run(Duration::from_millis(2200));
    assert_eq!(world.hears(&caller), say("An agent takes your call"));
    world.carrier.hangs_up(&caller);
    world.run(Duration::from_millis(19_900));
    assert!(world.told("/agent-done", "DialCallStatus").is_empty());
    world.run(Duration::from_millis(200));
    assert_eq!(world.told("/agent-done", "DialCallStatus"), ["no-answer"]);
}

#[test]
fn the_average_wait_is_that_of_all_who_have_left_the_queue() {
    let mut world = world();
    for wait in [4, 6, 11] {
        let sid = world.dials();
        world.run(secs(wait));
        world.carrier.hangs_up(&sid);
        world.pump();
    }
    world.dials();
    assert_eq!(world.told("/wait", "AvgQueueTime").last().map(String::as_str), Some("7"));
}
