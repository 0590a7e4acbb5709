//! The hub's bounds: each with its unit, its reason, and what happens when it is reached.

/// Bytes of a channel name. More than any naming scheme seen in use; a longer one is refused.
pub const CHANNEL_NAME_BYTES_MAX: usize = 255;

/// Bytes of a content type kept with a message. The registry's longest type is under 128; a longer
/// one is refused with the publish.
pub const CONTENT_TYPE_BYTES_MAX: usize = 256;

/// Bytes of an event name kept with a message. It is repeated on every delivery; a longer one is
/// refused with the publish.
pub const EVENT_NAME_BYTES_MAX: usize = 256;

/// Bytes of an idempotency key. Fits a UUID, a hash or a URN; a longer one is refused.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// Idempotency keys remembered per channel. A publisher that repeats itself does so within its
/// last few messages; an older key counts as new.
pub const IDEMPOTENCY_KEYS_MAX: usize = 64;

/// Messages waiting in one driver's inbox. At 65,536 the driver has been away for longer than any
/// pause worth riding out in memory: further messages are dropped there and their readers catch
/// up from the engine.
pub const INBOX_ITEMS_MAX: usize = 65_536;

/// Payload bytes waiting in one driver's inbox; handled like [`INBOX_ITEMS_MAX`].
pub const INBOX_BYTES_MAX: usize = 64 << 20;

/// Bytes that a stored message costs beside its texts and payload: allocation, history slot, index.
pub const MESSAGE_OVERHEAD_BYTES: usize = 256;

/// Channels with an audience, beyond which one that nobody listens to any more is not remembered
/// for a while: what is lost is only when somebody was last seen there.
pub const LINGERING_MAX: usize = 65_536;

/// Messages in one page read from an engine. Enough that a resume of the default history takes two
/// reads, small enough that one slow reader does not hold a shard for long.
pub const PAGE_MESSAGES_MAX: usize = 64;

/// Payload bytes in one page read from an engine; a single larger message still makes a page.
pub const PAGE_BYTES_MAX: usize = 256 << 10;

/// Parts that the channel maps are divided into, so that publishers to different channels seldom
/// wait for one another. A power of two; 16 is ample for the cores of one machine: a publish holds
/// a lock for a few microseconds, collecting 250,000 channels holds each for half a millisecond.
pub const STRIPES: usize = 16;
