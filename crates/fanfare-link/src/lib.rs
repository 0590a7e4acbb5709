//! Sockets, time and writes, once for all protocols: shards, parked connections, narrow HTTP front.
