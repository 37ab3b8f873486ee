//! Media Streams and ConversationRelay, both sides.
