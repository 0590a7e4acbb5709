//! The contract, kept by real clients of every generation and by raw bytes.

mod clients;
mod site;
