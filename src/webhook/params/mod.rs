//! What each webhook says, as types.
