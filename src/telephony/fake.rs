//! A telephony for tests (being written).
/// Records commands.
#[derive(Debug, Default)]
pub struct FakeTelephony;
