//! The store in PostgreSQL.

mod keeps_the_contract;
mod server;
