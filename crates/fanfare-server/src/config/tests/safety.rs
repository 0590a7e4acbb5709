//! The rule against servers that are open by accident.

use super::*;

fn refusal(set: &[&str]) -> Option<String> {
    load_set(set)
        .refuse_unsafe()
        .err()
        .map(|refusal| refusal.to_string())
}

#[test]
fn this_machine_alone_needs_no_decision() {
    for listen in [
        "127.0.0.1:7474",
        "127.9.9.9:0",
        "[::1]:7474",
        "[::ffff:127.0.0.1]:7474",
    ] {
        assert_eq!(
            refusal(&[&format!("server.listen={listen}")]),
            None,
            "{listen}"
        );
    }
}

#[test]
fn any_other_address_needs_a_key_and_a_decision() {
    let key = format!("publish.keys={KEY}");
    for listen in [
        "0.0.0.0:7474",
        "[::]:7474",
        "192.168.1.2:80",
        "[::ffff:10.0.0.1]:80",
    ] {
        let listen = format!("server.listen={listen}");
        assert!(refusal(&[&listen]).is_some(), "{listen}");
        assert!(refusal(&[&listen, &key]).is_some(), "{listen}");
        assert!(
            refusal(&[&listen, "subscribe.allow=nobody"]).is_some(),
            "{listen}"
        );
        assert_eq!(
            refusal(&[&listen, &key, "subscribe.allow=nobody"]),
            None,
            "{listen}"
        );
        assert_eq!(
            refusal(&[&listen, &key, "subscribe.allow=everyone"]),
            None,
            "{listen}"
        );
    }
}

/// The text of a refusal, with `KEY` in the place of the key that was made for it.
fn text(config: &Config) -> String {
    let text = config.refuse_unsafe().unwrap_err().to_string();
    let Some((before, rest)) = text.split_once("keys = [\"") else {
        return text;
    };
    let (key, after) = rest.split_once('"').unwrap();
    Secret::new(key).unwrap();
    assert_eq!(key.len(), 24, "{key}");
    format!("{before}keys = [\"KEY\"{after}")
}

fn check(given: Given<'_>, flags: Vec<Flag>, expected: &str) {
    assert_eq!(text(&load_with(given, flags).unwrap()), expected);
}

#[test]
fn the_refusal_prints_the_lines_that_are_missing() {
    check(
        Given::default(),
        vec![Flag::new("--listen", "server.listen", "0.0.0.0:7474")],
        r#"others can reach 0.0.0.0:7474 (from --listen), and it is not decided who may publish and who may subscribe.

Decide it with flags:

  export FANFARE_KEY="${FANFARE_KEY:-$(head -c 18 /dev/urandom | base64)}"
  fanfare --listen 0.0.0.0:7474 --publish-key "$FANFARE_KEY" --allow-subscribe everyone

or in the configuration file:

  [publish]
  keys = ["KEY"]

  [subscribe]
  allow = "everyone"  # or "nobody"

or listen for this machine alone:

  fanfare --listen 127.0.0.1:7474"#,
    );
}

// Whatever else was said is said again, or the line would start another server.
#[test]
fn the_command_line_is_the_one_that_was_used() {
    check(
        Given {
            set: &["subscribe.allow=nobody", "clock.channel=What time"],
            file: Some("[server]\nlisten = '0.0.0.0:80'"),
            ..Given::default()
        },
        Vec::new(),
        r#"others can reach 0.0.0.0:80 (from fanfare.toml:2:10), and it is not decided who may publish.

Decide it with flags:

  export FANFARE_KEY="${FANFARE_KEY:-$(head -c 18 /dev/urandom | base64)}"
  fanfare --config fanfare.toml --set subscribe.allow=nobody --set 'clock.channel=What time' --publish-key "$FANFARE_KEY"

or in the configuration file:

  [publish]
  keys = ["KEY"]

or listen for this machine alone:

  fanfare --config fanfare.toml --set subscribe.allow=nobody --set 'clock.channel=What time' --listen 127.0.0.1:80"#,
    );
}

// A key that came with a flag stays out of what is printed.
#[test]
fn a_key_is_not_repeated() {
    let flags = vec![
        Flag::new("--listen", "server.listen", "[::]:7474"),
        Flag::list("--publish-key", "publish.keys", [KEY.to_owned()]),
    ];
    check(
        Given::default(),
        flags,
        r#"others can reach [::]:7474 (from --listen), and it is not decided who may subscribe.

Decide it with flags:

  export FANFARE_KEY="${FANFARE_KEY:-$(head -c 18 /dev/urandom | base64)}"
  fanfare --listen '[::]:7474' --publish-key "$FANFARE_KEY" --allow-subscribe everyone

or in the configuration file:

  [subscribe]
  allow = "everyone"  # or "nobody"

or listen for this machine alone:

  export FANFARE_KEY="${FANFARE_KEY:-$(head -c 18 /dev/urandom | base64)}"
  fanfare --listen 127.0.0.1:7474 --publish-key "$FANFARE_KEY""#,
    );
}

#[test]
fn an_application_is_told_of_its_text_alone() {
    let key = format!("[server]\nlisten = '0.0.0.0:80'\n[publish]\nkeys = ['{KEY}']");
    assert_eq!(
        text(&Config::parse(&key).unwrap()),
        r#"others can reach 0.0.0.0:80 (from (text):2:10), and it is not decided who may subscribe.

Decide it in the configuration file:

  [subscribe]
  allow = "everyone"  # or "nobody"

or listen for this machine alone:

  [server]
  listen = "127.0.0.1:80""#
    );
}

// What a person pastes must start a server, and one that is nobody else's.
#[test]
fn the_printed_lines_of_a_file_are_a_safe_configuration() {
    let listen = "[server]\nlisten = '0.0.0.0:7474'\n";
    let pasted = || {
        let refusal = load_file(listen).refuse_unsafe().unwrap_err().to_string();
        let lines: Vec<_> = refusal
            .lines()
            .skip_while(|line| !line.starts_with("or in the configuration file"))
            .skip(1)
            .take_while(|line| line.is_empty() || line.starts_with("  "))
            .collect();
        let config = load_file(&format!("{listen}{}", lines.join("\n")));
        config.refuse_unsafe().unwrap();
        config.publish.keys
    };
    let [one, other] = [pasted(), pasted()];
    assert!(!one[0].matches(other[0].expose().as_bytes()));
}

// Whoever pastes the lines and forgets the key must not run with a key that is in our sources.
#[test]
fn the_placeholder_is_not_a_key() {
    assert_eq!(
        Secret::new("the key of your choice").unwrap_err(),
        SecretError::Character
    );
}
