//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use switchboard::simulator::{SPEED_MAX, Traffic};

/// What is told about the command line.
pub(crate) const USAGE: &str = "\
Usage: cargo demo -- [OPTIONS]

  --listen ADDRESS      where the application listens (127.0.0.1:3000)
  --twilio ADDRESS      where the simulated Twilio REST API listens (127.0.0.1:4010)
  --traffic PROFILE     none, steady or rush (steady)
  --speed N             times faster than real, 1 to 60 (5)
  --seed N              decides what callers and agents do (1)
  --keep FILE           keep what happens in this file, and go on from it (in memory, gone at exit)
  --for SECONDS         stop after so many real seconds, with a line of JSON
  --account-sid SID     AC and 32 hexadecimal digits
  --auth-token TOKEN    signs webhooks and opens the REST API
  --help                this text";

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) twilio: SocketAddr,
    pub(crate) traffic: Traffic,
    pub(crate) speed: u32,
    pub(crate) seed: u64,
    pub(crate) keep: Option<PathBuf>,
    pub(crate) run_for: Option<Duration>,
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            twilio: SocketAddr::from(([127, 0, 0, 1], 4010)),
            traffic: Traffic::Steady,
            speed: 5,
            seed: 1,
            keep: None,
            run_for: None,
            account_sid: "AC0123456789abcdef0123456789abcdef".to_owned(),
            auth_token: "0123456789abcdef0123456789abcdef".to_owned(),
        }
    }
}

/// The options; `None`: help was asked for.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if matches!(name.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        if !KNOWN.contains(&name.as_str()) {
            return Err(format!("unknown option {name}"));
        }
        let value = inline.or_else(|| arguments.next()).ok_or_else(|| format!("{name} needs a value"))?;
        options.set(&name, &value)?;
    }
    Ok(Some(options))
}

const KNOWN: [&str; 9] =
    ["--listen", "--twilio", "--traffic", "--speed", "--seed", "--keep", "--for", "--account-sid", "--auth-token"];

fn loopback(name: &str, value: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        value.parse().map_err(|_| format!("{name} {value}: write address and port, as in 127.0.0.1:3000"))?;
    if !address.ip().is_loopback() {
        return Err(format!("{name} {value}: the demo is for this machine only; use a 127.x.y.z address or [::1]"));
    }
    Ok(address)
}

impl Options {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "--listen" => self.listen = loopback(name, value)?,
            "--twilio" => self.twilio = loopback(name, value)?,
            "--traffic" => {
                self.traffic = match value {
                    "none" => Traffic::None,
                    "steady" => Traffic::Steady,
                    "rush" => Traffic::Rush,
                    _ => return Err(format!("--traffic {value}: it is none, steady or rush")),
                }
            }
            "--speed" => {
                let speed = value.parse().ok().filter(|speed| (1..=SPEED_MAX).contains(speed));
                self.speed = speed.ok_or_else(|| format!("--speed {value}: it is 1 to {SPEED_MAX}"))?;
            }
            "--seed" => self.seed = value.parse().map_err(|_| format!("--seed {value}: it is a whole number"))?,
            "--keep" => {
                if value.is_empty() {
                    return Err("--keep: it is the name of a file".to_owned());
                }
                self.keep = Some(value.into());
            }
            "--for" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
                let seconds = seconds.ok_or_else(|| format!("--for {value}: it is 1 to 86400 seconds"))?;
                self.run_for = Some(Duration::from_secs(seconds));
            }
            "--account-sid" => {
                let digits = value.strip_prefix("AC").unwrap_or_default();
                if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(format!("--account-sid {value}: it is AC and 32 hexadecimal digits"));
                }
                value.clone_into(&mut self.account_sid);
            }
            _ => {
                if value.is_empty() || value.chars().any(|c| c.is_whitespace() || c.is_control()) {
                    return Err("--auth-token: it is not empty and has no spaces".to_owned());
                }
                value.clone_into(&mut self.auth_token);
            }
        }
        Ok(())
    }
}
