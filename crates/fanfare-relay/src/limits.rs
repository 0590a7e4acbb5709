//! The bounds of this crate: each with its unit, its reason, and what happens when it is reached.
//! The bounds of names and message fields are the hub's, see [`fanfare_hub::limits`].

/// Channels in one subscription. Nchan's own bound for a split list; one more is refused with 403.
/// A composite cursor of so many channels is about 3.5 KiB, which request heads still carry.
pub const CHANNELS_MAX: usize = 255;

/// Bytes of a `Fanfare-Gap` value. Common proxies give a whole response head 4 KiB; half of it is
/// left for the rest. Channels that do not fit are counted in the value instead of named.
pub const GAP_BYTES_MAX: usize = 2048;
