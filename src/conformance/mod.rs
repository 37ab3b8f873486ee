//! Suites for people who implement our traits. Outside semver: a minor release may add a case.

mod drive;
pub mod routing;
pub mod store;
pub mod telephony;

pub use drive::{block_on, join_all};
