//! Processes that use a file are killed with SIGKILL, in the middle of what they do: whatever they said was committed is
//! there, nothing is half, and a call centre goes on where it was.

#[cfg(feature = "simulator")]
mod centre;
mod writers;

#[cfg(feature = "simulator")]
pub(crate) use centre::serve;
pub(crate) use writers::write;
