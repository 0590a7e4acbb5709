//! What Fanfare's tests share: a simulated network, child processes, a proxy that cuts. Not published.
