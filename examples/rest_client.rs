//! Asks a server everything that the client can ask, once, and prints a line of JSON for each request: which operation
//! it was, what was asked, with which parameters, and how it was answered. Point it at a simulator, or at a proxy that
//! compares it with a description of the API.
//!
//! `cargo run --example rest_client -- --base-url http://127.0.0.1:4010 --account-sid AC… --auth-token …`

#[path = "rest_client/operations.rs"]
mod operations;

use std::env;
use std::process::ExitCode;

use serde_json::json;
use switchboard::telephony::twilio::rest::{Client, ClientBuilder};

use operations::{Ids, all};

const USAGE: &str = "\
rest_client --base-url URL --account-sid AC… --auth-token TOKEN [--sample]
Without --sample each operation has what it cannot do without; with it, every parameter it knows.
A refusal is an answer: the exit status is 1 only where something could not be sent or its answer not be read.";

fn described(mut arguments: impl Iterator<Item = String>) -> Result<(ClientBuilder, bool), String> {
    let (mut client, mut is_full) = (Client::builder(), false);
    while let Some(option) = arguments.next() {
        if option == "--sample" {
            is_full = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value\n{USAGE}"))?;
        client = match option.as_str() {
            "--base-url" => client.base_url(value),
            "--account-sid" => client.account_sid(value),
            "--auth-token" => client.auth_token(value),
            _ => return Err(format!("{option} is not an option\n{USAGE}")),
        };
    }
    Ok((client, is_full))
}

/// Asks everything; returns how many operations were asked, answered with success, refused, and lost.
async fn ask(client: &Client, is_full: bool) -> [usize; 4] {
    let (mut ids, mut counts) = (Ids::default(), [0; 4]);
    for (name, make) in all() {
        counts[0] += 1;
        let operation = make(&ids, is_full);
        let request = match operation.request(client.account()) {
            Ok(request) => request,
            Err(error) => {
                counts[3] += 1;
                println!("{}", json!({"operation": name, "error": error.to_string()}));
                continue;
            }
        };
        let params: Vec<String> = request.pairs().into_iter().map(|(name, _)| name).collect();
        let mut line = json!({
            "operation": name,
            "method": request.method.to_string(),
            "path": request.path(),
            "params": params,
        });
        match client.exchange(&request).await {
            Ok(received) => {
                let answer = received.answer();
                line["status"] = json!(answer.status);
                let read = operation.read(&answer);
                match (&read, answer.is_success()) {
                    (Ok(()), _) => {
                        counts[1] += 1;
                        ids.learn(answer.body);
                    }
                    (Err(error), false) => {
                        counts[2] += 1;
                        line["code"] = json!(error.code());
                    }
                    (Err(error), true) => {
                        counts[3] += 1;
                        line["error"] = json!(error.to_string());
                    }
                }
            }
            Err(error) => {
                counts[3] += 1;
                line["error"] = json!(error.to_string());
            }
        }
        println!("{line}");
    }
    counts
}

fn main() -> ExitCode {
    let built = described(env::args().skip(1)).and_then(|(client, is_full)| {
        let client = client.build().map_err(|mistakes| {
            let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            format!("{}\n{USAGE}", lines.join("\n"))
        })?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        Ok((client, is_full, runtime.map_err(|error| format!("no runtime: {error}"))?))
    });
    let (client, is_full, runtime) = match built {
        Ok(built) => built,
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::FAILURE;
        }
    };
    let [operations, answered, refused, lost] = runtime.block_on(ask(&client, is_full));
    println!("{}", json!({"operations": operations, "answered": answered, "refused": refused, "lost": lost}));
    if lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
