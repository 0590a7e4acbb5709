//! The Fanfare server: one binary, every transport.
