//! Recordings: all sources, their life and their sound.
