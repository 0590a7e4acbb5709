//! Server-Sent Events: validated events, encoder, incremental decoder.
