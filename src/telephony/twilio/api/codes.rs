//! Twilio's error codes: what each means, and what to do.
//!
//! The sentences are ours; which codes there are is from Twilio's docs (error and warning dictionary, as of 2023, and
//! later pages). A code that is not here is no less an error: look it up at Twilio.

mod calls;
mod documents;
mod requests;
mod sessions;

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Group {
    /// Who asks: credentials, permissions, the account.
    Auth,
    /// The thing that was named does not exist.
    NotFound,
    /// Too many requests, calls or recordings.
    RateLimit,
    /// A parameter that is wrong.
    Parameter,
    /// It cannot be done in the state that the thing is in.
    State,
    /// A telephone number or other address.
    Number,
    /// Buying, verifying and setting up numbers.
    NumberOrder,
    /// Conferences and their participants.
    Conference,
    /// Recordings.
    Recording,
    /// Finding out whether a person or a machine answered.
    Detection,
    /// SIP credentials, headers and devices.
    Sip,
    /// Messages.
    Message,
    /// Twilio itself.
    Server,
    /// Access tokens of browsers and apps.
    Token,
    /// Getting a document from your URL.
    Fetch,
    /// The document itself.
    Document,
    /// `Dial` and its nouns.
    Dial,
    /// `Gather`.
    Gather,
    /// The other verbs.
    Verb,
    /// Queues.
    Queue,
    /// Status callbacks.
    Callback,
    /// The voice SDK in a browser or app.
    Sdk,
    /// Media streams.
    Stream,
    /// `ConversationRelay` and other services that a call is handed to.
    Relay,
    /// The network that a call goes over.
    Network,
}

/// What a code says about the request that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It was not carried out, and the same request will be refused again.
    Rejected,
    /// It was not carried out; the same request may be accepted later. Refused credentials count as this, so that
    /// nothing is given up while they are being rotated.
    Retryable,
    /// It may have been carried out.
    Unknown,
    /// It answers no request: it is told of in notifications, in the console, in fallback requests (`ErrorCode`), or by
    /// the SDK.
    Reported,
}

/// What is known of a code, or of a family of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCode {
    /// The first code of the family.
    pub first: u32,
    /// The last code of the family; the same as `first` for most.
    pub last: u32,
    /// What it is called here.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it says about a request.
    pub class: Class,
    /// What it means and what to do.
    pub advice: &'static str,
}

/// `first (to last)? "name" Group Class "advice";`, in ascending order.
macro_rules! codes {
    ($($first:literal $(to $last:literal)? $name:literal $group:ident $class:ident $advice:literal;)*) => {
        pub(super) const CODES: &[crate::telephony::twilio::api::codes::ErrorCode] = &[$(
            crate::telephony::twilio::api::codes::ErrorCode {
                first: $first,
                last: crate::telephony::twilio::api::codes::last($first, &[$($last)?]),
                name: $name,
                group: crate::telephony::twilio::api::codes::Group::$group,
                class: crate::telephony::twilio::api::codes::Class::$class,
                advice: $advice,
            },
        )*];
    };
}

use codes;

const fn last(first: u32, given: &[u32]) -> u32 {
    if given.is_empty() { first } else { given[0] }
}

/// Each in ascending order, and one after the other.
const TABLES: [&[ErrorCode]; 4] = [documents::CODES, requests::CODES, calls::CODES, sessions::CODES];

impl ErrorCode {
    /// What is known of this code.
    #[must_use]
    pub fn find(code: u32) -> Option<&'static Self> {
        Self::all().find(|known| (known.first..=known.last).contains(&code))
    }

    /// Every code or family that is known here, in ascending order.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        TABLES.iter().copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_no_code_stands_in_it_twice() {
        let all: Vec<_> = ErrorCode::all().collect();
        for pair in all.windows(2) {
            assert!(pair[0].first <= pair[0].last && pair[0].last < pair[1].first, "{} is out of order", pair[1].first);
        }
        assert!(all.len() > 150);
    }

    #[test]
    fn every_advice_is_a_sentence_that_fits_behind_a_colon() {
        for code in ErrorCode::all() {
            assert!(!code.name.is_empty() && code.advice.len() > 15, "{}", code.first);
            assert!(!code.advice.ends_with('.') && !code.advice.contains("TODO"), "{}", code.first);
        }
    }
}
