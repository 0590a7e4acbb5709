//! Every bound of this crate, with its unit, its reason and what happens at it.

use std::time::Duration;

/// Bytes of one request body or WebSocket message, told to clients as `maxPayload`. A longer body
/// is answered with 413, a longer WebSocket message ends the session. The reference's default.
pub const PAYLOAD_BYTES_MAX: usize = 1_000_000;

/// Packets in one polling body; one more ends the session. The smallest event takes eight bytes,
/// so a client's burst of events fits many times over, and a body of separators does not keep a
/// thread for long.
pub const PAYLOAD_PACKETS_MAX: usize = 65_536;

/// Digits of a length in a polling payload of revision 3. Ten hold every length that a body can
/// have; more are nonsense and end the session.
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

/// Time a session that the server closed waits for the poll that fetches the rest. The
/// reference's value.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Attachments of one packet; a header that announces more ends the session. The reference's
/// default since 4.2.6, when announcing without sending had become an attack on memory.
pub const ATTACHMENTS_MAX: usize = 10;

/// Bytes of one packet, its attachments included; more end the session. Four of the largest
/// messages, where [`ATTACHMENTS_MAX`] alone would allow eleven.
pub const PACKET_BYTES_MAX: usize = 4 * PAYLOAD_BYTES_MAX;

/// Arrays and objects within each other; one more ends the session. What `serde_json` follows, so
/// that whatever is accepted can also be read into a type.
pub const JSON_DEPTH_MAX: usize = 128;

/// Bytes of a namespace, with the query that 2.x clients put behind it (often a signed token).
/// Longer ends the session: the name becomes a key and a line of the log.
pub const NAMESPACE_BYTES_MAX: usize = 4_096;

/// Bytes of an event's name; longer ends the session. It becomes a key.
pub const EVENT_NAME_BYTES_MAX: usize = 1_024;
