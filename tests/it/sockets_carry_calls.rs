//! Media Streams and ConversationRelay, both sides.

mod arbitrary;
mod codec;
mod messages;
mod sessions;
