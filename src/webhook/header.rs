//! The headers that matter, found in one pass.

use super::Refusal;
use super::scheme::Scheme;

pub(super) const FORWARDED_PROTO: &str = "X-Forwarded-Proto";
pub(super) const FORWARDED_HOST: &str = "X-Forwarded-Host";

/// A header that may be given once.
#[derive(Clone, Copy)]
pub(super) enum Header {
    Twilio,
    SignalWire,
    Telnyx,
    Timestamp,
    Settings,
    ContentType,
    ForwardedProto,
    ForwardedHost,
}

/// One bit for each length of a name that matters.
const LENGTHS: u64 = 1 << 12 | 1 << 16 | 1 << 17 | 1 << 18 | 1 << 22 | 1 << 24 | 1 << 36;

/// What the headers say, each one as often as it was given.
pub(super) struct Headers<'a> {
    values: [Option<&'a str>; 8],
    repeated: u8,
}

impl<'a> Headers<'a> {
    pub(super) fn new() -> Self {
        Self { values: [None; 8], repeated: 0 }
    }

    /// Notes those of `headers` that matter.
    #[inline(never)]
    pub(super) fn read(&mut self, headers: &[(&str, &'a str)]) {
        for (name, value) in headers {
            // Few names have the length of one that matters.
            if name.len() > 36 || LENGTHS >> name.len() & 1 == 0 {
                continue;
            }
            let (header, known) = match name.len() {
                12 => (Header::ContentType, "Content-Type"),
                16 if name.starts_with(['t', 'T']) => (Header::Timestamp, "Telnyx-Timestamp"),
                16 => (Header::ForwardedHost, FORWARDED_HOST),
                17 => (Header::ForwardedProto, FORWARDED_PROTO),
                18 => (Header::Twilio, "X-Twilio-Signature"),
                22 => (Header::SignalWire, "X-SignalWire-Signature"),
                24 => (Header::Telnyx, "Telnyx-Signature-Ed25519"),
                36 => (Header::Settings, "X-Twilio-Webhooks-Signature-Settings"),
                _ => continue,
            };
            if name.eq_ignore_ascii_case(known) && self.values[header as usize].replace(value).is_some() {
                self.repeated |= 1 << header as u8;
            }
        }
    }

    /// The value of `header`, or `refusal` if there are several.
    #[inline]
    pub(super) fn sole(&self, header: Header, refusal: Refusal) -> Result<Option<&'a str>, Refusal> {
        match self.repeated & 1 << header as u8 {
            0 => Ok(self.values[header as usize]),
            _ => Err(refusal),
        }
    }

    /// The header in which `scheme` has its signature.
    pub(super) fn signature(&self, scheme: Scheme) -> Result<&'a str, Refusal> {
        let header = match scheme {
            Scheme::Twilio => Header::Twilio,
            // SignalWire's SDK 3.2: its own header, and where there is none, Twilio's.
            Scheme::SignalWire if self.values[Header::SignalWire as usize].is_none() => Header::Twilio,
            Scheme::SignalWire => Header::SignalWire,
            Scheme::Telnyx => Header::Telnyx,
        };
        let header = self.sole(header, Refusal::SignatureRepeated)?;
        header.filter(|header| !header.is_empty()).ok_or(Refusal::SignatureMissing)
    }
}
