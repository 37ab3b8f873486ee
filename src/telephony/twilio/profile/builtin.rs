//! The providers whose dialect is known.

use std::collections::BTreeMap;

use super::{
    Auth, Change, ClientNoun, Dates, ExtraField, Feature, IdShape, Ids, Lists, Media, Profile, Resource, Rule, Verdict,
};
use crate::webhook::Scheme;

/// Resources whose path Telnyx ends in `.json` (its SDKs, TeXML); the others have none.
const TELNYX_JSON: &[Resource] = &[
    Resource::CallRecordings,
    Resource::CallRecording,
    Resource::Recording,
    Resource::Streams,
    Resource::Stream,
    Resource::SiprecSessions,
    Resource::SiprecSession,
    Resource::Transcriptions,
    Resource::Transcription,
];

const PLACING: &[Resource] = &[Resource::Calls, Resource::Participants];

impl Profile {
    /// Twilio, 2010-04-01.
    #[must_use]
    pub fn twilio() -> Self {
        Self {
            name: "Twilio",
            base_url: "https://api.twilio.com".to_owned(),
            path: "/2010-04-01/Accounts/{account}",
            settings: BTreeMap::new(),
            account: IdShape::Sid("AC"),
            ids: Ids::SIDS,
            json_suffix: Resource::ALL,
            auth: Auth::Basic { key: Some(IdShape::Sid("SK")) },
            inline_document: "Twiml",
            extra_fields: &[],
            rules: &[],
            lists: Lists::Repeated,
            current_recording: Some("Twilio.CURRENT"),
            directions: &["outbound-api"],
            ring_secs: 1..=600,
            limit_secs: 1..=86_400,
            signature: Scheme::Twilio,
            dates: Dates::Rfc2822,
            statuses: &[],
            client: ClientNoun::Client,
            client_address: "client:{identity}".to_owned(),
            unsupported: &[
                (Feature::DialCallerName, "add a participant to a conference instead, which takes one"),
                (
                    Feature::ConferenceRecordingStop,
                    "pause it with a gap that is skipped, or end the conference (Twilio docs, Recordings)",
                ),
            ],
            unsupported_verbs: &[],
            verdict: Verdict::WithDocument,
            media: Media::ByExtension,
            error_pointers: &["/code"],
            error_codes: &[],
        }
    }

    /// SignalWire's compatibility API in this space: `acme` for `acme.signalwire.com`. The account is the project's id,
    /// the token an API token with the scope Voice.
    ///
    /// SignalWire's specification of that API (2026) knows no time limit of a leg: none is sent, so a leg that nobody ends
    /// goes on. Unverified: that it takes a document inside a request, which its SDK sends and its specification does not
    /// name; and the address of a Verto client in `To`, which [`Profile::client_address`] changes.
    #[must_use]
    pub fn signalwire(space: impl Into<String>) -> Self {
        let space = space.into();
        let space = space.strip_suffix(".signalwire.com").map_or_else(|| space.clone(), str::to_owned);
        Self {
            name: "SignalWire",
            base_url: "https://{space}.signalwire.com".to_owned(),
            path: "/api/laml/2010-04-01/Accounts/{account}",
            settings: BTreeMap::from([("space", space)]),
            account: IdShape::Uuid,
            ids: Ids::all(IdShape::Uuid),
            auth: Auth::Basic { key: None },
            rules: &[Rule { at: PLACING, field: "TimeLimit", change: Change::Absent }],
            current_recording: None,
            // Its specification says `outbound`; payloads seen in the field say `outbound-api` too.
            directions: &["outbound", "outbound-api"],
            signature: Scheme::SignalWire,
            client: ClientNoun::Verto,
            client_address: "verto:{identity}@{space}.verto.signalwire.com".to_owned(),
            unsupported: SIGNALWIRE_LACKS,
            unsupported_verbs: &["Client", "Pay", "Prompt", "VirtualAgent", "ConversationRelay", "Siprec"],
            error_pointers: &["/code", "/errors/0/code"],
            ..Self::twilio()
        }
    }

    /// Telnyx' TeXML API. `application` is the id of the TeXML application that calls are placed for, the account is the
    /// organisation's id, the token an API key.
    ///
    /// Unverified: that the reply to a dial names its leg (its specification names none; without one the outcome is
    /// unknown, and the leg is asked for), that ringing legs can be cancelled, the shape of account and application ids.
    #[must_use]
    pub fn telnyx(application: impl Into<String>) -> Self {
        Self {
            name: "Telnyx",
            base_url: "https://api.telnyx.com".to_owned(),
            path: "/v2/texml/Accounts/{account}",
            settings: BTreeMap::from([("application", application.into())]),
            account: IdShape::Opaque,
            ids: Ids { leg: IdShape::Prefixed("v3:"), ..Ids::all(IdShape::Uuid) },
            json_suffix: TELNYX_JSON,
            auth: Auth::Bearer,
            inline_document: "Texml",
            extra_fields: &[ExtraField { at: PLACING, name: "ApplicationSid", value: "{application}" }],
            rules: TELNYX_RULES,
            lists: Lists::Spaced,
            current_recording: None,
            directions: &["outbound"],
            ring_secs: 5..=120,
            limit_secs: 30..=14_400,
            signature: Scheme::Telnyx,
            dates: Dates::Either,
            statuses: &[],
            client: ClientNoun::Sip,
            client_address: "sip:{identity}@sip.telnyx.com".to_owned(),
            unsupported: TELNYX_LACKS,
            unsupported_verbs: &["Client", "Room", "VirtualAgent", "Pay", "Prompt", "Sim", "WhatsApp", "Application"],
            verdict: Verdict::WithStatus,
            media: Media::Linked("media_url"),
            error_pointers: &["/errors/0/code", "/code"],
            error_codes: TELNYX_CODES,
        }
    }
}

const SIGNALWIRE_LACKS: &[(Feature, &str)] = &[
    (Feature::TimeLimitChange, "hang the leg up when its time has come"),
    (Feature::AddParticipant, "dial, and answer with a document that enters the conference"),
    (Feature::DialCallerName, "call from a number that has the name"),
    (Feature::CallReason, "leave it out"),
    (Feature::EndOnExit, "say so in the document that enters the conference"),
    (Feature::BeepOnExit, "say so in the document that enters the conference"),
    (Feature::WaitMusic, "say so in the document that enters the conference"),
    (Feature::ConferenceRecordingStop, "pause it, or end the conference"),
    (Feature::CurrentRecording, "give the id that came with its start"),
    (Feature::Transcriptions, "transcribe a stream"),
    (Feature::Siprec, "send a stream"),
];

const TELNYX_LACKS: &[(Feature, &str)] = &[
    (Feature::TimeLimitChange, "hang the leg up when its time has come"),
    (Feature::CallerId, "dial from that number"),
    (Feature::CallReason, "leave it out"),
    (Feature::Digits, "play them from the leg's document"),
    (Feature::PauseGap, "leave the gap to the provider"),
    (Feature::ConferenceRecordingPause, "record the legs, and pause those recordings"),
    (Feature::ConferenceRecordingStop, "record the legs, and stop those recordings"),
    (Feature::CurrentRecording, "give the id that came with its start"),
    (Feature::Transcriptions, "begin it in the leg's document"),
    (Feature::Dequeue, "dial the queue from a document"),
    (Feature::Messages, "use the messaging API"),
    (Feature::Numbers, "use the numbers API, or the portal"),
];

const TELNYX_RULES: &[Rule] = &[
    Rule { at: &[Resource::Calls], field: "Method", change: Change::Name("UrlMethod") },
    // What is called the caller's id there is the name that is shown.
    Rule { at: PLACING, field: "CallerDisplayName", change: Change::Name("CallerId") },
    Rule { at: PLACING, field: "MachineDetectionTimeout", change: Change::Millis },
    Rule { at: &[Resource::Participants], field: "WaitMethod", change: Change::Absent },
    Rule { at: &[Resource::CallRecordings], field: "RecordingChannels", change: Change::Value("mono", "single") },
    Rule { at: &[Resource::CallRecordings], field: "Trim", change: Change::Absent },
];

/// Telnyx docs, API error codes: own, then Twilio's of the same meaning.
const TELNYX_CODES: &[(u32, u32)] = &[
    (10_001, 21_210),
    (10_002, 21_211),
    (10_003, 21_205),
    (10_005, 20_404),
    (10_006, 20_423),
    (10_007, 20_500),
    (10_009, 20_003),
    (10_010, 20_403),
    (10_011, 20_429),
    (10_016, 21_217),
    (90_018, 21_220),
];
