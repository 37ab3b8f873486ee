//! Driving futures without choosing a runtime.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Most times a future is polled before it counts as stuck.
const POLLS_MAX: u32 = 1_000_000;

/// The output of `future`, polled on this thread until it is ready.
///
/// For futures that never wait for input, output or a timer, such as those of
/// [`MemoryStore`](crate::store::MemoryStore): nothing wakes them here, they are simply polled again.
///
/// # Panics
/// When the future is not ready after a million polls.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS_MAX {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
    panic!("the future was not ready after {POLLS_MAX} polls: it waits for something, so give it a runtime");
}

/// The outputs of `futures`, in their order, all driven at once by the task that awaits this.
///
/// They share one task, so this works in any runtime; they interleave wherever one of them waits.
pub async fn join_all<'a, T>(futures: Vec<Pin<Box<dyn Future<Output = T> + Send + 'a>>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(Some).collect();
    let mut outputs: Vec<Option<T>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, output) in running.iter_mut().zip(&mut outputs) {
            let Some(pending) = future else { continue };
            match pending.as_mut().poll(context) {
                Poll::Ready(value) => {
                    *output = Some(value);
                    *future = None;
                }
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
