//! Prints the access token of a browser agent. The secret comes by the environment: others may read arguments.
//!
//! `TWILIO_API_KEY_SECRET=… cargo run --quiet --example access_token -- --account AC… --key SK… --identity ana --incoming`

use std::process::ExitCode;
use std::time::Duration;
use std::{env, iter};

use switchboard::telephony::twilio::AccessToken;
use switchboard::time::{Clock, SystemClock};

const USAGE: &str = "\
access_token --account AC… --key SK… --identity NAME [--incoming] [--outgoing AP… [--param NAME=VALUE]…]
             [--push CR…] [--region NAME] [--ttl-s SECONDS]
The secret of the key is read from TWILIO_API_KEY_SECRET.";

fn described(mut arguments: impl Iterator<Item = String>) -> Result<AccessToken, String> {
    let secret = env::var("TWILIO_API_KEY_SECRET").unwrap_or_default();
    let mut token = AccessToken::builder();
    let mut key = String::new();
    while let Some(option) = arguments.next() {
        if option == "--incoming" {
            token = token.incoming(true);
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value\n{USAGE}"))?;
        token = match option.as_str() {
            "--account" => token.account_sid(value),
            "--key" => {
                key = value;
                token
            }
            "--identity" => token.identity(value),
            "--outgoing" => token.outgoing(value),
            "--param" => {
                let (name, value) = value.split_once('=').ok_or("--param: write NAME=VALUE")?;
                token.outgoing_param(name, value)
            }
            "--push" => token.push_credential(value),
            "--region" => token.region(value),
            "--ttl-s" => token.ttl(Duration::from_secs(value.parse().map_err(|_| "--ttl-s: write whole seconds")?)),
            _ => return Err(format!("{option} is not an option\n{USAGE}")),
        };
    }
    Ok(token.api_key(key, secret))
}

fn main() -> ExitCode {
    let signed = described(env::args().skip(1)).and_then(|token| {
        token.sign(SystemClock.now()).map_err(|mistakes| {
            let lines = mistakes.iter().map(ToString::to_string).chain(iter::once(USAGE.to_owned()));
            lines.collect::<Vec<_>>().join("\n")
        })
    });
    match signed {
        Ok(token) => {
            println!("{token}");
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}
