//! Signatures: what was signed is accepted, what was not never is.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use switchboard::webhook::{Algorithm, Method, Refusal, Verifier, WebhookRequest, form, sign};

const BASE: &str = "https://calls.example.com";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn verifier() -> &'static Verifier {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    VERIFIER.get_or_init(|| {
        Verifier::builder()
            .public_base(BASE)
            .account("AC00000000000000000000000000000001")
            .auth_token(TOKEN)
            .accept_get()
            .build()
            .expect("a complete configuration")
    })
}

/// The input: a byte that chooses the kind, 20 bytes of a forged signature, the target up to a line end, the body.
pub(crate) fn check(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let Some((forged, rest)) = rest.split_at_checked(20) else { return };
    let mut halves = rest.splitn(2, |byte| *byte == b'\n');
    let target = String::from_utf8_lossy(halves.next().unwrap_or_default()).into_owned();
    let body = halves.next().unwrap_or_default();
    let target = format!("/{target}");
    let get = kind & 1 == 1;
    let body = if get { &[][..] } else { body };
    let seen = |signature: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", signature)];
        let method = if get { Method::Get } else { Method::Post };
        let request = WebhookRequest { method, target: &target, headers: &headers, body, websocket: false };
        verifier().verify(&request).map(|verified| verified.params().count())
    };
    let refused = seen(&STANDARD.encode(forged)).expect_err("nobody has the token");
    let Some(pairs) = signed_pairs(body) else { return };
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    match seen(&sign(&format!("{BASE}{target}"), &pairs, TOKEN, Algorithm::HmacSha1)) {
        Ok(_) => assert_eq!(refused, Refusal::SignatureMismatch, "only the signature was wrong"),
        Err(Refusal::SignatureMismatch) => panic!("a request that was signed is refused"),
        // What is refused whatever its signature, or says that it comes from another account.
        Err(_) => {}
    }
}

/// The pairs that are signed, where they are text: `sign` takes nothing else.
fn signed_pairs(body: &[u8]) -> Option<Vec<form::Pair<'_>>> {
    let pairs = form::decode(body, 1000).ok()?;
    let odd = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
    // The reader leaves NUL out, the signature does not.
    let nul = body.windows(3).any(|three| three == b"%00") || body.contains(&0);
    (!nul && !pairs.iter().any(|(name, value)| odd(name) || odd(value))).then_some(pairs)
}
