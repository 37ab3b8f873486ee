//! Switches: what sources disagree on, or what a test wants to vary.

use std::time::Duration;

use super::voice_types::VoiceRules;
use super::wire_types::WireRules;

/// Points on which sources disagree, or that a test wants to vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether an event that nobody subscribed to raises a call's SequenceNumber. Seen in a real payload.
    pub unsubscribed_events_count: bool,
    /// Whether `Duration` (minutes) is rounded up. The documented example pair is 49 s and 1.
    pub duration_rounds_up: bool,
    /// Added to every ring timeout. Twilio docs, TwiML Dial: about 5 s.
    pub ring_grace: Duration,
    /// How long `<Play>` lasts.
    pub play_length: Duration,
    /// How long it takes the network to ring the other side.
    pub ring_delay: Duration,
    /// Final status after `<Reject reason="rejected">`; not stated by Twilio. `true`: busy, `false`: no-answer.
    pub rejected_is_busy: bool,
    /// Whether events of a conference that no `statusCallbackEvent` names are sent when TwiML gives only the URL.
    pub twiml_conference_defaults_to_start_end: bool,
    /// Whether a request that is tried again keeps its idempotency token. Documented, but never measured.
    pub retries_keep_the_token: bool,
    /// Whether a Dial interrupted by a REST redirect still asks for its action document; the reply is ignored.
    pub interrupted_dial_asks_action: bool,
    /// How webhooks are signed and sent.
    pub wire: WireRules,
    /// Recordings, answering machines and speech.
    pub voice: VoiceRules,
    /// How sockets are opened and spoken over.
    pub sockets: SocketRules,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            unsubscribed_events_count: true,
            duration_rounds_up: true,
            ring_grace: Duration::from_secs(5),
            play_length: Duration::from_secs(10),
            ring_delay: Duration::from_millis(100),
            rejected_is_busy: true,
            twiml_conference_defaults_to_start_end: false,
            retries_keep_the_token: true,
            interrupted_dial_asks_action: false,
            wire: WireRules::default(),
            voice: VoiceRules::default(),
            sockets: SocketRules::default(),
        }
    }
}

/// Points about sockets on which sources disagree, or that a test wants to vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketRules {
    /// Whether the signed URL ends in a `/` that the URL of the document has not. Twilio docs, webhooks security: a
    /// handshake is to be checked both ways.
    pub signed_with_slash: bool,
    /// Whether a document may name a `ws://` URL. Twilio docs, TwiML Stream: `wss://` only.
    pub plain_urls: bool,
    /// How many tracks of a call are streamed at once. Unverified.
    pub tracks_per_call: usize,
    /// How long a server may take to accept a connection. Unverified.
    pub handshake_timeout: Duration,
    /// How much silence ends what a caller says, unless `speechTimeout` gives milliseconds. Unverified.
    pub speech_pause: Duration,
    /// Whether `end` of a `ConversationRelay` cuts off what is still spoken. Servers that people run disagree: some wait
    /// for the end of their speech, Twilio's own send `end` right behind it.
    pub relay_end_cuts_speech: bool,
    /// Whether a caller who hangs up in `<Connect>` still has its action asked; the reply is ignored. Documented for
    /// `ConversationRelay` (`SessionStatus=completed`), unverified for `Stream`.
    pub hang_up_asks_action: bool,
}

impl Default for SocketRules {
    fn default() -> Self {
        Self {
            signed_with_slash: false,
            plain_urls: false,
            tracks_per_call: 4,
            handshake_timeout: Duration::from_secs(5),
            speech_pause: Duration::from_millis(500),
            relay_end_cuts_speech: false,
            hang_up_asks_action: true,
        }
    }
}
