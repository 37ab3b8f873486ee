//! `Simulator::play`: an application tries its call centre out, with one call.

use std::time::Duration;

use switchboard::http::{Access, router};
use switchboard::setup::queue;
use switchboard::simulator::{PlayError, Simulator};
use switchboard::{Agent, Builder, Flow, Queue, Switchboard};

fn calls(waits_in: &str) -> Builder {
    Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number("+14155550100", Flow::say("Welcome.").then(queue(waits_in)))
}

#[tokio::test]
async fn robots_call_and_are_answered() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/calls", listener.local_addr().unwrap());
    let (simulator, switchboard) = Simulator::play(calls("sales"), &base).await.unwrap();
    let feed = switchboard.clone();
    let app = axum::Router::new().nest("/calls", router(switchboard, Access::closed()));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let mut changes = 0;
    let joined = async {
        while simulator.tally().joined == 0 {
            changes = feed.feed().changed(changes).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(90), joined).await;
    let tally = simulator.tally();
    serving.abort();
    assert!(in_time.is_ok(), "nobody was joined with ana: {tally:?}");
    assert_eq!((tally.lost, tally.signature_failures), (0, 0), "{tally:?}");
}

#[tokio::test]
async fn a_configuration_with_a_mistake_is_refused_by_its_name() {
    let refused = Simulator::play(calls("sails"), "http://127.0.0.1:9/calls").await.unwrap_err();
    assert!(matches!(refused, PlayError::Configuration(_)), "{refused:?}");
    assert!(refused.to_string().contains("sails"), "{refused}");
}
