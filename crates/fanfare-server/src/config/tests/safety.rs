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

#[test]
fn the_refusal_prints_the_lines_that_are_missing() {
    assert_eq!(
        refusal(&["server.listen=0.0.0.0:7474"]).unwrap(),
        r#"others can reach 0.0.0.0:7474 (from --set), and it is not decided who may publish and who may subscribe.

Decide it with flags:

  export FANFARE_KEY="$(head -c 24 /dev/urandom | base64)"
  --publish-key "$FANFARE_KEY" --allow-subscribe everyone

or in the configuration file:

  [publish]
  keys = ["the key of your choice"]

  [subscribe]
  allow = "everyone"  # or "nobody"

or listen for this machine alone:

  --listen 127.0.0.1:7474"#
    );
    assert_eq!(
        refusal(&["server.listen=0.0.0.0:80", "subscribe.allow=nobody"]).unwrap(),
        r#"others can reach 0.0.0.0:80 (from --set), and it is not decided who may publish.

Decide it with flags:

  export FANFARE_KEY="$(head -c 24 /dev/urandom | base64)"
  --publish-key "$FANFARE_KEY"

or in the configuration file:

  [publish]
  keys = ["the key of your choice"]

or listen for this machine alone:

  --listen 127.0.0.1:80"#
    );
    let key = format!("publish.keys={KEY}");
    assert_eq!(
        refusal(&["server.listen=[::]:7474", &key]).unwrap(),
        r#"others can reach [::]:7474 (from --set), and it is not decided who may subscribe.

Decide it with flags:

  --allow-subscribe everyone

or in the configuration file:

  [subscribe]
  allow = "everyone"  # or "nobody"

or listen for this machine alone:

  --listen 127.0.0.1:7474"#
    );
}

// Whoever pastes the lines and forgets the key must not run with a key that is in our sources.
#[test]
fn the_placeholder_is_not_a_key() {
    assert_eq!(
        Secret::new("the key of your choice").unwrap_err(),
        SecretError::Character
    );
}
