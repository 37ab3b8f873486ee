//! What is answered, typed.

use serde_json::{Value, json};
use switchboard::telephony::twilio::api::*;
use switchboard::time::Timestamp;

use super::{ACCOUNT, read, sid};

const DAY: &str = "Tue, 24 Nov 2026 06:00:00 +0000";
const AT: Timestamp = Timestamp::from_secs(1_795_500_000);

fn over() -> Value {
    json!({
        "sid": sid("CA", 7), "account_sid": ACCOUNT, "parent_call_sid": sid("CA", 6), "status": "completed",
        "direction": "outbound-dial", "to": "+15550002000", "to_formatted": "(555) 000-2000", "from": "+15550001000",
        "from_formatted": "(555) 000-1000", "phone_number_sid": sid("PN", 1), "start_time": DAY,
        "end_time": "Tue, 24 Nov 2026 06:01:15 +0000", "duration": "75", "price": "-0.01300", "price_unit": "USD",
        "answered_by": "human", "annotation": null, "api_version": "2010-04-01", "forwarded_from": "+15550004000",
        "group_sid": null, "caller_name": "ANN", "queue_time": "1500", "trunk_sid": "", "date_created": DAY,
        "date_updated": DAY, "uri": "/2010-04-01/x", "subresource_uris": {"events": "/2010-04-01/y"}, "novelty": [1]
    })
}

#[test]
fn a_call_is_read_with_everything_that_is_said_of_it() {
    let call = read(calls::Fetch::new(sid("CA", 7)), &over().to_string());
    assert_eq!((call.sid.as_str(), call.status), (sid("CA", 7).as_str(), Some(CallStatus::Completed)));
    assert_eq!(call.direction, Some(CallDirection::OutboundDial));
    assert_eq!((call.start_time, call.duration_secs, call.queue_time_ms), (Some(AT), Some(75), Some(1500)));
    assert_eq!(call.price.as_ref().map(Decimal::as_str), Some("-0.01300"));
    assert_eq!(call.price.and_then(|price| price.micros()), Some(-13_000));
    assert_eq!(call.answered_by, Some(AnsweredBy::Human));
    assert_eq!((call.annotation, call.group_sid, call.trunk_sid.as_deref()), (None, None, Some("")));
    assert_eq!((call.to.as_deref(), call.forwarded_from.as_deref()), (Some("+15550002000"), Some("+15550004000")));
    assert_eq!(call.subresource_uris.and_then(|uris| uris.get("events").cloned()).as_deref(), Some("/2010-04-01/y"));
}

#[test]
fn a_call_that_was_just_made_has_no_dates_yet() {
    let fresh = json!({"sid": sid("CA", 7), "status": "queued", "date_created": null, "start_time": null,
        "duration": null, "price": null});
    let call = read(calls::Create::new("a", "b"), &fresh.to_string());
    assert_eq!((call.status, call.date_created, call.duration_secs), (Some(CallStatus::Queued), None, None));
    assert_eq!(call.price, None);
}

#[test]
fn a_field_of_another_type_loses_itself_and_nothing_else() {
    let mut odd = over();
    for (name, value) in [
        ("status", json!("on-hold")),
        ("duration", json!(75)),
        ("queue_time", json!("soon")),
        ("start_time", json!("yesterday")),
        ("end_time", json!(12)),
        ("subresource_uris", json!([])),
        ("price", json!({})),
    ] {
        odd[name] = value;
    }
    let call = read(calls::Fetch::new(sid("CA", 7)), &odd.to_string());
    assert_eq!(call.status, Some(CallStatus::Other("on-hold".to_owned())), "an unknown word is kept");
    assert_eq!((call.duration_secs, call.queue_time_ms, call.start_time, call.end_time), (Some(75), None, None, None));
    assert_eq!((call.subresource_uris, call.price, call.date_created), (None, None, Some(AT)));
}

#[test]
fn what_has_no_id_is_not_what_was_asked_for() {
    for body in ["", "{}", "null", "[]", "\"CA\"", "{\"sid\":null}", "{\"sid\":7}", "<html>", "[\"CA\"]"] {
        let error = calls::Create::new("a", "b").read(&Answer::new(201, body.as_bytes())).expect_err(body);
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(201)), "{body}");
        assert_eq!(error.failure(), switchboard::telephony::Failure::Unknown, "it may have been placed");
    }
}

#[test]
fn rooms_and_their_people_are_read() {
    let room = json!({"sid": sid("CF", 1), "friendly_name": "a room", "status": "completed", "region": "us1",
        "reason_conference_ended": "participant-with-end-conference-on-exit-left",
        "call_sid_ending_conference": sid("CA", 7), "date_created": DAY});
    let room = read(conferences::End::new(sid("CF", 1)), &room.to_string());
    assert_eq!(room.status, Some(ConferenceStatus::Completed));
    assert_eq!(room.reason_conference_ended, Some(ConferenceEndReason::EndingParticipantLeft));
    let person = json!({"call_sid": sid("CA", 7), "conference_sid": sid("CF", 1), "label": null, "muted": false,
        "hold": true, "coaching": "false", "call_sid_to_coach": null, "status": "connected", "queue_time": "20"});
    let person = read(participants::Fetch::new("a room", "ana"), &person.to_string());
    assert_eq!((person.muted, person.hold, person.coaching), (Some(false), Some(true), Some(false)));
    assert_eq!((person.label, person.queue_time_ms), (None, Some(20)));
    assert_eq!(person.status, Some(ParticipantStatus::Connected));
}

#[test]
fn queues_count_in_numbers() {
    let queue = json!({"sid": sid("QU", 1), "friendly_name": "support", "current_size": 3, "max_size": 100,
        "average_wait_time": 40, "date_created": DAY});
    let queue = read(queues::Fetch::new(sid("QU", 1)), &queue.to_string());
    assert_eq!((queue.current_size, queue.max_size, queue.average_wait_time_secs), (Some(3), Some(100), Some(40)));
    let member = json!({"call_sid": sid("CA", 7), "queue_sid": sid("QU", 1), "position": 1, "wait_time": 41,
        "date_enqueued": DAY});
    let member = read(queues::Dequeue::new(sid("QU", 1), queues::FRONT, "https://a"), &member.to_string());
    assert_eq!((member.position, member.wait_time_secs, member.date_enqueued), (Some(1), Some(41), Some(AT)));
}

#[test]
fn a_recording_is_read_with_its_encryption() {
    let recording = json!({"sid": sid("RE", 1), "call_sid": sid("CA", 7), "conference_sid": null, "status": "paused",
        "channels": 2, "source": "StartCallRecordingTwiML", "track": "inbound", "start_time": DAY, "duration": "-1",
        "price": null, "error_code": null, "media_url": "https://evil.example/RE",
        "encryption_details": {"encryption_public_key_sid": sid("CR", 1), "encryption_cek": "a2V5", "encryption_iv": "aXY="}});
    let recording = read(recordings::Fetch::new(sid("RE", 1)), &recording.to_string());
    assert_eq!((recording.status.clone(), recording.channels), (Some(RecordingStatus::Paused), Some(2)));
    assert_eq!(recording.source.clone(), Some(RecordingSource::StartCallRecordingTwiml));
    assert_eq!((recording.track.clone(), recording.duration_secs), (Some(RecordingTrack::Inbound), None));
    let shown = format!("{recording:?}");
    assert!(!shown.contains("evil.example") && !shown.contains("a2V5"), "{shown}");
    let encryption = recording.encryption_details.expect("it is encrypted");
    assert_eq!(encryption.encryption_cek.as_deref(), Some("a2V5"));
}

#[test]
fn numbers_tell_what_they_can_in_any_spelling() {
    for capabilities in [json!({"voice": true, "SMS": true, "MMS": false}), json!({"Voice": true, "sms": true})] {
        let number = json!({"sid": sid("PN", 1), "phone_number": "+15550001000", "capabilities": capabilities,
            "voice_method": "GET", "sms_method": "PATCH", "beta": false, "emergency_status": "Active", "type": "local"});
        let number = read(numbers::Fetch::new(sid("PN", 1)), &number.to_string());
        let can = number.capabilities.expect("it is told");
        assert_eq!((can.voice, can.sms, can.mms, can.fax), (true, true, false, false));
        assert_eq!((number.voice_method, number.sms_method), (Some(Method::Get), None));
        assert_eq!(number.kind.as_deref(), Some("local"));
    }
    let found = json!({"available_phone_numbers": [{"phone_number": "+15550007000", "latitude": "37.806940",
        "longitude": -122.27, "capabilities": null}], "uri": "/x"});
    let found = read(available_numbers::Search::new("US", AvailableKind::Local), &found.to_string());
    assert_eq!(found.items[0].latitude.as_ref().and_then(Decimal::micros), Some(37_806_940));
    assert_eq!(found.items[0].longitude.as_ref().map(Decimal::as_str), Some("-122.27"));
    assert_eq!(found.next_page_uri, None);
}

#[test]
fn events_usage_balance_and_notifications_are_read() {
    let events = json!({"events": [{"request": {"method": "POST", "url": "https://a", "parameters": {"CallSid": "CA", "n": 1}},
        "response": {"response_code": 200, "request_duration": 50, "content_type": "text/xml", "response_body": "<Response/>",
        "date_created": DAY}}]});
    let events = read(calls::Events::new(sid("CA", 7)), &events.to_string()).items;
    let (asked, answered) = (events[0].request.clone().unwrap(), events[0].response.clone().unwrap());
    assert_eq!((asked.method, asked.parameters.unwrap()["n"].clone()), (Some(Method::Post), json!(1)));
    assert_eq!((answered.response_code, answered.request_duration_ms), (Some(200), Some(50)));
    let usage = json!({"usage_records": [{"category": "calls", "count": "12", "usage": "30.5", "price": 1.25,
        "start_date": "2026-11-01", "end_date": "2026-11-24"}]});
    let usage = read(usage::ListOfPeriod::new(usage::Period::ThisMonth), &usage.to_string()).items;
    assert_eq!(usage[0].usage.as_ref().and_then(Decimal::micros), Some(30_500_000));
    assert_eq!(usage[0].price.as_ref().and_then(Decimal::micros), Some(1_250_000));
    assert_eq!(usage[0].start_date.map(|day| day.to_string()).as_deref(), Some("2026-11-01"));
    let balance = read(account::FetchBalance::new(), &json!({"account_sid": ACCOUNT, "balance": "-3.5"}).to_string());
    assert_eq!(balance.balance.and_then(|left| left.micros()), Some(-3_500_000));
    let notification = json!({"sid": sid("NO", 1), "log": "1", "error_code": "12200", "message_date": DAY});
    let notification = read(notifications::Fetch::new(sid("NO", 1)), &notification.to_string());
    assert_eq!((notification.log, notification.message_date), (Some(Log::Warning), Some(AT)));
    let code = notification.error_code.and_then(ErrorCode::find).expect("it is known");
    assert_eq!((code.group, code.class), (Group::Document, Class::Reported));
}

#[test]
fn secrets_are_read_and_never_shown() {
    let key = json!({"sid": sid("SK", 1), "friendly_name": "night", "secret": "s3cret"}).to_string();
    let key = read(keys::Create::new(), &key);
    assert_eq!(key.secret.as_deref(), Some("s3cret"));
    let token = json!({"account_sid": ACCOUNT, "username": "u", "password": "s3cret", "ttl": "86400",
        "ice_servers": [{"url": "stun:a", "urls": "stun:a"}, {"url": "turn:b", "username": "u", "credential": "s3cret"}, 7]});
    let token = read(account::CreateToken::new(), &token.to_string());
    assert_eq!((token.ttl_secs, token.ice_servers.as_ref().map(Vec::len)), (Some(86_400), Some(2)));
    let account = json!({"sid": ACCOUNT, "auth_token": "s3cret", "status": "active", "type": "Full"}).to_string();
    let account = read(account::Fetch::new(), &account);
    assert_eq!((account.status.clone(), account.kind.clone()), (Some(AccountStatus::Active), Some(AccountType::Full)));
    let call = read(calls::Fetch::new(sid("CA", 7)), &over().to_string());
    let shown = format!("{key:?} {token:?} {:?} {account:?} {call:?}", token.ice_servers);
    assert!(!shown.contains("s3cret") && !shown.contains("5550") && !shown.contains("ANN"), "{shown}");
}

#[test]
fn a_deletion_needs_no_body_and_an_own_request_takes_any() {
    calls::Delete::new(sid("CA", 7)).read(&Answer::new(204, b"")).expect("it is gone");
    assert_eq!(read(custom::Get::new("/SIP/Domains.json"), "{\"domains\":[]}"), json!({"domains": []}));
    assert!(custom::Get::new("/SIP/Domains.json").read(&Answer::new(200, b"<html>")).is_err());
}
