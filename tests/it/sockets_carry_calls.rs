//! Media Streams and ConversationRelay, both sides.

mod arbitrary;
mod codec;
mod messages;
mod relays;
mod sessions;
mod streams;
mod world;
