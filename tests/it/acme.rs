//! The call centre of most stories.

use std::time::Duration;

use switchboard::engine::Builder;
use switchboard::setup::{hang_up, queue};
use switchboard::{Agent, Flow, Queue, Switchboard};

pub(crate) const NUMBER: &str = "+14155550100";
pub(crate) const CALLER: &str = "+14155550123";

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Ana and Ben take sales, Ben and Cleo take support; support needs `tech`.
pub(crate) fn acme() -> Builder {
    Switchboard::builder()
        .queue(Queue::new("sales").overflow(hang_up("All our lines are busy.")))
        .queue(Queue::new("support").needs("tech"))
        .agent(Agent::new("ana").serves(["sales"]))
        .agent(Agent::new("ben").serves(["sales", "support"]).skill("tech"))
        .agent(Agent::new("cleo").serves(["support"]).skill("tech"))
        .number(
            NUMBER,
            Flow::say("Thanks for calling Acme. Press 1 for sales, 2 for support.")
                .key('1', queue("sales"))
                .key('2', queue("support"))
                .otherwise(queue("sales")),
        )
}

/// The same with Ana alone, and no menu.
pub(crate) fn only_ana(sales: Queue) -> Builder {
    Switchboard::builder()
        .queue(sales)
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
}

/// The same with Ana and Ben.
pub(crate) fn ana_and_ben(sales: Queue) -> Builder {
    only_ana(sales).agent(Agent::new("ben").serves(["sales"]))
}
