//! API keys (Twilio docs, Key and SigningKey resources). Only the account's token or a main key may manage them.

use super::draft::Shape;
use super::macros::{listings, operations, parameters, resources};
use crate::time::Timestamp;

const KEY: Shape = Shape::sid("API key", &["SK"]);

resources! {
    /// An API key, without its secret.
    Key in "keys" {
        id {
            /// Its id, `SK…`: the user name.
            sid
        }
        shown {
            /// What it is called.
            friendly_name: String,
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
        }
        hidden {
            /// Its secret: the password. Told once, in the answer to its creation.
            secret: String,
        }
    }

    /// A key under the older name.
    SigningKey in "signing_keys" {
        id {
            /// Its id, `SK…`: the user name.
            sid
        }
        shown {
            /// What it is called.
            friendly_name: String,
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
        }
        hidden {
            /// Its secret: the password. Told once, in the answer to its creation.
            secret: String,
        }
    }
}

operations! {
    /// Makes a key. Keep the secret: it is never told again.
    Create() = Create "/Keys.json" as "creation of an API key" -> Key {}

    /// Reads a key.
    Fetch(key_sid: KEY) = Fetch "/Keys/{}.json" as "reading of an API key" -> Key {}

    /// Renames a key.
    Update(key_sid: KEY) = Update "/Keys/{}.json" as "update of an API key" -> Key {}

    /// Removes a key. Whatever uses it is locked out at once.
    Delete(key_sid: KEY) = Delete "/Keys/{}.json" as "deletion of an API key" -> () {}

    /// Makes a key under the older name. Keep the secret: it is never told again.
    CreateSigningKey() = Create "/SigningKeys.json" as "creation of a signing key" -> SigningKey {}

    /// Reads a key under the older name.
    FetchSigningKey(key_sid: KEY) = Fetch "/SigningKeys/{}.json" as "reading of a signing key" -> SigningKey {}

    /// Renames a key under the older name.
    UpdateSigningKey(key_sid: KEY) = Update "/SigningKeys/{}.json" as "update of a signing key" -> SigningKey {}

    /// Removes a key under the older name.
    DeleteSigningKey(key_sid: KEY) = Delete "/SigningKeys/{}.json" as "deletion of a signing key" -> () {}
}

listings! {
    /// The account's keys.
    List() = "/Keys.json" as "list of API keys" -> Key

    /// The account's keys under the older name.
    ListSigningKeys() = "/SigningKeys.json" as "list of signing keys" -> SigningKey
}

parameters!(Create, Update, CreateSigningKey, UpdateSigningKey {
    /// What it is called; at most 64 characters.
    friendly_name: String = "FriendlyName";
});
