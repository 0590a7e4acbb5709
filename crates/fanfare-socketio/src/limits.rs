//! Every bound of this crate, with its unit, its reason and what happens at it.

use std::time::Duration;

/// Bytes of one request body or WebSocket message, told to clients as `maxPayload`. A longer body
/// is answered with 413, a longer WebSocket message ends the session. The reference's default.
pub const PAYLOAD_BYTES_MAX: usize = 1_000_000;

/// Packets in one polling body; one more ends the session. The smallest event takes eight bytes,
/// so a client's burst of events fits many times over, and a body of separators does not keep a
/// thread for long.
pub const PAYLOAD_PACKETS_MAX: usize = 65_536;

/// Digits of a length in a polling payload of revision 1 or 3. Ten hold every length that a body
/// can have; more are nonsense and end the session.
pub const LENGTH_DIGITS_MAX: usize = 10;

/// Bytes that wait for a client which does not poll. Above it the session ends with `transport
/// error`, which a client answers by reconnecting. Four of the largest messages.
pub const BUFFER_BYTES_MAX: usize = 4 * PAYLOAD_BYTES_MAX;

/// Bytes a buffered packet costs beside its own: its entry, and what sharing it takes. Keeps a
/// flood of empty messages inside [`BUFFER_BYTES_MAX`].
pub const BUFFERED_PACKET_BYTES: usize = 64;

/// Time between two pings of the server, or within which the client of revision 3 pings. The
/// reference's default.
pub const PING_INTERVAL: Duration = Duration::from_secs(25);

/// Time the other side has to answer a ping. The reference's default: a browser wakes the timers
/// of a hidden page late.
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Time between the opening of a probing WebSocket and its `5`. Then that socket is closed and
/// polling goes on. The reference's default.
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for which a poll of revision 1 is held; then it is answered with the packet that means
/// nothing. The value of its reference: proxies of the time cut what was silent for longer.
pub const POLL_DURATION: Duration = Duration::from_secs(20);

/// Time a session that the server closed waits for the poll that fetches the rest. The
/// reference's value. Clients of revision 1 are told of it: they give up after hearing nothing for
/// that long, or for a ping and its answer if that is longer.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Sessions of a mount. A handshake beyond is refused with 403, and the client tries again later. A
/// million of them fit into the memory of one machine.
pub const SESSIONS_MAX: usize = 1_000_000;

/// Bytes of a poll's answer from which on it is compressed for clients that accept it: below, a
/// packet of the network is sent anyway. The reference's default.
pub const COMPRESSION_BYTES_MIN: usize = 1_024;

/// Bytes that a WebSocket has yet to write, above which volatile packets are dropped. About what
/// a socket of the kernel's takes at once: more means that the client does not keep up.
pub const VOLATILE_BACKLOG_BYTES_MAX: u64 = 65_536;

/// Bytes that a WebSocket has yet to write, above which nothing is read from it: whoever does not
/// listen is not asked to go on.
pub const READING_BACKLOG_BYTES_MAX: usize = 65_536;

/// Bytes of a body that are read and thrown away once it was found too long, before the answer:
/// many clients see an answer only when they have sent all. Beyond, the connection is cut.
pub const BODY_DISCARDED_BYTES_MAX: usize = 4 * PAYLOAD_BYTES_MAX;

/// Time the other side of a WebSocket has to go, once it has all frames and the session has closed
/// it. Then it is cut off. A round trip over a bad network takes a second.
pub const LINGER: Duration = Duration::from_secs(5);

/// Time that a `POST` with nothing but a close packet waits if no poll is held. Clients say goodbye
/// beside a poll that they have just sent; on two connections, read by two threads, the goodbye may
/// come first, and the poll would find a session that is unknown. The `ok` waits as well, so who
/// polls after it finds what it expects.
pub const GOODBYE_DELAY: Duration = Duration::from_millis(5);

/// Bytes read from a WebSocket at once, into a buffer that a thread has for all of them.
pub(crate) const READ_BYTES: usize = 32_768;

/// Reads of a WebSocket in a row, before others on its thread get a turn.
pub(crate) const READS_IN_A_ROW: usize = 8;

/// Attachments of one packet; a header that announces more ends the session. The reference's
/// default since 4.2.6, when announcing without sending had become an attack on memory.
pub const ATTACHMENTS_MAX: usize = 10;

/// Bytes of one packet, its attachments included; more end the session. Four of the largest
/// messages, where [`ATTACHMENTS_MAX`] alone would allow eleven.
pub const PACKET_BYTES_MAX: usize = 4 * PAYLOAD_BYTES_MAX;

/// Arrays and objects within each other; one more ends the session. What `serde_json` follows, so
/// that whatever is accepted can also be read into a type.
pub const JSON_DEPTH_MAX: usize = 128;

/// Bytes of a namespace, with the query that clients before 3.0 put behind it (often a signed
/// token). Longer ends the session: the name becomes a key and a line of the log.
pub const NAMESPACE_BYTES_MAX: usize = 4_096;

/// Bytes of an event's name; longer ends the session. It becomes a key.
pub const EVENT_NAME_BYTES_MAX: usize = 1_024;

/// Time in which a client has to enter a namespace; then its session ends. The reference's default.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(45);

/// Time in which the attachments of a packet have to come; then the session ends. As long as a ping
/// and its answer may take: a client that needs longer for what it began is gone.
pub const ATTACHMENTS_TIMEOUT: Duration = Duration::from_secs(45);

/// Namespaces of one client; one more is refused. Far more than an application has.
pub const NAMESPACES_MAX: usize = 100;

/// Bytes of a client's credentials for a namespace; more are refused. They are kept as long as it is
/// in there, and a token has a few thousand at the most.
pub const AUTH_BYTES_MAX: usize = 64 << 10;

/// Rooms of one socket beside its own; one more is refused. Each takes a place in two tables.
pub const ROOMS_MAX: usize = 1_000;

/// Bytes of a room's name; a longer one is refused. It is a key, and with the id of a channel in
/// the server.
pub const ROOM_BYTES_MAX: usize = 1_024;

/// Acknowledgements that one client owes; one more is an error to whoever asks it alone, and a
/// broadcast passes it over. More are no conversation.
pub const ACKS_MAX: usize = 10_000;

/// Bytes of one client's events that wait for a handler which takes its time. More end the session:
/// nobody works through them in time. A few of the largest packets.
pub const QUEUE_BYTES_MAX: usize = 2 * PACKET_BYTES_MAX;

/// Time in which a client may come back and be given what it missed. The reference's default.
pub const RECOVERY_WINDOW: Duration = Duration::from_secs(120);

/// Events that a namespace keeps for those who come back. At a hundred per second, as many as
/// [`RECOVERY_WINDOW`] has.
pub const RECOVERY_EVENTS_MAX: usize = 12_000;

/// Bytes of those events. The oldest go first, and whoever needs them begins anew.
pub const RECOVERY_BYTES_MAX: usize = 16 << 20;

/// Events that are given at once to one who comes back. One who missed more begins anew: the
/// events would only break the bound of what may wait for it.
pub const REPLAY_BYTES_MAX: usize = BUFFER_BYTES_MAX / 2;
