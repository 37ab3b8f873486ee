//! Media Streams and ConversationRelay, both sides.

mod arbitrary;
mod codec;
mod messages;
#[cfg(feature = "simulator")]
mod over_tcp;
mod relays;
mod sessions;
mod streams;
#[cfg(feature = "axum")]
mod under_axum;
mod world;
