//! The call centre that is tried: a menu, two queues, and agents who serve both.

use std::time::Duration;

use switchboard::setup::{hang_up, queue};
use switchboard::{Agent, Builder, Flow, Queue, Switchboard};

/// Our number.
pub(crate) const NUMBER: &str = "+14155550100";
/// Longer than any caller's patience: nobody is sent away by a rule.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// The agents' names.
pub(crate) fn agents(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("agent_{n:03}")).collect()
}

/// Without wrap-up an agent is free for the next caller as soon as the leg has ended, which can be seen from outside.
pub(crate) fn builder(agents: &[String]) -> Builder {
    let patient = |name: &str| Queue::new(name).wrap_up(Duration::ZERO).wait_max(WAIT_MAX).waiting_max(1000);
    let builder = Switchboard::builder().queue(patient("sales")).queue(patient("support")).missed_max(1000).number(
        NUMBER,
        Flow::say("Thanks for calling Acme. For sales, press 1. For support, press 2.")
            .key('1', queue("sales"))
            .key('2', queue("support"))
            .otherwise(hang_up("We did not hear a key. Goodbye.")),
    );
    agents.iter().fold(builder, |builder, name| builder.agent(Agent::new(name).serves(["sales", "support"])))
}
