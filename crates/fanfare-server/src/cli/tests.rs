//! What a command line means, and what the help shows.

use clap::CommandFactory;

use super::*;
use crate::config::Config;

fn parse(line: &str) -> Result<Command, clap::Error> {
    let words = line.split(' ').filter(|word| !word.is_empty());
    Cli::try_parse_from(std::iter::once("fanfare").chain(words)).map(Cli::into_command)
}

fn serve(line: &str) -> ServeArgs {
    match parse(line) {
        Ok(Command::Serve(serve)) => serve,
        other => panic!("{line}: {other:?}"),
    }
}

fn publish(line: &str) -> PublishArgs {
    match parse(line) {
        Ok(Command::Publish(publish)) => publish,
        other => panic!("{line}: {other:?}"),
    }
}

fn subscribe(line: &str) -> SubscribeArgs {
    match parse(line) {
        Ok(Command::Subscribe(subscribe)) => subscribe,
        other => panic!("{line}: {other:?}"),
    }
}

/// The configuration these arguments make, without this process's environment.
fn configured(serve: &ServeArgs) -> Config {
    Config::load(&Sources {
        flags: serve.flags(),
        ..Sources::none()
    })
    .unwrap()
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn to_serve_is_the_default() {
    for line in ["", "serve"] {
        assert_eq!(
            configured(&serve(line)).server.listen.port(),
            7474,
            "{line:?}"
        );
    }
    for line in ["--listen 127.0.0.1:1", "serve --listen 127.0.0.1:1"] {
        assert_eq!(configured(&serve(line)).server.listen.port(), 1, "{line:?}");
    }
    assert!(
        parse("--listen 127.0.0.1:1 publish news").is_err(),
        "flags of the wrong command"
    );
}

#[test]
fn flags_become_settings() {
    let line = "--shards 3 --publish-key correct-horse-battery --publish-key staple-staple-staple \
                --allow-subscribe nobody --set limits.channels_max=5 --set clock.enabled=false";
    let config = configured(&serve(line));
    assert_eq!(config.server.shards.get(), 3);
    assert_eq!(config.publish.keys.len(), 2);
    assert_eq!(config.subscribe.allow, Some(crate::config::Allow::Nobody));
    assert_eq!(config.limits.channels_max, 5);
    assert!(!config.clock.enabled);
    assert_eq!(
        config.origin("publish.keys").unwrap().to_string(),
        "--publish-key"
    );
}

#[test]
fn a_configuration_file_is_read_only_when_named() {
    assert_eq!(serve("--config a.toml").file(), Some("a.toml".into()));
    assert_eq!(serve("serve --config a.toml").file(), Some("a.toml".into()));
    assert_eq!(serve("").file(), None);
    let empty = Cli::try_parse_from(["fanfare", "--config", ""]).map(Cli::into_command);
    assert!(matches!(empty, Ok(Command::Serve(serve)) if serve.file().is_none()));
}

#[test]
fn check_takes_what_serve_takes() {
    let Ok(Command::Check(check)) = parse("check --config a.toml --listen 127.0.0.1:1 --json")
    else {
        panic!("not a check");
    };
    assert!(check.json);
    assert_eq!(check.serve.file(), Some("a.toml".into()));
    assert_eq!(configured(&check.serve).server.listen.port(), 1);
}

#[test]
fn a_message_comes_from_text_file_or_standard_input() {
    let check = |line: &str, body: Body| assert_eq!(publish(line).body, body, "{line}");
    check("publish news hello", Body::Text("hello".to_owned()));
    check("publish news", Body::Stdin);
    check("publish news -", Body::Stdin);
    check("publish news @-", Body::Stdin);
    check("publish news @photo.jpg", Body::File("photo.jpg".into()));
    check("publish news -5", Body::Text("-5".to_owned()));
    check("publish news -- --flag", Body::Text("--flag".to_owned()));
}

#[test]
fn publish_takes_the_options_of_a_message() {
    let line =
        "publish news hi --event e --type text/html --ttl 30s --id 7 --server http://h:1 --key k";
    let publish = publish(line);
    assert_eq!(publish.channel.as_str(), "news");
    assert_eq!(publish.event.as_deref(), Some("e"));
    assert_eq!(publish.content_type.as_deref(), Some("text/html"));
    assert_eq!(publish.ttl, Some(std::time::Duration::from_secs(30)));
    assert_eq!(publish.id.as_deref(), Some("7"));
    assert_eq!(publish.client.server.host(), Some("h"));
    assert_eq!(publish.key().unwrap().expose(), "k");
    for wrong in [
        "publish",
        "publish news hi --ttl 30",
        "publish news hi --ttl 0s",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_empty_key_is_none() {
    let words = ["fanfare", "publish", "news", "hi", "--key", ""];
    let command = Cli::try_parse_from(words).map(Cli::into_command);
    assert!(matches!(command, Ok(Command::Publish(publish)) if publish.key().is_none()));
}

#[test]
fn subscribe_takes_channels_and_how_to_hear_them() {
    let all = subscribe("subscribe a b --transport ws --since -5 --json --count 2");
    let channels: Vec<_> = all
        .channels
        .iter()
        .map(|channel| channel.as_str())
        .collect();
    assert_eq!(channels, ["a", "b"]);
    assert_eq!((all.transport, all.json), (Transport::Ws, true));
    assert_eq!(all.count.map(std::num::NonZero::get), Some(2));
    assert_eq!(subscribe("subscribe a").transport, Transport::Sse);
    for transport in ["ws", "sse", "poll", "ndjson"] {
        assert!(
            parse(&format!("subscribe a --transport {transport}")).is_ok(),
            "{transport}"
        );
    }
    for wrong in [
        "subscribe",
        "subscribe a --count 0",
        "subscribe a --transport carrier-pigeon",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_place_reads_and_prints_alike() {
    for text in [
        "all",
        "now",
        "1763680000:3",
        "1763680000:3,1763680001:0",
        "10m",
        "-5",
    ] {
        let since = subscribe(&format!("subscribe a --since {text}"))
            .since
            .unwrap();
        assert_eq!(since.to_string(), text);
    }
    for wrong in [
        "",
        "yesterday",
        "5",
        "-0",
        "-",
        "1:",
        "10 m",
        "1:2,",
        "--json",
    ] {
        assert!(wrong.parse::<Since>().is_err(), "{wrong:?}");
    }
}

#[test]
fn the_server_is_an_http_url() {
    for right in [
        "http://127.0.0.1:7474",
        "https://push.example",
        "http://[::1]:80/base",
    ] {
        assert!(
            parse(&format!("subscribe a --server {right}")).is_ok(),
            "{right}"
        );
    }
    for wrong in ["127.0.0.1:7474", "ftp://h", "http://", "h", "http://h/?q=1"] {
        assert!(
            parse(&format!("subscribe a --server {wrong}")).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn clients_read_their_environment() {
    let command = Cli::command();
    let check = |name: &str, id: &str, variable: &str| {
        let subcommand = command.find_subcommand(name).unwrap();
        let argument = subcommand
            .get_arguments()
            .find(|a| a.get_id() == id)
            .unwrap();
        assert_eq!(
            argument.get_env().and_then(|v| v.to_str()),
            Some(variable),
            "{name} {id}"
        );
    };
    check("publish", "server", "FANFARE_SERVER");
    check("publish", "key", "FANFARE_KEY");
    check("subscribe", "server", "FANFARE_SERVER");
    check("serve", "config", "FANFARE_CONFIG");
    check("check", "config", "FANFARE_CONFIG");
}

// What a client reads must not be taken for a misspelt setting by a server in the same shell.
#[test]
fn no_variable_of_the_command_line_is_an_unknown_setting() {
    let command = Cli::command();
    let arguments = command
        .get_subcommands()
        .flat_map(clap::Command::get_arguments);
    let environment = arguments
        .filter_map(|argument| Some((argument.get_env()?.to_owned(), "x".into())))
        .collect();
    let sources = Sources {
        environment,
        ..Sources::none()
    };
    Config::load(&sources).unwrap();
}

// A key in a debug line or in an error ends up in a log.
#[test]
fn secrets_are_never_printed() {
    let secret = "correct-horse-battery";
    let serve = serve(&format!(
        "--publish-key {secret} --set publish.keys={secret}"
    ));
    let publish = publish(&format!("publish news hi --key {secret}"));
    let text = format!("{serve:?} {serve:#?} {publish:?}");
    assert!(!text.contains(secret), "{text}");
}

#[test]
fn every_help_is_short_and_has_examples() {
    for name in ["", "serve", "publish", "subscribe", "check"] {
        let help = parse(&format!("{name} -h")).unwrap_err().to_string();
        assert!(help.contains("\nExamples:\n  fanfare"), "{help}");
        assert!(help.lines().count() <= 40, "{help}");
        assert!(
            help.lines().all(|line| line.chars().count() <= 110),
            "{help}"
        );
    }
    let long = parse("--help").unwrap_err().to_string();
    assert!(long.contains("  4  refused"), "{long}");
}

// Whoever copies an example must not meet an error.
#[test]
fn examples_are_command_lines() {
    let examples = [
        EXAMPLES,
        SERVE_EXAMPLES,
        CHECK_EXAMPLES,
        publish::EXAMPLES,
        subscribe::EXAMPLES,
    ];
    for line in examples.iter().flat_map(|text| text.lines()) {
        let Some(command) = line
            .split("fanfare ")
            .nth(1)
            .filter(|_| line.starts_with("  "))
        else {
            continue;
        };
        let command = command
            .replace("'Hello, world'", "Hello")
            .replace("\"$FANFARE_KEY\"", "k");
        let end = command
            .find("   ")
            .or_else(|| command.find(" |"))
            .unwrap_or(command.len());
        if let Err(error) = parse(&command[..end]) {
            panic!("{line}: {error}");
        }
    }
}
