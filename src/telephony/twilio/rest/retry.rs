//! Sending again after too many requests.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Sends an operation again that was answered with status 429: Twilio says that it was not processed (20429).
///
/// The waits grow as those of Twilio's library for Node do: each is a random part of 100 ms that double with each try,
/// 3 s at most, three tries. Where Twilio names a `Retry-After`, no wait is shorter; one that is longer than the longest
/// wait is not sat out: the error is handed back, with [`retry_after`](super::Error::retry_after).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryTooMany {
    tries: u32,
    first: Duration,
    longest: Duration,
}

impl Default for RetryTooMany {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryTooMany {
    /// Three more tries, waits of up to 100 ms that double, 3 s at most.
    #[must_use]
    pub fn new() -> Self {
        Self { tries: 3, first: Duration::from_millis(100), longest: Duration::from_secs(3) }
    }

    /// How many more times it is sent.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// The longest that the first wait may be.
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> Self {
        self.first = wait;
        self
    }

    /// The longest that any wait may be.
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest = wait;
        self
    }

    /// How long to wait before the next try, `chance` between 0 and 1000; `None`: no more.
    pub(super) fn wait(&self, tries_made: u32, asked: Option<Duration>, chance: u32) -> Option<Duration> {
        if tries_made >= self.tries || asked.is_some_and(|asked| asked > self.longest) {
            return None;
        }
        let grown = self.first.saturating_mul(1 << tries_made.min(30)).min(self.longest);
        let part = grown / 1000 * chance.min(1000);
        Some(part.max(asked.unwrap_or_default()))
    }
}

/// Between 0 and 1000, each as likely: the keys of the standard library's hash maps are random.
pub(super) fn chance() -> u32 {
    let drawn = RandomState::new().hash_one(0_u8) % 1001;
    u32::try_from(drawn).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let retry = RetryTooMany::new().tries(8);
        let waits: Vec<_> = (0..9).map(|tries| retry.wait(tries, None, 1000)).collect();
        let grown = [100, 200, 400, 800, 1600, 3000, 3000, 3000].map(|ms| Some(MS * ms));
        assert_eq!(waits[..8], grown);
        assert_eq!(waits[8], None);
        assert_eq!(retry.wait(1, None, 500), Some(MS * 100));
        assert_eq!(retry.wait(0, None, 0), Some(Duration::ZERO));
        let endless = retry.first_wait(Duration::MAX).longest_wait(Duration::MAX);
        assert!(endless.wait(7, None, 1000).is_some_and(|wait| wait > Duration::from_secs(1 << 60)), "no panic");
    }

    #[test]
    fn what_twilio_asks_is_waited_for_or_handed_back() {
        let retry = RetryTooMany::new();
        assert_eq!(retry.wait(0, Some(MS * 2500), 1000), Some(MS * 2500));
        assert_eq!(retry.wait(2, Some(MS), 1000), Some(MS * 400));
        assert_eq!(retry.wait(0, Some(MS * 3001), 1000), None);
    }
}
