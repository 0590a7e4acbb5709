//! Which part of the server a path belongs to.

use fanfare_relay::Profile;

use crate::config::Config;
use crate::config::{Concurrency, ProfileKind};

/// Where a request goes. The channel part of a path is still percent-encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// The page and its files.
    Console(&'a str),
    /// Is the process alive.
    Health,
    /// Numbers for Prometheus.
    Metrics,
    /// The bidirectional WebSocket.
    Multiplex,
    /// A publisher location: index of its rules, channel.
    Publisher(usize, &'a str),
    /// Should traffic come here.
    Ready,
    /// Socket.IO.
    SocketIo,
    /// A subscriber location: index of its rules, channels.
    Subscriber(usize, &'a str),
    /// Nothing is there.
    Unknown,
}

/// How publisher and subscriber locations below one path prefix behave.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    prefix: String,
    pub(crate) profile: Profile,
    pub(crate) history: fanfare_hub::HistoryLimits,
    pub(crate) poll_time: Option<std::time::Duration>,
    pub(crate) admission: fanfare_hub::Admission,
    pub(crate) existing_channels_only: bool,
}

/// All rules: first those without a prefix, then one set per configured profile.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    rules: Vec<Rules>,
    has_socketio: bool,
}

impl Routes {
    pub(crate) fn new(config: &Config) -> Self {
        let limits = &config.limits;
        let subscribe = &config.subscribe;
        let base = Rules {
            prefix: String::new(),
            profile: Profile::Relay,
            history: fanfare_hub::HistoryLimits {
                messages: limits.history_messages,
                age: limits.history_age,
                bytes: limits.history_bytes,
            },
            poll_time: subscribe.poll_time,
            admission: admission(subscribe.concurrency),
            existing_channels_only: subscribe.existing_channels_only,
        };
        let profiles = config.profiles.iter().map(|profile| Rules {
            prefix: profile.prefix.clone(),
            profile: match profile.kind {
                ProfileKind::Nchan => Profile::Nchan,
                ProfileKind::Relay => Profile::Relay,
            },
            history: fanfare_hub::HistoryLimits {
                messages: if profile.store {
                    profile.history_messages
                } else {
                    0
                },
                age: profile.history_age,
                bytes: limits.history_bytes,
            },
            poll_time: profile.poll_time,
            admission: admission(profile.concurrency),
            existing_channels_only: profile.existing_channels_only,
        });
        Self {
            rules: std::iter::once(base).chain(profiles).collect(),
            has_socketio: config.socketio.enabled,
        }
    }

    /// The rules that a route names.
    pub(crate) fn rules(&self, index: usize) -> &Rules {
        // Routes come from `find`, which names only what is there.
        self.rules.get(index).unwrap_or(&self.rules[0])
    }

    pub(crate) fn find<'a>(&self, path: &'a str) -> Route<'a> {
        match path {
            "/" => return Route::Console("index.html"),
            "/fanfare.js" => return Route::Console("fanfare.js"),
            "/favicon.ico" => return Route::Console("favicon.svg"),
            "/healthz" => return Route::Health,
            "/readyz" => return Route::Ready,
            "/relay.js" => return Route::Console("relay.js"),
            "/metrics" => return Route::Metrics,
            "/ws" => return Route::Multiplex,
            _ => {}
        }
        if self.has_socketio && path.starts_with("/socket.io/") {
            return Route::SocketIo;
        }
        if let Some(file) = path.strip_prefix("/console/") {
            return Route::Console(file);
        }
        self.rules
            .iter()
            .enumerate()
            .find_map(|(index, rules)| rules.find(index, path))
            .unwrap_or(Route::Unknown)
    }
}

impl Rules {
    fn find<'a>(&self, index: usize, path: &'a str) -> Option<Route<'a>> {
        let rest = path.strip_prefix(&*self.prefix)?;
        location(rest, "/pub")
            .map(|channel| Route::Publisher(index, channel))
            .or_else(|| location(rest, "/sub").map(|channels| Route::Subscriber(index, channels)))
    }
}

/// What follows `/pub/` or `/sub/`; nothing when the path ends there.
fn location<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(name)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('/')
    }
}

fn admission(concurrency: Concurrency) -> fanfare_hub::Admission {
    match concurrency {
        Concurrency::Broadcast => fanfare_hub::Admission::Broadcast,
        Concurrency::First => fanfare_hub::Admission::First,
        Concurrency::Last => fanfare_hub::Admission::Last,
    }
}
