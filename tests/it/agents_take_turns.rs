//! Round robin: each queue goes on after whoever was last offered one of its own calls.

use switchboard::setup::queue;
use switchboard::sim::{Caller, Sim};
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{NUMBER, secs};

const SUPPORT: &str = "+14155550101";

/// A call that one agent answers and that is over soon; who answered it.
fn served(sim: &Sim, number: &str, expected: &str) -> Caller {
    let caller = sim.caller("+14155550121").dials(number);
    sim.agent(expected).rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with(expected), "{}", sim.story());
    caller.hangs_up();
    sim.waits(secs(2));
    caller
}

/// Whoever was offered a call of another queue meanwhile is still the last of this one.
#[test]
fn each_queue_by_itself() {
    for strategy in ["round_robin", "round_robin_ordered"] {
        let queues = ["sales", "support"];
        let of = |name: &str| Queue::new(name).strategy(strategy).wrap_up(secs(0)).resume_window(secs(0));
        let app = Switchboard::builder()
            .queue(of("sales"))
            .queue(of("support"))
            .agent(Agent::new("ana").serves(queues))
            .agent(Agent::new("ben").serves(queues))
            .agent(Agent::new("cleo").serves(queues))
            .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
            .number(SUPPORT, Flow::say("Welcome.").then(queue("support")));
        let sim = Sim::start(&app);
        served(&sim, NUMBER, "ana");
        served(&sim, SUPPORT, "ana");
        served(&sim, NUMBER, "ben");
        served(&sim, SUPPORT, "ben");
        served(&sim, SUPPORT, "cleo");
        served(&sim, NUMBER, "cleo");
        served(&sim, NUMBER, "ana");
        served(&sim, SUPPORT, "ana");
        sim.rests();
    }
}
