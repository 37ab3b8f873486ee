//! Where the sound of a recording is asked for, whom that may lead to, and what came. Pure: nothing here sends.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::outcome::Spoken;
use super::profile::{Account, Media};
use super::request::{ApiRequest, Method, checked, refused};
use crate::telephony::{AudioFormat, AudioRequest, Failure, TelephonyError};

/// What a message calls it.
pub(super) const WHAT: &str = "sound of the recording";

/// The first request for the sound. Its address is made of the account's and the recording's id, and of nothing else.
pub fn request(account: &Account, wanted: &AudioRequest) -> Result<ApiRequest, TelephonyError> {
    let id = checked(account.profile().ids.recording, "recording", &wanted.recording)?;
    if let Some(channels) = wanted.channels.filter(|channels| !(1..=2).contains(channels)) {
        return Err(refused(format_args!("a recording has 1 or 2 channels, not {channels}")));
    }
    let path_and_query = account.media_path(id, wanted.format, wanted.channels);
    Ok(ApiRequest { method: Method::Get, path_and_query, body: None })
}

/// What a reply to a request for sound means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The body is the sound, to be judged by [`sound`].
    Sound,
    /// The sound is at this address, to be asked for without credentials where [`may_follow`] allows it.
    At(String),
}

/// Reads a reply; `location` is the header of that name, `is_first` says that the provider itself was asked.
pub fn read(
    account: &Account,
    is_first: bool,
    (status, location): (u16, Option<&str>),
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<Step, TelephonyError> {
    let spoken = Spoken { account, what: WHAT, is_idempotent: true };
    match (status, account.profile().media) {
        (301 | 302 | 303 | 307 | 308, _) => {
            let location = location.ok_or_else(|| later("the redirection to the sound names no address"))?;
            Ok(Step::At(location.to_owned()))
        }
        (200..=299, Media::Linked(field)) if is_first => {
            let object = serde_json::from_slice::<Value>(body).map_err(|_| spoken.unreadable(status))?;
            let link = object.get(field).and_then(Value::as_str).filter(|link| !link.is_empty());
            // There is no link before the recording is ready.
            Ok(Step::At(link.ok_or_else(|| later("the recording is not ready yet"))?.to_owned()))
        }
        (200..=299, _) => Ok(Step::Sound),
        // Twilio docs, Recordings resource: 404 until the recording has been processed.
        (404, _) => Err(later("there is no sound of this recording; it is not ready yet, or was deleted")),
        _ if is_first => Err(spoken.failed(&account.profile().reply(status, body, retry_after))),
        _ => Err(later(&format!("the storage answered with HTTP {status}"))),
    }
}

/// What came, if it is sound.
pub fn sound(bytes: &[u8]) -> Result<AudioFormat, TelephonyError> {
    AudioFormat::sniff(bytes)
        .ok_or_else(|| later(if bytes.is_empty() { "what came is empty" } else { "what came is neither WAV nor MP3" }))
}

pub(super) fn later(message: &str) -> TelephonyError {
    TelephonyError::new(Failure::Unavailable { retry_after: None }, format!("the {WHAT} was not fetched: {message}"))
}

/// Whether an address may be asked for sound: a public one over TLS, or anything on this machine where the provider itself
/// is there (`is_local`), as a simulator is. A name is judged again when it is resolved, by [`is_public`].
#[must_use]
pub fn may_follow(scheme: &str, host: &str, is_local: bool) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>();
    let is_loopback = bare.eq_ignore_ascii_case("localhost") || ip.as_ref().is_ok_and(IpAddr::is_loopback);
    match scheme {
        "http" | "https" if is_loopback => is_local,
        "https" => !bare.is_empty() && ip.map_or(true, is_public),
        _ => false,
    }
}

/// Whether an address belongs to the public internet: not to a private network, this machine, a link, a test net, or a
/// group of machines (IANA special-purpose registries).
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Global unicast is 2000::/3; 2001:db8::/32 is for documentation, 2001::/23 for special use.
    first & 0xe000 == 0x2000 && !(first == 0x2001 && (second == 0x0db8 || second < 0x0200)) && first != 0x3fff
}

/// The IPv4 address inside of an IPv6 one: mapped, translated (64:ff9b::/96) or 6to4.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(joined(high, low))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_of_a_network_of_ones_own_is_public() {
        for odd in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "2001:0:1::",
            "64:ff9b::7f00:1",
            "3fff::1",
            "2001:10::1",
            "ff02::1",
        ] {
            assert!(!is_public(odd.parse().expect("an address")), "{odd}");
        }
        for good in ["54.231.0.1", "8.8.8.8", "2600:1f18::1", "::ffff:8.8.8.8"] {
            assert!(is_public(good.parse().expect("an address")), "{good}");
        }
    }
}
