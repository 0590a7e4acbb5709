//! The hub as its users see it: through its public face, with time as an argument.

mod audience;
mod concurrency;
mod eviction;
mod history;
mod inbox;
mod model;
mod place;
mod rig;
