//! Every word of every list is known, and one that is not is kept.

use switchboard::webhook::params::{
    AnsweredBy, Attestation, CallDirection, CallStatus, ConferenceEndReason, ConferenceEventKind, DebuggerLevel,
    DialStatus, LeaveReason, PayOutcome, QueueResult, RecordingSource, RecordingStatus, RecordingTrack, SessionStatus,
    SiprecEventKind, StirVerstat, StreamEventKind, TextStatus, TranscribeStatus, TranscriptionEventKind,
    TranscriptionTrack, VerificationStatus, VoiceRequest,
};

use super::read;

macro_rules! each_list {
    ($($list:ident: $words:literal;)+) => {$(
        for word in $words.split_whitespace() {
            let known = $list::from(word);
            assert!(!matches!(known, $list::Other(_)), "{} does not know {word}", stringify!($list));
            assert_eq!((known.as_str(), known.to_string()), (word, word.to_owned()));
            assert!($list::WORDS.contains(&word));
        }
        assert_eq!($list::WORDS.len(), $words.split_whitespace().count(), "{} knows more", stringify!($list));
        let other = $list::from("of-next-year");
        assert_eq!((other.as_str(), &other), ("of-next-year", &$list::Other("of-next-year".to_owned())));
    )+};
}

#[test]
fn every_word_of_every_list_is_known() {
    each_list! {
        CallStatus: "queued initiated ringing in-progress completed busy failed no-answer canceled";
        CallDirection: "inbound outbound-api outbound-dial";
        DialStatus: "completed answered busy no-answer failed canceled";
        QueueResult: "bridged bridging-in-process redirected redirected-from-bridged leave hangup queue-full error
            system-error";
        AnsweredBy: "human fax unknown machine_start machine_end_beep machine_end_silence machine_end_other";
        ConferenceEventKind: "conference-start conference-end participant-join participant-leave participant-mute
            participant-unmute participant-hold participant-unhold participant-modify participant-speech-start
            participant-speech-stop announcement-end announcement-fail conference-record-end";
        ConferenceEndReason: "conference-ended-via-api participant-with-end-conference-on-exit-left
            participant-with-end-conference-on-exit-kicked last-participant-kicked last-participant-left";
        LeaveReason: "participant_hung_up participant_updated_via_api participant_add_failed moderator_ended_conference
            conference_ended_via_api";
        RecordingStatus: "in-progress completed absent failed paused stopped processing";
        RecordingSource: "RecordVerb DialVerb Conference OutboundAPI StartCallRecordingAPI StartConferenceRecordingAPI
            Trunking StartCallRecordingTwiML";
        RecordingTrack: "inbound outbound both";
        TranscribeStatus: "completed failed";
        TranscriptionEventKind: "transcription-started transcription-content transcription-stopped transcription-error";
        TranscriptionTrack: "inbound_track outbound_track both_tracks";
        StreamEventKind: "stream-started stream-stopped stream-error";
        SessionStatus: "ended failed completed";
        PayOutcome: "success too-many-failed-attempts payment-connector-error caller-interrupted-with-star caller-hung-up
            validation-error";
        DebuggerLevel: "Error Warning";
        TextStatus: "accepted scheduled canceled queued sending sent failed delivered undelivered receiving received read
            invalid";
        SiprecEventKind: "siprec-started siprec-stopped siprec-error";
        VerificationStatus: "success failed";
    }
}

#[test]
fn every_verdict_on_a_callers_signature_is_known() {
    let verdict = |text: &str| {
        let request: VoiceRequest = read(&format!("StirVerstat={text}"));
        request.call.stir.verstat.expect("a verdict")
    };
    for (letter, attestation) in [("A", Attestation::A), ("B", Attestation::B), ("C", Attestation::C)] {
        for (suffix, diverted, passthrough) in
            [("", false, false), ("-Diverted", true, false), ("-Passthrough", false, true)]
        {
            assert_eq!(
                verdict(&format!("TN-Validation-Passed-{letter}{suffix}")),
                StirVerstat::Passed { attestation, diverted, passthrough }
            );
            assert_eq!(
                verdict(&format!("TN-Validation-Failed-{letter}{suffix}")),
                StirVerstat::Failed { attestation: Some(attestation), diverted, passthrough }
            );
        }
        let request: VoiceRequest = read(&format!("StirStatus={letter}"));
        assert_eq!(request.call.stir.status, Some(attestation));
    }
    let failed = StirVerstat::Failed { attestation: None, diverted: false, passthrough: false };
    assert_eq!(verdict("TN-Validation-Failed"), failed);
    assert_eq!(verdict("No-TN-Validation"), StirVerstat::NotValidated);
    assert_eq!(verdict("NULL"), StirVerstat::Null);
    for odd in
        ["TN-Validation-Passed", "TN-Validation-Passed-D", "TN-Validation-Failed-A-Both", "passed", "TN-Validation-"]
    {
        assert_eq!(verdict(odd), StirVerstat::Other(odd.to_owned()));
    }
    let request: VoiceRequest = read("StirStatus=D");
    assert_eq!((request.call.stir.status, request.extra.get("StirStatus")), (None, Some("D")));
}
