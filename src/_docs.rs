//! The pages of `docs/`, so that their code compiles with the crate.

#[doc = include_str!("../docs/callbacks.md")]
pub mod callbacks {}
#[doc = include_str!("../docs/concepts.md")]
pub mod concepts {}
#[doc = include_str!("../docs/design.md")]
pub mod design {}
#[doc = include_str!("../docs/failures.md")]
pub mod failures {}
#[doc = include_str!("../docs/figures.md")]
pub mod figures {}
#[doc = include_str!("../docs/media.md")]
pub mod media {}
#[doc = include_str!("../docs/postgres.md")]
pub mod postgres {}
#[doc = include_str!("../docs/presets.md")]
pub mod presets {}
#[doc = include_str!("../docs/protocol.md")]
pub mod protocol {}
#[doc = include_str!("../docs/routing.md")]
pub mod routing {}
#[doc = include_str!("../docs/running.md")]
pub mod running {}
#[doc = include_str!("../docs/simulation.md")]
pub mod simulation {}
#[doc = include_str!("../docs/start.md")]
pub mod start {}
#[doc = include_str!("../docs/states.md")]
pub mod states {}
#[doc = include_str!("../docs/style.md")]
pub mod style {}
#[doc = include_str!("../docs/writing-a-store.md")]
pub mod writing_a_store {}
#[doc = include_str!("../docs/writing-a-telephony.md")]
pub mod writing_a_telephony {}
#[cfg(all(feature = "simulator", feature = "conformance"))]
#[doc = include_str!("../README.md")]
pub mod readme {}
