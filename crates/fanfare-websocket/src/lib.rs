//! RFC 6455 and RFC 7692 codec without I/O, made for one encoded frame shared by many connections.
