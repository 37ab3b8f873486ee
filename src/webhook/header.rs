//! The headers that matter, found in one pass.

use super::Refusal;
use super::scheme::Scheme;

pub(super) const FORWARDED_PROTO: &str = "X-Forwarded-Proto";
pub(super) const FORWARDED_HOST: &str = "X-Forwarded-Host";

/// A header that may be given once.
#[derive(Clone, Copy, Default)]
pub(super) enum Sole<'a> {
    #[default]
    Absent,
    Once(&'a str),
    Repeated,
}

impl<'a> Sole<'a> {
    fn note(&mut self, value: &'a str) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    /// The value, or `refusal` if there are several.
    pub(super) fn or(self, refusal: Refusal) -> Result<Option<&'a str>, Refusal> {
        match self {
            Self::Absent => Ok(None),
            Self::Once(value) => Ok(Some(value)),
            Self::Repeated => Err(refusal),
        }
    }
}

/// What the headers say, each one as often as it was given.
#[derive(Default)]
pub(super) struct Headers<'a> {
    twilio: Sole<'a>,
    signalwire: Sole<'a>,
    telnyx: Sole<'a>,
    pub(super) timestamp: Sole<'a>,
    pub(super) settings: Sole<'a>,
    pub(super) content_type: Sole<'a>,
    pub(super) forwarded_proto: Sole<'a>,
    pub(super) forwarded_host: Sole<'a>,
}

impl<'a> Headers<'a> {
    #[inline(always)]
    pub(super) fn read(headers: &[(&str, &'a str)]) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            match name.len() {
                12 if is("Content-Type") => found.content_type.note(value),
                16 if is(FORWARDED_HOST) => found.forwarded_host.note(value),
                16 if is("Telnyx-Timestamp") => found.timestamp.note(value),
                17 if is(FORWARDED_PROTO) => found.forwarded_proto.note(value),
                18 if is("X-Twilio-Signature") => found.twilio.note(value),
                22 if is("X-SignalWire-Signature") => found.signalwire.note(value),
                24 if is("Telnyx-Signature-Ed25519") => found.telnyx.note(value),
                36 if is("X-Twilio-Webhooks-Signature-Settings") => found.settings.note(value),
                _ => {}
            }
        }
        found
    }

    /// The header in which `scheme` has its signature.
    pub(super) fn signature(&self, scheme: Scheme) -> Result<&'a str, Refusal> {
        let header = match scheme {
            Scheme::Twilio => self.twilio,
            // SignalWire's SDK 3.2: its own header, and where there is none, Twilio's.
            Scheme::SignalWire if matches!(self.signalwire, Sole::Absent) => self.twilio,
            Scheme::SignalWire => self.signalwire,
            Scheme::Telnyx => self.telnyx,
        };
        let header = header.or(Refusal::SignatureRepeated)?;
        header.filter(|header| !header.is_empty()).ok_or(Refusal::SignatureMissing)
    }
}
