//! What belongs here: sources in, configuration or problems out. Parts without sources have their
//! tests below: `errors` the exact texts, `printed` what is shown, `safety`, `units`.

mod errors;
mod printed;
mod safety;
mod units;

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

const KEY: &str = "correct-horse-battery";
const OTHER_KEY: &str = "staple-staple-staple";

/// Sources as a test writes them.
#[derive(Default, Clone, Copy)]
struct Given<'a> {
    file: Option<&'a str>,
    environment: &'a [(&'a str, &'a str)],
    /// Files other than the configuration, by name.
    files: &'a [(&'a str, &'a str)],
    /// Assignments as `--set` takes them.
    set: &'a [&'a str],
}

fn load_with(given: Given<'_>, flags: Vec<Flag>) -> Result<Config, Invalid> {
    let read = |path: &Path| {
        let file = given.file.map(|text| ("fanfare.toml", text));
        let mut files = file.iter().chain(given.files);
        let found = files.find(|(name, _)| Path::new(name) == path);
        let (_, text) = found.ok_or(io::ErrorKind::NotFound)?;
        Ok((*text).to_owned())
    };
    let environment = given.environment.iter();
    let set = given.set.iter().map(|assignment| Flag::set(assignment));
    Config::load(&Sources {
        flags: flags.into_iter().chain(set).collect(),
        environment: environment
            .map(|(k, v)| (OsString::from(k), OsString::from(v)))
            .collect(),
        file: given.file.map(|_| PathBuf::from("fanfare.toml")),
        program: Some("fanfare".to_owned()),
        read: &read,
        cores: NonZeroUsize::new(8).unwrap(),
    })
}

fn load(given: Given<'_>) -> Config {
    load_with(given, Vec::new()).unwrap()
}

fn load_file(text: &str) -> Config {
    load(Given {
        file: Some(text),
        ..Given::default()
    })
}

fn load_set(set: &[&str]) -> Config {
    load(Given {
        set,
        ..Given::default()
    })
}

fn exposed(config: &Config) -> Vec<&str> {
    config.publish.keys.iter().map(Secret::expose).collect()
}

// Zero configuration is a promise: these are the values in the design and in the docs.
#[test]
fn nothing_written_gives_the_documented_defaults() {
    let config = load(Given::default());
    let Config {
        server,
        limits,
        subscribe,
        clock,
        ..
    } = &config;
    assert_eq!(server.listen, SocketAddr::from(([127, 0, 0, 1], 7474)));
    assert_eq!(server.shards.get(), 8, "one per core");
    assert_eq!(server.shutdown_grace, Duration::from_secs(10));
    assert_eq!(
        (server.log.as_str(), server.log_format),
        ("info", LogFormat::Text)
    );
    assert_eq!(limits.message_bytes_max, 1 << 20);
    assert_eq!(
        (limits.history_messages, limits.history_bytes),
        (100, 1 << 20)
    );
    assert_eq!(limits.history_age, Duration::from_secs(3600));
    assert_eq!(
        (limits.memory_bytes_max, limits.channels_max),
        (256 << 20, 250_000)
    );
    assert_eq!(limits.channels_per_connection_max, 100);
    assert_eq!(
        (limits.subscribers_per_channel_max, limits.connections_max),
        (None, None)
    );
    assert_eq!(
        (limits.head_bytes_max, limits.backlog_bytes_max),
        (16 << 10, 256 << 10)
    );
    assert_eq!(limits.send_buffer, 64 << 10);
    let times = [
        limits.channel_idle,
        limits.head_time,
        limits.keep_alive_time,
        limits.write_time,
    ];
    assert_eq!(times, [60, 10, 75, 30].map(Duration::from_secs));
    let times = [
        subscribe.sse_keep_alive,
        subscribe.sse_retry,
        subscribe.ws_ping,
        clock.every,
    ];
    assert_eq!(times, [15, 2, 25, 5].map(Duration::from_secs));
    assert_eq!((subscribe.poll_time, subscribe.allow), (None, None));
    assert_eq!(
        (subscribe.first, subscribe.slow_reader),
        (FirstMessage::Oldest, SlowReader::Gap)
    );
    assert_eq!(subscribe.concurrency, Concurrency::Broadcast);
    assert!(!subscribe.existing_channels_only);
    assert!(subscribe.cors_origins.is_empty() && config.publish.cors_origins.is_empty());
    assert!(config.publish.keys.is_empty() && config.profiles.is_empty());
    assert!(clock.enabled && clock.channel.as_str() == "clock");
}

#[test]
fn flags_go_before_environment_before_file_before_default() {
    let file = "[limits]\nchannels_max = 10\nhistory_messages = 10\nconnections_max = 10";
    let environment = [
        ("FANFARE_LIMITS__HISTORY_MESSAGES", "20"),
        ("FANFARE_LIMITS__CONNECTIONS_MAX", "20"),
    ];
    let set = ["limits.connections_max=30"];
    let given = Given {
        file: Some(file),
        environment: &environment,
        set: &set,
        ..Given::default()
    };
    let config = load(given);
    let limits = &config.limits;
    assert_eq!(limits.channels_max, 10);
    assert_eq!(limits.history_messages, 20);
    assert_eq!(limits.connections_max, NonZeroUsize::new(30));
    let origin = |key| config.origin(key).unwrap().to_string();
    assert_eq!(origin("limits.channels_max"), "fanfare.toml:2:16");
    assert_eq!(
        origin("limits.history_messages"),
        "FANFARE_LIMITS__HISTORY_MESSAGES"
    );
    assert_eq!(origin("limits.connections_max"), "--set");
    assert_eq!(origin("limits.history_age"), "default");
}

// One value of each kind, by each road: a road that reads a kind differently shows here.
#[test]
fn every_source_reads_every_kind() {
    let file = r#"
        [server]
        listen = "[::1]:0"
        shards = 0x4
        log_format = "json"
        [limits]
        history_bytes = "10MB"
        [subscribe]
        poll_time = "90s"
        allow = "nobody"
        existing_channels_only = true
        cors_origins = ["https://a.example", "http://b.example:8080"]
        [clock]
        channel = "Uhr"
    "#;
    let assignments = [
        "server.listen=[::1]:0",
        "server.shards=4",
        "server.log_format=json",
        "limits.history_bytes=10MB",
        "subscribe.poll_time=90s",
        "subscribe.allow=nobody",
        "subscribe.existing_channels_only=true",
        "subscribe.cors_origins=https://a.example, http://b.example:8080",
        "clock.channel=Uhr",
    ];
    let variables: Vec<(String, &str)> = assignments
        .iter()
        .map(|assignment| {
            let (key, value) = assignment.split_once('=').unwrap();
            (settings().find(|s| s.key == key).unwrap().variable(), value)
        })
        .collect();
    let environment: Vec<_> = variables.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    let from_environment = load(Given {
        environment: &environment,
        ..Given::default()
    });
    for config in [load_file(file), load_set(&assignments), from_environment] {
        assert_eq!(config.server.listen.to_string(), "[::1]:0");
        assert_eq!(config.server.shards.get(), 4);
        assert_eq!(config.server.log_format, LogFormat::Json);
        assert_eq!(config.limits.history_bytes, 10_000_000);
        assert_eq!(config.subscribe.poll_time, Some(Duration::from_secs(90)));
        assert_eq!(config.subscribe.allow, Some(Allow::Nobody));
        assert!(config.subscribe.existing_channels_only);
        let origins = ["https://a.example", "http://b.example:8080"];
        assert_eq!(config.subscribe.cors_origins, origins);
        assert_eq!(config.clock.channel.as_str(), "Uhr");
    }
}

#[test]
fn keys_come_from_flags_variables_and_files_of_secrets() {
    let both = [KEY, OTHER_KEY];
    let flag = Flag::list("--publish-key", "publish.keys", both.map(str::to_owned));
    assert_eq!(
        exposed(&load_with(Given::default(), vec![flag]).unwrap()),
        both
    );

    let file = format!("[publish]\nkeys = [\"{KEY}\", \"{OTHER_KEY}\"]");
    assert_eq!(exposed(&load_file(&file)), both);

    let text = format!("{KEY}, {OTHER_KEY}");
    let environment = [("FANFARE_PUBLISH__KEYS", text.as_str())];
    assert_eq!(
        exposed(&load(Given {
            environment: &environment,
            ..Given::default()
        })),
        both
    );

    let lines = format!("{KEY}\n{OTHER_KEY}\n");
    let environment = [("FANFARE_PUBLISH__KEYS_FILE", "/run/secrets/keys")];
    let files = [("/run/secrets/keys", lines.as_str())];
    let given = Given {
        environment: &environment,
        files: &files,
        ..Given::default()
    };
    assert_eq!(exposed(&load(given)), both);
}

// Kubernetes puts variables like these into every pod beside services named `fanfare` and
// `fanfare-redis`; compose files can only empty a variable; and what clients read is not a setting.
#[test]
fn variables_that_are_not_settings_are_left_alone() {
    let environment = [
        ("FANFARE_PORT", "tcp://10.0.0.1:7474"),
        ("FANFARE_PORT_7474_TCP", "tcp://10.0.0.1:7474"),
        ("FANFARE_PORT_7474_TCP_ADDR", "10.0.0.1"),
        ("FANFARE_PORT_7474_TCP_PORT", "7474"),
        ("FANFARE_PORT_7474_TCP_PROTO", "tcp"),
        ("FANFARE_SERVICE_HOST", "10.0.0.1"),
        ("FANFARE_SERVICE_PORT", "7474"),
        ("FANFARE_SERVICE_PORT_HTTP", "7474"),
        ("FANFARE_REDIS_PORT", "tcp://10.0.0.2:6379"),
        ("FANFARE_REDIS_PORT_6379_TCP_ADDR", "10.0.0.2"),
        ("FANFARE_REDIS_SERVICE_HOST", "10.0.0.2"),
        ("FANFARE_CONFIG", "fanfare.toml"),
        ("FANFARE_KEY", "whatever"),
        ("FANFARE_SERVER", "http://127.0.0.1:7474"),
        ("FANFARE_FOO", ""),
        ("OTHER__THING", "1"),
        ("FANFARE_SERVER__LISTEN", ""),
        ("FANFARE_PUBLISH__KEYS_FILE", ""),
    ];
    let config = load(Given {
        environment: &environment,
        ..Given::default()
    });
    assert_eq!(config.server.listen.port(), 7474);
}

#[test]
fn a_port_that_a_person_wrote_is_a_mistake() {
    let given = Given {
        environment: &[("FANFARE_PORT", "8080")],
        ..Given::default()
    };
    let invalid = load_with(given, Vec::new()).unwrap_err();
    assert_eq!(
        invalid.problems()[0].to_string(),
        "FANFARE_PORT: there is no setting `port`"
    );
}

#[test]
fn a_profile_inherits_what_it_does_not_say() {
    let config = load_file(
        "[limits]\nhistory_messages = 7\n[subscribe]\npoll_time = \"30s\"\n\
         [[profile]]\nprefix = \"/nchan\"\nkind = \"nchan\"\npoll_time = \"0s\"\n\
         [[profile]]\nprefix = \"/v2/live\"\nhistory_messages = 0\nstore = false\nconcurrency = \"last\"",
    );
    let [nchan, live] = config.profiles.as_slice() else {
        panic!("{:?}", config.profiles)
    };
    assert_eq!(
        (nchan.prefix.as_str(), nchan.kind),
        ("/nchan", ProfileKind::Nchan)
    );
    assert_eq!(
        (nchan.history_messages, nchan.poll_time, nchan.store),
        (7, None, true)
    );
    assert_eq!(
        (live.prefix.as_str(), live.kind),
        ("/v2/live", ProfileKind::Relay)
    );
    assert_eq!((live.history_messages, live.store), (0, false));
    assert_eq!(live.poll_time, Some(Duration::from_secs(30)));
    assert_eq!(live.concurrency, Concurrency::Last);
}

#[test]
fn a_secret_matches_itself_alone() {
    let secret = Secret::new(KEY).unwrap();
    assert!(secret.matches(KEY.as_bytes()));
    let doubled = KEY.repeat(2);
    for wrong in [
        "",
        "correct",
        OTHER_KEY,
        doubled.as_str(),
        "correct-horse-batterz",
    ] {
        assert!(!secret.matches(wrong.as_bytes()), "{wrong}");
    }
}
