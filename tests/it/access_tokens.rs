//! The texts that browsers hand to the voice SDK: exactly what Twilio's own libraries sign, and nothing that it refuses.

use std::time::Duration;

use switchboard::phone::AddressError;
use switchboard::telephony::twilio::token::TTL_MAX;
use switchboard::telephony::twilio::{AccessToken, AccessTokenError};
use switchboard::time::Timestamp;

const ACCOUNT: &str = "AC0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const KEY: &str = "SK1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b";
const APPLICATION: &str = "AP2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c";
const PUSH: &str = "CR3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d";
const SECRET: &str = "0123456789abcdefABCDEF0123456789";
const NOW: Timestamp = Timestamp::from_secs(1_795_176_952);

// Both computed with json, hmac, hashlib and base64 of Python's standard library, from the claims by hand.
const BROWSER: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsImN0eSI6InR3aWxpby1mcGE7dj0xIiwidHlwIjoiSldUIn0.",
    "eyJqdGkiOiJTSzFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiLTE3OTUxNzY5NTIiLCJncmFudHMiOnsiaWRlbnRpdHki",
    "OiJhbmEiLCJ2b2ljZSI6eyJpbmNvbWluZyI6eyJhbGxvdyI6dHJ1ZX0sIm91dGdvaW5nIjp7ImFwcGxpY2F0aW9uX3NpZCI6IkFQ",
    "MmMyYzJjMmMyYzJjMmMyYzJjMmMyYzJjMmMyYzJjMmMiLCJwYXJhbXMiOnsiZGVzayI6IjciLCJ0ZWFtIjoic2FsZXMgJiBzZXJ2",
    "aWNlIn19fX0sImlzcyI6IlNLMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiMWIiLCJleHAiOjE3OTUxODA1NTIsIm5iZiI6",
    "MTc5NTE3Njk1Miwic3ViIjoiQUMwYTBhMGEwYTBhMGEwYTBhMGEwYTBhMGEwYTBhMGEwYSJ9",
    ".gDjvPado7DaAYxPsHtXtSP--lzy8rFQh9qDyZUGvrTE"
);
const ABROAD: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsImN0eSI6InR3aWxpby1mcGE7dj0xIiwidHdyIjoiaWUxIiwidHlwIjoiSldUIn0.",
    "eyJqdGkiOiJTSzFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiLTE3OTUxNzY5NTIiLCJncmFudHMiOnsiaWRlbnRpdHki",
    "OiJhbmEiLCJ2b2ljZSI6eyJvdXRnb2luZyI6eyJhcHBsaWNhdGlvbl9zaWQiOiJBUDJjMmMyYzJjMmMyYzJjMmMyYzJjMmMyYzJj",
    "MmMyYzJjIn0sInB1c2hfY3JlZGVudGlhbF9zaWQiOiJDUjNkM2QzZDNkM2QzZDNkM2QzZDNkM2QzZDNkM2QzZDNkIn19LCJpc3Mi",
    "OiJTSzFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiMWIxYjFiIiwiZXhwIjoxNzk1MjYzMzUyLCJuYmYiOjE3OTUxNzY4OTIsInN1",
    "YiI6IkFDMGEwYTBhMGEwYTBhMGEwYTBhMGEwYTBhMGEwYTBhMGEifQ",
    ".VbALxoNkkhAPyscaHsddjZrw85M9iG9PADswr0w2U5Q"
);

fn token() -> AccessToken {
    AccessToken::builder().account_sid(ACCOUNT).api_key(KEY, SECRET).identity("ana").incoming(true)
}

fn mistakes(token: &AccessToken) -> Vec<AccessTokenError> {
    token.sign(NOW).expect_err("something is wrong with it")
}

#[test]
fn a_browser_agent_gets_the_token_to_the_byte() {
    // The order of the parameters is not that of the calls, and part of a second is cut.
    let token = token().outgoing(APPLICATION).outgoing_param("team", "sales & service").outgoing_param("desk", "7");
    assert_eq!(token.sign(NOW + Duration::from_micros(999_999)).as_deref(), Ok(BROWSER));
}

#[test]
fn a_mobile_agent_abroad_gets_the_token_to_the_byte() {
    let token = token()
        .incoming(false)
        .outgoing(APPLICATION)
        .push_credential(PUSH)
        .region("ie1")
        .ttl(TTL_MAX)
        .not_before(NOW - Duration::from_secs(60));
    assert_eq!(token.sign(NOW).as_deref(), Ok(ABROAD));
}

#[test]
fn nothing_given_is_told_all_at_once() {
    let missing = [
        AccessTokenError::BadAccount,
        AccessTokenError::BadKeySid,
        AccessTokenError::BadSecret,
        AccessTokenError::BadIdentity(AddressError::NotClient),
        AccessTokenError::NothingGranted,
    ];
    assert_eq!(mistakes(&AccessToken::builder()), missing);
}

#[test]
fn everything_wrong_is_told_all_at_once() {
    let token = AccessToken::builder()
        .account_sid(KEY)
        .api_key(ACCOUNT, "copied with its end\n")
        .identity("ana maria")
        .ttl(Duration::ZERO)
        .region("Dublin")
        .outgoing(PUSH)
        .outgoing_param("", "x")
        .push_credential(APPLICATION);
    let wrong = [
        AccessTokenError::BadAccount,
        AccessTokenError::BadKeySid,
        AccessTokenError::BadSecret,
        AccessTokenError::BadIdentity(AddressError::NotClient),
        AccessTokenError::BadTtl(Duration::ZERO),
        AccessTokenError::BadRegion,
        AccessTokenError::BadApplication,
        AccessTokenError::UnnamedParam,
        AccessTokenError::BadPushCredential,
    ];
    assert_eq!(mistakes(&token), wrong);
}

#[test]
fn an_id_that_is_not_quite_one_is_refused() {
    for spoilt in ["", "0a0a", &KEY[..33], &format!("{KEY}0"), &KEY.to_lowercase(), &KEY.replace('1', "g"), "SKé"] {
        assert_eq!(mistakes(&token().account_sid(spoilt.replace("SK", "AC"))), [AccessTokenError::BadAccount]);
        assert_eq!(mistakes(&token().api_key(spoilt, SECRET)), [AccessTokenError::BadKeySid]);
        assert_eq!(mistakes(&token().outgoing(spoilt.replace("SK", "AP"))), [AccessTokenError::BadApplication]);
        let push = token().push_credential(spoilt.replace("SK", "CR"));
        assert_eq!(mistakes(&push), [AccessTokenError::BadPushCredential]);
    }
}

#[test]
fn a_token_is_good_for_a_second_at_least_and_a_day_at_most() {
    for ttl in [Duration::from_secs(1), TTL_MAX] {
        assert!(token().ttl(ttl).sign(NOW).is_ok(), "{ttl:?}");
    }
    for ttl in [Duration::ZERO, Duration::from_millis(999), TTL_MAX + Duration::from_nanos(1), Duration::MAX] {
        assert_eq!(mistakes(&token().ttl(ttl)), [AccessTokenError::BadTtl(ttl)]);
    }
}

#[test]
fn a_token_that_would_be_over_before_it_is_good_is_refused() {
    let in_a_minute = token().not_before(NOW + Duration::from_secs(60));
    assert_eq!(mistakes(&in_a_minute.clone().ttl(Duration::from_secs(60))), [AccessTokenError::NeverGood]);
    assert!(in_a_minute.ttl(Duration::from_secs(61)).sign(NOW).is_ok());
}

#[test]
fn the_ends_of_time_do_no_harm() {
    for at in [i64::MIN, i64::MAX] {
        assert!(token().sign(Timestamp::from_micros(at)).is_ok());
    }
}

#[test]
fn an_identity_is_one_that_can_be_rung() {
    for good in ["a", "Ana_1.b-c", &"x".repeat(121)] {
        assert!(token().identity(good).sign(NOW).is_ok(), "{good}");
    }
    for bad in ["", "ana maria", "ana@acme", "client:ana", "aña", "ana\n", "a?b=c", &"x".repeat(122)] {
        let refused = [AccessTokenError::BadIdentity(AddressError::NotClient)];
        assert_eq!(mistakes(&token().identity(bad)), refused, "{bad:?}");
    }
}

#[test]
fn a_region_is_two_letters_and_a_number() {
    for good in ["us1", "ie1", "au1", "br12"] {
        assert!(token().region(good).sign(NOW).is_ok(), "{good}");
    }
    for bad in ["", "ie", "1", "IE1", "dublin", "ie1.twilio.com", "ie123", "i1", "éé1"] {
        assert_eq!(mistakes(&token().region(bad)), [AccessTokenError::BadRegion], "{bad:?}");
    }
}

#[test]
fn parameters_need_an_application_to_go_to() {
    let token = token().outgoing_param("desk", "7");
    assert_eq!(mistakes(&token), [AccessTokenError::ParamsWithoutApplication]);
    assert!(token.outgoing(APPLICATION).sign(NOW).is_ok());
}

#[test]
fn the_secret_is_shown_nowhere() {
    let spoilt = format!("{SECRET} ");
    // The secret in every place where it could be pasted by mistake.
    let token = AccessToken::builder()
        .account_sid(SECRET)
        .api_key(SECRET, &spoilt)
        .outgoing(SECRET)
        .push_credential(SECRET)
        .region(SECRET);
    let errors = mistakes(&token);
    assert_eq!(errors.len(), 7, "{errors:?}");
    let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let shown = format!("{token:?} {errors:?} {words:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}
