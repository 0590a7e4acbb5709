//! The Fanfare server: one binary, every transport.

pub mod cli;
pub mod config;
pub mod exit;
