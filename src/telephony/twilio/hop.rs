//! The URLs that we hand to Twilio. Each names what it is about and carries our own signature, besides Twilio's: a request
//! for a URL that we never issued changes nothing, whoever signed it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::id::{CallId, LegId, QueueId, TenantId};
use crate::model::{Notice, Setback};
use crate::time::Timestamp;

/// Asks Twilio to wait 1 s for a connection and 4 s for an answer, and to try three times more on either, and on 5xx
/// (Twilio docs: webhook connection overrides). A fragment is neither sent nor signed.
pub const OVERRIDES: &str = "#ct=1000&rt=4000&rc=3&rp=ct,rt,5xx";

/// What a URL of ours is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A customer calls a number.
    Voice,
    /// A call to a number is over.
    Status,
    /// A leg asks what to do, at one of its one-time URLs.
    Hop {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// Which of its URLs.
        hop: u32,
        /// Until when it is good.
        good_until: Timestamp,
    },
    /// How a leg is.
    Leg {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
    },
    /// Who is in a room of a call.
    Room {
        /// Which call.
        call: CallId,
        /// Which of its rooms.
        room: u32,
    },
    /// What a waiting caller is told. All of it is in the URL, so that the answer needs no store.
    Announcement {
        /// Which call.
        call: CallId,
        /// Which queue.
        queue: QueueId,
        /// What is told.
        notice: Notice,
        /// Until when it is good.
        good_until: Timestamp,
    },
    /// Something that a newer version issued: it bears our signature, and is not understood.
    Newer {
        /// The whole path below the base.
        path: String,
    },
}

/// A notice as parts of a path; `-` for what is not told.
fn notice_text(notice: &Notice) -> String {
    let number = |part: Option<u32>| part.map_or_else(|| "-".to_owned(), |part| part.to_string());
    let setback = match notice.setback {
        None => "-",
        Some(Setback::OthersFirst) => "others",
        Some(Setback::FewerAgents) => "fewer",
        Some(Setback::LongerCalls) => "longer",
    };
    format!("{}/{}/{setback}/{}", number(notice.position), number(notice.wait_mins), number(notice.comfort))
}

fn read_notice<'a>(parts: &mut impl Iterator<Item = &'a str>) -> Option<Notice> {
    let number = |part: &str| if part == "-" { Some(None) } else { part.parse().ok().map(Some) };
    let (position, wait_mins) = (number(parts.next()?)?, number(parts.next()?)?);
    let setback = match parts.next()? {
        "-" => None,
        "others" => Some(Setback::OthersFirst),
        "fewer" => Some(Setback::FewerAgents),
        "longer" => Some(Setback::LongerCalls),
        _ => return None,
    };
    Some(Notice { position, wait_mins, setback, comfort: number(parts.next()?)? })
}

/// Makes and checks our URLs.
#[derive(Clone)]
pub struct Urls {
    base: String,
    tenant: TenantId,
    secret: Vec<u8>,
}

impl std::fmt::Debug for Urls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Urls").field("base", &self.base).field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Bytes of a URL's own signature: 128 bits of HMAC-SHA-256.
const MAC_BYTES: usize = 16;

impl Urls {
    /// URLs below `base` for `tenant`, signed with `secret`.
    #[must_use]
    pub fn new(base: &str, tenant: TenantId, secret: &[u8]) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), tenant, secret: secret.to_vec() }
    }

    fn mac(&self, path: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.secret).expect("any key length fits");
        mac.update(b"switchboard-url\0");
        mac.update(self.tenant.as_str().as_bytes());
        mac.update(b"\0");
        mac.update(path.as_bytes());
        mac
    }

    /// The absolute URL of a route, with its connection overrides.
    #[must_use]
    pub fn url(&self, route: &Route) -> String {
        format!("{}{}{OVERRIDES}", self.base, self.path(route))
    }

    /// The path of a route below the base.
    #[must_use]
    pub fn path(&self, route: &Route) -> String {
        let bare = match route {
            Route::Voice => return "/hooks/voice".to_owned(),
            Route::Status => return "/hooks/status".to_owned(),
            Route::Newer { path } => return path.clone(),
            Route::Hop { call, leg, hop, good_until } => {
                format!("/hooks/hop/{call}/{leg}/{hop}/{}", good_until.as_secs())
            }
            Route::Leg { call, leg } => format!("/hooks/leg/{call}/{leg}"),
            Route::Room { call, room } => format!("/hooks/room/{call}/{room}"),
            Route::Announcement { call, queue, notice, good_until } => {
                format!("/hooks/tell/{call}/{queue}/{}/{}", notice_text(notice), good_until.as_secs())
            }
        };
        let mac = self.mac(&bare).finalize().into_bytes();
        let mac = mac.get(..MAC_BYTES).unwrap_or_default();
        format!("{bare}/{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// What a path below the base is about; `None` if we never issued it, or it is no longer good. One with our signature
    /// that says what this version does not know is [`Route::Newer`].
    #[must_use]
    pub fn read(&self, path: &str, now: Timestamp) -> Option<Route> {
        match path.trim_end_matches('/') {
            "/hooks/voice" => return Some(Route::Voice),
            "/hooks/status" => return Some(Route::Status),
            _ => {}
        }
        let (bare, mac) = path.rsplit_once('/')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok().filter(|mac| mac.len() == MAC_BYTES)?;
        self.mac(bare).verify_truncated_left(&mac).ok()?;
        match read_bare(bare) {
            Some(Route::Hop { good_until, .. } | Route::Announcement { good_until, .. }) if now > good_until => None,
            Some(route) => Some(route),
            None => Some(Route::Newer { path: path.to_owned() }),
        }
    }
}

/// What a path that bears our signature is about, without that; `None`: this version does not know.
fn read_bare(bare: &str) -> Option<Route> {
    let mut parts = bare.strip_prefix("/hooks/")?.split('/');
    let (kind, call) = (parts.next()?, parts.next()?.parse().ok()?);
    let route = match kind {
        "hop" => {
            let (leg, hop) = (LegId(parts.next()?.parse().ok()?), parts.next()?.parse().ok()?);
            Route::Hop { call, leg, hop, good_until: Timestamp::from_secs(parts.next()?.parse().ok()?) }
        }
        "leg" => Route::Leg { call, leg: LegId(parts.next()?.parse().ok()?) },
        "room" => Route::Room { call, room: parts.next()?.parse().ok()? },
        "tell" => {
            let (queue, notice) = (parts.next()?.parse().ok()?, read_notice(&mut parts)?);
            Route::Announcement { call, queue, notice, good_until: Timestamp::from_secs(parts.next()?.parse().ok()?) }
        }
        _ => return None,
    };
    parts.next().is_none().then_some(route)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn notice() -> impl Strategy<Value = Notice> {
        let number = || proptest::option::of(any::<u32>());
        let setbacks = [Setback::OthersFirst, Setback::FewerAgents, Setback::LongerCalls];
        let setback = proptest::option::of(proptest::sample::select(setbacks.to_vec()));
        (number(), number(), setback, number()).prop_map(|(position, wait_mins, setback, comfort)| Notice {
            position,
            wait_mins,
            setback,
            comfort,
        })
    }

    proptest! {
        /// An announcement is read from its URL as it was, as long as it is good, and not at all when a letter of it is another.
        #[test]
        fn announcements_are_in_their_urls(notice in notice(), id: u128, at in 0usize..80, secs in 0i64..4_000_000_000) {
            let urls = Urls::new("https://app.example.com", TenantId::default(), b"a secret");
            let (call, queue) = (CallId(uuid::Uuid::from_u128(id)), QueueId::new("sales").expect("a name"));
            let good_until = Timestamp::from_secs(secs);
            let route = Route::Announcement { call, queue, notice, good_until };
            let path = urls.path(&route);
            prop_assert_eq!(urls.read(&path, good_until), Some(route));
            prop_assert_eq!(urls.read(&path, Timestamp::from_secs(secs + 1)), None);
            let mut other = path.clone().into_bytes();
            let at = at % other.len();
            other[at] = if other[at] == b'1' { b'2' } else { b'1' };
            let other = String::from_utf8(other).expect("ASCII");
            prop_assert_eq!(urls.read(&other, good_until), None);
        }
    }
}
