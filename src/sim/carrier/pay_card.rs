//! What a payment asks for, and how it is judged: Luhn's sum, types of cards, dates (Twilio docs, TwiML Pay).

use chrono::{DateTime, Datelike as _, Utc};

use crate::time::Timestamp;

/// Digits that no log may hold: what is printed of them is only how many they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Digits(String);

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} digits", self.0.len())
    }
}

impl Digits {
    pub(super) fn push(&mut self, key: char) {
        self.0.push(key);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All but the last four as `x`.
    fn masked(&self) -> String {
        let hidden = self.0.len().saturating_sub(4);
        format!("{}{}", "x".repeat(hidden), self.0.get(hidden..).unwrap_or_default())
    }

    fn hidden(&self) -> String {
        "x".repeat(self.0.len())
    }
}

/// One thing that a payer keys in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    CardNumber,
    ExpirationDate,
    SecurityCode,
    PostalCode,
    RoutingNumber,
    AccountNumber,
}

/// What an item is judged by.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) card_types: Vec<String>,
    pub(super) postal_code_min: usize,
    pub(super) now: Timestamp,
    /// The type of the card, once it is known.
    pub(super) card: Option<&'static str>,
}

impl Item {
    /// The word for it in `<Prompt for>` and in the callback's `For`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CardNumber => "payment-card-number",
            Self::ExpirationDate => "expiration-date",
            Self::SecurityCode => "security-code",
            Self::PostalCode => "postal-code",
            Self::RoutingNumber => "bank-routing-number",
            Self::AccountNumber => "bank-account-number",
        }
    }

    /// What is said where the document has no prompt.
    pub(super) fn asked(self) -> &'static str {
        match self {
            Self::CardNumber => "Please enter your credit card number.",
            Self::ExpirationDate => {
                "Please enter your card's expiration date: two digits for the month, two for the year."
            }
            Self::SecurityCode => "Please enter the security code of your card.",
            Self::PostalCode => "Please enter your postal code, then press pound.",
            Self::RoutingNumber => "Please enter your bank's routing number.",
            Self::AccountNumber => "Please enter your bank account number, then press pound.",
        }
    }

    /// Whether so many digits are all there can be.
    pub(super) fn is_full(self, typed: &Digits, card: Option<&str>) -> bool {
        let most = match self {
            Self::CardNumber => match card_type(typed) {
                Some("amex") => 15,
                Some("diners-club") => 14,
                _ => 16,
            },
            Self::ExpirationDate => 4,
            Self::SecurityCode => code_length(card),
            Self::RoutingNumber => 9,
            Self::PostalCode | Self::AccountNumber => 20,
        };
        typed.len() >= most
    }

    /// The `errorType` of what was keyed in; `None`: it is good.
    pub(super) fn fault(self, typed: &Digits, judge: &Judge) -> Option<&'static str> {
        let digits = &typed.0;
        if digits.is_empty() {
            return Some("timeout");
        }
        match self {
            Self::CardNumber if !passes_luhn(digits) || digits.len() < 12 => Some("invalid-card-number"),
            Self::CardNumber => {
                let valid = card_type(typed).is_some_and(|kind| judge.card_types.iter().any(|k| k == kind));
                (!valid).then_some("invalid-card-type")
            }
            Self::ExpirationDate => (!is_to_come(digits, judge.now)).then_some("invalid-date"),
            Self::SecurityCode => (digits.len() != code_length(judge.card)).then_some("invalid-security-code"),
            Self::PostalCode => (digits.len() < judge.postal_code_min).then_some("invalid-postal-code"),
            Self::RoutingNumber => (!is_routing_number(digits)).then_some("invalid-bank-routing-number"),
            Self::AccountNumber => (digits.len() < 4).then_some("invalid-bank-account-number"),
        }
    }

    /// Name and value of what the application is told of it.
    pub(super) fn told(self, typed: &Digits) -> (&'static str, String) {
        match self {
            Self::CardNumber => ("PaymentCardNumber", typed.masked()),
            Self::ExpirationDate => ("ExpirationDate", typed.0.clone()),
            Self::SecurityCode => ("SecurityCode", typed.hidden()),
            Self::PostalCode => ("PaymentCardPostalCode", typed.0.clone()),
            Self::RoutingNumber => ("BankRoutingNumber", typed.0.clone()),
            Self::AccountNumber => ("BankAccountNumber", typed.masked()),
        }
    }
}

fn code_length(card: Option<&str>) -> usize {
    if card == Some("amex") { 4 } else { 3 }
}

/// Luhn's sum (ISO/IEC 7812-1).
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            match (at % 2, digit * 2) {
                (0, _) => digit,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The type of a card by how its number begins.
pub(super) fn card_type(typed: &Digits) -> Option<&'static str> {
    let first = |n: usize| typed.0.get(..n).and_then(|text| text.parse::<u32>().ok());
    let (two, three, four) = (first(2).unwrap_or(0), first(3).unwrap_or(0), first(4).unwrap_or(0));
    Some(match (two, three, four) {
        (34 | 37, ..) => "amex",
        (36 | 38, ..) | (_, 300..=305, _) => "diners-club",
        (_, _, 3528..=3589) => "jcb",
        (40..=49, ..) => "visa",
        (51..=55, ..) | (_, _, 2221..=2720) => "mastercard",
        (65, ..) | (_, 644..=649, _) | (_, _, 6011) => "discover",
        (50 | 56..=69, ..) => "maestro",
        _ => return None,
    })
}

/// Month and year, `MMYY`, of a card that has not expired.
fn is_to_come(digits: &str, now: Timestamp) -> bool {
    let part = |from: usize| digits.get(from..from + 2).and_then(|text| text.parse::<i32>().ok());
    let (Some(month @ 1..=12), Some(year), 4) = (part(0), part(2), digits.len()) else { return false };
    let now: DateTime<Utc> = now.into();
    let today = (now.year(), i32::try_from(now.month()).unwrap_or(12));
    (2000 + year, month) >= today
}

/// The check sum of an American bank's number: weights 3, 7, 1.
fn is_routing_number(digits: &str) -> bool {
    let sum: u32 =
        digits.bytes().zip([3, 7, 1].into_iter().cycle()).map(|(b, w)| u32::from(b.saturating_sub(b'0')) * w).sum();
    digits.len() == 9 && sum.is_multiple_of(10)
}
