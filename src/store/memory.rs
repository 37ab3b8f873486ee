//! The reference store (being written).
/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore;
