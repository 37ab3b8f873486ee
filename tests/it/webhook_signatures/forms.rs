//! S02 and S05 against another verifier: slow, short, and sharing nothing with ours but the hash function.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha1::Sha1;
use switchboard::webhook::Refusal;

use super::carrier::{ACCOUNT, Parts, TOKEN, VOICE, verifier};

type Values = BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>;

fn decoded(encoded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < encoded.len() {
        let digits = encoded.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match (encoded[at], digits) {
            (b'%', Some(digits)) => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
                at += 2;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}

fn values(form: &[u8]) -> Values {
    let mut values = Values::new();
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = equals.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        values.entry(decoded(name)).or_default().insert(decoded(value));
    }
    values
}

/// Twilio docs, "Webhooks security": the URL, then each name with its value, by name; of a repeated name its different
/// values, sorted (twilio-python and twilio-node).
fn signed_text(url: &str, values: &Values) -> Vec<u8> {
    let mut text = url.as_bytes().to_vec();
    for (name, values) in values {
        values.iter().for_each(|value| text.extend([name.as_slice(), value].concat()));
    }
    text
}

fn signature(text: &[u8]) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap().chain_update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "")
}

/// What an application should read: of each name the value, if there is one alone.
fn readable(values: &Values) -> BTreeMap<String, Option<String>> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, values) in values {
        texts.entry(as_text(name)).or_default().extend(values.iter().map(|value| as_text(value)));
    }
    texts.into_iter().map(|(name, texts)| (name, texts.first().filter(|_| texts.len() == 1).cloned())).collect()
}

fn sent(form: &[u8], signature: &str) -> Parts {
    Parts::post(VOICE, &[]).body(form).without("X-Twilio-Signature").header("X-Twilio-Signature", signature)
}

/// Compares all that can be read of `form`, signed by the reference, with what the reference reads.
fn agrees(form: &[u8]) -> Result<(), TestCaseError> {
    let values = values(form);
    let good = sent(form, &signature(&signed_text(VOICE, &values)));
    let other_account = values
        .iter()
        .any(|(name, values)| as_text(name) == "AccountSid" && values.iter().any(|value| as_text(value) != ACCOUNT));
    if other_account {
        prop_assert_eq!(good.outcome(&verifier()), Err(Refusal::OtherAccount));
        return Ok(());
    }
    let expected = readable(&values);
    let read = good.tried(&verifier(), |webhook| {
        let names: BTreeSet<String> = webhook.params().map(|(name, _)| name.to_owned()).collect();
        names.into_iter().map(|name| (name.clone(), webhook.param(&name).map(str::to_owned))).collect()
    });
    prop_assert_eq!(read, Ok(expected));
    Ok(())
}

/// Names that begin alike, repeated pairs, escapes whole and broken, and bytes that are no text.
fn any_form() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "(Called|CalledCity|CalledZip|CallSid|Caller|CallerName|To|ToCity|From|Digits)=[a-z0-9]{0,40}",
        2 => "[a-c]{0,9}=[%+0-9A-Fa-f]{0,20}",
        1 => "AccountSid=(AC00000000000000000000000000000001|AC1)",
        1 => "(Call%53id|Digits|%44igits|a+b|a%20b|%00|%FF|%C3%BC)(=%?[0-9A-F+]{0,6})?",
        1 => Just("=".to_owned()),
        1 => Just(String::new()),
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..12);
    prop_oneof![
        4 => prop::collection::vec(piece.prop_map(String::into_bytes), 0..90),
        1 => prop::collection::vec(bytes, 0..20),
    ]
    .prop_map(|pieces| pieces.join(&b'&'))
}

proptest! {
    #[test]
    fn what_the_reference_signs_is_accepted_and_reads_as_it_reads(form in any_form()) {
        agrees(&form)?;
    }

    #[test]
    fn s02_what_the_reference_would_not_sign_alike_is_refused(form in any_form(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = signed_text(VOICE, &values(&form));
        let mut altered = form.clone();
        if altered.is_empty() { altered.push(byte) } else { altered[at.index(form.len())] = byte }
        let is_same = signed_text(VOICE, &values(&altered)) == good;
        let outcome = sent(&altered, &signature(&good)).outcome(&verifier());
        match is_same {
            true => prop_assert!(matches!(outcome, Ok(()) | Err(Refusal::OtherAccount)), "{:?}", outcome),
            false => prop_assert_eq!(outcome, Err(Refusal::SignatureMismatch)),
        }
    }
}

#[test]
fn forms_at_the_edges_of_the_room_that_is_kept_for_them_are_read_whole() {
    for pairs in [0, 1, 39, 40, 41, 63, 64, 65, 255, 256, 257, 1000] {
        let form: Vec<String> = (0..pairs).map(|pair| format!("Parameter{}={pair}", pair * 7919 % 1000)).collect();
        agrees(form.join("&").as_bytes()).unwrap();
    }
    for bytes in (0..200).chain(900..1100).chain(1900..2120).chain(2300..2560) {
        agrees(format!("Digits=%31&SpeechResult={}", "v".repeat(bytes)).as_bytes()).unwrap();
    }
}

#[test]
fn bytes_that_are_no_text_are_read_alike_whether_they_are_escaped_or_not() {
    let forms: [&[u8]; 9] = [
        b"Odd=x\0y",
        b"Odd=x%00y",
        b"Odd\0=1&Odd=2",
        b"Account\0Sid=AC00000000000000000000000000000002",
        b"Account%00Sid=AC00000000000000000000000000000002",
        b"Name=Jos\xc3\xa9",
        b"Name=Jos%C3%A9",
        b"Name=\xff&Digits=1",
        b"Name=%FF&Digits=1",
    ];
    for form in forms {
        agrees(form).unwrap();
    }
}
