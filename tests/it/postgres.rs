//! The store in PostgreSQL.

mod faults_are_told;
mod given;
mod keeps_the_contract;
mod many_nodes_share_it;
mod nodes_start_and_upgrade;
pub(crate) mod server;
mod tables_stay_small;
mod tenants_are_fenced;
mod the_server_is_killed;
mod your_rows_beside_ours;
