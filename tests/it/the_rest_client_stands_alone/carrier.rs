//! The values against the carrier in a box, without a network.

use std::time::Duration;

use base64::Engine as _;
use switchboard::sim::carrier::{Carrier, CarrierConfig, EndpointScript, HttpReply, NumberConfig};
use switchboard::telephony::Failure;
use switchboard::telephony::twilio::api::*;

use super::operations::{Ids, all};

const LINE: &str = "+15550001000";
const BOB: &str = "+15550003000";

/// A carrier, an application that plays music to everybody, and an account.
struct World {
    carrier: Carrier,
    account: AccountSid,
    authorization: String,
}

impl World {
    fn new() -> Self {
        let config = CarrierConfig { calls_per_second: 1000, ..CarrierConfig::default() };
        let (account, token) = (config.account_sid.clone(), config.auth_token.clone());
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{account}:{token}"));
        let mut carrier = Carrier::new(config);
        carrier.number(NumberConfig {
            number: LINE.to_owned(),
            voice_url: "https://app.test/voice".to_owned(),
            ..NumberConfig::default()
        });
        carrier.script(BOB, EndpointScript::default());
        Self { carrier, account: account.parse().expect("an account"), authorization: format!("Basic {basic}") }
    }

    fn ask(&mut self, request: &ApiRequest) -> (u16, String) {
        let body = request.body.clone().unwrap_or_default();
        let method = request.method.to_string();
        let authorization = Some(self.authorization.as_str());
        let reply = self.carrier.rest(&method, &request.path_and_query, authorization, body.as_bytes());
        (reply.status, reply.body)
    }

    fn send<O: Operation>(&mut self, operation: O) -> Result<O::Reply, Error> {
        let (status, body) = self.ask(&operation.request(&self.account).expect("it can be sent"));
        operation.read(&Answer::new(status, body.as_bytes()))
    }

    fn list_all<L: Listing>(&mut self, listing: L) -> (Vec<L::Item>, usize) {
        let mut pages = Pages::new(listing, &self.account).expect("it can be sent");
        let (mut items, mut asked) = (Vec::new(), 0);
        while let Some(request) = pages.request().cloned() {
            let (status, body) = self.ask(&request);
            items.extend(pages.read(&Answer::new(status, body.as_bytes())).expect("a page"));
            asked += 1;
        }
        (items, asked)
    }

    fn run(&mut self, time: Duration) {
        let until = self.carrier.now() + time;
        loop {
            for hook in self.carrier.take_webhooks() {
                let is_callback = hook.url.contains("/status");
                let music = HttpReply::twiml("<Response><Pause length=\"600\"/></Response>".to_owned());
                self.carrier.webhook_result(hook.id, Ok(if is_callback { HttpReply::empty() } else { music }));
            }
            match self.carrier.next_due().filter(|due| *due <= until) {
                Some(due) => self.carrier.advance(due),
                None => break,
            }
        }
        self.carrier.advance(until);
    }

    fn place(&mut self) -> calls::Call {
        self.send(calls::Create::new(BOB, LINE).url("https://app.test/out")).expect("it is placed")
    }
}

#[test]
fn a_call_is_placed_watched_and_ended() {
    let mut world = World::new();
    let placed = world.place();
    assert_eq!((placed.status, placed.direction), (Some(CallStatus::Queued), Some(CallDirection::OutboundApi)));
    assert_eq!((placed.to.as_deref(), placed.from.as_deref()), (Some(BOB), Some(LINE)));
    world.run(Duration::from_secs(30));
    let live = world.send(calls::Fetch::new(&placed.sid)).expect("it is there");
    assert_eq!((live.status, live.duration_secs), (Some(CallStatus::InProgress), None));
    assert!(live.start_time.is_some() && live.end_time.is_none());
    let ended = world.send(calls::Update::new(&placed.sid).status(CallEnd::Completed)).expect("it is ended");
    assert_eq!(ended.sid, placed.sid);
    world.run(Duration::from_secs(5));
    let over = world.send(calls::Fetch::new(&placed.sid)).expect("it is there");
    assert_eq!(over.status, Some(CallStatus::Completed));
    assert!(over.duration_secs.is_some_and(|secs| secs > 0), "{over:?}");
    let again = world.send(calls::Update::new(&placed.sid).status(CallEnd::Completed)).expect_err("it is over");
    assert_eq!((again.code(), again.failure()), (Some(21220), Failure::Rejected));
}

#[test]
fn a_list_is_walked_over_its_pages_and_narrowed() {
    let mut world = World::new();
    let mut placed: Vec<String> = (0..5).map(|_| world.place().sid).collect();
    placed.reverse();
    let (all, asked) = world.list_all(calls::List::new().page_size(2));
    assert_eq!((all.iter().map(|call| call.sid.clone()).collect::<Vec<_>>(), asked), (placed.clone(), 3));
    let (some, asked) = world.list_all(calls::List::new().limit(3).page_size(2));
    assert_eq!((some.len(), asked), (3, 2));
    assert_eq!(world.list_all(calls::List::new().to(LINE)).0.len(), 0);
    assert_eq!(world.list_all(calls::List::new().to(BOB).status(CallStatus::Queued)).0.len(), 5);
    let tomorrow = world.carrier.now() + Duration::from_secs(86_400);
    world.run(Duration::from_secs(30));
    assert_eq!(world.list_all(calls::List::new().start_time_after(tomorrow)).0.len(), 0);
    assert_eq!(world.list_all(calls::List::new().start_time_before(tomorrow)).0.len(), 5);
}

#[test]
fn somebody_is_called_into_a_room_muted_held_and_removed() {
    let mut world = World::new();
    let called = participants::Create::new("a room", BOB, LINE).label("bob").end_conference_on_exit(true);
    let bob = world.send(called).expect("bob is called");
    assert_eq!((bob.label.as_deref(), bob.end_conference_on_exit), (Some("bob"), Some(true)));
    world.run(Duration::from_secs(30));
    let room = bob.conference_sid.expect("the room");
    let (here, _) = world.list_all(participants::List::new(&room));
    assert_eq!((here.len(), here[0].call_sid.clone()), (1, bob.call_sid.clone()));
    let update = participants::Update::new(&room, "bob").muted(true).hold(true).hold_url("https://app.test/music");
    let quiet = world.send(update).expect("muted and held");
    assert_eq!((quiet.muted, quiet.hold, quiet.call_sid), (Some(true), Some(true), bob.call_sid.clone()));
    let fetched = world.send(conferences::Fetch::new(&room)).expect("the room");
    assert_eq!(fetched.friendly_name.as_deref(), Some("a room"));
    world.send(participants::Delete::new(&room, &bob.call_sid)).expect("removed");
    world.run(Duration::from_secs(5));
    let gone = world.send(participants::Fetch::new(&room, &bob.call_sid)).expect_err("not there");
    assert!(gone.is_not_found(), "{gone}");
    let over = world.send(conferences::Fetch::new(&room)).expect("the room");
    assert_eq!(over.status, Some(ConferenceStatus::Completed));
    let (rooms, _) = world.list_all(conferences::List::new().status(ConferenceStatus::Completed));
    assert_eq!(rooms.len(), 1);
}

#[test]
fn a_call_is_recorded_and_the_recording_found_and_deleted() {
    let mut world = World::new();
    let call = world.place().sid;
    let early = world.send(recordings::Start::new(&call)).expect_err("it is not answered yet");
    assert_eq!(early.code(), Some(21220));
    world.run(Duration::from_secs(30));
    let started = recordings::Start::new(&call).recording_channels(RecordingChannels::Dual).trim(Trim::Nothing);
    let started = world.send(started).expect("it runs");
    assert_eq!(started.status, Some(RecordingStatus::InProgress));
    assert_eq!(started.source, Some(RecordingSource::StartCallRecordingApi));
    world.run(Duration::from_secs(5));
    let pause = recordings::UpdateOfCall::new(&call, recordings::CURRENT, RecordingAction::Pause);
    let paused = world.send(pause.pause_behavior(PauseBehavior::Skip)).expect("it pauses");
    assert_eq!((paused.sid.as_str(), paused.status), (started.sid.as_str(), Some(RecordingStatus::Paused)));
    world.send(recordings::UpdateOfCall::new(&call, &started.sid, RecordingAction::Resume)).expect("it goes on");
    world.send(recordings::UpdateOfCall::new(&call, &started.sid, RecordingAction::Stop)).expect("it stops");
    world.run(Duration::from_secs(60));
    let done = world.send(recordings::Fetch::new(&started.sid)).expect("it is there");
    assert_eq!((done.status, done.channels), (Some(RecordingStatus::Completed), Some(2)));
    assert_eq!((done.call_sid.as_deref(), done.duration_secs.is_some()), (Some(call.as_str()), true));
    assert_eq!(world.list_all(recordings::ListOfCall::new(&call)).0.len(), 1);
    assert_eq!(world.list_all(recordings::List::new().call_sid(&call)).0.len(), 1);
    let media = recordings::Media::new(&started.sid, recordings::Format::Wav).requested_channels(2);
    let (status, body) = world.ask(&media.request(&world.account).expect("it can be sent"));
    media.accept(&Answer::new(status, body.as_bytes())).expect("audio");
    world.send(recordings::Delete::new(&started.sid)).expect("it is deleted");
    assert_eq!(world.list_all(recordings::List::new()).0.len(), 0);
    let gone = world.list_all(recordings::List::new().include_soft_deleted(true)).0;
    assert_eq!(gone[0].status, Some(RecordingStatus::Deleted));
}

#[test]
fn refusals_come_with_their_codes() {
    let mut world = World::new();
    let wrong = world.send(calls::Create::new("nobody", LINE).url("https://app.test/out")).expect_err("no number");
    assert_eq!((wrong.code(), wrong.error_code().map(|code| code.group)), (Some(21211), Some(Group::Number)));
    assert!(wrong.more_info().is_some_and(|page| page.ends_with("/21211")), "{:?}", wrong.more_info());
    let absent = world.send(calls::Fetch::new(format!("CA{:032x}", 9))).expect_err("no such call");
    assert!(absent.is_not_found());
    let large = world.send(calls::List::new().page_size(1001)).expect_err("too large");
    assert_eq!(large.code(), Some(20007));
    world.authorization = "Basic bm9ib2R5OnNlY3JldA==".to_owned();
    let stranger = world.send(calls::List::new()).expect_err("a stranger");
    assert_eq!((stranger.status(), stranger.code()), (Some(401), Some(20003)));
}

#[test]
fn whatever_the_carrier_answers_to_any_operation_can_be_read() {
    for is_full in [false, true] {
        let (mut world, mut ids) = (World::new(), Ids::default());
        for (name, make) in all() {
            let operation = make(&ids, is_full);
            let (status, body) = world.ask(&operation.request(&world.account).expect("it can be sent"));
            let answer = Answer::new(status, body.as_bytes());
            match operation.read(&answer) {
                Ok(()) => ids.learn(body.as_bytes()),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Refused, "{name} {body}");
                    assert!(error.code().is_some() && error.message().is_some(), "{name} {status} {body}");
                }
            }
            world.run(Duration::from_secs(1));
        }
    }
}
