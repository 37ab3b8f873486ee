//! One binary for all integration tests; each module is named after a situation.

mod architecture;
mod carrier_keeps_the_protocol;
#[cfg(feature = "simulator")]
mod demo_runs;
#[cfg(feature = "axum")]
mod http_router_mounts_anywhere;
mod stores_keep_the_contract;
mod telephonies_keep_the_contract;
mod twilio_client_over_a_socket;
mod twiml_says_what_was_meant;
mod webhook_signatures;
