use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use switchboard::sim::carrier::{Direction, EndCause, Joined, Loss};

#[test]
fn a_caller_hears_the_document_and_is_hung_up_at_its_end() {
    let mut world = World::new();
    world.page("/voice", "<Say>Welcome to the centre</Say><Play>/hello.mp3</Play>");
    let sid = world.dials();
    assert_eq!((world.status(&sid), world.hears(&sid)), ("in-progress", say("Welcome to the centre")));
    world.run(secs(2));
    assert_eq!(world.hears(&sid), Hearing::Play("https://app.test/hello.mp3".to_owned()));
    world.run(secs(60));
    let call = world.call(&sid);
    assert_eq!((call.status.as_str(), call.end_cause), ("completed", Some(EndCause::Document)));
    assert_eq!(call.direction, Direction::Inbound);
    assert_eq!(call.ended_at.map(|at| at.since(call.started)), Some(Duration::from_millis(21 * 1000 / 15 + 10_000)));
    assert!(world.carrier.lost().is_empty());
    assert_eq!(world.told("/line-status", "CallStatus"), ["completed"]);
    assert_eq!(world.told("/line-status", "Duration"), ["1"]);
}

#[test]
fn a_pause_delays_the_answer_and_a_reject_prevents_it() {
    let mut world = World::new();
    world.page("/voice", "<Pause length=\"3\"/><Reject reason=\"busy\"/>");
    let sid = world.dials();
    world.run(secs(2));
    assert_eq!((world.status(&sid), world.hears(&sid)), ("ringing", Hearing::Ringback));
    world.run(secs(2));
    let call = world.call(&sid);
    assert_eq!((call.status.as_str(), call.answered_at), ("busy", None));
}

#[test]
fn an_outbound_call_goes_through_every_state_and_tells_them_in_order() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"49\"/>");
    let events = "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus&StatusCallbackEvent=initiated\
                  &StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed";
    let sid = world.places(BOB, events);
    assert_eq!(world.status(&sid), "queued");
    world.run(Duration::from_millis(50));
    assert_eq!(world.status(&sid), "initiated");
    assert_eq!(world.rest("GET", &format!("Calls/{sid}.json"), "").1["status"], "queued");
    world.run(secs(1));
    assert_eq!((world.status(&sid), world.carrier.ringing_at(BOB)), ("ringing", vec![sid.clone()]));
    world.run(secs(60));
    assert_eq!(world.told("/status", "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(world.told("/status", "SequenceNumber"), ["0", "1", "2", "3"]);
    assert_eq!(world.told("/status", "CallDuration"), ["", "", "", "49"]);
    assert_eq!(world.told("/status", "Duration"), ["", "", "", "1"]);
    assert_eq!(world.told("/status", "SipResponseCode"), ["", "", "", "200"]);
    assert_eq!(world.told("/status", "CallbackSource")[0], "call-progress-events");
}

#[test]
fn unsubscribed_events_raise_the_sequence_number() {
    let mut world = World::new();
    world.page("/out", "<Pause/>");
    world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
    world.run(secs(60));
    assert_eq!(world.told("/status", "SequenceNumber"), ["3"]);
    let mut config = CarrierConfig::default();
    config.rules.unsubscribed_events_count = false;
    let mut world = World::with(config);
    world.page("/out", "<Pause/>");
    world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
    world.run(secs(60));
    assert_eq!(world.told("/status", "SequenceNumber"), ["0"]);
}

#[test]
fn endpoints_that_do_not_answer_end_the_call_as_they_should() {
    let cases = [
        (Ring::Busy, "busy", "486"),
        (Ring::Declines { after: secs(1) }, "busy", "603"),
        (Ring::RingsOut, "no-answer", "487"),
        (Ring::Fails, "failed", "404"),
    ];
    for (ring, status, sip) in cases {
        let mut world = World::new();
        world.script(BOB, ring);
        let sid = world.places(BOB, "&Timeout=20&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
        world.run(secs(24));
        if ring == Ring::RingsOut {
            assert_eq!(world.status(&sid), "ringing");
        }
        world.run(secs(2));
        assert_eq!(world.told("/status", "CallStatus"), [status]);
        assert_eq!(world.told("/status", "SipResponseCode"), [sip]);
        assert!(!world.asked().contains(&"/out"), "nobody answered: no document");
    }
}

#[test]
fn a_person_answers_declines_and_hangs_up_by_hand() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"100\"/>");
    world.script(BOB, Ring::Manual);
    let (first, second) = (world.places(BOB, ""), world.places(BOB, ""));
    world.run(secs(3));
    assert_eq!(world.carrier.ringing_at(BOB), [first.clone(), second.clone()]);
    world.carrier.answers(&first);
    world.carrier.declines(&second);
    world.pump();
    assert_eq!((world.status(&first), world.status(&second)), ("in-progress", "busy"));
    world.carrier.hangs_up(&first);
    assert_eq!(world.call(&first).end_cause, Some(EndCause::HungUp));
    world.carrier.hangs_up(&first);
    world.carrier.answers(&second);
    assert_eq!(world.status(&second), "busy");
}

#[test]
fn a_call_lasts_no_longer_than_allowed_and_that_loses_an_inbound_caller() {
    let mut world = World::new();
    world.page("/voice", "<Play loop=\"0\">/music.mp3</Play><Play loop=\"0\">/more.mp3</Play>");
    world.page("/out", "<Play loop=\"0\">/music.mp3</Play>");
    let inbound = world.dials();
    let outbound = world.places(BOB, "&TimeLimit=30");
    world.run(secs(40));
    assert_eq!(world.call(&outbound).end_cause, Some(EndCause::TimeLimit));
    assert_eq!(world.status(&inbound), "in-progress");
    world.run(secs(14_400));
    let call = world.call(&inbound);
    assert_eq!(call.end_cause, Some(EndCause::TimeLimit));
    let lost = world.carrier.lost();
    assert_eq!(lost.iter().map(|l| (l.call.as_str(), l.loss)).collect::<Vec<_>>(), [(inbound.as_str(), Loss::Cut)]);
}

#[test]
fn calls_per_second_queue_calls_and_show_the_wait() {
    let mut world = World::with(CarrierConfig { calls_per_second: 1, ..CarrierConfig::default() });
    world.page("/out", "<Pause length=\"100\"/>");
    let sids: Vec<String> = (0..3).map(|_| world.places(BOB, "")).collect();
    world.run(Duration::from_millis(1500));
    let states: Vec<&str> = sids.iter().map(|sid| world.status(sid)).collect();
    assert_eq!(states, ["ringing", "ringing", "queued"]);
    world.run(secs(10));
    let waits: Vec<String> =
        sids.iter().map(|sid| text(&world.rest("GET", &format!("Calls/{sid}.json"), "").1, "queue_time")).collect();
    assert_eq!(waits, ["0", "1000", "2000"]);
}

/// A call that would wait longer than a day is refused, and nothing is left of it.
#[test]
fn the_line_of_queued_calls_has_an_end() {
    let mut config = CarrierConfig { calls_per_second: 2, ..CarrierConfig::default() };
    config.account.queued_for_max = secs(2);
    config.rules.wire.retry_after = true;
    let mut world = World::with(config);
    world.page("/out", "<Pause length=\"100\"/>");
    (0..5).for_each(|_| drop(world.places(BOB, "")));
    let form = format!("To={}&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fout", BOB.replace('+', "%2B"));
    let (status, refused) = world.rest("POST", "Calls.json", &form);
    assert_eq!((status, refused["code"].as_u64()), (429, Some(20_429)));
    let account = CarrierConfig::default();
    let token = STANDARD.encode(format!("{}:{}", account.account_sid, account.auth_token));
    let path = format!("/2010-04-01/Accounts/{}/Calls.json", account.account_sid);
    let reply = world.carrier.rest("POST", &path, Some(&format!("Basic {token}")), form.as_bytes());
    assert!(reply.headers.contains(&("Retry-After".to_owned(), "1".to_owned())), "{:?}", reply.headers);
    world.run(secs(1));
    let (status, _) = world.rest("POST", "Calls.json", &form);
    assert_eq!(status, 201, "two have been placed, so that there is room");
}

#[test]
fn a_call_to_a_number_of_ours_is_two_calls_with_two_documents() {
    let mut world = World::new();
    world.page("/voice", "<Say>Hello from inside</Say><Pause length=\"60\"/>");
    world.page("/out", "<Pause length=\"60\"/>");
    let out = world.places(LINE, "");
    world.run(secs(5));
    let inside = world.leg_to(LINE);
    assert_ne!(inside, out);
    assert_eq!((world.status(&out), world.status(&inside)), ("in-progress", "in-progress"));
    world.carrier.hangs_up(&out);
    world.pump();
    assert_eq!((world.status(&out), world.status(&inside)), ("completed", "completed"));
    assert!(world.carrier.lost().is_empty());
    assert_eq!(world.carrier.joined(), Vec::<Joined>::new());
}

#[test]
fn silence_that_no_document_asked_for_loses_a_caller() {
    let mut world = World::new();
    world.page("/voice", "<Say>Hi</Say><Redirect>/next</Redirect>");
    let sid = world.carrier.caller_dials(ANN, LINE);
    world.pump_except("/next");
    world.carrier.advance(world.carrier.now() + secs(1));
    world.pump_except("/next");
    world.carrier.advance(world.carrier.now() + secs(4));
    assert!(world.carrier.lost().is_empty());
    world.carrier.advance(world.carrier.now() + secs(3));
    assert_eq!(world.carrier.lost().iter().map(|l| l.loss).collect::<Vec<_>>(), [Loss::Silence]);
    assert_eq!(world.hears(&sid), Hearing::Silence);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut world = World::with(CarrierConfig { seed, ..CarrierConfig::default() });
        world.page("/voice", "<Say>Hi</Say>");
        world.dials();
        world.run(secs(10));
        world.log
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

impl World {
    /// Answers all requests but those to `path`, which stay without a reply.
    fn pump_except(&mut self, path: &str) {
        for hook in self.carrier.take_webhooks() {
            if path_of(&hook) != path {
                let reply = self.pages.get(path_of(&hook)).cloned().unwrap_or_else(|| Ok(HttpReply::empty()));
                self.carrier.webhook_result(hook.id, reply);
            }
        }
    }
}
