//! Settings that are one word out of a few.

use super::value::{Typed, Value};

macro_rules! choice {
    ($(#[$about:meta])+ $name:ident { $($(#[$meaning:meta])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$meaning])+ $variant,)+ }

        impl $name {
            /// The words as they are written in a configuration.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for this choice.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl Typed for $name {
            fn typed(value: Value) -> Option<Self> {
                match value {
                    $(Value::Word($word) => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

choice! {
    /// Who may subscribe without showing anything.
    Allow {
        /// Whoever reaches the server.
        Everyone = "everyone",
        /// Nobody: the server only takes messages in.
        Nobody = "nobody",
    }
}

choice! {
    /// What happens when a second subscriber comes to a channel. Source: HTTP Push Relay
    /// Protocol, subscriber concurrency.
    Concurrency {
        /// Both hear every message.
        Broadcast = "broadcast",
        /// The first stays, the second is told 409.
        First = "first",
        /// The second takes over, the first is told 409.
        Last = "last",
    }
}

choice! {
    /// Where a subscriber without a cursor starts.
    FirstMessage {
        /// At the next message to be published.
        Newest = "newest",
        /// At the oldest stored message, as the relay protocol has it.
        Oldest = "oldest",
    }
}

choice! {
    /// The form of the log on standard error.
    LogFormat {
        /// One JSON object per line, for collectors.
        Json = "json",
        /// Lines for people.
        Text = "text",
    }
}

choice! {
    /// The dialect that the locations under a path prefix speak.
    ProfileKind {
        /// As Nchan speaks it today.
        Nchan = "nchan",
        /// The Basic HTTP Push Relay Protocol as specified.
        Relay = "relay",
    }
}

choice! {
    /// What is done with a reader whose cursor has left the history.
    SlowReader {
        /// It is cut off and may resume.
        Close = "close",
        /// It is told what it missed and reads on.
        Gap = "gap",
    }
}
