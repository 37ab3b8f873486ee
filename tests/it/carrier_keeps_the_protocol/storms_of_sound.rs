//! Storms in which people speak, servers play and talk, and everything is recorded and written down.

use switchboard::sim::carrier::{AfterGreeting, Answerer, SocketEvent, SocketFault};

use super::storms::{Dice, check};
use super::*;

const VERBS: [&str; 23] = [
    "<Say>Hello there</Say>",
    "<Pause length=\"2\"/>",
    "<Gather input=\"speech dtmf\" action=\"/b\" partialResultCallback=\"/partial\" numDigits=\"2\"><Say>Speak</Say></Gather>",
    "<Record timeout=\"2\" action=\"/a\" transcribe=\"true\" transcribeCallback=\"/text\" recordingStatusCallback=\"/recording\" recordingStatusCallbackEvent=\"in-progress completed absent\"/>",
    "<Start><Stream name=\"s\" url=\"wss://app.test/s\" track=\"both_tracks\" statusCallback=\"https://app.test/stream\"/></Start>",
    "<Start><Recording name=\"r\" recordingStatusCallback=\"https://app.test/recording\" recordingStatusCallbackEvent=\"in-progress completed absent\"/></Start>",
    "<Start><Transcription name=\"t\" partialResults=\"true\" statusCallbackUrl=\"https://app.test/words\"/></Start>",
    "<Start><Siprec name=\"q\" statusCallback=\"https://app.test/siprec\"/></Start>",
    "<Stop><Stream name=\"s\"/></Stop>",
    "<Stop><Recording name=\"r\"/></Stop>",
    "<Stop><Transcription name=\"t\"/></Stop>",
    "<Stop><Siprec name=\"q\"/></Stop>",
    "<Connect action=\"/c\"><Stream url=\"wss://app.test/two\" statusCallback=\"https://app.test/stream\"/></Connect>",
    "<Connect action=\"/d\"><ConversationRelay url=\"wss://app.test/relay\" welcomeGreeting=\"Hello\" dtmfDetection=\"true\" partialPrompts=\"true\"/></Connect>",
    "<Connect><ConversationRelay url=\"wss://app.test/relay\"/></Connect>",
    "<Pay action=\"/a\" statusCallback=\"/pay\" timeout=\"2\" maxAttempts=\"1\" securityCode=\"false\" postalCode=\"false\"/>",
    "<Refer action=\"/b\"><Sip>sip:bob@example.com</Sip></Refer>",
    "<Sms action=\"/c\">Hello</Sms>",
    "<Echo/>",
    "<Dial record=\"record-from-ringing-dual\" action=\"/b\" referUrl=\"/c\" recordingStatusCallback=\"/recording\"><Number machineDetection=\"Enable\" amdStatusCallback=\"/amd\">+15550003000</Number></Dial>",
    "<Dial record=\"record-from-answer\" action=\"/d\"><Client>ana</Client><Sip>sip:eve@example.com</Sip></Dial>",
    "<Dial action=\"/a\"><Conference record=\"record-from-start\" recordingStatusCallback=\"/recording\">room</Conference></Dial>",
    "<Enqueue waitUrl=\"/w\" action=\"/b\">q</Enqueue>",
];

/// What a server says over a socket.
const SAID: [&str; 9] = [
    r#"{"event":"media","streamSid":"SID","media":{"payload":"VVVVVVVVVVVVVVVV"}}"#,
    r#"{"event":"mark","streamSid":"SID","mark":{"name":"m"}}"#,
    r#"{"event":"clear","streamSid":"SID"}"#,
    r#"{"type":"text","token":"Good day. How are ","last":false}"#,
    r#"{"type":"text","token":"you?","last":true}"#,
    r#"{"type":"play","source":"https://app.test/a.mp3"}"#,
    r#"{"type":"sendDigits","digits":"12"}"#,
    r#"{"type":"end","handoffData":"{}"}"#,
    "{",
];

/// The sockets that the transport holds: id, and the stream's sid once it is known.
#[derive(Default)]
struct Wires(BTreeMap<u64, String>);

impl Wires {
    /// Does what the carrier wants, now and then badly.
    fn carry(&mut self, world: &mut World, dice: &mut Dice) {
        for event in world.carrier.take_sockets() {
            match event {
                SocketEvent::Open { id, call_sid, .. } => {
                    let is_live = world.carrier.call(&call_sid).is_some_and(|call| !call.status.is_over());
                    match dice.roll(6) {
                        // It lets the carrier wait.
                        0 => drop(self.0.insert(id, String::new())),
                        1 => world.carrier.socket_failed(id, SocketFault::Refused),
                        _ if is_live => {
                            self.0.insert(id, String::new());
                            world.carrier.socket_opened(id);
                        }
                        _ => {}
                    }
                }
                SocketEvent::Text { id, text } => {
                    let message: Value = serde_json::from_str(&text).expect("what a carrier says is JSON");
                    if let (Some(known), Some(sid)) = (self.0.get_mut(&id), message["streamSid"].as_str()) {
                        sid.clone_into(known);
                    }
                }
                SocketEvent::Close { id, .. } => drop(self.0.remove(&id)),
                _ => {}
            }
        }
    }

    /// A server says something, or leaves.
    fn stir(&mut self, world: &mut World, dice: &mut Dice) {
        let ids: Vec<u64> = self.0.keys().copied().collect();
        let Some(id) = (!ids.is_empty()).then(|| ids[dice.roll(ids.len())]) else { return };
        let sid = self.0[&id].clone();
        match dice.roll(12) {
            0 => {
                self.0.remove(&id);
                world.carrier.socket_closed(id, Some(1000));
            }
            1 => {
                self.0.remove(&id);
                world.carrier.socket_failed(id, SocketFault::Broken);
            }
            2 => world.carrier.socket_binary(id),
            _ => world.carrier.socket_text(id, &dice.pick(&SAID).replace("SID", &sid)),
        }
    }
}

fn disturb(world: &mut World, wires: &mut Wires, dice: &mut Dice) {
    let sids: Vec<String> =
        world.carrier.calls().into_iter().filter(|c| !c.status.is_over() || dice.roll(9) == 0).map(|c| c.sid).collect();
    let sid = if sids.is_empty() { "CA0".to_owned() } else { sids[dice.roll(sids.len())].clone() };
    let told = "StatusCallback=https%3A%2F%2Fapp.test%2Fstream";
    match dice.roll(16) {
        0 | 1 => drop(world.carrier.caller_dials([ANN, "sip:ann@example.com", "client:ann"][dice.roll(3)], LINE)),
        2 => {
            let to = dice.pick(&["%2B15550003000", "client%3Aana", "sip%3Aeve@example.com"]);
            let more = dice.pick(&["", "&Record=true&RecordingChannels=dual", "&MachineDetection=DetectMessageEnd"]);
            let form = format!("To={to}&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fa{more}");
            drop(world.rest("POST", "Calls.json", &form));
        }
        3 => world.carrier.hangs_up(&sid),
        4 => world.carrier.presses(&sid, dice.pick(&["1", "4242424242424242", "1230", "*", "#"])),
        5 | 6 => world.carrier.says(&sid, dice.pick(&["yes", "I would like to talk to somebody about a table"])),
        7 => drop(world.rest("POST", &format!("Calls/{sid}.json"), "Url=https://app.test/b")),
        8 => drop(world.rest("POST", &format!("Calls/{sid}/Recordings.json"), "RecordingChannels=dual")),
        9 => {
            let change = dice.pick(&["Status=paused&PauseBehavior=skip", "Status=in-progress", "Status=stopped"]);
            drop(world.rest("POST", &format!("Calls/{sid}/Recordings/Twilio.CURRENT.json"), change));
        }
        10 => {
            let form = format!("Url=wss://app.test/rest&Name=rest&{told}");
            drop(world.rest("POST", &format!("Calls/{sid}/Streams.json"), &form));
        }
        11 => drop(world.rest("POST", &format!("Calls/{sid}/Streams/rest.json"), "Status=stopped")),
        12 => world.carrier.refers(&sid, "sip:other@example.com"),
        13 => {
            let kind = dice.pick(&["Transcriptions", "Siprec"]);
            drop(world.rest("POST", &format!("Calls/{sid}/{kind}.json"), "Name=rest"));
        }
        _ => wires.stir(world, dice),
    }
    let until = world.carrier.now() + Duration::from_millis(u64::try_from(dice.roll(3000)).unwrap_or(0));
    for _ in 0..600 {
        wires.carry(world, dice);
        world.pump_some(20);
        let Some(due) = world.carrier.next_due().filter(|due| *due <= until) else { break };
        world.carrier.advance(due);
    }
    world.carrier.advance(until);
    wires.carry(world, dice);
    world.pump_some(20);
}

/// What begins and ends is told in pairs, by the sid of each.
fn pairs(world: &World, path: &str, sid: &str, event: &str, ends: &[&str]) -> (usize, usize) {
    let told = |wanted: &[&str]| -> usize {
        let values = world.log.iter().filter(|hook| path_of(hook) == path && field(hook, sid).is_some());
        values.filter(|hook| field(hook, event).is_some_and(|is| wanted.contains(&is.as_str()))).count()
    };
    (told(&[ends[0]]), told(&ends[1..]))
}

#[test]
fn what_listens_to_a_call_ends_with_it_whatever_happens() {
    for seed in 0..30 {
        let mut dice = Dice(seed);
        let mut wires = Wires::default();
        let mut world = World::with(CarrierConfig { seed, ..CarrierConfig::default() });
        for path in ["/voice", "/a", "/b", "/c", "/d", "/w", "/fallback"] {
            let verbs: String = (0..=dice.roll(4)).map(|_| VERBS[dice.roll(VERBS.len())]).collect();
            world.page(path, &verbs);
        }
        let who = [
            Answerer::default(),
            Answerer::Machine { greeting: secs(5), then: AfterGreeting::Beep },
            Answerer::Fax,
            Answerer::Silent,
        ][dice.roll(4)];
        world.carrier.script(BOB, EndpointScript { who, ..EndpointScript::default() });
        for _ in 0..40 {
            disturb(&mut world, &mut wires, &mut dice);
            check(&world, seed);
        }
        for call in world.carrier.calls() {
            world.carrier.hangs_up(&call.sid);
        }
        wires.carry(&mut world, &mut dice);
        world.run(secs(60));
        wires.carry(&mut world, &mut dice);
        assert!(wires.0.is_empty(), "seed {seed}: sockets are left: {:?}", wires.0);
        let (started, stopped) =
            pairs(&world, "/stream", "StreamSid", "StreamEvent", &["stream-started", "stream-stopped"]);
        assert_eq!(started, stopped, "seed {seed}: streams");
        let ends = ["transcription-started", "transcription-stopped"];
        let (started, stopped) = pairs(&world, "/words", "TranscriptionSid", "TranscriptionEvent", &ends);
        assert_eq!(started, stopped, "seed {seed}: transcriptions");
        let (started, stopped) =
            pairs(&world, "/siprec", "SiprecSid", "SiprecEvent", &["siprec-started", "siprec-stopped"]);
        assert_eq!(started, stopped, "seed {seed}: forks to a recorder");
        let (_, list) = world.rest("GET", "Recordings.json?PageSize=1000", "");
        for recording in list["recordings"].as_array().expect("a list") {
            let status = text(recording, "status");
            assert!(matches!(status.as_str(), "completed" | "absent"), "seed {seed}: {recording}");
        }
        let (_, list) = world.rest("GET", "Conferences.json?PageSize=1000", "");
        for room in list["conferences"].as_array().expect("a list") {
            assert_eq!(room["status"], "completed", "seed {seed}: {room}");
        }
        let kept = format!("{:?}", world.carrier);
        for empty in ["jars: {}", "living: []", "running: []", "writing: []", "forking: []", "by_id: {}", "held: {}"] {
            assert!(kept.contains(empty), "seed {seed}: not {empty}");
        }
        assert_eq!(world.carrier.next_due(), None, "seed {seed}: nothing is due any more");
    }
}
