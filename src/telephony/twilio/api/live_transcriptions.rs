//! Transcriptions of calls while they last (Twilio docs, real-time Transcription resource).

use super::calls::CALL;
use super::draft::Shape;
use super::macros::{operations, parameters, resources};
use super::{Method, SessionStatus, Track};
use crate::time::Timestamp;

/// A name that was given will do too.
const SESSION: Shape = Shape::name("real-time transcription");

resources! {
    /// A transcription that runs beside a call.
    LiveTranscription {
        id {
            /// Its id, `GT…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it is of.
            call_sid: String,
            /// What it is called.
            name: String,
            /// Whether it runs.
            status: SessionStatus,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }
}

operations! {
    /// Begins to transcribe a live call.
    Start(call_sid: CALL) = Create "/Calls/{}/Transcriptions.json" as "start of a real-time transcription"
    -> LiveTranscription {}

    /// Ends a transcription: its id, `GT…`, or the name it was given.
    Stop(call_sid: CALL, transcription: SESSION) = Update "/Calls/{}/Transcriptions/{}.json"
    as "stop of a real-time transcription" -> LiveTranscription {}; always "Status" = "stopped"
}

parameters!(Start {
    /// What it is called; once per call.
    name: String = "Name";
    /// Which side is transcribed; both unless set.
    track: Track = "Track";
    /// Told what is said.
    status_callback_url: String = "StatusCallbackUrl";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
    /// What the inbound side is called in what is told.
    inbound_track_label: String = "InboundTrackLabel";
    /// What the outbound side is called in what is told.
    outbound_track_label: String = "OutboundTrackLabel";
    /// Also tells what is not final yet.
    partial_results: bool = "PartialResults";
    /// The language, as in `en-US`.
    language_code: String = "LanguageCode";
    /// Who recognises it, as in `google` or `deepgram`.
    transcription_engine: String = "TranscriptionEngine";
    /// Whether foul words are starred.
    profanity_filter: bool = "ProfanityFilter";
    /// With which model.
    speech_model: String = "SpeechModel";
    /// Words to be expected, separated by commas.
    hints: String = "Hints";
    /// Whether it is punctuated.
    enable_automatic_punctuation: bool = "EnableAutomaticPunctuation";
    /// The service that keeps and analyses it, `GA…`.
    intelligence_service: String = "IntelligenceService";
    /// Settings that are kept at Twilio, in place of those above.
    transcription_configuration_id: String = "TranscriptionConfigurationId";
    /// The conversation that it belongs to.
    conversation_id: String = "ConversationId";
    /// Settings of conversations that are kept at Twilio.
    conversation_configuration: String = "ConversationConfiguration";
    /// Also tells what the engine itself wrote.
    enable_provider_data: bool = "EnableProviderData";
});
