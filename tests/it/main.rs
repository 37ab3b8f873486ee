//! One binary for all integration tests; each module is named after a situation.

mod a_caller_is_called_back;
mod a_caller_reaches_an_agent;
mod a_day_is_replayed;
mod a_queue_overflows;
mod a_queue_overflows_by_rules;
mod a_shift_for_each_strategy;
mod a_tier_opens;
mod access_tokens;
mod acme;
mod agents_take_turns;
mod an_agent_does_not_take_it;
mod an_agent_hangs_up_unheard;
#[cfg(feature = "simulator")]
mod an_application_is_played;
mod architecture;
mod attacks_on_the_core;
mod callbacks_are_typed;
mod carrier_keeps_the_protocol;
#[cfg(feature = "simulator")]
mod choosing_is_explained;
mod configuration_mistakes_are_told;
#[cfg(all(feature = "simulator", feature = "sqlite"))]
mod demo_runs;
mod docs_are_true;
#[cfg(feature = "runtime")]
mod due_work_runs_on_tokio;
mod figures_are_folds;
mod hop_urls;
#[cfg(feature = "axum")]
mod http_router_mounts_anywhere;
mod legs_are_reconciled;
mod no_input_breaks_a_reader;
mod nodes_come_and_go;
#[cfg(feature = "simulator")]
mod nodes_restart_under_load;
mod other_providers_speak_too;
mod own_routing;
mod planted_bugs;
#[cfg(all(feature = "postgres", feature = "conformance"))]
mod postgres;
mod presets_choose_as_their_anchors;
mod presets_join_callers_with_agents;
#[cfg(feature = "sqlite")]
mod processes;
mod routing_laws;
#[cfg(feature = "sqlite")]
mod scratch;
mod shifts_with_faults;
#[cfg(feature = "sim")]
mod sockets_carry_calls;
#[cfg(all(feature = "sqlite", feature = "conformance"))]
mod sqlite_keeps_the_contract;
#[cfg(feature = "sqlite")]
mod sqlite_meets_trouble;
#[cfg(feature = "sqlite")]
mod sqlite_outlives_its_process;
#[cfg(all(feature = "sqlite", feature = "simulator"))]
mod sqlite_tables;
#[cfg(all(feature = "sqlite", feature = "conformance"))]
mod stores_agree;
mod stores_keep_the_contract;
mod stories_under_faults;
mod telephonies_keep_the_contract;
mod the_rest_client_stands_alone;
mod the_store_is_silent;
mod told_waits_hold;
mod twilio_client_over_a_socket;
mod twiml_of_the_official_libraries;
mod twiml_says_what_was_meant;
mod versions_side_by_side;
mod waiting_callers_are_told;
mod waits_are_foretold;
mod we_call_somebody;
mod webhook_signatures;
mod world_plans;
mod world_planted_bugs;
