//! Worlds to test a call centre in. Outside semver.

pub mod carrier;
