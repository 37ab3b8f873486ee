//! The account itself: what it is, what is left on it, credentials for media servers.

use std::collections::BTreeMap;

use super::macros::{operations, parameters, resources};
use super::{AccountStatus, AccountType, Decimal};
use crate::time::Timestamp;

resources! {
    /// An account. Standard API keys may not read it (unverified).
    Account {
        id {
            /// Its id, `AC…`.
            sid
        }
        shown {
            /// Whether it may be used.
            status: AccountStatus,
            /// What kind it is.
            kind: AccountType = "type",
            /// The account that it is a part of.
            owner_account_sid: String,
            /// When it was opened.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
            /// Where what belongs to it is.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {
            /// What it is called.
            friendly_name: String,
            /// Its token: whoever has it is the account.
            auth_token: String,
        }
    }

    /// What is left on an account.
    Balance {
        id {
            /// Which account.
            account_sid
        }
        shown {
            /// How much.
            balance: Decimal,
            /// In which currency, as in `USD`.
            currency: String,
        }
        hidden {}
    }

    /// Credentials for servers that find a way for media (STUN and TURN).
    Token {
        id {
            /// For which account.
            account_sid
        }
        shown {
            /// How long they are good, in seconds.
            ttl_secs: u64 = "ttl",
            /// When they were made.
            date_created: Timestamp,
            /// When they changed last.
            date_updated: Timestamp,
        }
        hidden {
            /// User name.
            username: String,
            /// Password.
            password: String,
            /// The servers, as a browser takes them.
            ice_servers: Vec<IceServer>,
        }
    }

    /// A server that finds a way for media.
    IceServer {
        shown {
            /// Where it is.
            url: String,
            /// The same under its newer name.
            urls: String,
        }
        hidden {
            /// User name.
            username: String,
            /// Password.
            credential: String,
        }
    }
}

operations! {
    /// Reads the account that the request is made in.
    Fetch() = Fetch ".json" as "reading of the account" -> Account {}

    /// Reads what is left on the account.
    FetchBalance() = Fetch "/Balance.json" as "reading of the balance" -> Balance {}

    /// Makes credentials for media servers.
    CreateToken() = Create "/Tokens.json" as "creation of a token" -> Token {}
}

parameters!(CreateToken {
    /// How long they are good; a day unless set.
    ttl: Duration = "Ttl";
});
