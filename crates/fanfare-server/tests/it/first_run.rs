//! What a person meets first: the banner, its lines, and sentences where it does not start.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fanfare_testkit::server::{Launch, Server, Signal};
use fanfare_testkit::tools::Tool;

use crate::support::{BINARY, Raw, SOON, launch, server, until, until_held};

/// Time from the start of the process to the banner. The aim is 50 ms; this is for a debug build
/// on a machine that does much else.
const START_TIME_MAX: Duration = Duration::from_millis(500);

/// A line of the banner, without its label.
fn printed(banner: &str, label: &str) -> String {
    let line = banner
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(label));
    line.unwrap_or_else(|| panic!("no {label} in {banner}"))
        .trim()
        .to_owned()
}

/// All of the banner.
fn banner(server: &Server) -> String {
    let end = |line: &str| line.contains("A restart forgets");
    let found = server.output().wait_for(0, SOON, end);
    found.unwrap();
    server.output().so_far()
}

/// Runs a line in a shell, as a person would who has copied it.
fn shell(line: &str) -> Child {
    Tool::Curl.path();
    Command::new(Tool::Bash.path())
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell")
}

#[test]
fn the_printed_lines_work_as_they_are() {
    let server = server();
    let banner = banner(&server);

    let mut reader = shell(&printed(&banner, "Read"));
    let mut heard = BufReader::new(reader.stdout.take().unwrap()).lines();
    until_held(&server, "hello", 1);
    let publisher = shell(&printed(&banner, "Publish"))
        .wait_with_output()
        .unwrap();
    assert!(publisher.status.success(), "{publisher:?}");
    let heard = heard
        .find(|line| line.as_ref().unwrap().starts_with("data:"))
        .unwrap()
        .unwrap();
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert_eq!(heard, "data: Hello, world");

    let look = printed(&banner, "Look");
    assert_eq!(look, server.url("/"));
    let page = Raw::connect(&server).ask("GET /", &[]);
    assert_eq!(page.status, 200);
    page.with("content-type", "text/html; charset=utf-8");
}

#[test]
fn it_is_there_at_once() {
    // The first start also brings the binary from the disk.
    drop(server());
    let times: Vec<Duration> = (0..5).map(|_| server().start_time()).collect();
    let fastest = times.iter().min().unwrap();
    println!("from start to banner: {fastest:?} at best, of {times:?}");
    assert!(*fastest < START_TIME_MAX, "{times:?}");
}

#[test]
fn nothing_has_to_be_said() {
    // The one test that uses the default port; it is free, or somebody else's and then said so.
    let is_free = TcpListener::bind("127.0.0.1:7474").is_ok();
    if is_free {
        let server = Launch::bare(BINARY).start();
        assert_eq!(server.address().to_string(), "127.0.0.1:7474");
        Raw::connect(&server)
            .ask("GET /healthz", &[])
            .check(200, "ok\n");
    } else {
        let ended = Launch::bare(BINARY).run(SOON);
        assert_ne!(ended.code, Some(0), "{ended:?}");
        assert!(ended.log.contains("127.0.0.1:7474"), "{ended:?}");
    }
}

#[test]
fn a_port_in_use_is_told_in_a_sentence() {
    let first = server();
    let address = first.address().to_string();
    let ended = Launch::bare(BINARY).arg("--listen").arg(&address).run(SOON);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.log.lines().count(), 1, "{ended:?}");
    assert!(
        ended.log.contains(&format!("cannot listen on {address}")),
        "{ended:?}"
    );
    assert!(ended.log.contains("in use"), "{ended:?}");
    assert!(ended.log.contains("--listen 127.0.0.1:"), "{ended:?}");
    assert_eq!(ended.output, "");
    // The first one has not noticed.
    Raw::connect(&first)
        .ask("GET /healthz", &[])
        .check(200, "ok\n");
}

#[test]
fn an_open_address_needs_decisions() {
    let ended = Launch::bare(BINARY)
        .arg("--listen")
        .arg("0.0.0.0:0")
        .run(SOON);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(printed_after(&ended.log, "Decide it with flags").len(), 2);
}

/// The lines of a refusal under a heading.
fn printed_after<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    text.lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with("  "))
        .filter(|line| !line.is_empty())
        .collect()
}

fn refused() -> String {
    let launch = Launch::bare(BINARY).arg("--listen").arg("0.0.0.0:0");
    let ended = launch.run(SOON);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    ended.log
}

/// Publishes and reads with the lines of a banner, in a shell that has this key.
fn check_banner(server: &Server, key: &str) {
    let banner = banner(server);
    let publish = printed(&banner, "Publish");
    let publisher = shell(&format!("export FANFARE_KEY='{key}'; {publish}"));
    let published = publisher.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&published.stdout).into_owned();
    assert!(said.starts_with("queued messages: "), "{publish}: {said}");
    check_read_line(&banner);
}

fn check_read_line(banner: &str) {
    let mut reader = shell(&printed(banner, "Read"));
    let mut heard = BufReader::new(reader.stdout.take().unwrap()).lines();
    let heard = heard
        .find(|line| line.as_ref().unwrap().starts_with("data:"))
        .unwrap()
        .unwrap();
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert_eq!(heard, "data: Hello, world");
}

#[test]
fn the_command_lines_of_a_refusal_start_a_server() {
    let refusal = refused();
    let lines = printed_after(&refusal, "Decide it with flags");
    let [export, command] = lines.as_slice() else {
        panic!("{refusal}")
    };
    // The shell makes room for the server, so that it ends with its test.
    let script = format!(
        "{export}\necho \"KEY $FANFARE_KEY\"\nexec {}",
        command.trim()
    );
    let server = Launch::bare(Tool::Bash.path())
        .arg("-c")
        .arg(script)
        .start();
    let said = server.output().so_far();
    let key = said.lines().find_map(|line| line.strip_prefix("KEY "));
    check_banner(&server, key.unwrap());
    let local = printed_after(&refusal, "or listen for this machine");
    let script = format!("exec {}", local.join(" ").trim());
    let server = Launch::bare(Tool::Bash.path())
        .arg("-c")
        .arg(script)
        .start();
    assert!(server.address().ip().is_loopback());
}

#[test]
fn the_file_of_a_refusal_starts_a_server() {
    let refusal = refused();
    let lines = printed_after(&refusal, "or in the configuration file").join("\n");
    let (_, rest) = lines.split_once("keys = [\"").unwrap();
    let (key, _) = rest.split_once('"').unwrap();
    let server = Launch::bare(BINARY)
        .config(&format!("[server]\nlisten = \"0.0.0.0:0\"\n{lines}\n"))
        .start();
    check_banner(&server, key);
}

// The lines that a refusal prints are ones that work.
#[test]
fn an_open_address_with_decisions_starts() {
    let server = Launch::bare(BINARY)
        .arg("--listen")
        .arg("0.0.0.0:0")
        .arg("--publish-key")
        .arg("a-key-of-sixteen-characters-or-more")
        .arg("--allow-subscribe")
        .arg("everyone");
    let server = server.start();
    let local = std::net::SocketAddr::from(([127, 0, 0, 1], server.address().port()));
    let mut client = Raw::connect_to(local);
    let refused = client.tell("POST /pub/a", &[], "m");
    assert_eq!(refused.status, 401);
    refused
        .with("www-authenticate", "Bearer")
        .with("fanfare-error", "key_required");
    let wrong = client.tell(
        "POST /pub/a",
        &["Authorization: Bearer another-key-of-sixteen-characters"],
        "m",
    );
    assert_eq!(wrong.status, 401);
    let key = "Authorization: Bearer a-key-of-sixteen-characters-or-more";
    assert_eq!(client.tell("POST /pub/a", &[key], "m").status, 202);
    client
        .ask("GET /sub/a", &["Host: anything.example"])
        .check(200, "m");
    check_banner(&server, "a-key-of-sixteen-characters-or-more");
}

#[test]
fn a_banner_has_no_line_that_is_refused() {
    let server = launch().set("subscribe.allow=nobody").start();
    let banner = banner(&server);
    assert!(!banner.contains("Read "), "{banner}");
}

// A log that is read by a collector has no colours in it.
#[test]
fn the_log_says_where_it_listens() {
    let mut server = server();
    until("it is logged", || server.log().contains("listening"));
    let address = server.address();
    let log = server.log();
    assert!(
        log.contains(&format!("listening address={address}")),
        "{log}"
    );
    server.signal(Signal::TERM);
    assert_eq!(server.wait(SOON).code(), Some(0));
    until("it is logged", || server.log().contains("stopped"));
    let log = server.log();
    assert!(log.contains("grace=10s"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn the_log_for_programs_says_it_too() {
    let server = launch().set("server.log_format=json").start();
    until("it is logged", || server.log().contains("listening"));
    let log = server.log();
    let event: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    let fields =
        serde_json::json!({"message": "listening", "address": server.address().to_string()});
    assert_eq!(event["fields"], fields, "{log}");
}

#[test]
fn a_wrong_configuration_is_told_by_line() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("wrong.toml");
    std::fs::write(
        &file,
        "[server]\nshards = 2\n\n[limits]\nhistory_mesages = 5\n",
    )
    .unwrap();
    let ended = Launch::bare(BINARY)
        .arg("serve")
        .arg("--config")
        .arg(&file)
        .run(SOON);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.log.contains("wrong.toml:5"), "{ended:?}");
    assert!(
        ended.log.contains("history_messages"),
        "the nearest key: {ended:?}"
    );
    assert_eq!(ended.output, "");
}

#[test]
fn a_wrong_setting_is_told_by_name() {
    let ended = launch().set("limits.head_time=soon").run(SOON);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.log.contains("limits.head_time"), "{ended:?}");
    let ended = Launch::bare(BINARY).arg("--no-such-flag").run(SOON);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn check_tells_what_a_server_would_run_on() {
    let ended = Launch::bare(BINARY)
        .arg("check")
        .arg("--json")
        .arg("--set")
        .arg("limits.history_messages=7")
        .run(SOON);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told: serde_json::Value = serde_json::from_str(&ended.output).unwrap();
    let settings = told["settings"].as_array().unwrap();
    let history = settings
        .iter()
        .find(|one| one["key"] == "limits.history_messages")
        .unwrap();
    assert_eq!(
        history["value"].to_string().trim_matches('"'),
        "7",
        "{history}"
    );
}
