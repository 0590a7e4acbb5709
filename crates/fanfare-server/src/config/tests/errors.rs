//! The exact words of every form of error: operators search for them, and docs quote them.

use super::*;

fn problems(given: Given<'_>) -> Vec<String> {
    let invalid = load_with(given, Vec::new()).unwrap_err();
    invalid.problems().iter().map(ToString::to_string).collect()
}

fn check_file(text: &str, expected: &[&str]) {
    let given = Given {
        file: Some(text),
        ..Given::default()
    };
    assert_eq!(problems(given), expected, "{text}");
}

fn check_variable(name: &str, value: &str, expected: &str) {
    let given = Given {
        environment: &[(name, value)],
        ..Given::default()
    };
    assert_eq!(problems(given), [expected]);
}

fn check_set(assignment: &str, expected: &str) {
    assert_eq!(
        problems(Given {
            set: &[assignment],
            ..Given::default()
        }),
        [expected]
    );
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_one() {
    check_file(
        "[limits]\nmesage_bytes_max = 1",
        &[
            "fanfare.toml:2:1: there is no setting `limits.mesage_bytes_max`; did you mean `limits.message_bytes_max`?",
        ],
    );
    check_file(
        "[limit]\nchannels_max = 1",
        &["fanfare.toml:1:2: there is no setting `limit`; did you mean `limits`?"],
    );
    check_file(
        "[[profiles]]\nprefix = '/a'",
        &["fanfare.toml:1:3: there is no setting `profiles`; did you mean `profile`?"],
    );
    check_file(
        "listen = '127.0.0.1:1'",
        &["fanfare.toml:1:1: there is no setting `listen`; did you mean `server.listen`?"],
    );
    check_file(
        "[server]\nhead_time = '1s'",
        &[
            "fanfare.toml:2:1: there is no setting `server.head_time`; did you mean `limits.head_time`?",
        ],
    );
    for (wrong, key) in [
        ("FANFARE_SERVER_LISTEN", "server_listen"),
        ("FANFARE_LISTEN", "listen"),
    ] {
        check_variable(
            wrong,
            "x",
            &format!(
                "{wrong}: there is no setting `{key}`; did you mean `FANFARE_SERVER__LISTEN`?"
            ),
        );
    }
    check_variable(
        "FANFARE_CONFG",
        "x",
        "FANFARE_CONFG: there is no setting `confg`; did you mean `FANFARE_CONFIG`?",
    );
    check_variable(
        "FANFARE_SERVER__LISTENS",
        "x",
        "FANFARE_SERVER__LISTENS: there is no setting `server.listens`; did you mean `FANFARE_SERVER__LISTEN`?",
    );
    check_set(
        "clock.evry=1s",
        "--set: there is no setting `clock.evry`; did you mean `clock.every`?",
    );
}

#[test]
fn a_name_like_no_other_gets_no_suggestion() {
    check_file(
        "[database]\nurl = 'x'",
        &["fanfare.toml:1:2: there is no setting `database`"],
    );
    check_set("xyz=1", "--set: there is no setting `xyz`");
    check_variable("FANFARE_FOO", "x", "FANFARE_FOO: there is no setting `foo`");
}

#[test]
fn a_wrong_type_says_what_was_found_and_what_is_allowed() {
    check_file(
        "[limits]\nhistory_age = 30",
        &[
            "fanfare.toml:2:15: limits.history_age: found the number 30; allowed is a whole number of ms, s, m, h or d without a space, from \"1s\" to \"365d\"",
        ],
    );
    check_file(
        "[limits]\nhistory_messages = \"100\"",
        &[
            "fanfare.toml:2:20: limits.history_messages: found \"100\"; allowed is a whole number from 0 to 1000000",
        ],
    );
    check_file(
        "[clock]\nenabled = 'yes'\nchannel = 1.5\nevery = 2024-01-01",
        &[
            "fanfare.toml:2:11: clock.enabled: found \"yes\"; allowed is true or false",
            "fanfare.toml:3:11: clock.channel: found a number with a fraction; allowed is a channel name of 1 to 255 bytes without control characters",
            "fanfare.toml:4:9: clock.every: found a date; allowed is a whole number of ms, s, m, h or d without a space, from \"1s\" to \"1h\"",
        ],
    );
    check_file(
        "[subscribe]\ncors_origins = [1]\nfirst = ['oldest']",
        &[
            "fanfare.toml:2:16: subscribe.cors_origins: found the number 1; allowed is a list of origins, such as [\"https://app.example\"], or [\"*\"]",
            "fanfare.toml:3:9: subscribe.first: found a list; allowed is \"newest\" or \"oldest\"",
        ],
    );
    check_file(
        "server = 1",
        &["fanfare.toml:1:10: server: found a number; allowed is a section [server]"],
    );
    check_file(
        "profile = 1",
        &[
            "fanfare.toml:1:11: profile: found a number; allowed is up to 64 tables, each under [[profile]]",
        ],
    );
}

#[test]
fn a_wrong_unit_or_bound_says_what_was_found_and_what_is_allowed() {
    check_file(
        "[limits]\nmessage_bytes_max = '1 banana'",
        &[
            "fanfare.toml:2:21: limits.message_bytes_max: found \"1 banana\"; allowed is a whole number of B, kB, KiB, MB, MiB, GB or GiB without a space, from \"1B\" to \"64MiB\"",
        ],
    );
    check_set(
        "limits.message_bytes_max=1.5MiB",
        "--set: limits.message_bytes_max: found \"1.5MiB\"; allowed is a whole number of B, kB, KiB, MB, MiB, GB or GiB without a space, from \"1B\" to \"64MiB\"",
    );
    check_set(
        "limits.message_bytes_max=65MiB",
        "--set: limits.message_bytes_max: found \"65MiB\"; allowed is a whole number of B, kB, KiB, MB, MiB, GB or GiB without a space, from \"1B\" to \"64MiB\"",
    );
    check_variable(
        "FANFARE_SERVER__SHARDS",
        "-1",
        "FANFARE_SERVER__SHARDS: server.shards: found \"-1\"; allowed is a whole number from 1 to 1024, or 0 (one per core)",
    );
    check_set(
        "limits.channels_max=0",
        "--set: limits.channels_max: found \"0\"; allowed is a whole number from 1 to 100000000",
    );
    check_set(
        "subscribe.poll_time=2h",
        "--set: subscribe.poll_time: found \"2h\"; allowed is a whole number of ms, s, m, h or d without a space, from \"1s\" to \"1h\", or \"0s\" (held until a message comes)",
    );
}

#[test]
fn a_wrong_word_address_or_filter_says_what_is_allowed() {
    check_set(
        "subscribe.allow=all",
        "--set: subscribe.allow: found \"all\"; allowed is \"everyone\" or \"nobody\"",
    );
    check_set(
        "server.listen=localhost",
        "--set: server.listen: found \"localhost\"; allowed is an IP address with its port, such as \"127.0.0.1:7474\"",
    );
    // A word that is no level would be the name of a part, and switch all others off.
    for wrong in [
        "wran",
        "fanfare",
        "info,fanfare",
        "fanfare=loud",
        "info,",
        "fanfare=",
        "=info",
    ] {
        check_set(
            &format!("server.log={wrong}"),
            &format!(
                "--set: server.log: found {wrong:?}; allowed is a level (off, error, warn, info, debug or trace), or a list with levels of parts, such as \"warn,fanfare=debug\""
            ),
        );
    }
    for right in [
        "off",
        "WARN",
        "warn,fanfare=debug",
        "fanfare_link::reactor=trace,error",
    ] {
        assert_eq!(
            load_set(&[&format!("server.log={right}")]).server.log,
            right
        );
    }
}

#[test]
fn an_origin_has_to_be_what_a_browser_sends() {
    let wrong = [
        "app.example",
        "https://App.example",
        "https://app.example/",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:",
        "https://user@app.example",
        "https://*.example",
        "https://",
        "ftp://app.example",
        "null",
    ];
    for origin in wrong {
        check_set(
            &format!("subscribe.cors_origins={origin}"),
            &format!(
                "--set: subscribe.cors_origins: found {origin:?}; allowed is a list of origins, such as [\"https://app.example\"], or [\"*\"]"
            ),
        );
    }
    assert_eq!(
        load_set(&["subscribe.cors_origins=*"])
            .subscribe
            .cors_origins,
        ["*"]
    );
    assert_eq!(
        load_set(&["publish.cors_origins=http://[::1]:8080"])
            .publish
            .cors_origins
            .len(),
        1
    );
}

// Pages of any origin could publish to a server on the visitor's own machine.
#[test]
fn not_every_page_may_be_allowed_to_publish() {
    check_set(
        "publish.cors_origins=*",
        "--set: publish.cors_origins: found \"*\"; allowed is a list of origins, such as [\"https://app.example\"]",
    );
}

#[test]
fn a_bad_key_is_refused_without_being_repeated() {
    let allowed = "allowed is a list of keys of 16 to 256 characters without whitespace, commas or control characters";
    let long = "s3cret".repeat(50);
    let cases = [
        ("[publish]\nkeys = ['s3cret']", "a key of 6 characters"),
        (
            "[publish]\nkeys = ['s3cret with spaces in it']",
            "a key with whitespace, a comma or a control character in it",
        ),
        (
            "[publish]\nkeys = ['s3cret\\\\u0007']",
            "a key of 13 characters",
        ),
        (
            "[publish]\nkeys = [\"s3crets3crets3cret\\u0007\"]",
            "a key with whitespace, a comma or a control character in it",
        ),
        ("[publish]\nkeys = 's3crets3crets3cret'", "a text"),
        ("[publish]\nkeys = [1234567890123456]", "a number"),
        ("[publish]\nkeys = 1234567890123456", "a number"),
    ];
    for (text, found) in cases {
        check_file(
            text,
            &[&format!(
                "fanfare.toml:2:8: publish.keys: found {found}; {allowed}"
            )],
        );
    }
    check_variable(
        "FANFARE_PUBLISH__KEYS",
        &long,
        &format!("FANFARE_PUBLISH__KEYS: publish.keys: found a key of 300 characters; {allowed}"),
    );
}

#[test]
fn a_list_has_a_bound() {
    let origins: Vec<String> = (0..65).map(|n| format!("https://{n}.example")).collect();
    check_set(
        &format!("publish.cors_origins={}", origins.join(",")),
        "--set: publish.cors_origins: found 65 entries, which is more than 64; allowed is a list of origins, such as [\"https://app.example\"]",
    );
    check_file(
        &"[[profile]]\n".repeat(65),
        &[
            "fanfare.toml:1:1: profile: found 65 of them; allowed is up to 64 tables, each under [[profile]]",
        ],
    );
}

#[test]
fn a_long_or_strange_value_is_cut_and_escaped() {
    check_set(
        &format!("server.listen=\u{1b}[31m{}", "x".repeat(1000)),
        &format!(
            "--set: server.listen: found \"\\u{{1b}}[31m{}\"…; allowed is an IP address with its port, such as \"127.0.0.1:7474\"",
            "x".repeat(55)
        ),
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let sources = Sources {
        file: Some("missing.toml".into()),
        ..Sources::none()
    };
    assert_eq!(
        Config::load(&sources).unwrap_err().to_string(),
        "the configuration has a problem:\n  --config: cannot read missing.toml: entity not found"
    );
    check_variable(
        "FANFARE_PUBLISH__KEYS_FILE",
        "/run/none",
        "FANFARE_PUBLISH__KEYS_FILE: cannot read /run/none: entity not found",
    );
}

#[test]
fn only_secrets_are_read_from_files() {
    check_variable(
        "FANFARE_SERVER__LISTEN_FILE",
        "/etc/listen",
        "FANFARE_SERVER__LISTEN_FILE: there is no setting `server.listen_file`; did you mean `FANFARE_SERVER__LISTEN`?",
    );
}

#[test]
fn a_profile_comes_from_the_file_alone() {
    check_variable(
        "FANFARE_PROFILE__PREFIX",
        "/a",
        "FANFARE_PROFILE__PREFIX: there is no setting `profile.prefix`",
    );
}

#[test]
fn one_source_does_not_name_a_setting_twice() {
    let flag = Flag::new("--listen", "server.listen", "127.0.0.1:1");
    let given = Given {
        set: &["server.listen=127.0.0.1:2"],
        ..Given::default()
    };
    let invalid = load_with(given, vec![flag]).unwrap_err();
    assert_eq!(
        invalid.problems()[0].to_string(),
        "--set: server.listen: found a second value; allowed is one; the other comes from --listen"
    );
    let environment = [
        ("FANFARE_PUBLISH__KEYS", KEY),
        ("FANFARE_PUBLISH__KEYS_FILE", "keys"),
    ];
    let given = Given {
        environment: &environment,
        files: &[("keys", KEY)],
        ..Given::default()
    };
    assert_eq!(
        problems(given),
        [
            "FANFARE_PUBLISH__KEYS_FILE: publish.keys: found a second value; allowed is one; the other comes from FANFARE_PUBLISH__KEYS"
        ]
    );
}

#[test]
fn an_assignment_needs_its_sign() {
    check_set(
        "s3cret",
        "--set: section.key: found no \"=\"; allowed is section.key=value",
    );
}

#[test]
fn a_profile_needs_a_prefix_of_its_own() {
    check_file(
        "[[profile]]\nkind = 'nchan'\n[[profile]]\nprefix = '/a'\n[[profile]]\nprefix = '/a'\n[[profile]]\nprefix = '/pub/x'",
        &[
            "fanfare.toml:1:1: profile.prefix: found nothing; allowed is a path of letters, digits, \"-\", \"_\", \".\" and \"~\", such as \"/nchan\"",
            "fanfare.toml:6:10: profile.prefix: found \"/a\"; allowed is a path of its own; this one is taken at fanfare.toml:4:10",
            "fanfare.toml:8:10: profile.prefix: found \"/pub/x\"; allowed is a path outside of \"/pub\", which the server itself uses",
        ],
    );
    for wrong in [
        "", "/", "nchan", "/nchan/", "//nchan", "/a/../b", "/a b", "/ä", "/a?b", "/%61",
    ] {
        check_file(
            &format!("[[profile]]\nprefix = '{wrong}'"),
            &[&format!(
                "fanfare.toml:2:10: profile.prefix: found {wrong:?}; allowed is a path of letters, digits, \"-\", \"_\", \".\" and \"~\", such as \"/nchan\""
            )],
        );
    }
}

#[test]
fn a_syntax_error_says_where() {
    check_file(
        "[server]\nlisten = \n[limits\n",
        &[
            "fanfare.toml:2:10: this is not TOML: string values must be quoted, expected literal string",
            "fanfare.toml:3:8: this is not TOML: unclosed table, expected `]`",
        ],
    );
    check_file(
        "[clock]\nevery = '1s'\nevery = '2s'",
        &["fanfare.toml:3:1: this is not TOML: duplicate key"],
    );
}

// Columns count characters, as editors do, not bytes.
#[test]
fn columns_count_characters() {
    check_file(
        "[clock]\nchannel = 'ä' # ü\n\"é\" = 1",
        &["fanfare.toml:3:1: there is no setting `clock.é`"],
    );
    check_file(
        "clock = { channel = 'äöü', every = 1 }",
        &[
            "fanfare.toml:1:36: clock.every: found the number 1; allowed is a whole number of ms, s, m, h or d without a space, from \"1s\" to \"1h\"",
        ],
    );
}

// Also a value that a better source replaces: nobody wants to meet it another day.
#[test]
fn all_problems_are_reported_at_once_in_the_order_of_the_file() {
    let file = "[subscribe]\nfirst = 'any'\n\n[limits]\nhead_time = 1\nhistory = 5\n\n[server]\nlisten = 7474";
    let environment = [
        ("FANFARE_CLOCK__EVERY", "often"),
        ("FANFARE_LIMITS__HEAD_TIME", "5s"),
    ];
    let set = ["server.shards=many", "server.listen=127.0.0.1:1"];
    let given = Given {
        file: Some(file),
        environment: &environment,
        set: &set,
        ..Given::default()
    };
    assert_eq!(
        load_with(given, Vec::new()).unwrap_err().to_string(),
        r#"the configuration has 6 problems:
  fanfare.toml:2:9: subscribe.first: found "any"; allowed is "newest" or "oldest"
  fanfare.toml:5:13: limits.head_time: found the number 1; allowed is a whole number of ms, s, m, h or d without a space, from "1s" to "1m"
  fanfare.toml:6:1: there is no setting `limits.history`; did you mean `limits.history_age`?
  fanfare.toml:9:10: server.listen: found the number 7474; allowed is an IP address with its port, such as "127.0.0.1:7474"
  FANFARE_CLOCK__EVERY: clock.every: found "often"; allowed is a whole number of ms, s, m, h or d without a space, from "1s" to "1h"
  --set: server.shards: found "many"; allowed is a whole number from 1 to 1024, or 0 (one per core)"#
    );
}
