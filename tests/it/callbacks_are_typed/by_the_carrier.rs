//! The carrier in a box says nothing that the types do not know.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use switchboard::sim::carrier::{Carrier, CarrierConfig, EndpointScript, HttpReply, NumberConfig, Ring, Webhook};
use switchboard::webhook::params::{
    AnsweredBy, CallStatus, CallStatusEvent, Callback, ConferenceEvent, DialResult, EnqueueResult, FallbackRequest,
    GatherResult, MachineDetection, NamedValues, NumberStatusEvent, PartialSpeech, PayOutcome, PayProgress, PayResult,
    QueueScreening, QueueWait, RecordResult, RecordingEvent, RelayResult, SessionStatus, SiprecEvent, StreamEvent,
    TextStatusEvent, TranscriptionEvent, VoiceRequest,
};

use super::pairs;

const LINE: &str = "+15550001000";

struct World {
    carrier: Carrier,
    asked: BTreeSet<String>,
}

fn path_of(webhook: &Webhook) -> String {
    let rest = webhook.url.strip_prefix("https://app.test").unwrap_or_default();
    rest.split('?').next().unwrap_or_default().to_owned()
}

fn extra<T: Callback>(webhook: &Webhook, rest: impl Fn(T) -> NamedValues) -> NamedValues {
    let form = if webhook.method == "GET" { webhook.url.split_once('?').map_or("", |(_, q)| q) } else { &webhook.body };
    rest(T::read(pairs(form)).unwrap_or_else(|error| panic!("{error} in {form}")))
}

/// Reads what was sent to this path as what it is; gives what was left over.
fn left_over(path: &str, webhook: &Webhook) -> NamedValues {
    match path {
        "/voice" | "/out" | "/background" | "/sockets" | "/speech" | "/screen" | "/music" | "/redirected"
        | "/agent" => extra(webhook, |r: VoiceRequest| r.extra),
        "/fallback" => extra(webhook, |r: FallbackRequest| {
            assert_eq!((r.error_code, r.error_url.as_deref()), (Some(11_200), Some("https://app.test/bad")));
            r.extra
        }),
        "/gathered" => extra(webhook, |r: GatherResult| {
            assert_eq!(r.digits.as_deref(), Some("1"));
            r.extra
        }),
        "/wait" => extra(webhook, |r: QueueWait| {
            assert!(r.position.is_some() && r.size_max.is_some());
            r.extra
        }),
        "/taken" => extra(webhook, |r: QueueScreening| {
            assert!(r.dequeuing_sid.is_some());
            r.extra
        }),
        "/left" => extra(webhook, |r: EnqueueResult| {
            assert!(r.result.is_some());
            r.extra
        }),
        "/dialled" => extra(webhook, |r: DialResult| {
            assert!(r.status.is_some());
            r.extra
        }),
        "/recorded" => extra(webhook, |r: RecordResult| {
            assert!(r.recording_sid.is_some());
            r.extra
        }),
        "/line" => extra(webhook, |r: NumberStatusEvent| {
            assert!(r.duration.is_some() && r.at.is_some());
            r.extra
        }),
        "/status" => extra(webhook, |r: CallStatusEvent| {
            assert!(r.at.is_some() && r.sequence_number.is_some());
            let over = r.call.status == Some(CallStatus::Completed);
            assert_eq!((r.duration.is_some(), r.sip_response_code.is_some()), (over, over));
            r.extra
        }),
        "/said" => extra(webhook, |r: GatherResult| {
            assert!(r.speech.is_some() && r.confidence.is_some());
            r.extra
        }),
        "/partial" => extra(webhook, |r: PartialSpeech| {
            assert!(r.sequence_number.is_some());
            r.extra
        }),
        "/recording" => extra(webhook, |r: RecordingEvent| {
            assert!(r.status.is_some() && r.started_at.is_some() && r.channels.is_some());
            r.extra
        }),
        "/amd" => extra(webhook, |r: MachineDetection| {
            assert!(r.took.is_some());
            assert_eq!(r.answered_by, Some(AnsweredBy::Human));
            r.extra
        }),
        "/stream" => extra(webhook, |r: StreamEvent| {
            assert!(r.at.is_some() && r.call_sid.is_some());
            r.extra
        }),
        "/related" => extra(webhook, |r: RelayResult| {
            assert_eq!(r.session_status, Some(SessionStatus::Failed));
            assert!(r.session_id.is_some() && r.error_code.is_some());
            r.extra
        }),
        "/transcribed" => extra(webhook, |r: TranscriptionEvent| {
            assert!(r.at.is_some() && r.sequence_id.is_some());
            r.extra
        }),
        "/siprec" => extra(webhook, |r: SiprecEvent| {
            assert!(r.at.is_some());
            r.extra
        }),
        "/paying" => extra(webhook, |r: PayProgress| r.extra),
        "/paid" => extra(webhook, |r: PayResult| {
            assert_eq!(r.outcome, Some(PayOutcome::TooManyFailedAttempts));
            r.extra
        }),
        "/texted" => extra(webhook, |r: TextStatusEvent| {
            assert!(r.status.is_some());
            r.extra
        }),
        "/room" => extra(webhook, |r: ConferenceEvent| {
            assert!(r.at.is_some() && r.sequence_number.is_some());
            r.extra
        }),
        "/bad" => NamedValues::default(),
        other => panic!("nobody asked for {other}"),
    }
}

impl World {
    fn answer(&mut self, webhook: &Webhook) -> HttpReply {
        let path = path_of(webhook);
        let rest = left_over(&path, webhook);
        assert!(rest.is_empty(), "{path}: {rest:?} are not known");
        let status = "statusCallback=\"/status\" statusCallbackEvent=\"initiated ringing answered completed\"";
        let verbs = match path.as_str() {
            "/voice" => "<Gather action=\"/gathered\" numDigits=\"1\"><Say>Press 1</Say></Gather>".to_owned(),
            "/gathered" => "<Enqueue waitUrl=\"/wait\" action=\"/left\">q</Enqueue>".to_owned(),
            "/wait" => "<Pause length=\"20\"/>".to_owned(),
            "/agent" => "<Dial action=\"/dialled\"><Queue url=\"/taken\">q</Queue></Dial>".to_owned(),
            "/left" => "<Redirect method=\"GET\">/redirected</Redirect>".to_owned(),
            "/redirected" => "<Record action=\"/recorded\" timeout=\"3\"/>".to_owned(),
            "/recorded" => {
                format!("<Dial action=\"/dialled\"><Number url=\"/screen\" {status}>+15550003000</Number></Dial>")
            }
            "/dialled" => "<Dial><Conference waitUrl=\"/music\" statusCallback=\"/room\" \
                statusCallbackEvent=\"start end join leave mute hold modify speaker announcement\" \
                participantLabel=\"one\">room</Conference></Dial>"
                .to_owned(),
            "/speech" => "<Gather input=\"speech\" action=\"/said\" partialResultCallback=\"/partial\" timeout=\"9\"/>"
                .to_owned(),
            "/sockets" => {
                "<Start><Stream url=\"wss://app.test/a\" statusCallback=\"https://app.test/stream\"/></Start>\
                <Connect action=\"/related\"><ConversationRelay url=\"wss://app.test/b\"/></Connect>"
                    .to_owned()
            }
            "/background" => "<Start><Transcription statusCallbackUrl=\"https://app.test/transcribed\"/></Start>\
                <Start><Siprec connectorName=\"c\" statusCallback=\"https://app.test/siprec\"/></Start>\
                <Pay action=\"/paid\" statusCallback=\"/paying\" maxAttempts=\"1\" timeout=\"5\"/>"
                .to_owned(),
            "/said" => {
                "<Dial record=\"record-from-answer\" recordingStatusCallback=\"/recording\" action=\"/dialled\">\
                +15550003000</Dial>"
                    .to_owned()
            }
            "/bad" => return HttpReply { status: 500, ..HttpReply::default() },
            "/out" => "<Redirect>/bad</Redirect>".to_owned(),
            _ => "<Pause length=\"1\"/>".to_owned(),
        };
        self.asked.insert(path);
        HttpReply::twiml(format!("<Response>{verbs}</Response>"))
    }

    fn run(&mut self, secs: u64) {
        let until = self.carrier.now() + Duration::from_secs(secs);
        loop {
            let webhooks = self.carrier.take_webhooks();
            if !webhooks.is_empty() {
                for webhook in webhooks {
                    let reply = self.answer(&webhook);
                    self.carrier.webhook_result(webhook.id, Ok(reply));
                }
                continue;
            }
            let Some(due) = self.carrier.next_due().filter(|due| *due <= until) else { break };
            self.carrier.advance(due);
        }
        self.carrier.advance(until);
    }

    fn rest(&mut self, path: &str, form: &str) {
        let config = CarrierConfig::default();
        let token = format!("{}:{}", config.account_sid, config.auth_token);
        let token = base64::engine::general_purpose::STANDARD.encode(token);
        let path = format!("/2010-04-01/Accounts/{}/{path}", config.account_sid);
        let reply = self.carrier.rest("POST", &path, Some(&format!("Basic {token}")), form.as_bytes());
        assert!((200..300).contains(&reply.status), "{} {}", reply.status, reply.body);
    }
}

#[test]
fn whatever_the_carrier_says_is_read_in_full() {
    let mut carrier = Carrier::new(CarrierConfig::default());
    carrier.number(NumberConfig {
        number: LINE.to_owned(),
        voice_url: "https://app.test/voice".to_owned(),
        voice_fallback_url: Some("https://app.test/fallback".to_owned()),
        status_callback: Some("https://app.test/line".to_owned()),
        ..NumberConfig::default()
    });
    let mut world = World { carrier, asked: BTreeSet::new() };
    let caller = world.carrier.caller_dials("+15550002000", LINE);
    let talks = EndpointScript {
        on_ring: Ring::Answers { after: Duration::from_secs(2) },
        then: Some(Duration::from_secs(9)),
        ..EndpointScript::default()
    };
    world.carrier.script("+15550003000", talks);
    world.run(2);
    world.carrier.presses(&caller, "1");
    world.run(30);
    let events = "StatusCallback=https%3A%2F%2Fapp.test%2Fstatus&StatusCallbackEvent=initiated\
        &StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed";
    world.rest(
        "Calls.json",
        &format!("To=client%3Aana&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fagent&{events}"),
    );
    world.run(10);
    let agent = world.carrier.calls().into_iter().find(|call| call.to == "client:ana").expect("a leg to the agent").sid;
    world.carrier.hangs_up(&agent);
    world.run(40);
    world.rest("Conferences/room/Participants.json", &format!("To=client%3Abob&From=%2B15550001000&{events}"));
    world.run(10);
    let bob = world.carrier.calls().into_iter().find(|call| call.to == "client:bob").expect("a leg to Bob").sid;
    world.rest(
        &format!("Conferences/room/Participants/{bob}.json"),
        "Muted=true&Hold=true&HoldUrl=https%3A%2F%2Fapp.test%2Fmusic",
    );
    world.run(5);
    world.carrier.hangs_up(&caller);
    world.run(5);
    world.carrier.hangs_up(&bob);
    world.rest(
        "Calls.json",
        &format!(
            "To=client%3Acy&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fout\
        &FallbackUrl=https%3A%2F%2Fapp.test%2Ffallback&{events}"
        ),
    );
    world.run(20);
    let asked: Vec<&str> = world.asked.iter().map(String::as_str).collect();
    assert_eq!(
        asked,
        [
            "/agent",
            "/dialled",
            "/fallback",
            "/gathered",
            "/left",
            "/line",
            "/music",
            "/out",
            "/recorded",
            "/redirected",
            "/room",
            "/screen",
            "/status",
            "/taken",
            "/voice",
            "/wait"
        ]
    );
}

#[test]
fn recordings_verdicts_and_speech_are_read_in_full() {
    let mut carrier = Carrier::new(CarrierConfig::default());
    carrier.number(NumberConfig { number: LINE.to_owned(), ..NumberConfig::default() });
    let mut world = World { carrier, asked: BTreeSet::new() };
    let says = vec![(Duration::from_secs(6), "yes please, connect me".to_owned())];
    world.carrier.script("+15550004000", EndpointScript { says, ..EndpointScript::default() });
    let url = |path: &str| format!("https%3A%2F%2Fapp.test%2F{path}");
    let form = format!(
        "To=%2B15550004000&From=%2B15550001000&Url={}&StatusCallback={}&Record=true&RecordingStatusCallback={}\
         &RecordingStatusCallbackEvent=in-progress&RecordingStatusCallbackEvent=completed&MachineDetection=Enable\
         &AsyncAmd=true&AsyncAmdStatusCallback={}",
        url("speech"),
        url("status"),
        url("recording"),
        url("amd")
    );
    world.rest("Calls.json", &form);
    world.run(30);
    let called = world.carrier.calls().into_iter().find(|call| call.to == "+15550004000").expect("a leg").sid;
    world.carrier.hangs_up(&called);
    world.run(60);
    let asked: Vec<&str> = world.asked.iter().map(String::as_str).collect();
    assert_eq!(asked, ["/amd", "/dialled", "/partial", "/recording", "/said", "/speech", "/status"]);
}

#[test]
fn streams_and_relays_that_nobody_serves_are_read_in_full() {
    let mut carrier = Carrier::new(CarrierConfig::default());
    let voice_url = "https://app.test/sockets".to_owned();
    carrier.number(NumberConfig { number: LINE.to_owned(), voice_url, ..NumberConfig::default() });
    let mut world = World { carrier, asked: BTreeSet::new() };
    world.carrier.caller_dials("+15550002000", LINE);
    world.run(60);
    let asked: Vec<&str> = world.asked.iter().map(String::as_str).collect();
    assert_eq!(asked, ["/related", "/sockets", "/stream"]);
}

#[test]
fn what_goes_on_beside_a_call_is_read_in_full() {
    let mut carrier = Carrier::new(CarrierConfig::default());
    let voice_url = "https://app.test/background".to_owned();
    carrier.number(NumberConfig { number: LINE.to_owned(), voice_url, ..NumberConfig::default() });
    let mut world = World { carrier, asked: BTreeSet::new() };
    let says = vec![(Duration::from_secs(1), "good morning".to_owned())];
    world.carrier.script("+15550002000", EndpointScript { says, ..EndpointScript::default() });
    world.carrier.caller_dials("+15550002000", LINE);
    world.run(60);
    let form = "From=%2B15550001000&To=%2B15550004000&Body=Hello&StatusCallback=https%3A%2F%2Fapp.test%2Ftexted";
    world.rest("Messages.json", form);
    world.run(60);
    let asked: Vec<&str> = world.asked.iter().map(String::as_str).collect();
    assert_eq!(asked, ["/background", "/paid", "/paying", "/siprec", "/texted", "/transcribed"]);
}
