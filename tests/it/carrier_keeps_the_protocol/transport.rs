//! How requests reach the application, and what happens when they do not.
