//! `Authorization: Basic` (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Account and secret of an `Authorization: Basic` header.
pub(super) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    text.split_once(':').map(|(user, secret)| (user.to_owned(), secret.to_owned()))
}
