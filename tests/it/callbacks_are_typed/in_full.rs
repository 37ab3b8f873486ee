//! Whole requests, as they come: each field is read, and nothing is left over.

use std::time::Duration;

use switchboard::phone::Endpoint;
use switchboard::time::Timestamp;
use switchboard::webhook::params::{
    AnsweredBy, ApplicationRequest, Attestation, CallDirection, CallStatus, CallStatusEvent, CallerIdVerification,
    ConferenceEndReason, ConferenceEvent, ConferenceEventKind, DebuggerEvent, DebuggerLevel, DialResult, DialStatus,
    EnqueueResult, FallbackRequest, GatherResult, LeaveReason, MachineDetection, NumberStatusEvent, PartialSpeech,
    Party, PayOutcome, PayProgress, PayResult, QueueResult, QueueScreening, QueueWait, RecordResult, RecordingEvent,
    RecordingSource, RecordingStatus, RecordingTrack, RecordingTranscribed, ReferRequest, ReferResult, RelayResult,
    SessionStatus, SiprecEvent, SiprecEventKind, SmsResult, StirVerstat, StreamEvent, StreamEventKind, TextReceived,
    TextStatus, TextStatusEvent, TranscribeStatus, TranscriptionEvent, TranscriptionEventKind, TranscriptionTrack,
    UserMessage, VerificationStatus, VoiceRequest,
};
use switchboard::webhook::{Algorithm, Method, Verifier, WebhookRequest, sign};

use super::{pairs, read, try_read};

const INBOUND: &str = "AccountSid=AC1&ApiVersion=2010-04-01&CallSid=CA1&CallStatus=ringing&CallToken=%7B%22a%22%3A1%7D\
    &Called=%2B15557654321&CalledCity=&CalledCountry=US&CalledState=CA&CalledZip=&Caller=%2B14155550100\
    &CallerCity=SAN+FRANCISCO&CallerCountry=US&CallerState=CA&CallerZip=94105&Direction=inbound&From=%2B14155550100\
    &FromCity=SAN+FRANCISCO&FromCountry=US&FromState=CA&FromZip=94105&StirVerstat=TN-Validation-Passed-A\
    &To=%2B15557654321&ToCity=&ToCountry=US&ToState=CA&ToZip=";

fn secs(secs: u64) -> Option<Duration> {
    Some(Duration::from_secs(secs))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_call_comes_in_from_a_telephone() {
    let request: VoiceRequest = try_read(&format!(
        "{INBOUND}&StirPassportToken=ey.J&ForwardedFrom=%2B15550009999&CallerName=ANN+SMITH&AddOns=%7B%22status%22%3A%22successful%22%7D"
    ))
    .expect("a request");
    let call = &request.call;
    assert_eq!((call.sid.as_str(), call.account_sid.as_deref()), ("CA1", Some("AC1")));
    assert_eq!(call.api_version, some("2010-04-01"));
    assert_eq!(call.status, Some(CallStatus::Ringing));
    assert_eq!(call.direction, Some(CallDirection::Inbound));
    assert_eq!(call.from, Some(Party::Phone("+14155550100".parse().expect("a number"))));
    assert_eq!(call.to.as_ref().map(ToString::to_string), some("+15557654321"));
    assert_eq!(call.forwarded_from.as_ref().map(ToString::to_string), some("+15550009999"));
    assert_eq!(call.caller_name, some("ANN SMITH"));
    assert_eq!(call.token, some("{\"a\":1}"));
    let from = &call.places.from;
    assert_eq!((from.city.as_deref(), from.zip.as_deref()), (Some("SAN FRANCISCO"), Some("94105")));
    let to = &call.places.to;
    assert_eq!((to.city.as_deref(), to.state.as_deref(), to.country.as_deref()), (None, Some("CA"), Some("US")));
    assert_eq!(
        call.stir.verstat,
        Some(StirVerstat::Passed { attestation: Attestation::A, diverted: false, passthrough: false })
    );
    assert_eq!(call.stir.passport_token, some("ey.J"));
    assert_eq!(request.add_ons.as_ref().and_then(|found| found["status"].as_str()), Some("successful"));
    assert!(request.extra.is_empty(), "{:?}", request.extra);
}

#[test]
fn a_call_comes_in_over_sip_with_headers() {
    let request: VoiceRequest = read(
        "From=sip%3Aann%40pbx.example&To=sip%3Aline%40acme.sip.twilio.com&SipCallId=a1%40pbx&SipDomain=acme.sip.twilio.com\
         &SipDomainSid=SD1&SipSourceIp=203.0.113.7&SipHeader_X-Account=42&SipHeader_User-to-User=abc%3Bencoding%3Dhex",
    );
    let sip = &request.call.sip;
    assert_eq!((sip.call_id.as_deref(), sip.domain.as_deref()), (Some("a1@pbx"), Some("acme.sip.twilio.com")));
    assert_eq!((sip.domain_sid.as_deref(), sip.source_ip.as_deref()), (Some("SD1"), Some("203.0.113.7")));
    assert_eq!(sip.headers.get("X-Account"), Some("42"));
    assert_eq!(sip.headers.get("User-to-User"), Some("abc;encoding=hex"));
    assert_eq!(request.call.from, Some(Party::Sip("sip:ann@pbx.example".to_owned())));
    assert!(request.extra.is_empty());
}

#[test]
fn a_browser_calls_with_parameters_of_its_own() {
    let request: VoiceRequest = read("From=client%3Aann&To=&ApplicationSid=AP1&customer=77&note=a+b");
    assert_eq!(request.call.from, Some(Party::Client("ann".to_owned())));
    assert_eq!(request.call.from.and_then(|ann| ann.endpoint()), Some(Endpoint::Client("ann".to_owned())));
    assert_eq!((request.call.to, request.call.application_sid), (None, some("AP1")));
    let extra: Vec<(&str, &str)> = request.extra.iter().collect();
    assert_eq!(extra, [("customer", "77"), ("note", "a b")]);
}

#[test]
fn a_dialled_leg_was_answered_by_somebody() {
    let request: VoiceRequest = read(
        "ParentCallSid=CA2&Direction=outbound-dial&CallStatus=in-progress&AnsweredBy=human&MachineDetectionDuration=2820",
    );
    assert_eq!(request.call.parent_sid, some("CA2"));
    assert_eq!(request.call.direction, Some(CallDirection::OutboundDial));
    assert_eq!(request.answered_by, Some(AnsweredBy::Human));
    assert_eq!(request.detection_took, Some(Duration::from_millis(2820)));
    assert!(request.extra.is_empty());
}

#[test]
fn the_document_before_failed() {
    let form = "ErrorCode=11200&ErrorUrl=https%3A%2F%2Fapp.test%2Fvoice";
    let request: FallbackRequest = read(form);
    assert_eq!((request.error_code, request.error_url), (Some(11_200), some("https://app.test/voice")));
    assert!(request.extra.is_empty());
    let shared: VoiceRequest = read(form);
    assert_eq!((shared.error_code, shared.error_url), (Some(11_200), some("https://app.test/voice")));
}

#[test]
fn an_application_is_dialled() {
    let request: ApplicationRequest = read("To=AP00000000000000000000000000000001&customerId=c7&plan=gold");
    assert_eq!(request.call.to.map(|to| to.to_string()), some("AP00000000000000000000000000000001"));
    assert_eq!((request.customer_id, request.extra.get("plan")), (some("c7"), Some("gold")));
}

#[test]
fn keys_and_words_are_gathered() {
    let keys: GatherResult = read("Digits=12&FinishedOnKey=%23&msg=Gather+End");
    assert_eq!((keys.digits.as_deref(), keys.finished_on_key.as_deref()), (Some("12"), Some("#")));
    assert_eq!((keys.speech, keys.msg), (None, some("Gather End")));
    let none: GatherResult = read("Digits=&FinishedOnKey=&msg=Gather+End");
    assert_eq!((none.digits.as_deref(), none.finished_on_key.as_deref()), (Some(""), Some("")));
    let words: GatherResult = read("SpeechResult=+yes+please+&Confidence=0.9128&Language=en-US");
    assert_eq!((words.speech.as_deref(), words.confidence), (Some(" yes please "), Some(0.9128)));
    assert_eq!((words.language.as_deref(), words.digits), (Some("en-US"), None));
    let part: PartialSpeech =
        read("UnstableSpeechResult=yes+pl&StableSpeechResult=yes&SequenceNumber=3&Stability=0.8&Language=en-US");
    assert_eq!((part.unstable.as_deref(), part.stable.as_deref()), (Some("yes pl"), Some("yes")));
    assert_eq!((part.sequence_number, part.stability), (Some(3), Some(0.8)));
    for extra in [keys.extra, none.extra, words.extra, part.extra] {
        assert!(extra.is_empty(), "{extra:?}");
    }
}

#[test]
fn a_message_is_recorded_and_transcribed() {
    let record: RecordResult =
        read("RecordingUrl=https%3A%2F%2Fa%2FRE1&RecordingDuration=17&RecordingSid=RE1&Digits=hangup");
    assert_eq!((record.recording_url.as_deref(), record.recording_duration), (Some("https://a/RE1"), secs(17)));
    assert_eq!((record.recording_sid.as_deref(), record.digits.as_deref()), (Some("RE1"), Some("hangup")));
    let text: RecordingTranscribed = read(
        "TranscriptionSid=TR1&TranscriptionText=call+me&TranscriptionStatus=completed&TranscriptionUrl=https%3A%2F%2Fa%2FTR1\
         &TranscriptionType=fast&RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fa%2FRE1&ForwardedFrom=%2B15550009999",
    );
    assert_eq!((text.transcription_sid.as_str(), text.text.as_deref()), ("TR1", Some("call me")));
    assert_eq!((text.status, text.kind.as_deref()), (Some(TranscribeStatus::Completed), Some("fast")));
    assert_eq!((text.url.as_deref(), text.recording_sid.as_deref()), (Some("https://a/TR1"), Some("RE1")));
    assert_eq!(text.recording_url.as_deref(), Some("https://a/RE1"));
    assert!(record.extra.is_empty() && text.extra.is_empty());
}

#[test]
fn a_dial_is_over() {
    let dial: DialResult = read(
        "DialCallStatus=completed&DialCallSid=CA2&DialCallDuration=31&DialBridged=true&RecordingUrl=https%3A%2F%2Fa%2FRE1\
         &RecordingSid=RE1&RecordingDuration=30&QueueSid=QU1&QueueResult=bridged&QueueTime=5&DialSipCallId=x%40y\
         &DialSipResponseCode=200&DialSipHeader_X-Reason=done&ErrorCode=13223&ErrorMessage=bad",
    );
    assert_eq!((dial.status, dial.child_sid.as_deref()), (Some(DialStatus::Completed), Some("CA2")));
    assert_eq!((dial.duration, dial.bridged), (secs(31), Some(true)));
    assert_eq!((dial.recording_sid.as_deref(), dial.recording_duration), (Some("RE1"), secs(30)));
    assert_eq!((dial.queue_sid.as_deref(), dial.queue_result), (Some("QU1"), Some(QueueResult::Bridged)));
    assert_eq!((dial.queue_time, dial.sip_response_code), (secs(5), Some(200)));
    assert_eq!((dial.sip_call_id.as_deref(), dial.sip_headers.get("X-Reason")), (Some("x@y"), Some("done")));
    assert_eq!((dial.error_code, dial.error_message.as_deref()), (Some(13_223), Some("bad")));
    let refer: ReferRequest = read("ReferTransferTarget=sip%3Abob%40pbx.example&SipHeader_X-Why=lunch");
    assert_eq!(refer.target, Some(Party::Sip("sip:bob@pbx.example".to_owned())));
    assert_eq!(refer.call.sip.headers.get("X-Why"), Some("lunch"));
    assert!(dial.extra.is_empty() && refer.extra.is_empty());
}

#[test]
fn a_caller_waits_and_is_taken() {
    let wait: QueueWait =
        read("QueuePosition=2&QueueSid=QU1&QueueTime=40&AvgQueueTime=65&CurrentQueueSize=7&MaxQueueSize=1000");
    assert_eq!((wait.position, wait.queue_sid.as_deref(), wait.waited), (Some(2), Some("QU1"), secs(40)));
    assert_eq!((wait.average_wait, wait.size, wait.size_max), (secs(65), Some(7), Some(1000)));
    let taken: QueueScreening = read("QueueSid=QU1&QueueTime=44&DequeingCallSid=CA9");
    assert_eq!((taken.dequeuing_sid.as_deref(), taken.waited), (Some("CA9"), secs(44)));
    assert_eq!(taken.queue_sid.as_deref(), Some("QU1"));
    let over: EnqueueResult = read("QueueResult=leave&QueueSid=QU1&QueueTime=44");
    assert_eq!(
        (over.result, over.queue_sid.as_deref(), over.waited),
        (Some(QueueResult::Leave), Some("QU1"), secs(44))
    );
    assert!(wait.extra.is_empty() && taken.extra.is_empty() && over.extra.is_empty());
}

#[test]
fn a_call_was_busy_and_another_is_over() {
    let busy: CallStatusEvent = read(
        "CallStatus=busy&SipResponseCode=486&SequenceNumber=2&Duration=0&CallDuration=0&Direction=outbound-api\
         &CallbackSource=call-progress-events&Timestamp=Sat%2C+07+May+2022+14%3A30%3A14+%2B0000&StirStatus=B\
         &AnsweredBy=unknown&MachineDetectionDuration=4000&RecordingUrl=https%3A%2F%2Fa%2FRE1&RecordingSid=RE1\
         &RecordingDuration=9&ErrorCode=13225&ErrorMessage=blocked",
    );
    assert_eq!((busy.call.status, busy.call.stir.status), (Some(CallStatus::Busy), Some(Attestation::B)));
    assert_eq!((busy.sip_response_code, busy.sequence_number), (Some(486), Some(2)));
    assert_eq!((busy.duration, busy.billed_minutes), (secs(0), Some(0)));
    assert_eq!(busy.at, Some(Timestamp::from_secs(1_651_933_814)));
    assert_eq!(busy.callback_source.as_deref(), Some("call-progress-events"));
    assert_eq!((busy.answered_by, busy.detection_took), (Some(AnsweredBy::Unknown), secs(4)));
    assert_eq!((busy.recording_sid.as_deref(), busy.recording_duration), (Some("RE1"), secs(9)));
    assert_eq!((busy.error_code, busy.error_message.as_deref()), (Some(13_225), Some("blocked")));
    let over: NumberStatusEvent = read(
        "CallStatus=completed&CallDuration=49&Duration=1&RecordingUrl=https%3A%2F%2Fa%2FRE1&SipResponseCode=200\
         &Timestamp=Sat%2C+07+May+2022+14%3A30%3A14+%2B0000&CallbackSource=call-progress-events&SequenceNumber=3",
    );
    assert_eq!((over.duration, over.billed_minutes, over.sequence_number), (secs(49), Some(1), Some(3)));
    assert_eq!((over.recording_url.as_deref(), over.at), (Some("https://a/RE1"), busy.at));
    assert!(busy.extra.is_empty() && over.extra.is_empty());
}

#[test]
fn somebody_leaves_a_conference_and_it_ends() {
    let leaves: ConferenceEvent = try_read(
        "AccountSid=AC1&ConferenceSid=CF1&FriendlyName=room+1&StatusCallbackEvent=participant-leave&SequenceNumber=7\
         &Timestamp=Sat%2C+07+May+2022+14%3A30%3A14+%2B0000&CallSid=CA1&ParticipantLabel=ann&Muted=false&Hold=true\
         &Coaching=true&CallSidToCoach=CA2&EndConferenceOnExit=false&StartConferenceOnEnter=true\
         &ParticipantCallStatus=completed&ReasonParticipantLeft=participant_hung_up",
    )
    .expect("an event");
    let who = &leaves.participant;
    assert_eq!((who.call_sid.as_deref(), who.label.as_deref()), (Some("CA1"), Some("ann")));
    assert_eq!((who.muted, who.hold, who.coaching), (Some(false), Some(true), Some(true)));
    assert_eq!((who.end_on_exit, who.start_on_enter), (Some(false), Some(true)));
    assert_eq!(who.call_sid_to_coach.as_deref(), Some("CA2"));
    assert_eq!((leaves.kind, leaves.sequence_number), (ConferenceEventKind::Leave, Some(7)));
    assert_eq!((leaves.conference_sid.as_str(), leaves.name.as_deref()), ("CF1", Some("room 1")));
    assert_eq!(leaves.participant_status, Some(CallStatus::Completed));
    assert_eq!(leaves.leave_reason, Some(LeaveReason::HungUp));
    let ends: ConferenceEvent = try_read(
        "ConferenceSid=CF1&StatusCallbackEvent=conference-end&CallSidEndingConference=CA1&Reason=last+one+left\
         &ParticipantLabelEndingConference=ann&ReasonConferenceEnded=last-participant-left",
    )
    .expect("an event");
    assert_eq!((ends.ended_by.as_deref(), ends.ended_by_label.as_deref()), (Some("CA1"), Some("ann")));
    assert_eq!((ends.end_reason, ends.reason.as_deref()), (Some(ConferenceEndReason::LastLeft), Some("last one left")));
    let other: ConferenceEvent = try_read(
        "ConferenceSid=CF1&StatusCallbackEvent=announcement-fail&AnnounceUrl=https%3A%2F%2Fa%2Fx&EventName=conference-record-end\
         &ReasonAnnouncementFailed=gone&RecordingUrl=https%3A%2F%2Fa%2FRE1&Duration=61&RecordingFileSize=123456",
    )
    .expect("an event");
    assert_eq!((other.announce_url.as_deref(), other.announce_failure.as_deref()), (Some("https://a/x"), Some("gone")));
    assert_eq!((other.recording_duration, other.recording_bytes), (secs(61), Some(123_456)));
    assert!(leaves.extra.is_empty() && ends.extra.is_empty() && other.extra.is_empty());
}

#[test]
fn a_recording_is_ready_and_a_machine_answered() {
    let recording: RecordingEvent = try_read(
        "AccountSid=AC1&CallSid=CA1&ConferenceSid=CF1&RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fa%2FRE1&ErrorCode=0\
         &RecordingStatus=completed&RecordingDuration=12&RecordingChannels=2&RecordingTrack=both&RecordingSource=DialVerb\
         &RecordingStartTime=Sat%2C+07+May+2022+14%3A30%3A14+%2B0000",
    )
    .expect("an event");
    assert_eq!((recording.recording_sid.as_str(), recording.status), ("RE1", Some(RecordingStatus::Completed)));
    assert_eq!((recording.duration, recording.channels), (secs(12), Some(2)));
    assert_eq!(recording.source, Some(RecordingSource::DialVerb));
    assert_eq!((recording.track, recording.error_code), (Some(RecordingTrack::Both), Some(0)));
    assert_eq!(recording.started_at, Some(Timestamp::from_secs(1_651_933_814)));
    assert_eq!((recording.call_sid.as_deref(), recording.conference_sid.as_deref()), (Some("CA1"), Some("CF1")));
    let verdict: MachineDetection = read("AccountSid=AC1&AnsweredBy=machine_end_beep&MachineDetectionDuration=9210");
    assert_eq!(verdict.answered_by, Some(AnsweredBy::MachineEndBeep));
    assert_eq!(verdict.took, Some(Duration::from_millis(9210)));
    assert!(recording.extra.is_empty() && verdict.extra.is_empty());
}

#[test]
fn a_transcription_and_a_stream_run() {
    let started: TranscriptionEvent = try_read(
        "AccountSid=AC1&CallSid=CA1&TranscriptionSid=GT1&Timestamp=2024-06-25T18%3A45%3A17.456Z&SequenceId=1\
         &TranscriptionEvent=transcription-started&ProviderConfiguration=%7B%22profanityFilter%22%3Atrue%7D\
         &TranscriptionEngine=google&Name=t1&Track=both_tracks&InboundTrackLabel=ann&OutboundTrackLabel=bob\
         &PartialResults=true&LanguageCode=en-US",
    )
    .expect("an event");
    assert_eq!((started.kind, started.sequence_id), (TranscriptionEventKind::Started, Some(1)));
    assert_eq!(started.at, Some(Timestamp::from_micros(1_719_341_117_456_000)));
    assert_eq!((started.track, started.partial_results), (Some(TranscriptionTrack::Both), Some(true)));
    assert_eq!((started.inbound_label.as_deref(), started.outbound_label.as_deref()), (Some("ann"), Some("bob")));
    assert_eq!(started.provider_configuration.as_ref().map(|c| c["profanityFilter"] == true), Some(true));
    let content: TranscriptionEvent = try_read(
        "TranscriptionSid=GT1&TranscriptionEvent=transcription-content&Final=false&Stability=0.5&Track=inbound_track\
         &TranscriptionData=%7B%22transcript%22%3A%22hello%22%2C%22confidence%22%3A0.99%7D\
         &TranscriptionProviderData=%7B%7D",
    )
    .expect("an event");
    let data = content.data.as_ref().expect("something was said");
    assert_eq!((data.transcript.as_str(), data.confidence), ("hello", Some(0.99)));
    assert_eq!((content.is_final, content.stability), (Some(false), Some(0.5)));
    let failed: TranscriptionEvent = try_read(
        "TranscriptionSid=GT1&TranscriptionEvent=transcription-error&TranscriptionErrorCode=32650&TranscriptionError=no",
    )
    .expect("an event");
    assert_eq!((failed.error_code, failed.error.as_deref()), (Some(32_650), Some("no")));
    let stream: StreamEvent = try_read(
        "AccountSid=AC1&CallSid=CA1&StreamSid=MZ1&StreamName=s&StreamEvent=stream-error&StreamError=refused\
         &Timestamp=2024-06-25T18%3A45%3A17Z",
    )
    .expect("an event");
    assert_eq!((stream.kind, stream.error.as_deref()), (StreamEventKind::Error, Some("refused")));
    assert_eq!((stream.stream_sid.as_str(), stream.name.as_deref()), ("MZ1", Some("s")));
    assert_eq!(stream.at, Some(Timestamp::from_secs(1_719_341_117)));
    for extra in [started.extra, content.extra, failed.extra, stream.extra] {
        assert!(extra.is_empty(), "{extra:?}");
    }
}

#[test]
fn a_caller_is_referred_pays_and_talks_to_a_machine() {
    let refer: ReferResult = read("ReferCallStatus=completed&ReferSipResponseCode=202&NotifySipResponseCode=200");
    assert_eq!((refer.status, refer.sip_response_code), (Some(CallStatus::Completed), Some(202)));
    assert_eq!(refer.notify_sip_response_code, Some(200));
    let pay: PayResult = read(
        "Result=success&PaymentToken=tok_1&PaymentCardNumber=xxxxxxxxxxxx1111&PaymentCardType=visa&ExpirationDate=1228\
         &SecurityCode=xxx&PaymentCardPostalCode=94105&PaymentConfirmationCode=ch_1&PaymentMethod=credit-card\
         &ProfileId=p1&PaymentError=none&ConnectorError=none&BankAccountNumber=xx12&BankRoutingNumber=110000000",
    );
    assert_eq!((pay.outcome, pay.token.as_deref()), (Some(PayOutcome::Success), Some("tok_1")));
    assert_eq!((pay.card_number.as_deref(), pay.card_type.as_deref()), (Some("xxxxxxxxxxxx1111"), Some("visa")));
    assert_eq!((pay.confirmation_code.as_deref(), pay.postal_code.as_deref()), (Some("ch_1"), Some("94105")));
    let relay: RelayResult = read(
        "SessionId=VX1&SessionStatus=ended&SessionDuration=25&HandoffData=%7B%22reason%22%3A%22human%22%7D\
         &ErrorCode=64105&ErrorMessage=closed",
    );
    assert_eq!((relay.session_id.as_deref(), relay.session_status), (Some("VX1"), Some(SessionStatus::Ended)));
    assert_eq!((relay.session_duration, relay.error_code), (secs(25), Some(64_105)));
    assert_eq!(relay.handoff_data.as_deref(), Some("{\"reason\":\"human\"}"));
    assert!(refer.extra.is_empty() && pay.extra.is_empty() && relay.extra.is_empty());
}

#[test]
fn the_account_is_told_of_an_error() {
    let event: DebuggerEvent = try_read(
        "Sid=NO1&AccountSid=AC1&ParentAccountSid=AC0&Timestamp=2024-06-25T18%3A45%3A17Z&Level=Error\
         &PayloadType=application%2Fjson&Payload=%7B%22error_code%22%3A%2211200%22%7D",
    )
    .expect("an event");
    assert_eq!((event.sid.as_str(), event.level), ("NO1", Some(DebuggerLevel::Error)));
    assert_eq!(event.payload.as_ref().and_then(|p| p["error_code"].as_str()), Some("11200"));
    assert!(event.extra.is_empty());
}

#[test]
fn a_verified_webhook_is_read_at_once() {
    let base = "https://calls.example.com";
    let verifier = Verifier::builder().public_base(base).account("AC1").auth_token("12345").accept_get().build();
    let verifier = verifier.expect("a verifier");
    let all = pairs(INBOUND);
    let pairs: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let signature = sign(&format!("{base}/voice"), &pairs, "12345", Algorithm::HmacSha1);
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", signature.as_str())];
    let post = WebhookRequest {
        method: Method::Post,
        target: "/voice",
        headers: &headers,
        body: INBOUND.as_bytes(),
        websocket: false,
    };
    let read: VoiceRequest = verifier.verify(&post).expect("a signature").read().expect("a request");
    assert_eq!(Ok(read), try_read(INBOUND));

    let target = format!("/voice?{INBOUND}");
    let signature = sign(&format!("{base}{target}"), &[], "12345", Algorithm::HmacSha1);
    let headers = [("X-Twilio-Signature", signature.as_str())];
    let get = WebhookRequest { method: Method::Get, target: &target, headers: &headers, body: b"", websocket: false };
    let read: VoiceRequest = verifier.verify(&get).expect("a signature").read().expect("a request");
    assert_eq!(Ok(read), try_read(INBOUND));
}

#[test]
fn a_text_comes_in_and_another_is_delivered() {
    let text: TextReceived = try_read(
        "MessageSid=SM1&SmsSid=SM1&SmsMessageSid=SM1&SmsStatus=received&AccountSid=AC1&ApiVersion=2010-04-01&From=%2B14155550100\
         &To=%2B15557654321&Body=&NumMedia=1&NumSegments=1&FromCity=PARIS&MediaUrl0=https%3A%2F%2Fa%2FME1\
         &MessagingServiceSid=MG1&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fa",
    )
    .expect("a text");
    assert_eq!((text.sid.as_str(), text.status, text.body.as_deref()), ("SM1", Some(TextStatus::Received), Some("")));
    assert_eq!((text.media, text.segments, text.places.from.city.as_deref()), (Some(1), Some(1), Some("PARIS")));
    assert_eq!(text.extra.iter().collect::<Vec<_>>(), [("MediaUrl0", "https://a/ME1")]);
    let event: TextStatusEvent = try_read(
        "MessageSid=SM2&SmsSid=SM2&MessageStatus=undelivered&SmsStatus=undelivered&AccountSid=AC1&ErrorCode=30003\
         &From=%2B15557654321&To=%2B14155550100",
    )
    .expect("an event");
    assert_eq!((event.status, event.error_code), (Some(TextStatus::Undelivered), Some(30_003)));
    let sms: SmsResult = read("SmsSid=SM3&SmsStatus=sent");
    assert_eq!((sms.sms_sid.as_deref(), sms.status), (Some("SM3"), Some(TextStatus::Sent)));
    assert!(event.extra.is_empty() && sms.extra.is_empty());
}

#[test]
fn a_payment_a_fork_a_caller_id_and_a_browser_are_told_of() {
    let pay: PayProgress = read(
        "PaymentSid=PK1&PaymentMethod=credit-card&For=payment-card-number&Attempt=2&PartialResult=true\
         &ErrorType=invalid-card-number&Required=security-code&Capture=postal-code",
    );
    assert_eq!((pay.sid.as_str(), pay.item.as_deref(), pay.attempt), ("PK1", Some("payment-card-number"), Some(2)));
    assert_eq!((pay.is_partial, pay.result.error_type.as_deref()), (Some(true), Some("invalid-card-number")));
    assert_eq!(pay.result.method.as_deref(), Some("credit-card"));
    let fork: SiprecEvent =
        read("SiprecSid=SR1&SiprecName=s&SiprecEvent=siprec-started&Timestamp=2024-06-25T18%3A45%3A17Z");
    assert_eq!((fork.kind, fork.at), (SiprecEventKind::Started, Some(Timestamp::from_secs(1_719_341_117))));
    let id: CallerIdVerification =
        read("CallStatus=completed&VerificationStatus=success&OutgoingCallerIdSid=PN1&CallDuration=9");
    assert_eq!((id.status, id.caller_id_sid.as_deref()), (Some(VerificationStatus::Success), Some("PN1")));
    assert_eq!(id.progress.duration, secs(9));
    let message: UserMessage = read("AccountSid=AC1&Content=%7B%22a%22%3A1%7D");
    assert_eq!(message.content.as_deref(), Some("{\"a\":1}"));
    for extra in [pay.extra, fork.extra, id.extra, message.extra] {
        assert!(extra.is_empty(), "{extra:?}");
    }
}
