//! What the published suites of the protocol's authors ask for, Engine.IO 4 and Socket.IO 5: every
//! case of theirs has one here, in their order.

mod engine;
mod protocol;
