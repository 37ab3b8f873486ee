//! Audio and words of a call over a WebSocket: Media Streams and `ConversationRelay`, both sides.
