//! What is shown to people and programs: the explanation, the sample file, the reference.

use super::*;

const SECRETS: [&str; 2] = [KEY, OTHER_KEY];

#[test]
fn the_explanation_is_an_aligned_table_with_origins() {
    let file = "[limits]\nmessage_bytes_max = '4MiB'\n[[profile]]\nprefix = '/nchan'";
    let environment = [(
        "FANFARE_PUBLISH__KEYS",
        "correct-horse-battery,staple-staple-staple",
    )];
    let set = [
        "clock.every=1s",
        "publish.cors_origins=https://a.example,https://b.example",
    ];
    let given = Given {
        file: Some(file),
        environment: &environment,
        set: &set,
        ..Given::default()
    };
    assert_eq!(load(given).explain().to_string(),
        "\
setting                             value                                 from
server.listen                       127.0.0.1:7474                        default
server.shards                       8                                     default
server.shutdown_grace               10s                                   default
server.log                          info                                  default
server.log_format                   text                                  default
limits.message_bytes_max            4MiB                                  fanfare.toml:2:21
limits.history_messages             100                                   default
limits.history_age                  1h                                    default
limits.history_bytes                1MiB                                  default
limits.memory_bytes_max             256MiB                                default
limits.channels_max                 250000                                default
limits.channels_per_connection_max  100                                   default
limits.channel_idle                 1m                                    default
limits.subscribers_per_channel_max  0 (no limit)                          default
limits.connections_max              0 (as many as files may be open)      default
limits.head_bytes_max               16KiB                                 default
limits.head_time                    10s                                   default
limits.keep_alive_time              75s                                   default
limits.backlog_bytes_max            256KiB                                default
limits.send_buffer                  64KiB                                 default
limits.write_time                   30s                                   default
subscribe.poll_time                 0s (held until a message comes)       default
subscribe.sse_keep_alive            15s                                   default
subscribe.sse_retry                 2s                                    default
subscribe.ws_ping                   25s                                   default
subscribe.first                     oldest                                default
subscribe.slow_reader               gap                                   default
subscribe.cors_origins              none                                  default
subscribe.allow                     unset                                 default
subscribe.existing_channels_only    false                                 default
subscribe.concurrency               broadcast                             default
publish.keys                        2 secrets                             FANFARE_PUBLISH__KEYS
publish.cors_origins                https://a.example, https://b.example  --set
socketio.enabled                    true                                  default
socketio.museum                     false                                 default
socketio.recovery_time              2m                                    default
clock.enabled                       true                                  default
clock.channel                       clock                                 default
clock.every                         1s                                    --set
profile[0].prefix                   /nchan                                fanfare.toml:4:10
profile[0].kind                     relay                                 default
profile[0].history_messages         100                                   limits.history_messages
profile[0].history_age              1h                                    limits.history_age
profile[0].poll_time                0s (held until a message comes)       subscribe.poll_time
profile[0].concurrency              broadcast                             subscribe.concurrency
profile[0].existing_channels_only   false                                 subscribe.existing_channels_only
profile[0].store                    true                                  default"
    );
}

#[test]
fn the_explanation_for_programs_has_types() {
    let set = [
        "publish.keys=correct-horse-battery",
        "limits.history_age=90s",
    ];
    let file = "[clock]\nenabled = false";
    let config = load(Given {
        file: Some(file),
        set: &set,
        ..Given::default()
    });
    let json = config.explain().to_json();
    let settings = json["settings"].as_array().unwrap();
    let row = |key: &str| {
        settings
            .iter()
            .find(|row| row["key"] == key)
            .unwrap()
            .to_string()
    };
    assert_eq!(settings.len(), super::settings().count());
    assert_eq!(
        row("clock.enabled"),
        r#"{"from":{"column":11,"file":"fanfare.toml","line":2,"source":"file"},"key":"clock.enabled","value":false}"#
    );
    assert_eq!(
        row("limits.history_age"),
        r#"{"from":{"name":"--set","source":"flag"},"key":"limits.history_age","value":"90s"}"#
    );
    assert_eq!(
        row("server.shards"),
        r#"{"from":{"source":"default"},"key":"server.shards","value":8}"#
    );
    assert_eq!(
        row("subscribe.allow"),
        r#"{"from":{"source":"default"},"key":"subscribe.allow","value":null}"#
    );
    assert_eq!(
        row("publish.keys"),
        r#"{"from":{"name":"--set","source":"flag"},"key":"publish.keys","value":"1 secret"}"#
    );
}

// By every road into every form of output. A leak here ends up in a log collector.
#[test]
fn secrets_are_never_printed() {
    let file = format!("[publish]\nkeys = [\"{KEY}\"]");
    let environment = [("FANFARE_PUBLISH__KEYS", KEY)];
    let flags = vec![Flag::list(
        "--publish-key",
        "publish.keys",
        [OTHER_KEY.to_owned()],
    )];
    let given = Given {
        file: Some(&file),
        environment: &environment,
        ..Given::default()
    };
    let config = load_with(given, flags.clone()).unwrap();
    assert_eq!(exposed(&config), [OTHER_KEY]);
    let sources = Sources {
        flags,
        ..Sources::none()
    };
    let secret = &config.publish.keys[0];
    let printed = [
        format!("{config:?}"),
        format!("{config:#?}"),
        format!("{sources:?}"),
        format!("{secret} {secret:?}"),
        config.explain().to_string(),
        format!("{:?}", config.explain()),
        config.explain().to_json().to_string(),
    ];
    for text in printed {
        assert!(
            SECRETS.iter().all(|secret| !text.contains(secret)),
            "{text}"
        );
    }
}

// Also when something else is wrong with the source that holds them.
#[test]
fn secrets_are_not_printed_by_errors() {
    let files = [
        format!("[publish]\nkeyz = [\"{KEY}\"]"),
        format!("[publish]\nkeys = \"{KEY}\""),
        format!("[publish]\nkeys = [[\"{KEY}\"]]"),
        format!("[publish]\nkeys = [\"{KEY}\n"),
        format!("[publish]\nkeys = {KEY}"),
        format!("publish = \"{KEY}\""),
        format!("keys = \"{KEY}\""),
    ];
    for file in &files {
        let given = Given {
            file: Some(file),
            ..Given::default()
        };
        let invalid = load_with(given, Vec::new()).unwrap_err();
        let text = format!("{invalid} {invalid:?}");
        assert!(!text.contains(KEY) && !text.contains("horse"), "{text}");
    }
    let environment = [("FANFARE_PUBLISH__KEYZ", KEY)];
    let set = [
        "publish.keyz=correct-horse-battery",
        "publish.keys:correct-horse-battery",
    ];
    let given = Given {
        environment: &environment,
        set: &set,
        ..Given::default()
    };
    let invalid = load_with(given, Vec::new()).unwrap_err();
    assert!(!format!("{invalid} {invalid:?}").contains(KEY), "{invalid}");
}

// The sample is made from the table; with the comments taken away it has to say the same.
#[test]
fn the_sample_file_holds_the_defaults() {
    let values = |config: &Config| {
        let json = config.explain().to_json();
        let rows = json["settings"].as_array().unwrap().iter();
        rows.map(|row| format!("{} = {}", row["key"], row["value"]))
            .collect::<Vec<_>>()
    };
    let sample = sample();
    let uncommented: Vec<&str> = sample
        .lines()
        .take_while(|line| *line != "# [[profile]]")
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| is_assignment(rest))
                .unwrap_or(line)
        })
        .collect();
    assert_eq!(
        values(&load_file(&uncommented.join("\n"))),
        values(&load(Given::default()))
    );
    assert_eq!(values(&load_file(&sample)), values(&load(Given::default())));
}

#[test]
fn the_reference_names_every_setting() {
    let reference = markdown();
    for setting in settings().chain(Profile::SETTINGS) {
        assert!(
            reference.contains(&format!("\n| `{}` | ", setting.name())),
            "{}",
            setting.key
        );
    }
    assert!(reference.contains(
        "| `history_messages` | `100` | a whole number from 0 to 1000000 | Newest messages that a channel keeps; 0 keeps none, and who was away has missed them. |"
    ));
}

#[test]
fn the_reference_has_a_title_and_says_that_profiles_share_channels() {
    let reference = markdown();
    assert!(reference.starts_with("# Configuration\n"), "{reference}");
    assert!(reference.contains("`/nchan/pub/x`"), "{reference}");
}

// The text of the table is what operators read.
#[test]
fn every_setting_is_described_in_one_sentence() {
    for setting in settings().chain(Profile::SETTINGS) {
        let about = setting.about;
        assert!(
            about.ends_with('.') && !about.contains("  ") && about.len() > 15,
            "{about:?}"
        );
    }
}

fn is_assignment(line: &str) -> bool {
    line.split_once(" = ")
        .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

// `UPDATE_DOCS=1 cargo test -p fanfare-server docs_is_the_reference` writes it anew.
#[test]
fn the_page_in_docs_is_the_reference() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let wanted = markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/configuration.md is not what the settings say"
    );
}
