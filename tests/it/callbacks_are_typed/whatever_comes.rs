//! Any names and values are read without a panic, and each pair is read or kept.

use proptest::prelude::*;
use switchboard::webhook::params::{
    ApplicationRequest, CallStatusEvent, Callback, CallerIdVerification, ConferenceEvent, DebuggerEvent, DialResult,
    EnqueueResult, FallbackRequest, GatherResult, MachineDetection, NamedValues, NumberStatusEvent, PartialSpeech,
    PayProgress, PayResult, QueueScreening, QueueWait, RecordResult, RecordingEvent, RecordingTranscribed,
    ReferRequest, ReferResult, RelayResult, SiprecEvent, SmsResult, StreamEvent, TextReceived, TextStatusEvent,
    TranscriptionEvent, UserMessage, VoiceRequest,
};

type Pairs = Vec<(String, String)>;

/// Names that some callback knows, all of them worth confusing with one another.
const NAMES: &str = "CallSid AccountSid From Caller To Called FromCity CallerCity ToZip CalledZip CallStatus Direction \
    ForwardedFrom CallerName ParentCallSid CallToken ApplicationSid StirVerstat StirStatus SipCallId SipHeader_X-A \
    SipHeader_ AnsweredBy MachineDetectionDuration AddOns ErrorCode ErrorUrl customerId Digits FinishedOnKey SpeechResult \
    Confidence UnstableSpeechResult SequenceNumber RecordingUrl RecordingDuration RecordingSid TranscriptionSid \
    TranscriptionStatus DialCallStatus DialCallSid DialBridged QueueResult QueueTime DialSipHeader_X-A ReferTransferTarget \
    QueuePosition AvgQueueTime DequeingCallSid Timestamp CallDuration Duration SipResponseCode ConferenceSid \
    StatusCallbackEvent Muted Hold ReasonConferenceEnded RecordingFileSize RecordingStatus RecordingChannels \
    RecordingStartTime TranscriptionEvent TranscriptionData SequenceId Final StreamSid StreamEvent Sid Level Payload \
    ReferCallStatus Result PaymentToken SessionId SessionDuration HandoffData MessageSid SmsSid \
    SmsStatus MessageStatus Body NumMedia PaymentSid For Attempt ErrorType SiprecSid SiprecEvent VerificationStatus Content \
    Unheard-Of";

fn pair() -> impl Strategy<Value = (String, String)> {
    let names: Vec<String> = NAMES.split_whitespace().map(str::to_owned).collect();
    let name = prop_oneof![9 => proptest::sample::select(names), 1 => ".{0,12}"];
    let value = prop_oneof![
        Just(String::new()),
        "[0-9]{1,25}",
        Just("true".to_owned()),
        Just("completed".to_owned()),
        Just("+14155550100".to_owned()),
        Just("anonymous".to_owned()),
        Just("0.5".to_owned()),
        Just("Sat, 07 May 2022 14:30:14 +0000".to_owned()),
        Just("2024-06-25T18:45:17.456Z".to_owned()),
        Just("{\"transcript\":\"a\",\"confidence\":0.5}".to_owned()),
        Just("TN-Validation-Failed-B-Diverted".to_owned()),
        ".{0,20}",
    ];
    (name, value)
}

/// The name under which the same is said again.
fn twin(name: &str) -> Option<String> {
    let twins = [("From", "Caller"), ("To", "Called"), ("MessageStatus", "SmsStatus")];
    let parts = ["", "City", "State", "Zip", "Country"];
    twins.iter().find_map(|(one, other)| {
        parts.iter().find_map(|part| match name {
            _ if name == format!("{one}{part}") => Some(format!("{other}{part}")),
            _ if name == format!("{other}{part}") => Some(format!("{one}{part}")),
            _ => None,
        })
    })
}

/// A pair is read if the callback would be another one without it.
fn each_pair_counts<T: Callback + PartialEq>(
    pairs: &Pairs,
    extra: fn(&T) -> &NamedValues,
) -> Result<(), TestCaseError> {
    let Ok(whole) = T::read(pairs.iter().map(|(n, v)| (n, v))) else { return Ok(()) };
    for (name, value) in pairs {
        if value.is_empty() || extra(&whole).iter().any(|(n, v)| n == name && v == value) {
            continue;
        }
        let said_again = twin(name);
        let without = pairs.iter().filter(|(n, _)| n != name && Some(n) != said_again.as_ref());
        let changes = T::read(without.map(|(n, v)| (n, v))).as_ref() != Ok(&whole);
        prop_assert!(changes, "{name}={value:?} is neither read nor kept");
    }
    for (name, value) in extra(&whole).iter() {
        prop_assert!(pairs.iter().any(|(n, v)| n == name && v == value), "{name}={value:?} was made up");
    }
    Ok(())
}

macro_rules! each_callback {
    ($pairs:expr, $($callback:ident)+) => {$(
        each_pair_counts::<$callback>($pairs, |read| &read.extra)?;
    )+};
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_panics(
        mut pairs in proptest::collection::vec(pair(), 0..24),
        about in any::<bool>(),
    ) {
        if about {
            let sids = "CallSid ConferenceSid StatusCallbackEvent RecordingSid TranscriptionSid TranscriptionEvent \
                        StreamSid StreamEvent Sid MessageSid PaymentSid SiprecSid SiprecEvent";
            pairs.retain(|(name, _)| !sids.split_whitespace().any(|sid| sid == name));
            pairs.extend(sids.split_whitespace().map(|sid| (sid.to_owned(), "x".to_owned())));
        }
        each_callback!(&pairs,
            VoiceRequest FallbackRequest ApplicationRequest GatherResult PartialSpeech RecordResult RecordingTranscribed
            DialResult ReferRequest QueueWait QueueScreening EnqueueResult ReferResult PayResult RelayResult
            CallStatusEvent NumberStatusEvent ConferenceEvent RecordingEvent MachineDetection TranscriptionEvent
            StreamEvent DebuggerEvent TextReceived TextStatusEvent SmsResult PayProgress SiprecEvent
            CallerIdVerification UserMessage);
    }
}
