//! What waiting callers hear.
