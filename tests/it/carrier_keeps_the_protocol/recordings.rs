use super::*;
use switchboard::sim::carrier::{FirstChannel, RestReply};

const TOLD: &str =
    "recordingStatusCallback=\"/recording\" recordingStatusCallbackEvent=\"in-progress completed absent\"";

/// The audio at this path of the account.
pub(super) fn media(world: &mut World, path: &str, auth: bool) -> RestReply {
    let config = CarrierConfig::default();
    let token =
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
    let header = format!("Basic {token}");
    let path = format!("/2010-04-01/Accounts/{}/{path}", config.account_sid);
    world.carrier.rest("GET", &path, auth.then_some(header.as_str()), b"")
}

/// Channels, and for each the seconds in which something is to be heard.
pub(super) fn heard_in(reply: &RestReply) -> (u16, Vec<Vec<usize>>) {
    let bytes = reply.bytes.as_deref().expect("audio");
    assert_eq!((&bytes[..4], &bytes[8..16], &bytes[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
    let channels = half(22);
    assert_eq!((half(20), word(24), half(34)), (1, 8000, 16), "plain PCM, 8 kHz, 16 bits");
    assert_eq!((word(4), word(40), half(32)), (bytes.len() - 8, bytes.len() - 44, channels * 2));
    let samples: Vec<i16> = bytes[44..].chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]])).collect();
    let width = usize::from(channels);
    let loud = |channel: usize| {
        let own: Vec<i16> = samples.iter().skip(channel).step_by(width).copied().collect();
        let loud = |second: &[i16]| second.iter().filter(|s| s.unsigned_abs() > 500).count() * 2 > second.len();
        own.chunks_exact(8000).enumerate().filter(|(_, second)| loud(second)).map(|(at, _)| at).collect()
    };
    (channels, (0..width).map(loud).collect())
}

fn recordings(world: &mut World, query: &str) -> Vec<Value> {
    world.rest("GET", &format!("Recordings.json{query}"), "").1["recordings"].as_array().cloned().unwrap_or_default()
}

fn answered_call(world: &mut World, more: &str) -> String {
    world.page("/out", "<Pause length=\"600\"/>");
    let sid = world.places(BOB, more);
    world.run(Duration::from_millis(2100));
    assert_eq!(world.status(&sid), "in-progress");
    sid
}

#[test]
fn a_message_is_recorded_from_the_beep_to_the_silence_after_it_and_the_silence_is_cut_off() {
    let mut world = World::new();
    world.page("/voice", &format!("<Record action=\"/recorded\" timeout=\"4\" {TOLD}/><Say>Not reached</Say>"));
    world.page("/recorded", "<Say>Thanks</Say><Pause length=\"60\"/>");
    world.carrier.script(
        ANN,
        EndpointScript {
            says: vec![(Duration::from_millis(2400), "x".repeat(45)), (Duration::from_millis(7400), "y".repeat(30))],
            ..EndpointScript::default()
        },
    );
    let sid = world.dials();
    assert_eq!(world.hears(&sid), Hearing::Play("beep".to_owned()));
    world.run(secs(1));
    assert_eq!(
        (world.hears(&sid), world.told("/recording", "RecordingStatus")),
        (Hearing::Pause, vec!["in-progress".to_owned()])
    );
    // Words of 3 s from 2.4 s on, and of 2 s from 7.4 s on; then 4 s of silence.
    world.run(Duration::from_millis(12_390));
    assert!(world.told("/recorded", "Digits").is_empty());
    world.run(Duration::from_millis(20));
    assert_eq!(world.told("/recorded", "RecordingDuration"), ["7"]);
    assert_eq!(world.told("/recorded", "Digits"), [""]);
    assert_eq!(world.hears(&sid), say("Thanks"));
    let re = world.told("/recorded", "RecordingSid").remove(0);
    assert!(world.told("/recorded", "RecordingUrl")[0].ends_with(&format!("/Recordings/{re}")));

    assert_eq!(media(&mut world, &format!("Recordings/{re}.wav"), true).status, 404, "not ready yet");
    world.run(secs(2));
    assert_eq!(world.told("/recording", "RecordingStatus"), ["in-progress", "completed"]);
    let done = world.log.iter().rfind(|h| path_of(h) == "/recording").cloned().expect("a callback");
    let fields = [
        ("RecordingSid", re.as_str()),
        ("CallSid", sid.as_str()),
        ("RecordingDuration", "7"),
        ("RecordingChannels", "1"),
        ("RecordingSource", "RecordVerb"),
        ("RecordingTrack", "both"),
        ("ErrorCode", "0"),
    ];
    for (name, value) in fields {
        assert_eq!(field(&done, name).as_deref(), Some(value), "{name}");
    }
    assert!(done.body.contains("RecordingStartTime=Wed%2C+01+Jan+2025+00%3A00%3A00+%2B0000"), "{}", done.body);
    let audio = media(&mut world, &format!("Recordings/{re}.wav"), true);
    assert_eq!(audio.bytes.as_ref().map(Vec::len), Some(44 + 7 * 16_000));
    assert_eq!(heard_in(&audio), (1, vec![vec![0, 1, 2, 5, 6]]));
    assert!(audio.headers.contains(&("Content-Type".to_owned(), "audio/x-wav".to_owned())));
    assert_eq!(media(&mut world, &format!("Recordings/{re}"), true).bytes, audio.bytes, "no suffix is WAV");
}

#[test]
fn nothing_but_silence_is_dropped_and_the_next_verb_runs_unless_the_rule_says_otherwise() {
    for asks in [false, true] {
        let mut config = CarrierConfig::default();
        config.rules.voice.message_length = Duration::ZERO;
        config.rules.voice.silent_record_asks_action = asks;
        let mut world = World::with(config);
        world.page("/voice", &format!("<Record action=\"/recorded\" {TOLD}/><Say>Nobody spoke</Say>"));
        world.page("/recorded", "<Say>Asked</Say>");
        let sid = world.dials();
        world.run(Duration::from_millis(5450));
        assert_eq!(world.hears(&sid), say(if asks { "Asked" } else { "Nobody spoke" }));
        world.run(secs(3));
        assert_eq!(world.told("/recording", "RecordingStatus"), ["in-progress", "absent"]);
        assert_eq!(world.told("/recording", "ErrorCode"), ["0", "16102"]);
        let recording = recordings(&mut world, "").remove(0);
        assert_eq!((text(&recording, "status"), &recording["error_code"]), ("absent".to_owned(), &Value::from(16_102)));
    }
}

#[test]
fn without_an_action_the_same_document_is_asked_for_again_and_a_key_that_does_not_finish_changes_nothing() {
    let mut world = World::new();
    world.page("/voice", "<Record finishOnKey=\"#\" playBeep=\"false\" timeout=\"0\" maxLength=\"30\"/>");
    let sid = world.dials();
    world.run(secs(3));
    world.carrier.presses(&sid, "5");
    world.pump();
    assert_eq!(world.asked(), ["/voice"]);
    world.carrier.presses(&sid, "#");
    world.pump();
    assert_eq!(world.told("/voice", "Digits"), ["", "%23"]);
    world.run(secs(30));
    assert_eq!(world.told("/voice", "RecordingDuration"), ["", "3", "10"], "the silence after the message is cut off");
}

#[test]
fn a_dial_is_recorded_from_the_answer_or_from_the_ringing_and_its_action_names_the_recording() {
    let cases = [("record-from-answer", 1, "30"), ("record-from-ringing-dual", 2, "32")];
    for (record, channels, length) in cases {
        let mut world = World::new();
        world.page("/voice", &format!("<Dial record=\"{record}\" action=\"/dialled\" {TOLD}>+15550003000</Dial>"));
        let sid = world.dials();
        world.run(Duration::from_millis(32_100));
        world.carrier.hangs_up(&world.leg_to(BOB));
        world.pump();
        assert_eq!(world.told("/dialled", "RecordingDuration"), [length]);
        let re = world.told("/dialled", "RecordingSid").remove(0);
        world.run(secs(3));
        assert_eq!(world.told("/recording", "RecordingSource"), ["DialVerb", "DialVerb"]);
        assert_eq!(world.told("/recording", "CallSid"), [sid.clone(), sid.clone()], "the parent leg");
        let audio = media(&mut world, &format!("Recordings/{re}.wav"), true);
        let (got, heard) = heard_in(&audio);
        assert_eq!((got, heard[0].len()), (channels, 30), "{record}");
        if channels == 2 {
            // The caller talks once the other is there; what the caller hears begins with the ringing.
            assert_eq!((heard[0][0], heard[1].len()), (2, 32));
            let mono = media(&mut world, &format!("Recordings/{re}.wav?RequestedChannels=1"), true);
            assert_eq!(heard_in(&mono).0, 1);
        } else {
            let dual = media(&mut world, &format!("Recordings/{re}.wav?RequestedChannels=2"), true);
            assert!(dual.status == 400 && dual.body.contains("16113"), "{}", dual.body);
        }
    }
}

#[test]
fn the_rule_decides_which_party_the_first_channel_holds() {
    for (first, parent) in [(FirstChannel::Parent, 0), (FirstChannel::Called, 1)] {
        let mut config = CarrierConfig::default();
        config.rules.voice.first_channel = first;
        let mut world = World::with(config);
        world.page("/voice", "<Dial record=\"record-from-answer-dual\" action=\"/dialled\">+15550003000</Dial>");
        let says = vec![(secs(5), "x".repeat(45))];
        world.carrier.script(ANN, EndpointScript { says, ..EndpointScript::default() });
        let sid = world.dials();
        world.run(Duration::from_millis(12_100));
        world.carrier.hangs_up(&sid);
        world.run(secs(3));
        let re = world.told("/dialled", "RecordingSid").remove(0);
        let (_, heard) = heard_in(&media(&mut world, &format!("Recordings/{re}.wav"), true));
        // Bridged 2.1 s after dialling; the caller says 3 s of words at 5 s; the other one talks all the time.
        assert_eq!((heard[parent].clone(), heard[1 - parent].len()), (vec![3, 4, 5], 10), "{first:?}");
    }
}

#[test]
fn a_conference_is_recorded_from_its_start_to_its_end_without_those_who_only_whisper() {
    let mut world = World::new();
    world.page("/voice", &format!("<Dial><Conference record=\"record-from-start\" {TOLD}>room</Conference></Dial>"));
    let first = world.dials();
    world.run(secs(20));
    assert!(world.told("/recording", "RecordingStatus").is_empty(), "nobody is recorded while waiting");
    let second = world.dials();
    world.run(secs(10));
    world.page("/voice", &format!("<Dial><Conference coach=\"{second}\">room</Conference></Dial>"));
    let coach = world.dials();
    world.run(secs(10));
    for sid in [&coach, &second, &first] {
        world.carrier.hangs_up(sid);
        world.pump();
    }
    world.run(secs(3));
    assert_eq!(world.told("/recording", "RecordingStatus"), ["in-progress", "completed"]);
    assert_eq!(world.told("/recording", "RecordingDuration"), ["", "20"]);
    let room = world.told("/recording", "ConferenceSid").remove(0);
    assert!(room.starts_with("CF"));
    let (_, list) = world.rest("GET", &format!("Conferences/{room}/Recordings.json"), "");
    let recording = &list["recordings"][0];
    assert_eq!((text(recording, "source"), text(recording, "conference_sid")), ("Conference".to_owned(), room.clone()));
    assert!(recording["call_sid"].is_null() && recording.get("track").is_none());
    assert_eq!(world.rest("POST", &format!("Conferences/{room}/Recordings.json"), "").0, 405);
    assert_eq!(recordings(&mut world, &format!("?ConferenceSid={room}")).len(), 1);
}

#[test]
fn a_call_placed_with_record_names_its_recording_in_its_last_callback() {
    let mut world = World::new();
    let more = "&Record=true&RecordingChannels=dual&Trim=do-not-trim&StatusCallback=https://app.test/status\
                &RecordingStatusCallback=https://app.test/recording";
    let sid = answered_call(&mut world, more);
    world.run(secs(9));
    world.carrier.hangs_up(&sid);
    world.pump();
    assert_eq!(world.told("/status", "RecordingDuration"), ["9"]);
    let re = world.told("/status", "RecordingSid").remove(0);
    world.run(secs(3));
    assert_eq!(world.told("/recording", "RecordingStatus"), ["completed"]);
    assert_eq!(world.told("/recording", "RecordingSource"), ["OutboundAPI"]);
    assert_eq!(world.told("/recording", "RecordingSid"), [re]);
    let (status, error) = world.rest(
        "POST",
        "Calls.json",
        "To=%2B15550003000&From=%2B15550001000&Url=https://app.test/out&Record=true&RecordingChannels=three",
    );
    assert_eq!((status, &error["code"]), (400, &Value::from(20_001)));
}

#[test]
fn a_running_call_is_recorded_paused_resumed_and_stopped_by_rest() {
    let mut world = World::new();
    let sid = answered_call(&mut world, "");
    let path = format!("Calls/{sid}/Recordings.json");
    let form = "RecordingStatusCallback=https://app.test/recording&RecordingStatusCallbackEvent=in-progress&RecordingStatusCallbackEvent=completed";
    let (status, recording) = world.rest("POST", &path, form);
    let re = text(&recording, "sid");
    assert_eq!(
        (status, text(&recording, "status"), text(&recording, "source")),
        (201, "in-progress".to_owned(), "StartCallRecordingAPI".to_owned())
    );
    assert!(recording["duration"].is_null() && recording["channels"] == 1 && recording["track"] == "both");
    assert_eq!(text(&world.rest("POST", &path, "").1, "sid"), re, "a second start records nothing more");

    let current = format!("Calls/{sid}/Recordings/Twilio.CURRENT.json");
    world.run(secs(10));
    assert_eq!(text(&world.rest("POST", &current, "Status=paused&PauseBehavior=skip").1, "status"), "paused");
    world.run(secs(20));
    assert_eq!(text(&world.rest("POST", &current, "Status=in-progress").1, "status"), "in-progress");
    world.run(secs(5));
    world.rest("POST", &current, "Status=paused");
    world.run(secs(3));
    assert_eq!(media(&mut world, &format!("Recordings/{re}.wav"), true).status, 404);
    let (status, stopped) = world.rest("POST", &current, "Status=stopped");
    assert_eq!(
        (status, text(&stopped, "status"), text(&stopped, "duration")),
        (200, "stopped".to_owned(), "18".to_owned())
    );
    assert_eq!(world.rest("POST", &format!("Calls/{sid}/Recordings/{re}.json"), "Status=paused").1["code"], 16_114);
    assert_eq!(world.rest("POST", &current, "Status=paused").0, 404, "none runs");
    world.run(secs(2));
    assert_eq!(world.told("/recording", "RecordingStatus"), ["in-progress", "completed"]);
    assert_eq!(text(&world.rest("GET", &format!("Recordings/{re}.json"), "").1, "status"), "completed");
    let audio = media(&mut world, &format!("Recordings/{re}.wav"), true);
    assert_eq!(audio.bytes.map(|b| b.len()), Some(44 + 18 * 16_000));

    for (status, code) in [("over", 20_001), ("", 20_001)] {
        world.rest("POST", &path, "");
        assert_eq!(world.rest("POST", &current, &format!("Status={status}")).1["code"], code);
    }
    world.carrier.hangs_up(&sid);
    world.pump();
    assert_eq!(world.rest("POST", &path, "").1["code"], 21_220);
}

#[test]
fn current_is_refused_when_several_recordings_run() {
    let mut world = World::new();
    world.page("/voice", "<Start><Recording/></Start><Say>Hello</Say><Pause length=\"600\"/>");
    let sid = world.dials();
    assert_eq!(world.rest("POST", &format!("Calls/{sid}/Recordings.json"), "").0, 201);
    let (status, error) = world.rest("POST", &format!("Calls/{sid}/Recordings/Twilio.CURRENT.json"), "Status=paused");
    assert_eq!((status, &error["code"]), (400, &Value::from(16_108)));
}

#[test]
fn a_recording_begun_by_start_goes_on_across_documents_until_it_is_stopped_by_name() {
    let mut world = World::new();
    let start = "<Start><Recording name=\"mine\" channels=\"mono\" trim=\"do-not-trim\" recordingStatusCallback=\"https://app.test/recording\"/></Start>";
    world.page("/voice", &format!("<Say>Hi</Say>{start}<Pause length=\"4\"/><Redirect>/next</Redirect>"));
    world.page("/next", "<Pause length=\"6\"/><Stop><Recording name=\"other\"/></Stop><Stop><Recording name=\"mine\"/></Stop><Pause length=\"60\"/>");
    world.dials();
    world.run(secs(15));
    assert_eq!(world.told("/recording", "RecordingDuration"), ["10"]);
    assert_eq!(world.told("/recording", "RecordingSource"), ["StartCallRecordingTwiML"]);
    assert_eq!(world.told("/recording", "RecordingChannels"), ["2"], "whatever `channels` says");
    assert_eq!(world.codes(), [12_200]);
    let mut world = World::new();
    world.page(
        "/voice",
        "<Start><Recording recordingStatusCallback=\"/recording\"/></Start><Say>Hello there</Say><Pause length=\"4\"/>",
    );
    world.dials();
    world.run(secs(15));
    assert_eq!((world.codes(), world.told("/recording", "RecordingStatus")), (vec![11_200], Vec::new()));
}

#[test]
fn a_deleted_recording_has_no_audio_and_its_metadata_for_forty_days() {
    let mut world = World::new();
    let sid = answered_call(&mut world, "&Record=true&Trim=do-not-trim");
    world.run(secs(5));
    let re = text(&recordings(&mut world, "")[0], "sid");
    assert_eq!(world.rest("DELETE", &format!("Recordings/{re}.json"), "").1["code"], 16_114, "it runs");
    world.carrier.hangs_up(&sid);
    world.run(secs(3));
    let before = world.rest("GET", &format!("Recordings/{re}.json"), "").1;
    assert!(text(&before, "media_url").ends_with(&re) && before["subresource_uris"]["transcriptions"].is_string());
    assert_eq!(world.rest("DELETE", &format!("Recordings/{re}.json"), "").0, 204);
    assert_eq!(world.rest("DELETE", &format!("Recordings/{re}.json"), "").0, 404);
    assert_eq!(media(&mut world, &format!("Recordings/{re}.wav"), true).status, 404);
    assert_eq!(world.rest("GET", &format!("Recordings/{re}.json"), "").0, 404);
    assert!(recordings(&mut world, "").is_empty());
    let kept = recordings(&mut world, "?IncludeSoftDeleted=true");
    assert_eq!((kept.len(), text(&kept[0], "status")), (1, "deleted".to_owned()));
    world.run(secs(41 * 86_400));
    assert!(recordings(&mut world, "?IncludeSoftDeleted=true").is_empty());
}

#[test]
fn audio_is_given_to_those_who_may_have_it_and_an_mp3_lasts_as_long() {
    for needed in [true, false] {
        let mut config = CarrierConfig::default();
        config.rules.voice.media_needs_auth = needed;
        let mut world = World::with(config);
        let sid = answered_call(&mut world, "&Record=true&Trim=do-not-trim");
        world.run(secs(9));
        world.carrier.hangs_up(&sid);
        world.run(secs(3));
        let re = text(&recordings(&mut world, "")[0], "sid");
        let stranger = media(&mut world, &format!("Recordings/{re}.wav"), false);
        assert_eq!((stranger.status, stranger.bytes.is_some()), if needed { (401, false) } else { (200, true) });
        let reply = media(&mut world, &format!("Recordings/{re}.mp3"), true);
        assert!(reply.headers.contains(&("Content-Type".to_owned(), "audio/mpeg".to_owned())));
        let bytes = reply.bytes.expect("audio");
        // 32 kbit/s: 4000 bytes a second, in frames of 288 bytes that each begin with a sync word.
        assert_eq!((bytes.len() % 288, bytes.len().div_ceil(4000)), (0, 9));
        assert!(bytes.chunks(288).all(|frame| frame[..3] == [0xFF, 0xE3, 0x48]));
        for path in ["Recordings/RE0.wav", "Recordings/..%2f..%2fpasswd.wav", "Recordings/REzz.mp3"] {
            assert_eq!(media(&mut world, path, true).status, 404, "{path}");
        }
    }
}

#[test]
fn the_list_is_filtered_by_call_and_by_day() {
    let mut world = World::new();
    let first = answered_call(&mut world, "&Record=true");
    answered_call(&mut world, "&Record=true");
    assert_eq!(recordings(&mut world, "").len(), 2);
    assert_eq!(recordings(&mut world, &format!("?CallSid={first}")).len(), 1);
    assert_eq!(recordings(&mut world, "?DateCreated=2025-01-01").len(), 2);
    assert_eq!(recordings(&mut world, "?DateCreated%3E=2025-01-02").len(), 0);
    let (_, own) = world.rest("GET", &format!("Calls/{first}/Recordings.json"), "");
    assert_eq!(own["recordings"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.rest("GET", "Recordings.json?DateCreated=soon", "").0, 400);
    assert_eq!(world.rest("GET", "Calls/CA0/Recordings.json", "").0, 404);
}

#[test]
fn a_coach_is_not_in_the_recording_of_the_conference() {
    for coaches in [false, true] {
        let mut world = World::new();
        let quiet = || EndpointScript { says: vec![(secs(4), "x".repeat(30))], ..EndpointScript::default() };
        let loud = EndpointScript { says: vec![(secs(20), "x".repeat(75))], ..EndpointScript::default() };
        for (caller, script) in [(ANN, quiet()), (BOB, quiet()), ("+15550004000", loud)] {
            world.carrier.script(caller, script);
        }
        world
            .page("/voice", &format!("<Dial><Conference record=\"record-from-start\" {TOLD}>room</Conference></Dial>"));
        let first = world.dials();
        world.carrier.caller_dials(BOB, LINE);
        world.pump();
        let coach = if coaches { format!("coach=\"{first}\"") } else { String::new() };
        world.page("/voice", &format!("<Dial><Conference {coach}>room</Conference></Dial>"));
        world.carrier.caller_dials("+15550004000", LINE);
        world.run(secs(40));
        let room = world.told("/recording", "ConferenceSid").remove(0);
        world.rest("POST", &format!("Conferences/{room}.json"), "Status=completed");
        world.run(secs(3));
        // Both others speak from 4 s to 6 s; the coach from 20 s to 25 s.
        let length = if coaches { "2" } else { "21" };
        assert_eq!(world.told("/recording", "RecordingDuration"), ["", length], "silence at both ends is cut off");
    }
}

#[test]
fn a_conference_recording_is_paused_but_not_stopped_by_rest() {
    let mut world = World::new();
    let form = "To=%2B15550003000&From=%2B15550001000&ConferenceRecord=record-from-start&ConferenceTrim=do-not-trim\
                &ConferenceRecordingStatusCallback=https://app.test/recording";
    world.rest("POST", "Conferences/room/Participants.json", form);
    world.rest("POST", "Conferences/room/Participants.json", "To=client:ana&From=%2B15550001000");
    world.run(Duration::from_millis(2100));
    world.run(secs(10));
    let (_, list) = world.rest("GET", "Conferences.json?FriendlyName=room", "");
    let room = text(&list["conferences"][0], "sid");
    let current = format!("Conferences/{room}/Recordings/Twilio.CURRENT.json");
    assert_eq!(world.rest("POST", &current, "Status=stopped").1["code"], 20_001);
    let (status, paused) = world.rest("POST", &current, "Status=paused&PauseBehavior=skip");
    assert_eq!((status, text(&paused, "status")), (200, "paused".to_owned()));
    world.run(secs(10));
    assert_eq!(world.rest("POST", &current, "Status=in-progress").0, 200);
    world.run(secs(5));
    world.rest("POST", &format!("Conferences/{room}.json"), "Status=completed");
    world.run(secs(3));
    assert_eq!(world.told("/recording", "RecordingDuration"), ["15"]);
}

#[test]
fn a_participant_who_is_added_with_record_is_recorded_alone() {
    let mut world = World::new();
    let form = "To=%2B15550003000&From=%2B15550001000&Record=true&RecordingChannels=dual&Trim=do-not-trim\
                &RecordingStatusCallback=https://app.test/recording";
    let (status, person) = world.rest("POST", "Conferences/room/Participants.json", form);
    assert_eq!(status, 201);
    world.run(Duration::from_millis(8100));
    world.carrier.hangs_up(&text(&person, "call_sid"));
    world.run(secs(3));
    assert_eq!(world.told("/recording", "RecordingDuration"), ["6"]);
    assert_eq!(world.told("/recording", "CallSid"), [text(&person, "call_sid")]);
}

#[test]
fn a_dial_of_a_queue_is_recorded_while_the_two_talk() {
    let mut world = World::new();
    world.page("/voice", "<Enqueue>sales</Enqueue>");
    let caller = world.dials();
    world.run(secs(30));
    world.page("/out", "<Dial record=\"record-from-answer\" action=\"/dialled\"><Queue>sales</Queue></Dial>");
    world.places(BOB, "");
    world.run(Duration::from_millis(2100));
    assert_eq!(world.hears(&caller), Hearing::Party);
    world.run(secs(12));
    world.carrier.hangs_up(&caller);
    world.pump();
    assert_eq!(world.told("/dialled", "RecordingDuration"), ["12"]);
}

#[test]
fn a_redirect_by_rest_ends_a_message_and_keeps_its_recording() {
    let mut world = World::new();
    world.page("/voice", "<Record action=\"/recorded\" timeout=\"0\"/>");
    world.page("/else", "<Say>Elsewhere</Say>");
    let sid = world.dials();
    world.run(secs(8));
    world.rest("POST", &format!("Calls/{sid}.json"), "Url=https://app.test/else");
    assert_eq!((world.hears(&sid), world.asked()), (say("Elsewhere"), vec!["/voice", "/else"]));
    world.run(secs(9));
    let kept = recordings(&mut world, "").remove(0);
    assert_eq!((text(&kept, "status"), text(&kept, "duration")), ("completed".to_owned(), "8".to_owned()));
}

#[test]
fn the_names_of_recordings_in_actions_are_a_rule() {
    let mut config = CarrierConfig::default();
    config.rules.voice.actions_name_the_recording = false;
    let mut world = World::with(config);
    world.page("/voice", "<Record action=\"/recorded\" timeout=\"0\"/>");
    let sid = world.dials();
    world.run(secs(5));
    world.carrier.presses(&sid, "1");
    world.pump();
    assert_eq!(
        (world.told("/recorded", "RecordingSid"), world.told("/recorded", "RecordingDuration")),
        (vec![String::new()], vec!["5".to_owned()])
    );
}

#[test]
fn a_call_on_a_conversation_relay_is_recorded_by_its_document_and_not_by_rest() {
    let mut world = World::new();
    world.page(
        "/voice",
        "<Start><Recording/></Start><Connect><ConversationRelay url=\"wss://app.test/relay\"/></Connect>",
    );
    let sid = world.dials();
    let (status, error) = world.rest("POST", &format!("Calls/{sid}/Recordings.json"), "");
    assert_eq!((status, &error["code"]), (400, &Value::from(21_220)));
    assert_eq!(text(&recordings(&mut world, "")[0], "source"), "StartCallRecordingTwiML");
}
