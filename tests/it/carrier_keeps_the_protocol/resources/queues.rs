//! Queues made, changed and emptied by REST.

use super::*;

fn waits(world: &mut World, number: &str) -> String {
    world.page("/voice", "<Enqueue action=\"/after\">help</Enqueue>");
    let sid = world.carrier.caller_dials(number, LINE);
    world.pump();
    sid
}

#[test]
fn a_queue_lives_from_its_creation_until_it_is_empty_and_deleted() {
    let mut world = World::new();
    let sid = made(&mut world, "Queues.json", "FriendlyName=help&MaxSize=2");
    let path = format!("Queues/{sid}.json");
    for (form, expected) in [
        ("FriendlyName=help", 22_003),
        ("", 20_001),
        ("FriendlyName=x&MaxSize=5001", 20_001),
        ("FriendlyName=x&MaxSize=0", 20_001),
    ] {
        assert_eq!(code(world.rest("POST", "Queues.json", form)), (400, expected), "{form}");
    }
    assert_eq!(code(world.rest("POST", "Queues.json", &format!("FriendlyName={}", "x".repeat(65)))), (400, 20_001));
    let first = waits(&mut world, "+15550002001");
    world.run(secs(10));
    let second = waits(&mut world, "+15550002002");
    waits(&mut world, "+15550002003");
    assert_eq!(world.told("/after", "QueueResult"), ["queue-full"]);
    let (_, queue) = world.rest("GET", &path, "");
    assert_eq!(
        (&queue["current_size"], &queue["max_size"], &queue["average_wait_time"]),
        (&2.into(), &2.into(), &5.into())
    );
    assert_eq!(code(world.rest("DELETE", &path, "")), (400, 20_409));
    for caller in [first, second] {
        world.carrier.hangs_up(&caller);
    }
    world.pump();
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    assert_eq!(world.rest("GET", &path, "").0, 404);
    assert!(listed(&mut world, "Queues.json", "queues", "sid").is_empty());
}

#[test]
fn whoever_waits_stays_in_a_queue_that_is_renamed() {
    let mut world = World::new();
    let caller = waits(&mut world, ANN);
    let sid = listed(&mut world, "Queues.json", "queues", "sid").remove(0);
    let (status, queue) = world.rest("POST", &format!("Queues/{sid}.json"), "FriendlyName=desk&MaxSize=7");
    assert_eq!((status, text(&queue, "friendly_name"), &queue["max_size"]), (200, "desk".to_owned(), &7.into()));
    world.page("/out", "<Dial><Queue>desk</Queue></Dial>");
    let agent = world.places("client:ana", "");
    world.run(secs(4));
    assert_eq!((world.hears(&caller), world.hears(&agent)), (Hearing::Party, Hearing::Party));
    assert_eq!(world.rest("GET", &format!("Queues/{sid}.json"), "").1["current_size"], 0, "taken out");

    world.page("/out", "<Dial timeout=\"60\"><Queue>desk</Queue></Dial>");
    let other = world.places("client:bob", "");
    world.run(secs(4));
    world.rest("POST", &format!("Queues/{sid}.json"), "FriendlyName=help");
    let caller = waits(&mut world, "+15550002009");
    assert_eq!((world.hears(&caller), world.hears(&other)), (Hearing::Party, Hearing::Party), "who waits for it, too");
}

#[test]
fn the_front_is_taken_out_by_rest_and_goes_where_it_is_sent() {
    let mut world = World::new();
    let (first, second) = (waits(&mut world, "+15550002001"), waits(&mut world, "+15550002002"));
    world.run(secs(3));
    let sid = listed(&mut world, "Queues.json", "queues", "sid").remove(0);
    let members = format!("Queues/{sid}/Members.json");
    assert_eq!(listed(&mut world, &members, "queue_members", "call_sid"), [first.clone(), second.clone()]);
    let (_, member) = world.rest("GET", &format!("Queues/{sid}/Members/{second}.json"), "");
    assert_eq!((&member["position"], &member["wait_time"]), (&2.into(), &3.into()));

    world.page("/take", "<Say>You are next</Say>");
    let front = format!("Queues/{sid}/Members/Front.json");
    assert_eq!(code(world.rest("POST", &front, "")), (400, 21_205));
    let (status, member) = world.rest("POST", &front, "Url=https%3A%2F%2Fapp.test%2Ftake&Method=GET");
    assert_eq!((status, text(&member, "call_sid"), &member["position"]), (200, first.clone(), &1.into()));
    assert_eq!((world.hears(&first), world.told("/take", "QueueSid")), (say("You are next"), vec![sid.clone()]));
    assert_eq!(world.told("/after", "QueueResult"), ["redirected"]);
    assert_eq!(world.rest("POST", &format!("Queues/{sid}/Members/{first}.json"), "Url=https://app.test/take").0, 404);
    assert_eq!(text(&world.rest("GET", &front, "").1, "call_sid"), second);
    world.carrier.hangs_up(&second);
    assert_eq!(world.rest("GET", &front, "").0, 404);
}
