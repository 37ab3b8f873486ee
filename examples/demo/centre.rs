//! The call centre of the demo.

use std::time::Duration;

use switchboard::setup::{hang_up, queue};
use switchboard::simulator::Traffic;
use switchboard::{Agent, Builder, Flow, Queue, Switchboard};

/// Our number.
pub(crate) const NUMBER: &str = "+14155550100";

const NAMES: [&str; 8] = ["ana", "ben", "cleo", "dan", "eve", "finn", "gia", "hugo"];

/// Enough agents for the traffic.
pub(crate) fn agents(traffic: Traffic) -> Vec<String> {
    let count = if traffic == Traffic::Rush { 48 } else { NAMES.len() };
    let name = |n: usize| match (NAMES[n % NAMES.len()], n / NAMES.len()) {
        (name, 0) => name.to_owned(),
        (name, round) => format!("{name}_{}", round + 1),
    };
    (0..count).map(name).collect()
}

/// Two queues, a menu, and these agents, half of whom know the technology.
pub(crate) fn builder(agents: &[String]) -> Builder {
    let mut builder = Switchboard::builder()
        .queue(Queue::new("sales").wrap_up(Duration::from_secs(8)))
        .queue(Queue::new("support").needs("tech").wrap_up(Duration::from_secs(8)))
        .number(
            NUMBER,
            Flow::say("Thanks for calling Acme. For sales, press 1. For support, press 2.")
                .key('1', queue("sales"))
                .key('2', queue("support"))
                .otherwise(hang_up("We did not hear a key. Goodbye.")),
        );
    for (n, name) in agents.iter().enumerate() {
        let agent = Agent::new(name).serves(["sales"]);
        builder = builder.agent(if n % 2 == 1 { agent.serves(["support"]).skill("tech") } else { agent });
    }
    builder
}
