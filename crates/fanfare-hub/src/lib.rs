//! Channels, ids, history, subscriptions and presence: the heart of Fanfare, without I/O.
