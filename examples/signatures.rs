//! Signs and verifies requests that another program thinks of: one JSON object a line in, one a line out.
//!
//! The first line is `{"token": …}`. Each later one is a request (`kind`: form, get or json; `target`, `body`, `pairs`)
//! with two signatures; the answer says whether each is accepted, and what our own is.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use switchboard::webhook::{Algorithm, Method, Verifier, WebhookRequest, sign};

type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Deserialize)]
struct Question {
    kind: String,
    target: String,
    body: String,
    pairs: Vec<(String, String)>,
    signature: String,
    forged: String,
}

#[derive(Serialize)]
struct Answer {
    accepts: bool,
    accepts_forged: bool,
    signature: String,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some("--base"), Some(base)) = (arguments.next().as_deref(), arguments.next()) else {
        eprintln!("signatures --base https://HOST");
        return ExitCode::from(2);
    };
    match answers(&base) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signatures: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answers(base: &str) -> Result<(), Failure> {
    let mut lines = std::io::stdin().lock().lines();
    let mut out = std::io::stdout().lock();
    let Token { token } = serde_json::from_str(&lines.next().ok_or("no token")??)?;
    let verifier = Verifier::builder()
        .public_base(base)
        .account("AC00000000000000000000000000000001")
        .auth_token(&token)
        .accept_get()
        .build()
        .map_err(|mistakes| format!("{mistakes:?}"))?;
    writeln!(out, "{{}}")?;
    out.flush()?;
    for line in lines {
        let question: Question = serde_json::from_str(&line?)?;
        let pairs: Vec<(&str, &str)> = question.pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        let answer = Answer {
            accepts: accepts(&verifier, &question, &question.signature),
            accepts_forged: accepts(&verifier, &question, &question.forged),
            // The hash of a JSON body is in the URL, which is all that is signed.
            signature: sign(&format!("{base}{}", question.target), &pairs, &token, Algorithm::HmacSha1),
        };
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(())
}

fn accepts(verifier: &Verifier, question: &Question, signature: &str) -> bool {
    let kind = match question.kind.as_str() {
        "json" => "application/json",
        _ => "application/x-www-form-urlencoded",
    };
    let headers = [("Content-Type", kind), ("X-Twilio-Signature", signature)];
    let get = question.kind == "get";
    let request = WebhookRequest {
        method: if get { Method::Get } else { Method::Post },
        target: &question.target,
        headers: &headers,
        body: question.body.as_bytes(),
        websocket: false,
    };
    verifier.verify(&request).is_ok()
}
