//! S76: a request is accepted if, and only if, a second implementation would have signed it so. That one is slow and plain:
//! it writes down every text that may have been signed, and knows nothing of the first.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha1::Sha1;
use switchboard::webhook::{Method, Refusal, Verifier};

use super::carrier::{self, ACCOUNT, FORM, Parts, TOKEN, VOICE};

/// A public base in its parts, as they are written.
#[derive(Clone, Copy, Debug)]
struct Place {
    scheme: &'static str,
    userinfo: &'static str,
    host: &'static str,
    port: &'static str,
    path: &'static str,
}

const PLACES: [Place; 8] = [
    Place { scheme: "https", userinfo: "", host: "h.example", port: "", path: "" },
    Place { scheme: "https", userinfo: "", host: "h.example", port: ":8443", path: "" },
    Place { scheme: "https", userinfo: "", host: "h.example", port: ":443", path: "/phone" },
    Place { scheme: "https", userinfo: "u:p@", host: "h.example", port: ":1234", path: "" },
    Place { scheme: "https", userinfo: "u@", host: "[2001:db8::1]", port: "", path: "" },
    Place { scheme: "http", userinfo: "", host: "h.example", port: "", path: "" },
    Place { scheme: "http", userinfo: "", host: "h.example", port: ":80", path: "" },
    Place { scheme: "http", userinfo: "u:p@", host: "127.0.0.1", port: ":8080", path: "/a/b" },
];

impl Place {
    fn base(&self) -> String {
        format!("{}://{}{}{}{}", self.scheme, self.userinfo, self.host, self.port, self.path)
    }

    /// Every URL under which a request to `target` may have been signed.
    fn urls(&self, target: &str, websocket: bool) -> BTreeSet<String> {
        let scheme = if websocket { self.scheme.replace("http", "ws") } else { self.scheme.to_owned() };
        let default_port = if self.scheme == "https" { ":443" } else { ":80" };
        let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        let below = path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let whole = if below { path.to_owned() } else { format!("{}{path}", self.path) };
        let mut paths = vec![whole.clone()];
        if websocket {
            paths.push(whole.strip_suffix('/').map_or_else(|| format!("{whole}/"), str::to_owned));
        }
        let mut queries = vec![query.to_owned()];
        if query.len() > 1 {
            queries.push(query.replace('\'', "%27"));
            queries.push(format!("?{}", as_node_writes(&query[1..])));
        }
        let mut urls = BTreeSet::new();
        for userinfo in ["", self.userinfo] {
            for port in [self.port, "", default_port] {
                for path in &paths {
                    urls.extend(
                        queries.iter().map(|query| format!("{scheme}://{userinfo}{}{port}{path}{query}", self.host)),
                    );
                }
            }
        }
        urls
    }
}

/// The pairs of a form, byte by byte.
fn decoded(form: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = |text: &str| {
        let mut rest = text.as_bytes().to_vec();
        let mut out = Vec::new();
        while !rest.is_empty() {
            let byte = rest.remove(0);
            let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            match (byte, digits) {
                (b'+', _) => out.push(b' '),
                (b'%', Some(digits)) => {
                    out.push(u8::from_str_radix(digits, 16).unwrap());
                    rest.drain(..2);
                }
                _ => out.push(byte),
            }
        }
        out
    };
    let pieces = form.split('&').filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.split_once('=').unwrap_or((piece, ""))).map(|(n, v)| (bytes(n), bytes(v))).collect()
}

fn as_node_writes(query: &str) -> String {
    let part = |bytes: Vec<u8>| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        bytes
            .iter()
            .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    decoded(query).into_iter().map(|(name, value)| part(name) + "=" + &part(value)).collect::<Vec<_>>().join("&")
}

fn signature(token: &str, url: &str, form: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    // A set is in order and holds each pair once.
    for (name, value) in decoded(form).into_iter().collect::<BTreeSet<_>>() {
        mac.update(&name);
        mac.update(&value);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

fn request(target: &str, form: Option<&str>, websocket: bool, signature: &str) -> Parts {
    let parts = Parts {
        method: if form.is_some() { Method::Post } else { Method::Get },
        target: target.to_owned(),
        headers: Vec::new(),
        body: form.unwrap_or_default().as_bytes().to_vec(),
        websocket,
    };
    parts.header("Content-Type", FORM).header("X-Twilio-Signature", signature)
}

fn verifier(place: &Place) -> Verifier {
    let builder = Verifier::builder().public_base(place.base()).account(ACCOUNT).auth_token(TOKEN);
    builder.accept_get().build().unwrap()
}

/// Names that repeat, share their beginnings, are blank, escaped or long; values of every kind.
fn any_form() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "[ab]{0,2}",
        "CallerC(ity|ountry)?",
        "Recording(Sid|Url|Status|Source)?",
        "(%43|C)all(%53|S)id",
        "[a-zA-Z0-9_%+ü=]{0,20}",
    ];
    let value = prop_oneof!["[01]?", "(%2B|\\+)?[0-9]{0,12}", "[ -%'-~]{0,40}", "(%[0-9A-F]{2}){0,6}", "\\PC{0,12}"];
    let piece = (name, any::<bool>(), value).prop_map(|(name, has_value, value)| {
        let value = value.replace('&', "%26");
        if has_value { format!("{name}={value}") } else { name }
    });
    let pieces =
        prop_oneof![9 => prop::collection::vec(piece.clone(), 0..45), 1 => prop::collection::vec(piece, 0..300)];
    pieces.prop_map(|pieces| pieces.join("&")).prop_filter("a body of 64 KiB at most", |form| form.len() < 60_000)
}

fn any_target() -> impl Strategy<Value = String> {
    let path = prop_oneof!["", "/", "/phone(/voice)?/?", "/a/b/[a-z]{0,5}/?", "/[!$-;=@-~]{0,24}"];
    let query = prop_oneof![
        3 => Just(String::new()),
        1 => "\\?",
        3 => "\\?[a-c]=It's[+ ]?[a-z]{0,3}(%20|%27|\\+)?(&d=%[0-9a-f]{2})?",
        2 => "\\?[!$-~]{0,60}",
    ];
    (path, query).prop_map(|(path, query)| format!("{path}{}", query.replace(' ', "%20"))).prop_filter(
        "no account",
        |target| {
            !decoded(target.split_once('?').map_or("", |(_, query)| query))
                .iter()
                .any(|(name, _)| name == b"AccountSid")
        },
    )
}

/// What the signer does: the right thing most of the time.
#[derive(Clone, Debug)]
struct Signer {
    url: prop::sample::Index,
    place: usize,
    token: &'static str,
    altered_form: Option<String>,
}

fn any_signer() -> impl Strategy<Value = Signer> {
    let altered = prop_oneof![6 => Just(None), 1 => any_form().prop_map(Some)];
    let token = prop_oneof![6 => Just(TOKEN), 1 => Just("12346"), 1 => Just("")];
    let place = prop_oneof![4 => Just(PLACES.len()), 1 => 0..PLACES.len()];
    (any::<prop::sample::Index>(), place, token, altered).prop_map(|(url, place, token, altered_form)| Signer {
        url,
        place,
        token,
        altered_form,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn s76_a_request_is_accepted_if_and_only_if_the_reference_signed_it(
        at in 0..PLACES.len(),
        target in any_target(),
        form in any_form(),
        kind in 0..4_u8,
        signer in any_signer(),
    ) {
        let (place, websocket) = (&PLACES[at], kind == 0);
        let form = (kind > 1).then_some(form.as_str());
        let signed_place = PLACES.get(signer.place).unwrap_or(place);
        let urls: Vec<_> = signed_place.urls(&target, websocket).into_iter().collect();
        let signed_form = signer.altered_form.as_deref().or(form).unwrap_or_default();
        let signed_url: &String = signer.url.get(&urls);
        let sent = signature(signer.token, signed_url, signed_form);

        let accepted: BTreeSet<_> =
            place.urls(&target, websocket).iter().map(|url| signature(TOKEN, url, form.unwrap_or_default())).collect();
        let expected = if accepted.contains(&sent) { Ok(()) } else { Err(Refusal::SignatureMismatch) };
        let parts = request(&target, form, websocket, &sent);
        prop_assert_eq!(parts.outcome(&verifier(place)), expected, "{}", signed_url);
    }

    #[test]
    fn what_is_read_is_what_the_reference_decodes(form in any_form()) {
        let url = "https://h.example/voice";
        let parts = request("/voice", Some(&form), false, &signature(TOKEN, url, &form));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', "");
        let pairs: BTreeSet<_> = decoded(&form).into_iter().collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (text(name), text(value))).collect();
        parts.tried(&verifier(&PLACES[0]), |webhook| {
            let read: Vec<_> = webhook.params().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(read, pairs);
            for (name, value) in &pairs {
                let agree = pairs.iter().filter(|(known, _)| known == name).all(|(_, other)| other == value);
                assert_eq!(webhook.param(name), agree.then_some(value.as_str()), "{name}");
            }
        }).unwrap();
    }
}

/// A small generator with a seed, so that a failure can be told and repeated.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn s76_of_many_forgeries_made_without_the_key_none_is_accepted() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let verifier = verifier(&PLACES[1]);
    let known = signature(TOKEN, "https://h.example/voice?hop=1", "CallSid=CA1&From=%2B1415");
    let mut accepted = 0;
    for round in 0..50_000_u32 {
        let mut bytes = [0; 20];
        bytes.iter_mut().for_each(|byte| *byte = next(&mut state) as u8);
        // Every other one has a signature that was right for another request.
        let forged = if round % 2 == 0 { STANDARD.encode(bytes) } else { known.clone() };
        let target = format!("/voice?hop={}", 2 + next(&mut state) % 1000);
        let body = format!("CallSid=CA{}&From=%2B1415", next(&mut state) % 10);
        accepted += u32::from(request(&target, Some(&body), false, &forged).outcome(&verifier).is_ok());
    }
    assert_eq!(accepted, 0);
    assert_eq!(request("/voice?hop=1", Some("From=%2B1415&CallSid=CA1"), false, &known).outcome(&verifier), Ok(()));
}

#[test]
fn a_signature_is_read_if_it_is_the_canonical_base64_of_so_many_bytes_and_only_then() {
    let verifier = carrier::verifier();
    let unsigned = Parts::post(VOICE, &[]).without("X-Twilio-Signature");
    let good = Parts::post(VOICE, &[]).headers.pop().unwrap().1;
    let right = STANDARD.decode(&good).unwrap();
    let judge = |sent: &str| {
        let expected = match STANDARD.decode(sent) {
            Ok(bytes) if bytes == right => Ok(()),
            Ok(bytes) if matches!(bytes.len(), 20 | 32) => Err(Refusal::SignatureMismatch),
            _ if sent.is_empty() => Err(Refusal::SignatureMissing),
            _ => Err(Refusal::SignatureMalformed),
        };
        let outcome = unsigned.clone().header("X-Twilio-Signature", sent).outcome(&verifier);
        assert_eq!(outcome, expected, "{sent:?}");
    };
    judge(&good);
    for text in [good, STANDARD.encode([0xa5; 32]), STANDARD.encode([0xff; 21])] {
        for at in 0..text.len() {
            for other in ('\0'..='\x7f').chain(['\u{80}', 'é', '\u{ff1d}']) {
                judge(&format!("{}{other}{}", &text[..at], &text[at + 1..]));
            }
            judge(&text[..at]);
            judge(&text[at..]);
        }
        judge(&format!("{text}="));
        judge(&format!(" {text}"));
    }
    (0..40).for_each(|bytes| judge(&STANDARD.encode(vec![0x5a; bytes])));
}
