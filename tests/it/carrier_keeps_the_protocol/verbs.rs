//! The verbs beside those that connect people.
