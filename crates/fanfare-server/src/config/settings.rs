//! Every setting of the server: name, type, bounds, default, and why.
//!
//! This is the one place to add, change or look up a setting. Each section below is both the
//! table that is validated, printed and documented, and the struct that the server reads; the doc
//! of a field is the text that operators see.
//!
//! Bounds of a kind keep out what can only be a slip of the keyboard; they are far from what is
//! sensible. Times that the connection timers watch start at 1 s, because those tick in seconds.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use fanfare_hub::ChannelName;

use super::choice::{Allow, Concurrency, FirstMessage, LogFormat, ProfileKind, SlowReader};
use super::effective::Values;
use super::kind::Kind;
use super::secret::Secret;
use super::setting::{Fallback, Setting};
use super::unit::{GIB, KIB, MIB};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const YEAR: Duration = Duration::from_hours(24 * 365);

/// Makes of `key: Type = Kind(bounds), Fallback("text"), zero "meaning";` a field of the section's
/// struct and a [`Setting`] in its table.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:literal $name:ident {$(
            $(#[doc = $doc:literal])+
            $key:ident: $type:ty =
                $kind:ident $(($bounds:expr))?, $fallback:ident $(($text:literal))? $(, zero $zero:literal)?;
        )+}
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct $name {$(
            $(#[doc = $doc])+
            pub $key: $type,
        )+}

        impl $name {
            /// The settings of this section, in the order in which they are shown.
            pub const SETTINGS: &'static [Setting] = &[$(Setting {
                key: concat!($section, ".", stringify!($key)),
                kind: Kind::$kind $(($bounds))?,
                fallback: Fallback::$fallback $(($text))?,
                zero: only(&[$($zero)?]),
                about: concat!($($doc),+).trim_ascii(),
            }),+];

            pub(super) fn from_values(values: &Values) -> Self {
                Self { $($key: values.typed(concat!($section, ".", stringify!($key))),)+ }
            }
        }
    };
}

section! {
    /// Where the server listens, how wide it runs, what it logs.
    "server" Server {
        /// Address and port to listen on; port 0 takes any free one.
        listen: SocketAddr = Address, Default("127.0.0.1:7474");
        /// Threads, each with connections of its own.
        shards: NonZeroUsize = Count(1..=1024), Default("0"), zero "one per core";
        /// Time that connections get to end in good order when the server stops.
        shutdown_grace: Duration = Duration(Duration::ZERO..=HOUR), Default("10s");
        /// Which events are logged.
        log: String = Filter, Default("info");
        /// Form of the log: lines for people, or one JSON object per line.
        log_format: LogFormat = Choice(LogFormat::WORDS), Default("text");
    }
}

section! {
    /// What one node will hold at most, and what happens beyond.
    "limits" Limits {
        /// Longest message; a longer one is refused. It is kept once, whoever reads it.
        message_bytes_max: usize = Size(1..=64 * MIB), Default("1MiB");
        /// Newest messages that a channel keeps; 0 keeps none, and who was away has missed them.
        history_messages: usize = Count(0..=1_000_000), Default("100");
        /// Age at which a kept message is forgotten.
        history_age: Duration = Duration(SECOND..=YEAR), Default("1h");
        /// Bytes that a channel keeps; the oldest messages make room. The newest one stays, whatever
        /// its size.
        history_bytes: usize = Size(1..=16 * GIB), Default("1MiB");
        /// Bytes kept in all channels together; the oldest messages make room.
        memory_bytes_max: usize = Size(KIB..=1024 * GIB), Default("256MiB");
        /// Channels at one time; a further one is refused.
        channels_max: usize = Count(1..=100_000_000), Default("250000");
        /// Channels that one connection may hear; a further one is refused.
        channels_per_connection_max: usize = Count(1..=10_000), Default("100");
        /// Time after which an empty channel that nobody uses is forgotten.
        channel_idle: Duration = Duration(SECOND..=DAY), Default("60s");
        /// Subscribers of one channel; a further one is refused.
        subscribers_per_channel_max: Option<NonZeroUsize> =
            Count(1..=100_000_000), Default("0"), zero "no limit";
        /// Connections at one time; a further one is closed at once.
        connections_max: Option<NonZeroUsize> =
            Count(1..=100_000_000), Default("0"), zero "as many as files may be open";
        /// Longest request head; a longer one is refused.
        head_bytes_max: usize = Size(KIB..=MIB), Default("16KiB");
        /// Time in which a request head must arrive; a slower client is cut off.
        head_time: Duration = Duration(SECOND..=MINUTE), Default("10s");
        /// Time that a connection stays open between two requests.
        keep_alive_time: Duration = Duration(SECOND..=HOUR), Default("75s");
        /// Bytes that may wait for one reader; beyond, it reads on from the history.
        backlog_bytes_max: usize = Size(KIB..=64 * MIB), Default("256KiB");
        /// Bytes that the kernel may hold for one reader; left alone it takes megabytes for each
        /// one that is gone.
        send_buffer: usize = Size(4 * KIB..=16 * MIB), Default("64KiB");
        /// Time after which a reader that takes nothing is cut off.
        write_time: Duration = Duration(SECOND..=HOUR), Default("30s");
    }
}

section! {
    /// What subscribers get.
    "subscribe" Subscribe {
        /// Time after which a poll without a message is answered.
        poll_time: Option<Duration> =
            Duration(SECOND..=HOUR), Default("0s"), zero "held until a message comes";
        /// Pause after which a comment is sent on event streams, so that nothing between takes
        /// them for dead.
        sse_keep_alive: Duration = Duration(SECOND..=HOUR), Default("15s");
        /// Pause that event streams ask their clients to make before they come back.
        sse_retry: Duration = Duration(Duration::from_millis(100)..=HOUR), Default("2s");
        /// Pause after which a quiet WebSocket is pinged.
        ws_ping: Duration = Duration(SECOND..=HOUR), Default("25s");
        /// Where a subscriber without a cursor starts.
        first: FirstMessage = Choice(FirstMessage::WORDS), Default("oldest");
        /// What happens to a reader that fell out of the history: told of the gap, or closed.
        slow_reader: SlowReader = Choice(SlowReader::WORDS), Default("gap");
        /// Origins whose pages may subscribe; none listed: those of this server.
        cors_origins: Vec<String> = OriginsOrAll, Default("");
        /// Who may subscribe; has to be decided before others can reach the server.
        allow: Option<Allow> = Choice(Allow::WORDS), Unset;
        /// Only channels that exist already can be subscribed to; others are refused.
        existing_channels_only: bool = Switch, Default("false");
        /// Whether a second subscriber of a channel joins, is refused, or takes over.
        concurrency: Concurrency = Choice(Concurrency::WORDS), Default("broadcast");
    }
}

section! {
    /// Who may publish.
    "publish" Publish {
        /// Keys, any of which allows to publish; none listed: everybody on this machine may.
        keys: Vec<Secret> = Secrets, Default("");
        /// Origins whose pages may publish; none listed: those of this server.
        cors_origins: Vec<String> = Origins, Default("");
    }
}

section! {
    /// The clients of Socket.IO.
    "socketio" SocketIo {
        /// Serve Socket.IO clients from 0.7 to 4.x at `/socket.io/`.
        enabled: bool = Switch, Default("true");
        /// Serve the clients of 2010 and 2011 there as well: Socket.IO 0.6 over everything but
        /// WebSockets.
        museum: bool = Switch, Default("false");
        /// Time in which a client that lost its connection may come back as the same one.
        recovery_time: Duration = Duration(SECOND..=DAY), Default("2m");
    }
}

section! {
    /// The channel that always has something to say.
    "clock" Clock {
        /// Publish the time, so that there is something to subscribe to at once.
        enabled: bool = Switch, Default("true");
        /// Where it is published.
        channel: ChannelName = Channel, Default("clock");
        /// Time from one message to the next.
        every: Duration = Duration(SECOND..=HOUR), Default("5s");
    }
}

section! {
    /// A path prefix with behaviour of its own: `PREFIX/pub/{channel}` and `PREFIX/sub/{channel}`.
    "profile" Profile {
        /// Path before `/pub/…` and `/sub/…`.
        prefix: String = Prefix, Required;
        /// Dialect spoken there.
        kind: ProfileKind = Choice(ProfileKind::WORDS), Default("relay");
        /// As in `[limits]`, for what is published there.
        history_messages: usize = Count(0..=1_000_000), Inherits("limits.history_messages");
        /// As in `[limits]`, for what is published there.
        history_age: Duration = Duration(SECOND..=YEAR), Inherits("limits.history_age");
        /// As in `[subscribe]`.
        poll_time: Option<Duration> =
            Duration(SECOND..=HOUR), Inherits("subscribe.poll_time"), zero "held until a message comes";
        /// As in `[subscribe]`.
        concurrency: Concurrency = Choice(Concurrency::WORDS), Inherits("subscribe.concurrency");
        /// As in `[subscribe]`.
        existing_channels_only: bool = Switch, Inherits("subscribe.existing_channels_only");
        /// Keep messages; otherwise only who listens at that moment hears them.
        store: bool = Switch, Default("true");
    }
}

/// A section that is written once: its name, what it is for, what is in it.
pub(super) const SECTIONS: [&[Setting]; 6] = [
    Server::SETTINGS,
    Limits::SETTINGS,
    Subscribe::SETTINGS,
    Publish::SETTINGS,
    SocketIo::SETTINGS,
    Clock::SETTINGS,
];

/// Name of the section that may be written several times.
pub(super) const PROFILE: &str = "profile";

/// All settings that are written once, in the order in which they are shown; those of a profile
/// are [`Profile::SETTINGS`].
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.into_iter().flatten()
}

const fn only(meaning: &[&'static str]) -> Option<&'static str> {
    match meaning {
        [meaning] => Some(meaning),
        _ => None,
    }
}
