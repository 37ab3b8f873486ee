//! The resources of the REST API beside calls and conferences.

mod account;
mod calls;
mod numbers;
mod odd;
mod people;
mod queues;
mod texts;

use super::*;
use switchboard::sim::carrier::AccountConfig;

const FAR: &str = "+15550009000";

/// A world whose account is set up so.
fn account(change: impl FnOnce(&mut AccountConfig)) -> World {
    let mut config = CarrierConfig::default();
    change(&mut config.account);
    World::with(config)
}

fn code(answer: (u16, Value)) -> (u16, u64) {
    (answer.0, answer.1["code"].as_u64().unwrap_or_default())
}

/// What a list shows under `key`, by one of its fields.
fn listed(world: &mut World, path: &str, key: &str, name: &str) -> Vec<String> {
    let (status, list) = world.rest("GET", path, "");
    assert_eq!(status, 200, "{path}: {list}");
    list[key].as_array().expect("a list").iter().map(|item| text(item, name)).collect()
}

/// Makes something; gives its sid.
fn made(world: &mut World, path: &str, form: &str) -> String {
    let (status, json) = world.rest("POST", path, form);
    assert_eq!(status, 201, "{path}: {json}");
    text(&json, "sid")
}
