//! Providers that speak Twilio's language, by configuration: the same adapter, held to what each of them demands.
#![cfg(all(feature = "twilio", feature = "conformance"))]

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use switchboard::phone::Endpoint;
use switchboard::telephony::twilio::probe::Probe;
use switchboard::telephony::twilio::profile::{Auth, ClientNoun, Dates, IdShape, Verdict};
use switchboard::telephony::twilio::request::{outcome, request};
use switchboard::telephony::twilio::{Account, ConfigError, Profile, TwilioClient};
use switchboard::telephony::{
    Action, AddParticipant, Command, ConferenceRef, Detection, Dial, EndCause, Failure, FakeTelephony, LegRef,
    LegState, Recorded, RecordingSettings, SendMessage, TelephonyError,
};
use switchboard::time::Timestamp;
use switchboard::webhook::{Algorithm, Method, Scheme, WebhookRequest, form, sign};
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::twilio_client_over_a_socket::server::TOKEN;
use crate::twilio_client_over_a_socket::spec::{APPLICATION, ORGANISATION, PROJECT, SIGNALWIRE, TELNYX};

mod signalwire_keeps_the_contract {
    use crate::twilio_client_over_a_socket::server::{Scripted, scripted};
    use crate::twilio_client_over_a_socket::spec::SIGNALWIRE;

    async fn fresh() -> (Scripted, ()) {
        (scripted(SIGNALWIRE), ())
    }

    switchboard::telephony_conformance!(tokio::test, fresh);
}

mod telnyx_keeps_the_contract {
    use crate::twilio_client_over_a_socket::server::{Scripted, scripted};
    use crate::twilio_client_over_a_socket::spec::TELNYX;

    async fn fresh() -> (Scripted, ()) {
        (scripted(TELNYX), ())
    }

    switchboard::telephony_conformance!(tokio::test, fresh);
}

fn signalwire() -> Account {
    Account::new(Profile::signalwire("acme"), PROJECT).expect("a project")
}

fn telnyx() -> Account {
    Account::new(Profile::telnyx(APPLICATION), ORGANISATION).expect("an organisation")
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

fn dial(to: &str) -> Dial {
    Dial::new(endpoint(to), endpoint("+14155550100"), "https://c.example/d", "https://c.example/s")
        .ring_timeout(Duration::from_secs(20))
        .time_limit(Duration::from_secs(3600))
}

fn command(action: impl Into<Action>) -> Command {
    Command { id: "id".to_owned(), deadline: Duration::from_secs(1), action: action.into() }
}

/// Method, path and body of the request for `action`.
fn written(account: &Account, action: impl Into<Action>) -> String {
    let built = request(account, &command(action)).expect("it can be sent");
    format!("{} {} {}", built.method, built.path_and_query, built.body.as_deref().unwrap_or("-"))
}

fn refusal(account: &Account, action: impl Into<Action>) -> String {
    let error = request(account, &command(action)).expect_err("it cannot be sent");
    assert_eq!(error.failure(), Failure::Rejected);
    error.to_string()
}

const LEG_UUID: &str = "00000001-0000-4000-8000-00000000000a";
const ROOM_UUID: &str = "00000002-0000-4000-8000-000000000008";
const LEG_V3: &str = "v3:5tYgKbK4i-QEbd7y_leg7";

#[test]
fn signalwire_is_asked_in_its_words() {
    let base = format!("/api/laml/2010-04-01/Accounts/{PROJECT}");
    let account = signalwire();
    assert_eq!(
        written(&account, dial("client:ana").detection(Detection::at_once().timeout(Duration::from_secs(9)))),
        format!(
            "POST {base}/Calls.json To=verto%3Aana%40acme.verto.signalwire.com&From=%2B14155550100\
             &Url=https%3A%2F%2Fc.example%2Fd&Method=POST&StatusCallback=https%3A%2F%2Fc.example%2Fs\
             &StatusCallbackMethod=POST&StatusCallbackEvent=initiated&StatusCallbackEvent=ringing\
             &StatusCallbackEvent=answered&StatusCallbackEvent=completed&Timeout=20&MachineDetection=Enable\
             &MachineDetectionTimeout=9"
        )
    );
    let hang_up = Action::HangUp { leg: LEG_UUID.to_owned() };
    assert_eq!(written(&account, hang_up), format!("POST {base}/Calls/{LEG_UUID}.json Status=completed"));
    let mute = Action::Mute { conference: ROOM_UUID.to_owned(), leg: LEG_UUID.to_owned(), muted: true };
    let participant = format!("{base}/Conferences/{ROOM_UUID}/Participants/{LEG_UUID}.json");
    assert_eq!(written(&account, mute), format!("POST {participant} Muted=true"));
    let sent = SendMessage::new("+14155550123".parse().expect("valid"), "+14155550100".parse().expect("valid"), "Hi");
    assert_eq!(
        written(&account, sent),
        format!("POST {base}/Messages.json To=%2B14155550123&From=%2B14155550100&Body=Hi")
    );
    for bad in [format!("CA{:032x}", 1), LEG_UUID.to_uppercase(), format!("{LEG_UUID}/"), "..".to_owned()] {
        let message = refusal(&account, Action::HangUp { leg: bad.clone() });
        assert_eq!(message, "nothing was sent: the id of the leg is not a UUID in lower case", "{bad}");
    }
}

#[test]
fn telnyx_is_asked_in_its_words() {
    let base = format!("/v2/texml/Accounts/{ORGANISATION}");
    let account = telnyx();
    let asked = dial("client:ana").caller_name("Acme").recording(RecordingSettings::new());
    assert_eq!(
        written(&account, asked.detection(Detection::at_once().timeout(Duration::from_secs(9)))),
        format!(
            "POST {base}/Calls ApplicationSid={APPLICATION}&To=sip%3Aana%40sip.telnyx.com&From=%2B14155550100\
             &Url=https%3A%2F%2Fc.example%2Fd&UrlMethod=POST&StatusCallback=https%3A%2F%2Fc.example%2Fs\
             &StatusCallbackMethod=POST&StatusCallbackEvent=initiated+ringing+answered+completed&Timeout=20\
             &TimeLimit=3600&CallerId=Acme&Record=true&RecordingChannels=mono&RecordingTrack=both&Trim=do-not-trim\
             &MachineDetection=Enable&MachineDetectionTimeout=9000"
        )
    );
    let mut inline = dial("+14155550123");
    inline.document = Some("<Response><Hangup/></Response>".to_owned());
    assert!(written(&account, inline).contains("&Texml=%3CResponse%3E%3CHangup%2F%3E%3C%2FResponse%3E&"));
    let redirect = Action::Redirect { leg: LEG_V3.to_owned(), document_url: "https://c.example/n".to_owned() };
    let next = "Url=https%3A%2F%2Fc.example%2Fn&Method=POST";
    assert_eq!(written(&account, redirect), format!("POST {base}/Calls/{LEG_V3} {next}"));
    let settings = RecordingSettings::new();
    let start = Action::StartRecording { leg: LEG_V3.to_owned(), settings };
    let recordings = format!("{base}/Calls/{LEG_V3}/Recordings.json");
    assert_eq!(written(&account, start), format!("POST {recordings} RecordingChannels=single&RecordingTrack=both"));
    let mut added = AddParticipant::new(
        ConferenceRef::Name("room".to_owned()),
        endpoint("+14155550123"),
        endpoint("+14155550100"),
        "https://c.example/s",
    );
    added.wait_url = Some("https://c.example/w".to_owned());
    let added = written(&account, added);
    assert!(added.starts_with(&format!("POST {base}/Conferences/room/Participants ApplicationSid={APPLICATION}&To=")));
    assert!(added.ends_with("&WaitUrl=https%3A%2F%2Fc.example%2Fw"), "there is no WaitMethod: {added}");
    for bad in ["v3:", "v3:a/b", "v3:%2e%2e", "v2:abc", LEG_UUID, "v3:a b"] {
        assert!(request(&account, &command(Action::HangUp { leg: bad.to_owned() })).is_err(), "{bad}");
    }
}

#[test]
fn what_a_provider_does_not_offer_is_said_with_what_to_do_instead() {
    let of = || Recorded::Leg(LEG_V3.to_owned());
    assert_eq!(
        refusal(&telnyx(), Action::PauseRecording { of: of(), recording: None, gap: None }),
        "nothing was sent: with Telnyx, naming a recording otherwise than by its id is not offered; \
         give the id that came with its start"
    );
    assert_eq!(
        refusal(&signalwire(), dial("+14155550123").reason("order")),
        "nothing was sent: with SignalWire, a reason for the call is not offered; leave it out"
    );
    for (account, document, verb) in [
        (telnyx(), "<Response><Dial><Client>ana</Client></Dial></Response>", "<Client>"),
        (telnyx(), "<Response><Pay/></Response>", "<Pay>"),
        (signalwire(), "<Response><Dial><Client>ana</Client></Dial></Response>", "<Client>"),
    ] {
        let mut inline = dial("+14155550123");
        inline.document = Some(document.to_owned());
        assert!(refusal(&account, inline).ends_with(&format!("does not know {verb}")), "{document}");
    }
    let verto = Profile::signalwire("acme").unsupported_verb("<Response><Dial><Verto>a</Verto></Dial></Response>");
    assert_eq!(verto, None, "that is its own");
    for (secs, fits) in [(4, false), (5, true), (120, true), (121, false)] {
        let asked = dial("+14155550123").ring_timeout(Duration::from_secs(secs));
        assert_eq!(request(&telnyx(), &command(asked)).is_ok(), fits, "rings {secs} s");
    }
    let brief = dial("+14155550123").time_limit(Duration::from_secs(29));
    assert_eq!(refusal(&telnyx(), brief), "nothing was sent: a leg cannot be limited to 29 s; choose 30 to 14400 s");
}

fn failed(account: &Account, status: u16, body: &str) -> TelephonyError {
    let redirect = Action::Redirect { leg: LEG_V3.to_owned(), document_url: String::new() };
    outcome(account, &redirect, status, body.as_bytes(), None).expect_err("it failed")
}

#[test]
fn errors_are_named_as_the_provider_names_them() {
    let telnyx = telnyx();
    let error = failed(&telnyx, 404, &(TELNYX.problem)(20404, 404));
    assert_eq!((error.failure(), error.code()), (Failure::Rejected, Some(10005)));
    assert!(error.to_string().contains("(HTTP 404, Telnyx 10005)"), "{error}");
    let hang_up = Action::HangUp { leg: LEG_V3.to_owned() };
    let ended = r#"{"errors":[{"code":"90018","title":"Call has already ended","detail":"x"}]}"#;
    assert!(outcome(&telnyx, &hang_up, 422, ended.as_bytes(), None).is_ok(), "there is nothing left to hang up");
    let bare = outcome(&telnyx, &hang_up, 404, b"<html>", None).expect_err("a proxy does not know");
    assert_eq!(bare.failure(), Failure::Unavailable { retry_after: None });
    let error = failed(&signalwire(), 400, &(SIGNALWIRE.problem)(21211, 400));
    assert_eq!((error.failure(), error.code()), (Failure::Rejected, Some(21211)));
    for (account, spec) in [(&telnyx, TELNYX), (&signalwire(), SIGNALWIRE)] {
        for (status, code) in [(401, 20003), (400, 21211), (404, 20404), (429, 20429), (500, 20500), (503, 20503)] {
            let text = failed(account, status, &(spec.problem)(code, status)).to_string();
            assert!(!text.contains("Twilio") && text.contains(spec.name), "{}: {text}", spec.name);
        }
    }
}

#[test]
fn a_leg_is_looked_for_in_the_words_and_dates_of_the_provider() {
    let sent_at = Timestamp::from_secs(1_795_500_000);
    let asked = LegRef::Dialled { to: endpoint("client:ana"), from: endpoint("+14155550100"), sent_at };
    let mut probe = Probe::new(&telnyx(), &asked).expect("a question");
    let list = format!("/v2/texml/Accounts/{ORGANISATION}/Calls");
    assert_eq!(probe.request().path_and_query, format!("{list}?From=%2B14155550100&PageSize=100"));
    let call = |to: &str, leg: &str, status: &str, direction: &str, date: &str| serde_json::json!({"to": to, "sid": leg, "status": status, "direction": direction, "date_created": date});
    let (ours, other) = ("sip:ana@sip.telnyx.com?X-Case=7", "sip:anabel@sip.telnyx.com");
    let first = serde_json::json!({
        "calls": [
            call(other, "v3:other", "ringing", "outbound", "2026-11-24T06:00:02.500Z"),
            call(ours, "v3:inbound", "ringing", "inbound", "2026-11-24T06:00:02+00:00"),
        ],
        "next_page_uri": format!("{list}.json?Page=1&PageSize=1&PageToken=MTY4"),
    });
    assert_eq!(probe.read(200, first.to_string().as_bytes(), None).expect("readable"), None);
    assert_eq!(probe.request().path_and_query, format!("{list}.json?Page=1&PageSize=1&PageToken=MTY4"));
    let second = serde_json::json!({"calls": [
        call(ours, "v3:ours", "in-progress", "outbound", "Tue, 24 Nov 2026 06:00:00 +0000"),
        call(ours, "v3:before", "completed", "outbound", "2026-11-24T05:59:00Z"),
    ], "next_page_uri": format!("{list}.json?Page=2")});
    let report = probe.read(200, second.to_string().as_bytes(), None).expect("readable").expect("the last page");
    assert_eq!((report.id.as_deref(), report.state), (Some("v3:ours"), LegState::Answered));

    let mut strict = Probe::new(&signalwire(), &LegRef::Id(LEG_UUID.to_owned())).expect("a question");
    let foreign = call("+14155550123", LEG_V3, "ringing", "outbound", "x");
    assert!(strict.read(200, foreign.to_string().as_bytes(), None).is_err(), "that is no id of SignalWire");
}

#[test]
fn dates_and_states_are_read_as_the_provider_writes_them() {
    let at = Some(Timestamp::from_secs(1_795_500_000));
    let (rfc2822, iso8601) = ("Tue, 24 Nov 2026 06:00:00 +0000", "2026-11-24T06:00:00Z");
    assert_eq!((Dates::Rfc2822.read(rfc2822), Dates::Rfc2822.read(iso8601)), (at, None));
    assert_eq!((Dates::Iso8601.read(rfc2822), Dates::Iso8601.read(iso8601)), (None, at));
    assert_eq!((Dates::Either.read(rfc2822), Dates::Either.read(iso8601)), (at, at));
    assert_eq!(Dates::Either.read("yesterday"), None);
    let mut own = Profile::twilio();
    assert_eq!(own.leg_state("trying"), None);
    own.statuses = &[("trying", LegState::Ringing), ("completed", LegState::Ended(EndCause::Failed))];
    assert_eq!(own.leg_state("trying"), Some(LegState::Ringing));
    assert_eq!(own.leg_state("completed"), Some(LegState::Ended(EndCause::Failed)), "its own word comes first");
    assert_eq!(own.leg_state("busy"), Some(LegState::Ended(EndCause::Busy)));
}

#[test]
fn what_else_differs_can_be_asked_of_the_profile() {
    let all = [Profile::twilio(), Profile::signalwire("acme"), Profile::telnyx(APPLICATION)];
    let facts: Vec<_> = all.iter().map(|profile| (profile.signature, profile.client, profile.verdict)).collect();
    assert_eq!(
        facts,
        [
            (Scheme::Twilio, ClientNoun::Client, Verdict::WithDocument),
            (Scheme::SignalWire, ClientNoun::Verto, Verdict::WithDocument),
            (Scheme::Telnyx, ClientNoun::Sip, Verdict::WithStatus),
        ]
    );
}

fn wrong(profile: Profile, account: &str) -> Vec<ConfigError> {
    let builder = TwilioClient::builder().profile(profile).account_sid(account).auth_token(TOKEN);
    builder.build().expect_err("it is wrong")
}

#[test]
fn every_mistake_in_a_profile_is_told_at_once_and_by_name() {
    let right = TwilioClient::builder().profile(Profile::signalwire("acme")).account_sid(PROJECT).auth_token(TOKEN);
    let shown = format!("{:?}", right.build().expect("all is right"));
    assert!(shown.contains("SignalWire") && shown.contains("https://acme.signalwire.com"), "{shown}");
    let full = Profile::signalwire("acme.signalwire.com");
    assert_eq!(full, Profile::signalwire("acme"), "the whole name of the space is as good");
    for space in ["", "evil.example/", "a b", "-a", "a@b", "a#", "../x", &"a".repeat(64)] {
        let bad = ConfigError::BadSetting { provider: "SignalWire", name: "space" };
        assert_eq!(wrong(Profile::signalwire(space), PROJECT), [bad], "{space:?}");
    }
    let mut broken = Profile::telnyx("");
    (broken.path, broken.base_url) = ("v2", "ftp://x".to_owned());
    broken.ring_secs = std::ops::RangeInclusive::new(9, 8);
    let errors = wrong(broken, "not/an/account");
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts[0].starts_with("profile: Telnyx needs `application`"), "{texts:?}");
    assert!(texts[1].starts_with("profile: `path`") && texts[2].starts_with("profile: `ring_secs`"), "{texts:?}");
    assert_eq!(texts[3], "account_sid: not an account of Telnyx: its id is 1 to 128 letters, digits, _ or -");
    let texts: Vec<_> = wrong(Profile::signalwire("acme"), "AC1").iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["account_sid: not an account of SignalWire: its id is a UUID in lower case"]);
    let keyed = TwilioClient::builder().profile(Profile::telnyx(APPLICATION)).account_sid(ORGANISATION);
    let errors = keyed.api_key("SK1", "secret").build().expect_err("there are none");
    assert_eq!(errors, [ConfigError::NoKeys("Telnyx")]);
}

#[test]
fn a_profile_of_ones_own_is_made_by_changing_fields() {
    let mut mine = Profile::twilio();
    (mine.name, mine.auth, mine.path) = ("Example", Auth::Bearer, "/v9/{account}");
    (mine.account, mine.json_suffix) = (IdShape::Opaque, &[]);
    mine.ids.leg = IdShape::Prefixed("leg_");
    let account = Account::new(mine, "me").expect("an account");
    let hang_up = Action::HangUp { leg: "leg_7".to_owned() };
    assert_eq!(written(&account, hang_up), "POST /v9/me/Calls/leg_7 Status=completed");
    assert_eq!(Account::new(Profile::twilio(), "me").map(|account| account.id().to_owned()).ok(), None);
}

#[test]
fn a_call_centre_greets_a_caller_of_signalwire_by_its_own_signature_only() {
    let board = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number("+14155550100", Flow::say("Thanks for calling.").then(switchboard::setup::queue("sales")))
        .public_base("https://c.example/phone")
        .account(PROJECT, TOKEN)
        .webhook_scheme(Scheme::SignalWire)
        .telephony(Arc::new(FakeTelephony::new()))
        .build()
        .expect("a configuration");
    let params = [
        ("AccountSid", PROJECT),
        ("CallSid", "1b0a1e5a-6d1c-4a0e-9c7f-0a5f1f1a2b3c"),
        ("From", "+14155550123"),
        ("To", "+14155550100"),
        ("CallStatus", "ringing"),
    ];
    let signature = sign("https://c.example/phone/hooks/voice", &params, TOKEN, Algorithm::HmacSha1);
    let body = form::encode(params);
    for (header, status) in [("X-SignalWire-Signature", 200), ("X-Other-Signature", 403)] {
        let headers = [(header, signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let request = WebhookRequest {
            method: Method::Post,
            target: "/phone/hooks/voice",
            headers: &headers,
            body: body.as_bytes(),
            websocket: false,
        };
        let answer = std::pin::pin!(board.answer(&request));
        let Poll::Ready(reply) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("memory is at hand")
        };
        assert_eq!((reply.status, reply.body.contains("Thanks for calling.")), (status, status == 200), "{header}");
    }
}
