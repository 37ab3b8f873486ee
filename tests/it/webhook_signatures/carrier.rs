//! Requests as Twilio would sign and send them, in owned parts, so that a test can bend one of them.

use switchboard::webhook::{
    Algorithm, Method, Refusal, Verified, Verifier, VerifierBuilder, WebhookRequest, form, sign, sign_json,
};

pub(super) const TOKEN: &str = "12345";
pub(super) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(super) const BASE: &str = "https://calls.example.com";
pub(super) const VOICE: &str = "https://calls.example.com/voice?hop=1&sort=a";
pub(super) const SHARED_KEY: &str = "webhooks_sharedkey_01";
pub(super) const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
pub(super) const PARAMS: &[(&str, &str)] =
    &[("AccountSid", ACCOUNT), ("CallSid", "CA1"), ("From", "+14155550100"), ("ToCity", "")];

pub(super) fn configured(base: &str) -> VerifierBuilder {
    Verifier::builder().public_base(base).account(ACCOUNT).auth_token(TOKEN)
}

pub(super) fn verifier() -> Verifier {
    configured(BASE).build().unwrap()
}

#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) websocket: bool,
}

impl Parts {
    pub(super) fn post(url: &str, params: &[(&str, &str)]) -> Self {
        Self {
            method: Method::Post,
            target: target_of(url),
            headers: vec![("content-type".into(), FORM.into())],
            body: form::encode(params.iter().copied()).into_bytes(),
            websocket: false,
        }
        .header("X-Twilio-Signature", &sign(url, params, TOKEN, Algorithm::HmacSha1))
    }

    pub(super) fn get(url: &str) -> Self {
        Self { method: Method::Get, headers: Vec::new(), ..Self::post(url, &[]) }
            .header("X-Twilio-Signature", &sign(url, &[], TOKEN, Algorithm::HmacSha1))
    }

    pub(super) fn websocket(signed_url: &str, target: &str) -> Self {
        Self { websocket: true, ..Self::get(signed_url) }.at(target)
    }

    pub(super) fn json(url: &str, body: &[u8]) -> Self {
        let (signed_url, signature) = sign_json(url, body, TOKEN);
        Self { body: body.to_vec(), headers: Vec::new(), ..Self::post(&signed_url, &[]) }
            .header("Content-Type", "application/json")
            .header("X-Twilio-Signature", &signature)
    }

    pub(super) fn at(mut self, target: &str) -> Self {
        self.target = target.to_owned();
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(super) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(super) fn tried<T>(&self, verifier: &Verifier, read: impl FnOnce(Verified<'_>) -> T) -> Result<T, Refusal> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (method, websocket) = (self.method, self.websocket);
        let request = WebhookRequest { method, target: &self.target, headers: &headers, body: &self.body, websocket };
        verifier.verify(&request).map(read)
    }

    pub(super) fn outcome(&self, verifier: &Verifier) -> Result<(), Refusal> {
        self.tried(verifier, |_| ())
    }
}

pub(super) fn target_of(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    rest.find('/').map_or("", |at| &rest[at..]).to_owned()
}

pub(super) fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let authority = rest.split('/').next().unwrap();
    format!("{}://{authority}", scheme.replace("ws", "http"))
}
