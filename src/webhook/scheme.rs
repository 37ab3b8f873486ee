//! How providers that speak Twilio's language sign what they send.

use std::fmt;

/// How a provider signs its webhooks; chosen with [`VerifierBuilder::scheme`](super::VerifierBuilder::scheme).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Twilio's: HMAC-SHA1 with the Auth Token over the URL and the sorted form, in `X-Twilio-Signature`; or HMAC-SHA1 or
    /// HMAC-SHA256 with a SharedKey that `X-Twilio-Webhooks-Signature-Settings` names.
    #[default]
    Twilio,
    /// SignalWire's for cXML (LaML): Twilio's HMAC-SHA1 with the signing key of the space, which is given as
    /// [`auth_token`](super::VerifierBuilder::auth_token), in `X-SignalWire-Signature`, else in `X-Twilio-Signature`. Its
    /// SDK (3.2.0) leaves the values of a repeated name in the order they have in the form, each as often as it is there;
    /// that is accepted beside Twilio's order. Unverified against a live space.
    SignalWire,
    /// Telnyx's: Ed25519 over the time, `|` and the body, in `telnyx-signature-ed25519` and `telnyx-timestamp`. It covers
    /// neither the URL nor its query, so only POST is accepted. Needs
    /// [`public_key`](super::VerifierBuilder::public_key), and the feature `telnyx`.
    Telnyx,
}

impl Scheme {
    /// Whether its signature covers the URL.
    #[must_use]
    pub fn signs_url(self) -> bool {
        match self {
            Self::Twilio | Self::SignalWire => true,
            Self::Telnyx => false,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Twilio => "Twilio",
            Self::SignalWire => "SignalWire",
            Self::Telnyx => "Telnyx",
        })
    }
}
