//! What waiting callers are told, and how they are called back.

use std::time::Duration;

use super::{Goto, Place};
use crate::model::{CallbackFirst, Hours};
use crate::script::Prompt;

/// How the callers of a queue are called back, in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Callback {
    pub(crate) first: CallbackFirst,
    pub(crate) attempts_max: u32,
    pub(crate) gap: Duration,
    pub(crate) grace: Duration,
    pub(crate) penalty: Duration,
    pub(crate) expiry: Duration,
    pub(crate) lead: Duration,
    pub(crate) hours: Option<Hours>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) open_max: u32,
    pub(crate) greeting: Vec<Prompt>,
}

impl Default for Callback {
    fn default() -> Self {
        Self::new()
    }
}

impl Callback {
    /// Rings the agent first, then the customer, up to 3 times, 10 minutes apart. Attempts within 15 minutes of the first
    /// have the old place in the line; each later one loses 10 minutes. A promise holds for 24 hours, and 200 of them may be
    /// open at once. Customers are called back at any hour, and at the number that they called from alone.
    pub fn new() -> Self {
        Self {
            first: CallbackFirst::Agent,
            attempts_max: 3,
            gap: Duration::from_secs(600),
            grace: Duration::from_secs(900),
            penalty: Duration::from_secs(600),
            expiry: Duration::from_secs(24 * 3600),
            lead: Duration::from_secs(30),
            hours: None,
            prefixes: Vec::new(),
            open_max: 200,
            greeting: vec![Prompt::Say("Hello. This is the call that you asked for.".to_owned())],
        }
    }

    /// Rings the customer first, when an agent is free or is expected to be within `lead`; the customer then waits in the
    /// line, at the place that was kept.
    pub fn customer_first(mut self, lead: Duration) -> Self {
        self.first = CallbackFirst::Customer;
        self.lead = lead;
        self
    }

    /// How often the customer is rung in all, 1 to 10, and how long apart, 1 minute to 12 hours.
    pub fn attempts(mut self, attempts: u32, gap: Duration) -> Self {
        self.attempts_max = attempts;
        self.gap = gap;
        self
    }

    /// How long after the first attempt another one has the old place, and how far the place moves back for each later one.
    pub fn grace(mut self, grace: Duration, penalty: Duration) -> Self {
        self.grace = grace;
        self.penalty = penalty;
        self
    }

    /// How long a promise holds, 1 minute to 40 hours.
    pub fn expires_after(mut self, time: Duration) -> Self {
        self.expiry = time;
        self
    }

    /// Rings customers only from this time of day to that one, in minutes after midnight, where local time is so many
    /// minutes ahead of UTC. Ringing that could go on beyond the end is not begun.
    pub fn hours(mut self, from_mins: u16, to_mins: u16, utc_offset_mins: i16) -> Self {
        self.hours = Some(Hours { from_mins, to_mins, utc_offset_mins });
        self
    }

    /// Lets callers key in another number to be called back at, if it begins with this, as in `+1415`; the same then holds
    /// for the numbers that they call from. Calls are paid for by whoever places them: name no more than needed.
    pub fn numbers_beginning(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// Most promises that are open at once, at least 1.
    pub fn open_max(mut self, promises: u32) -> Self {
        self.open_max = promises;
        self
    }

    /// What a customer hears first who is called back; it should say who calls.
    pub fn greeting(mut self, words: impl Into<String>) -> Self {
        self.greeting = vec![Prompt::Say(words.into())];
        self
    }
}

/// What the waiting callers of a queue are told, in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Announcements {
    pub(crate) first_after: Duration,
    pub(crate) every: Duration,
    pub(crate) position: bool,
    pub(crate) wait: bool,
    pub(crate) per_place: Option<Duration>,
    pub(crate) comfort: Vec<Prompt>,
    pub(crate) keys_after: Option<Duration>,
    pub(crate) keys_times: u32,
    pub(crate) keys: Vec<(char, String, Goto)>,
}

impl Announcements {
    /// Announcements from this time after joining the line, and then as often as this, at least 15 s apart; nothing is told
    /// yet.
    pub fn after(first: Duration, every: Duration) -> Self {
        Self {
            first_after: first,
            every,
            position: false,
            wait: false,
            per_place: None,
            comfort: Vec::new(),
            keys_after: None,
            keys_times: 1,
            keys: Vec::new(),
        }
    }

    /// Callers are told their place in the line.
    pub fn position(mut self) -> Self {
        self.position = true;
        self
    }

    /// Callers are told the wait, as it is foretold once thirty calls of the queue have been seen.
    pub fn wait(mut self) -> Self {
        self.wait = true;
        self
    }

    /// As long as nothing has been learned, the wait is estimated from this time for each place in the line.
    pub fn per_place(mut self, time: Duration) -> Self {
        self.per_place = Some(time);
        self
    }

    /// Callers hear these words when there is nothing new to tell; of several, each in turn.
    pub fn comfort(mut self, words: impl Into<String>) -> Self {
        self.comfort.push(Prompt::Say(words.into()));
        self
    }

    /// Callers hear this audio file when there is nothing new to tell, by its absolute URL.
    pub fn comfort_sound(mut self, url: impl Into<String>) -> Self {
        self.comfort.push(Prompt::Play(url.into()));
        self
    }

    /// Callers who have waited so long are offered a callback, if the queue has one, and the keys, so many times in all.
    /// They leave the music for that, and an agent who accepts meanwhile has them at once.
    pub fn offers_after(mut self, wait: Duration, times: u32) -> Self {
        self.keys_after = Some(wait);
        self.keys_times = times;
        self
    }

    /// A key that leads out of the line, and the words that name it, as in "To leave a message, press 3."
    pub fn key(mut self, key: char, words: impl Into<String>, to: Goto) -> Self {
        self.keys.push((key, words.into(), to));
        self
    }
}

/// Is offered to be called back, with the place in the line of this queue kept. Who does not want that hears a goodbye,
/// unless [`Goto::or_else`] says otherwise.
#[must_use]
pub fn callback(queue: impl Into<String>) -> Goto {
    let otherwise = Box::new(super::hang_up("Please call again later. Goodbye."));
    Goto(Place::Callback { queue: queue.into(), priority: 0, needs: Vec::new(), otherwise })
}

/// Is refused as busy before the call is answered, so that it costs nothing; who has been answered already hears these words
/// and is hung up.
#[must_use]
pub fn refuse(words: impl Into<String>) -> Goto {
    Goto(Place::Refuse(words.into()))
}

impl Goto {
    /// Where callers go who are not called back: they do not want it, or it is not possible. Nothing for other places.
    #[must_use]
    pub fn or_else(mut self, to: Self) -> Self {
        if let Place::Callback { otherwise, .. } = &mut self.0 {
            **otherwise = to;
        }
        self
    }
}
