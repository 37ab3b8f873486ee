//! Whoever waits on the line and whoever is called back are served in one order.

use proptest::prelude::*;
use switchboard::core::Request;
use switchboard::model::{Call, CallState};
use switchboard::setup::{callback, queue};
use switchboard::sim::Sim;
use switchboard::{Agent, Flow, Switchboard};

use super::{joined, person, sales};
use crate::acme::{NUMBER, secs};

const URGENT: &str = "+14155550101";

fn flow(more: i32) -> Flow {
    Flow::say("Welcome.")
        .key('2', callback("sales").with_priority(more))
        .otherwise(queue("sales").with_priority(more))
        .tries(1)
}

/// Who comes: whether they are called back, whether they are urgent, and how long after the one before.
fn arrivals() -> impl Strategy<Value = Vec<(bool, bool, u64)>> {
    proptest::collection::vec((any::<bool>(), any::<bool>(), 1u64..40), 2..6)
}

fn talking(sim: &Sim) -> Option<Call> {
    sim.calls().into_iter().find(|call| call.state == CallState::Talking)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// I-36: a place that is kept overtakes nobody and is overtaken by nobody but by what its key says: the urgent first, then
    /// whoever joined first. Each is joined with the agent, by the carrier's truth.
    #[test]
    fn of_the_keys_and_nothing_else(arrivals in arrivals()) {
        let app = Switchboard::builder()
            .queue(sales())
            .agent(Agent::new("ana").serves(["sales"]))
            .number(NUMBER, flow(0))
            .number(URGENT, flow(5));
        let sim = Sim::start(&app);
        sim.agent("ana").busy();
        for (at, (called_back, urgent, pause)) in arrivals.iter().enumerate() {
            let number = format!("+1415555012{at}");
            let caller = sim.caller(&number).dials(if *urgent { URGENT } else { NUMBER });
            if *called_back {
                caller.hears("Welcome").presses("2");
                caller.hears("press 1").presses("1").hears("Your place in the line is kept");
                sim.phone(&number, person(&[(3, "1")]));
            } else {
                caller.hears("Welcome");
            }
            sim.waits(secs(*pause));
        }
        sim.waits(secs(20));
        let mut wanted: Vec<Call> = sim.calls();
        prop_assert!(wanted.iter().all(Call::is_in_line));
        // Of two who joined in one moment the id decides.
        wanted.sort_by_key(|call| (-call.priority, call.queued_at, call.id.to_string()));
        sim.agent("ana").is_ready();
        for call in wanted {
            sim.agent("ana").rings_within(secs(2)).answers();
            sim.waits(secs(15));
            let served = talking(&sim).map(|call| call.customer);
            prop_assert_eq!(served, Some(call.customer), "{}", sim.story());
            prop_assert_eq!(joined(&sim).len(), 1, "nobody is joined: {}", sim.story());
            sim.request(Request::HangUp(call.id));
        }
        sim.rests();
    }
}
