//! Every bound of the museum, with its unit, its reason and what happens at it.

use std::time::Duration;

/// Time a poll waits for messages; then it is answered with none. The reference's default; its
/// client gives up after 25 seconds.
pub const POLL_DURATION: Duration = Duration::from_secs(20);

/// Time between an answered heartbeat and the next one on streams and WebSockets. The reference's
/// default; its client gives up after 15 seconds without traffic.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);

/// Time the client has to echo a heartbeat; then the session ends. The reference's default.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(8);

/// Time a session is kept for a client that neither polls nor reads a stream. What is sent
/// meanwhile waits. The default of go-socket.io, a little more than the reference's 8 seconds.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Messages that wait in a session. One more is an error for the sender, and the session goes on.
/// Enough for an application that answers each of the smallest messages in one read of a
/// WebSocket, of which there are 1170.
pub const QUEUE_MESSAGES_MAX: usize = 2_000;

/// Bytes of the frames that wait in a session; more are an error for the sender. With all
/// [`SESSIONS_MAX`] clients away at once that is 1 GiB, which takes an application that writes
/// without pause to everybody who left within the last seconds.
pub const QUEUE_BYTES_MAX: usize = 256 * 1024;

/// Bytes of the body of a `POST`, escapes included, and of a WebSocket message. A longer body is
/// answered with 413, a longer message ends the session. The same as for today's clients.
pub const RECEIVED_BYTES_MAX: usize = crate::limits::PAYLOAD_BYTES_MAX;

/// Time the body of a `POST` may take; then it is answered with 408. A modem of the time sends
/// 100 kB in it.
pub const RECEIVED_TIME_MAX: Duration = Duration::from_secs(30);

/// Sessions at once. A request for one more is answered with 503. Each has a task and a timer,
/// which is no way to serve a million clients: those of that age are few.
pub const SESSIONS_MAX: usize = 4_096;

/// Pieces of input with a malformed frame; with this many the session ends. A broken client is
/// told apart from one that had bad luck once or twice.
pub const OFFENCES_MAX: u32 = 8;

/// Digits of the length of a frame, and of the number of a call-back. Ten hold every number that
/// either can be; with more the frame is malformed, and the request is answered with 400.
pub const DIGITS_MAX: usize = 10;

/// Time the peer of a WebSocket that we closed has to take what was said last and to hang up; then
/// it is cut. Without it, a peer that reads nothing would keep the connection for ever.
pub const GOODBYE: Duration = Duration::from_secs(5);
