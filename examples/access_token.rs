//! Prints the access token of a browser agent. The secret is read from the input: others may see arguments.
//!
//! `cargo run --quiet --example access_token -- --account AC… --key SK… --identity ana --incoming < secret.txt`

use std::process::ExitCode;
use std::time::Duration;
use std::{env, io, iter};

use switchboard::telephony::twilio::AccessToken;
use switchboard::time::{Clock, SystemClock};

const USAGE: &str = "\
access_token --account AC… --key SK… --identity NAME [--incoming] [--outgoing AP… [--param NAME=VALUE]…]
             [--push CR…] [--region NAME] [--ttl-s SECONDS]
The secret of the key is the first line of the input.";

fn described(mut arguments: impl Iterator<Item = String>) -> Result<AccessToken, String> {
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
    let mut secret = String::new();
    io::stdin().read_line(&mut secret).map_err(|error| format!("the secret cannot be read: {error}"))?;
    Ok(token.api_key(key, secret.trim_end()))
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
