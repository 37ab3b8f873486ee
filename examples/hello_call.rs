//! A call arrives, waits, and is answered: in virtual time, with nothing but this crate.
//!
//! `cargo run --example hello_call --features sim`

use std::time::Duration;

use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::{Agent, Flow, Queue, Switchboard};

fn main() {
    let calls = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number("+14155550100", Flow::say("Thanks for calling Acme.").then(queue("sales")));

    let sim = Sim::start(&calls);
    let caller = sim.caller("+14155550123").dials("+14155550100");
    caller.hears("Thanks for calling Acme").hears_music();
    let ana = sim.agent("ana").rings_within(Duration::from_secs(5));
    ana.answers();
    caller.talks_for(Duration::from_secs(180)).hangs_up();
    sim.rests();

    let call = sim.last_call();
    println!("{} talked with {} after {:?}", call.customer, call.agent().unwrap_or("nobody"), call.waited());
    let began = call.started_at;
    for event in &call.events {
        println!("{:>8.1} s  {:?}", event.at.since(began).as_secs_f64(), event.kind);
    }
}
