//! Who is to be heard when in a recording.

use super::recordings::{heard_in, media};
use super::*;
use switchboard::sim::carrier::{AfterGreeting, Answerer};

/// The seconds of each channel of the newest recording in which something is to be heard.
fn sound(world: &mut World) -> Vec<Vec<usize>> {
    world.run(secs(3));
    let (_, list) = world.rest("GET", "Recordings.json", "");
    let re = text(&list["recordings"][0], "sid");
    heard_in(&media(world, &format!("Recordings/{re}.wav"), true)).1
}

#[test]
fn a_pause_that_keeps_its_time_is_silent_and_one_that_skips_it_is_not_there() {
    for (behavior, heard) in [("silence", vec![0, 1, 2, 3, 8, 9]), ("skip", vec![0, 1, 2, 3, 4, 5])] {
        let mut world = World::new();
        world.page("/voice", "<Dial>+15550003000</Dial>");
        let sid = world.dials();
        world.run(Duration::from_millis(2100));
        world.rest("POST", &format!("Calls/{sid}/Recordings.json"), "RecordingChannels=dual");
        let current = format!("Calls/{sid}/Recordings/Twilio.CURRENT.json");
        world.run(secs(4));
        world.rest("POST", &current, &format!("Status=paused&PauseBehavior={behavior}"));
        world.run(secs(4));
        world.rest("POST", &current, "Status=in-progress");
        world.run(secs(2));
        world.rest("POST", &current, "Status=stopped");
        assert_eq!(sound(&mut world), [heard.clone(), heard], "{behavior}");
    }
}

#[test]
fn a_message_lasts_no_longer_than_somebody_listens() {
    let mut world = World::new();
    let start = "<Start><Recording trim=\"do-not-trim\"/></Start>";
    world.page("/voice", &format!("{start}<Record playBeep=\"false\" action=\"/recorded\"/>"));
    world.page("/recorded", "<Pause length=\"60\"/>");
    let sid = world.dials();
    world.run(secs(3));
    world.carrier.presses(&sid, "#");
    world.run(secs(9));
    world.carrier.hangs_up(&sid);
    world.run(secs(3));
    let (_, list) = world.rest("GET", "Recordings.json", "");
    let whole = list["recordings"].as_array().into_iter().flatten().find(|r| r["channels"] == 2).expect("both sides");
    let audio = media(&mut world, &format!("Recordings/{}.wav", text(whole, "sid")), true);
    assert_eq!(heard_in(&audio).1, [vec![0, 1, 2], Vec::new()]);
}

#[test]
fn the_announcement_of_a_mailbox_goes_on_when_a_record_ends() {
    let mut world = World::new();
    let who = Answerer::Machine { greeting: secs(8), then: AfterGreeting::Silence };
    world.carrier.script(BOB, EndpointScript { who, ..EndpointScript::default() });
    let record = "<Record playBeep=\"false\" maxLength=\"3\" timeout=\"0\" action=\"/again\"/>";
    world.page("/out", record);
    world.page("/again", record);
    world.places(BOB, "");
    world.run(Duration::from_millis(2100 + 6100));
    assert_eq!(world.told("/again", "RecordingDuration"), ["3", "3"]);
}

#[test]
fn only_the_track_that_is_wanted_is_recorded() {
    let cases = [("inbound", vec![2, 3], vec![]), ("outbound", vec![], vec![5, 6]), ("both", vec![2, 3], vec![5, 6])];
    for (track, caller, callee) in cases {
        let mut world = World::new();
        world.page(
            "/voice",
            &format!("<Dial record=\"record-from-answer-dual\" recordingTrack=\"{track}\">+15550003000</Dial>"),
        );
        let says = |at: u64| EndpointScript {
            says: vec![(Duration::from_millis(at), "x".repeat(30))],
            ..EndpointScript::default()
        };
        // Both talk for two seconds, counted from dialling and from the answer, which is 2.1 s later.
        world.carrier.script(ANN, says(4100));
        world.carrier.script(BOB, says(5000));
        let sid = world.dials();
        world.run(Duration::from_millis(12_100));
        world.carrier.hangs_up(&sid);
        assert_eq!(sound(&mut world), [caller, callee], "{track}");
    }
}

#[test]
fn two_runs_of_the_same_seed_record_the_same_bytes() {
    let bytes = || {
        let mut world = World::new();
        world.page("/voice", "<Dial record=\"record-from-ringing-dual\">+15550003000</Dial>");
        let sid = world.dials();
        world.run(secs(9));
        world.carrier.hangs_up(&sid);
        world.run(secs(3));
        let (_, list) = world.rest("GET", "Recordings.json", "");
        media(&mut world, &format!("Recordings/{}.wav", text(&list["recordings"][0], "sid")), true).bytes
    };
    let first = bytes();
    assert!(first.is_some());
    assert_eq!(first, bytes());
}
