use std::time::Duration;

use super::error::{self, Reply};
use super::probe::Probe;
use super::profile::Account;
use super::request::{AccountSid, ApiRequest, outcome, request};
use crate::phone::Endpoint;
use crate::telephony::{
    Action, Command, Dial, EndCause, Failure, LegRef, LegReport, LegState, Performed, TelephonyError,
};
use crate::time::Timestamp;

mod golden;

const LEG: &str = "CA00000000000000000000000000000abc";
const CONFERENCE: &str = "CF00000000000000000000000000000def";
const LATER: Failure = Failure::Unavailable { retry_after: None };

fn account() -> Account {
    "AC0123456789abcdef0123456789abcdef".parse::<AccountSid>().expect("an account").into()
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

fn built(action: Action) -> Result<ApiRequest, TelephonyError> {
    request(&account(), &Command { id: "id".to_owned(), deadline: Duration::from_secs(1), action })
}

fn dial_for(ring_timeout: Duration, time_limit: Duration) -> Action {
    let (to, from) = (endpoint("sip:ana@sip.example;x=1"), endpoint("+14155550100"));
    let dial = Dial::new(to, from, "https://c.example/d?a=1&b=é", "https://c.example/s");
    dial.ring_timeout(ring_timeout).time_limit(time_limit).into()
}

fn dial() -> Action {
    dial_for(Duration::from_millis(19_001), Duration::from_secs(14_400))
}

fn on_participant(make: impl Fn(String, String) -> Action) -> String {
    let built = built(make(CONFERENCE.to_owned(), LEG.to_owned())).expect("it can be sent");
    format!("{} {} {}", built.method, built.path_and_query, built.body.as_deref().unwrap_or("-"))
}

#[test]
fn a_dial_is_written_as_twilio_reads_it() {
    let built = built(dial()).expect("it can be sent");
    assert_eq!(built.path_and_query, "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Calls.json");
    let golden = "To=sip%3Aana%40sip.example%3Bx%3D1&From=%2B14155550100&Url=https%3A%2F%2Fc.example%2Fd%3Fa%3D1%26b%3D%C3%A9\
                  &Method=POST&StatusCallback=https%3A%2F%2Fc.example%2Fs&StatusCallbackMethod=POST\
                  &StatusCallbackEvent=initiated&StatusCallbackEvent=ringing&StatusCallbackEvent=answered\
                  &StatusCallbackEvent=completed&Timeout=20&TimeLimit=14400";
    assert_eq!(built.body.as_deref(), Some(golden));
    assert_eq!(format!("{built:?}"), format!("ApiRequest(POST {})", built.path_and_query), "no number in a log");
}

#[test]
fn what_is_done_to_a_leg_or_conference_is_written_as_twilio_reads_it() {
    let base = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef";
    let (call, room) = (format!("{base}/Calls/{LEG}.json"), format!("{base}/Conferences/{CONFERENCE}"));
    let participant = format!("{room}/Participants/{LEG}.json");
    let music = Some("https://c.example/m".to_owned());
    let hold = |held| {
        let music_url = music.clone();
        on_participant(move |conference, leg| Action::Hold { conference, leg, held, music_url: music_url.clone() })
    };
    assert_eq!(on_participant(|_, leg| Action::HangUp { leg }), format!("POST {call} Status=completed"));
    assert_eq!(
        on_participant(|_, leg| Action::Redirect { leg, document_url: "https://c.example/n".to_owned() }),
        format!("POST {call} Url=https%3A%2F%2Fc.example%2Fn&Method=POST")
    );
    for (muted, text) in [(true, "true"), (false, "false")] {
        let written = on_participant(move |conference, leg| Action::Mute { conference, leg, muted });
        assert_eq!(written, format!("POST {participant} Muted={text}"));
    }
    assert_eq!(hold(true), format!("POST {participant} Hold=true&HoldUrl=https%3A%2F%2Fc.example%2Fm&HoldMethod=GET"));
    assert_eq!(hold(false), format!("POST {participant} Hold=false"), "nobody hears music who is taken back");
    assert_eq!(on_participant(|conference, leg| Action::Remove { conference, leg }), format!("DELETE {participant} -"));
    assert_eq!(
        on_participant(|conference, _| Action::EndConference { conference }),
        format!("POST {room}.json Status=completed")
    );
}

#[test]
fn every_other_action_is_written_as_twilio_reads_it() {
    for (action, golden) in golden::all(LEG, CONFERENCE) {
        let shown = format!("{action:?}");
        let built = built(action).unwrap_or_else(|error| panic!("{shown}: {error}"));
        let path = built.path_and_query.strip_prefix("/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/");
        let written = format!(
            "{} {} {}",
            built.method,
            path.expect("it is of the account"),
            built.body.as_deref().unwrap_or("-")
        );
        assert_eq!(written, golden, "{shown}");
    }
}

#[test]
fn what_twilio_would_refuse_is_not_sent() {
    for (action, word) in golden::refused(LEG, CONFERENCE) {
        let shown = format!("{action:?}");
        let error = built(action).expect_err(&shown);
        assert_eq!(error.failure(), Failure::Rejected, "{shown}");
        let text = error.to_string();
        assert!(text.starts_with("nothing was sent: ") && text.contains(word), "{shown}: {text}");
    }
}

#[test]
fn an_id_cannot_lead_to_another_resource() {
    let upper = LEG.to_uppercase();
    for bad in ["", "CA", "../../Accounts", &LEG[1..], &format!("{LEG}0"), &format!("{LEG}\n"), CONFERENCE, &upper] {
        let error = built(Action::HangUp { leg: bad.to_owned() }).expect_err("it is no leg");
        assert_eq!(error.failure(), Failure::Rejected, "{bad:?}");
        assert!(Probe::new(&account(), &LegRef::Id(bad.to_owned())).is_err(), "{bad:?}");
    }
    for bad in ["room", LEG, "CF00000000000000000000000000000de%"] {
        assert!(built(Action::EndConference { conference: bad.to_owned() }).is_err(), "{bad:?}");
        assert!(built(Action::Remove { conference: bad.to_owned(), leg: LEG.to_owned() }).is_err(), "{bad:?}");
    }
}

#[test]
fn a_time_that_twilio_would_refuse_is_not_sent() {
    for (ring_ms, limit_ms, is_sent) in
        [(0, 1, false), (1, 0, false), (1, 1, true), (600_000, 1, true), (600_001, 1, false)]
    {
        let result = built(dial_for(Duration::from_millis(ring_ms), Duration::from_millis(limit_ms)));
        assert_eq!(result.is_ok(), is_sent, "rings {ring_ms} ms, lasts {limit_ms} ms");
        assert!(result.err().is_none_or(|error| error.failure() == Failure::Rejected));
    }
}

fn problem(code: u32) -> Vec<u8> {
    format!("{{\"code\":{code},\"message\":\"to +14155550199\",\"status\":400}}").into_bytes()
}

fn failed(action: &Action, status: u16, body: &[u8], retry_after: Option<&str>) -> Result<Performed, Failure> {
    outcome(&account(), action, status, body, retry_after).map_err(|error| {
        assert!(!error.to_string().contains("4155550199"), "a number would get into the log: {error}");
        error.failure()
    })
}

#[test]
fn what_is_gone_already_counts_as_ended() {
    let (conference, leg) = (CONFERENCE.to_owned(), LEG.to_owned());
    let hang_up = Action::HangUp { leg: leg.clone() };
    let remove = Action::Remove { conference: conference.clone(), leg: leg.clone() };
    let end = Action::EndConference { conference: conference.clone() };
    let mute = Action::Mute { conference, leg: leg.clone(), muted: true };
    let redirect = Action::Redirect { leg, document_url: "https://c.example/n".to_owned() };
    for action in [&hang_up, &remove, &end] {
        assert_eq!(failed(action, 404, &problem(20404), None), Ok(Performed::default()), "{action:?}");
        assert_eq!(failed(action, 404, b"<h1>nginx</h1>", None), Err(LATER), "a proxy does not know: {action:?}");
    }
    assert_eq!(failed(&hang_up, 400, &problem(21220), None), Ok(Performed::default()));
    assert_eq!(failed(&end, 400, &problem(16022), None), Ok(Performed::default()));
    assert_eq!(failed(&redirect, 400, &problem(21220), None), Err(Failure::Rejected));
    assert_eq!(failed(&redirect, 404, &problem(20404), None), Err(Failure::Rejected));
    assert_eq!(failed(&mute, 404, &problem(20404), None), Err(Failure::Rejected));
    assert_eq!(failed(&remove, 204, b"", None), Ok(Performed::default()));
}

#[test]
fn a_dial_is_done_only_if_its_leg_is_told() {
    let good = format!("{{\"sid\":\"{LEG}\",\"status\":\"queued\"}}");
    assert_eq!(failed(&dial(), 201, good.as_bytes(), None), Ok(Performed::leg(LEG)));
    for bad in ["", "{}", "[]", "<html>", "{\"sid\":5}", "{\"sid\":\"CA1\"}", &good[..good.len() - 1]] {
        assert_eq!(failed(&dial(), 201, bad.as_bytes(), None), Err(Failure::Unknown), "{bad}");
    }
    for status in [301, 303, 408, 500, 502, 503, 504, 599] {
        assert_eq!(failed(&dial(), status, b"", None), Err(Failure::Unknown), "{status}");
        assert_eq!(failed(&Action::HangUp { leg: LEG.to_owned() }, status, b"", None), Err(LATER), "{status}");
    }
    for status in [400, 403, 404, 405, 409, 422] {
        assert_eq!(failed(&dial(), status, b"", None), Err(Failure::Rejected), "{status}");
    }
}

#[test]
fn a_delay_is_believed_within_reason() {
    for (header, wait_secs) in [
        (None, None),
        (Some(" 7 "), Some(7)),
        (Some("0"), Some(0)),
        (Some("86400"), Some(3600)),
        (Some("-1"), None),
        (Some("soon"), None),
        (Some("99999999999999999999"), None),
    ] {
        let failure = Failure::Unavailable { retry_after: wait_secs.map(Duration::from_secs) };
        for (status, body) in [(429, problem(20429)), (429, Vec::new()), (503, problem(20503))] {
            assert_eq!(failed(&dial(), status, &body, header), Err(failure), "{status} {header:?}");
        }
        let hang_up = Action::HangUp { leg: LEG.to_owned() };
        assert_eq!(failed(&hang_up, 503, b"", header), Err(failure), "{header:?}");
    }
}

#[test]
fn every_code_of_the_rest_api_has_a_class_and_says_what_to_do() {
    let later = [20003, 20005, 20429, 20503].into_iter().chain(20101..=20107).chain(20151..=20161);
    let refused = (21201..=21229)
        .chain([20001, 20004, 20006, 20007, 20403, 20404, 20409, 20422, 20423, 20426, 21234, 21262, 21263])
        .chain(21401..=21409)
        .chain(21420..=21422)
        .chain(21450..=21458)
        .chain([16001, 16002, 16003, 16010, 16011, 16020, 16021, 16022, 16023, 16024, 16025, 16026, 16027, 16028])
        .chain([16101, 16102, 16104, 16105, 16106, 16107, 16108, 16113]);
    let all = later.map(|code| (code, LATER)).chain(refused.map(|code| (code, Failure::Rejected)));
    for (code, failure) in all.chain([(20500, Failure::Unknown)]) {
        let error = error::classify("dial", false, &Reply { status: 400, code: Some(code), retry_after: None });
        assert_eq!((error.failure(), error.code()), (failure, Some(code)), "{code}");
        let is_said = !error.to_string().contains("dictionary");
        assert!(is_said, "{code} has no sentence of its own: {error}");
    }
    let unheard_of = error::classify("dial", false, &Reply { status: 400, code: Some(29999), retry_after: None });
    assert_eq!(unheard_of.failure(), Failure::Rejected);
    let message = "the dial was refused (HTTP 400, Twilio 29999): look the code up in Twilio's error dictionary";
    assert_eq!(unheard_of.to_string(), message);
}

const SENT_AT: Timestamp = Timestamp::from_micros(1_795_500_000_400_000); // 06:00:00.4

fn dialled() -> LegRef {
    LegRef::Dialled { to: endpoint("client:ana"), from: endpoint("+14155550100"), sent_at: SENT_AT }
}

/// A call, placed so many seconds after 06:00:00, or at a time that is not known yet.
fn placed(number: u8, after_secs: Option<i64>, status: &str) -> String {
    let date = after_secs.map_or_else(
        || "null".to_owned(),
        |secs| {
            let at: chrono::DateTime<chrono::Utc> = Timestamp::from_secs(1_795_500_000 + secs).into();
            format!("\"{}\"", at.to_rfc2822())
        },
    );
    format!(
        "{{\"sid\":\"CA{number:032x}\",\"status\":\"{status}\",\"date_created\":{date},\"direction\":\"outbound-api\"}}"
    )
}

fn page(calls: &[String], next: &str) -> Vec<u8> {
    format!("{{\"calls\":[{}],\"next_page_uri\":{next}}}", calls.join(",")).into_bytes()
}

fn found(calls: &[String]) -> Option<String> {
    let mut probe = Probe::new(&account(), &dialled()).expect("a question");
    probe.read(200, &page(calls, "null"), None).expect("readable").expect("the last page").id
}

#[test]
fn a_leg_of_unknown_outcome_is_the_first_one_placed_since() {
    let sid = |number: u8| Some(format!("CA{number:032x}"));
    let call = |number, after| placed(number, after, "ringing");
    assert_eq!(found(&[]), None);
    assert_eq!(found(&[call(1, Some(-3))]), None, "that was before");
    assert_eq!(found(&[call(2, Some(9)), call(1, Some(0))]), sid(1), "the first since, not the latest");
    assert_eq!(found(&[call(2, Some(1)), call(1, Some(-1))]), sid(2), "rather one after than one before");
    assert_eq!(found(&[call(1, Some(-2))]), sid(1), "clocks differ");
    assert_eq!(found(&[call(1, None)]), sid(1), "a call just made has no date");
    let to = |to: &str| call(1, Some(0)).replace("\"direction\"", &format!("\"to\":\"client:{to}\",\"direction\""));
    assert_eq!(found(&[to("ana")]), sid(1));
    assert_eq!(found(&[to("ana?task=7")]), sid(1), "parameters are no part of who was rung");
    assert_eq!(found(&[to("anabel"), to("eva")]), None, "those are others");
    let child = call(1, Some(0)).replace("outbound-api", "outbound-dial");
    assert_eq!(found(&[child]), None, "a child of a Dial verb is not ours");
    let strange = call(1, Some(0)).replace("outbound-api", "outbound-rest");
    let mut probe = Probe::new(&account(), &dialled()).expect("a question");
    let read = probe.read(200, &page(&[strange], "null"), None).map_err(|error| error.failure());
    assert_eq!(read, Err(LATER), "it may be the one: absent would have it dialled again");
}

#[test]
fn the_list_is_read_on_until_it_reaches_back_far_enough_and_never_elsewhere() {
    let list = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Calls.json?";
    let mut probe = Probe::new(&account(), &dialled()).expect("a question");
    assert_eq!(probe.request().path_and_query, format!("{list}From=%2B14155550100&PageSize=100"));
    let next = format!("{list}Page=1&PageToken=PACA1");
    let first = page(&[placed(9, Some(60), "completed")], &format!("\"{next}\""));
    assert_eq!(probe.read(200, &first, None).expect("readable"), None);
    assert_eq!(probe.request().path_and_query, next);
    let second = page(&[placed(2, Some(0), "in-progress"), placed(1, Some(-60), "busy")], &format!("\"{next}\""));
    let report = probe.read(200, &second, None).expect("readable");
    assert_eq!(report, Some(LegReport { id: Some(format!("CA{:032x}", 2)), state: LegState::Answered }));
    for bad in ["https://evil.example/Calls.json?", "@evil.example/", "/2010-04-01/Accounts.json?", ".evil.example"] {
        let mut probe = Probe::new(&account(), &dialled()).expect("a question");
        let error = probe.read(200, &page(&[], &format!("\"{bad}\"")), None).expect_err("the credentials would leave");
        assert_eq!(error.failure(), LATER, "{bad}");
    }
    let mut endless = Probe::new(&account(), &dialled()).expect("a question");
    let again = page(&[], &format!("\"{next}\""));
    assert!((0..9).all(|_| matches!(endless.read(200, &again, None), Ok(None))));
    assert_eq!(endless.read(200, &again, None).map_err(|error| error.failure()), Err(LATER), "it must end");
}

#[test]
fn the_state_of_a_leg_is_what_twilio_says() {
    let ask = |status: u16, body: &[u8]| {
        let mut probe = Probe::new(&account(), &LegRef::Id(LEG.to_owned())).expect("a question");
        probe.read(status, body, None).map_err(|error| error.failure())
    };
    for (status, state) in [
        ("queued", LegState::Ringing),
        ("initiated", LegState::Ringing),
        ("ringing", LegState::Ringing),
        ("in-progress", LegState::Answered),
        ("completed", LegState::Ended(EndCause::Completed)),
        ("busy", LegState::Ended(EndCause::Busy)),
        ("no-answer", LegState::Ended(EndCause::NoAnswer)),
        ("canceled", LegState::Ended(EndCause::Canceled)),
        ("failed", LegState::Ended(EndCause::Failed)),
    ] {
        let body = format!("{{\"sid\":\"{LEG}\",\"status\":\"{status}\"}}");
        assert_eq!(ask(200, body.as_bytes()), Ok(Some(LegReport { id: Some(LEG.to_owned()), state })));
    }
    assert_eq!(ask(404, &problem(20404)), Ok(Some(LegReport { id: None, state: LegState::Absent })));
    assert_eq!(ask(404, b"nginx"), Err(LATER), "a proxy does not know");
    assert_eq!(ask(500, b""), Err(LATER), "asking again does no harm");
    let odd = format!("{{\"sid\":\"{LEG}\",\"status\":\"dreaming\"}}");
    for body in ["{}", "", odd.as_str()] {
        assert_eq!(ask(200, body.as_bytes()), Err(LATER), "{body}");
    }
}
