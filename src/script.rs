//! What a leg is told to do, in no provider's words. An adapter writes it in the provider's language.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::phone::PhoneNumber;

/// Something to hear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Words to be spoken.
    Say(String),
    /// An audio file, by its absolute URL.
    Play(String),
}

/// One step of a [`Script`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Hears something.
    Prompt(Prompt),
    /// Hears the prompts and may press one key; then asks again at the next hop, with the key if there was one.
    Menu {
        /// What is heard; a key cuts it short.
        prompts: Vec<Prompt>,
        /// How long to wait for a key after them, whole seconds.
        timeout: Duration,
    },
    /// Hears the prompts and may key in digits, `#` after the last; then asks again at the next hop, with the digits if there
    /// were any.
    Digits {
        /// What is heard; a key cuts it short.
        prompts: Vec<Prompt>,
        /// How long to wait for each key, whole seconds.
        timeout: Duration,
    },
    /// Enters the call's own conference and stays; asks again at the next hop when taken out of it.
    Room {
        /// Which of the call's rooms: a new one is taken when the old one has been left.
        room: u32,
        /// What is heard while alone; `None`: the provider's music.
        music_url: Option<String>,
        /// Whether the room ends for everybody when this leg leaves it: each of the others then asks again at its next hop.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ends_on_exit: bool,
    },
    /// Is joined with an outside number; asks again at the next hop when that ends.
    Forward(PhoneNumber),
    /// Asks again at the next hop.
    AskAgain,
    /// Is hung up.
    HangUp,
    /// Is refused before it is answered.
    Reject,
}

/// What a leg is told to do: its steps in order. At the end of them it is hung up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(pub Vec<Step>);

impl Script {
    /// Says `text`, then hangs up.
    #[must_use]
    pub fn goodbye(text: &str) -> Self {
        Self(vec![Step::Prompt(Prompt::Say(text.to_owned())), Step::HangUp])
    }
}
