//! How a future of the world lets time go by: it says so when it is polled, and is not polled again before.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::time::Timestamp;

thread_local! {
    /// What the futures that were polled last wait for: a world is polled by one thread, one step at a time.
    static WAITS: Cell<Waits> = const { Cell::new(Waits::NONE) };
}

/// What keeps a future from going on.
#[derive(Clone, Copy)]
struct Waits {
    now: bool,
    until: Option<Timestamp>,
}

impl Waits {
    const NONE: Self = Self { now: false, until: None };
}

/// Polls with `poll`, and tells when it is to be polled again, if it is waiting for a time and nothing else.
pub(crate) fn polled<T>(poll: impl FnOnce() -> Poll<T>) -> (Poll<T>, Option<Timestamp>) {
    WAITS.set(Waits::NONE);
    let result = poll();
    let waits = WAITS.get();
    (result, waits.until.filter(|_| !waits.now))
}

/// Lets others go first, once.
#[derive(Debug, Default)]
pub(crate) struct Pause(bool);

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        WAITS.set(Waits { now: true, ..WAITS.get() });
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Lets time go by, by the clock that `now` reads.
pub(crate) struct Until<F> {
    pub(crate) at: Timestamp,
    pub(crate) now: F,
}

impl<F: Fn() -> Timestamp + Unpin> Future for Until<F> {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if (self.now)() >= self.at {
            return Poll::Ready(());
        }
        let waits = WAITS.get();
        let until = waits.until.map_or(self.at, |until| until.min(self.at));
        WAITS.set(Waits { until: Some(until), ..waits });
        Poll::Pending
    }
}
