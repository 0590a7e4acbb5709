//! Numbers with their unit: `"30s"`, `"64KiB"`.
//!
//! One whole number and one unit, nothing else: a value reads the same for everybody, and what is
//! printed can be written back.

use std::time::Duration;

/// 1 KiB in bytes.
pub const KIB: u64 = 1 << 10;
/// 1 MiB in bytes.
pub const MIB: u64 = 1 << 20;
/// 1 GiB in bytes.
pub const GIB: u64 = 1 << 30;

/// A unit and how many of the smallest one it holds.
type Unit = (&'static str, u64);

/// Milliseconds, in the order in which a unit is tried for printing.
const DURATIONS: [Unit; 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Bytes, in the order in which a unit is tried for printing; `KB` is understood, never printed.
const SIZES: [Unit; 8] = [
    ("GiB", GIB),
    ("MiB", MIB),
    ("KiB", KIB),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("B", 1),
    ("KB", 1000),
];

/// Reads a duration: a whole number and one of `ms`, `s`, `m`, `h`, `d`.
///
/// `None` if it is anything else, or more milliseconds than 64 bits hold.
pub fn parse_duration(text: &str) -> Option<Duration> {
    parse(text, &DURATIONS).map(Duration::from_millis)
}

/// Reads a size in bytes: a whole number and one of `B`, `kB` or `KB`, `KiB`, `MB`, `MiB`, `GB`,
/// `GiB`.
///
/// `None` if it is anything else, or more bytes than 64 bits hold.
pub fn parse_size(text: &str) -> Option<u64> {
    parse(text, &SIZES)
}

/// Writes a duration in the largest unit that leaves no remainder; less than 1 ms is cut off.
pub fn format_duration(duration: Duration) -> String {
    // A duration that was read fits; one that was not may say so.
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    format(millis, &DURATIONS, "0s")
}

/// Writes a size in the largest unit that leaves no remainder, binary units first.
pub fn format_size(bytes: u64) -> String {
    format(bytes, &SIZES, "0B")
}

fn parse(text: &str, units: &[Unit]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

fn format(amount: u64, units: &[Unit], zero: &str) -> String {
    units
        .iter()
        .find(|(_, factor)| amount != 0 && amount.is_multiple_of(*factor))
        .map_or_else(
            || zero.to_owned(),
            |(name, factor)| format!("{}{name}", amount / factor),
        )
}
