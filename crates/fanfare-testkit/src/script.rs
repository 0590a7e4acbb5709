//! A JavaScript program that does what a test tells it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::lines::Lines;
use crate::tools::{Tool, check_node_packages};

/// A Node process that reads one JSON command per line and answers with one JSON line each:
/// `{"id": 1, "do": "open", …}` with `{"id": 1, "value": …}` or `{"id": 1, "error": "…"}`.
#[derive(Debug)]
pub struct Script {
    child: Child,
    stdin: Option<ChildStdin>,
    output: Lines,
    log: Lines,
    calls: u64,
    read: usize,
}

impl Script {
    /// Starts `file` of `folder`, whose packages must be installed.
    ///
    /// # Panics
    /// If Node or the packages are missing.
    pub fn start(folder: &Path, file: &str) -> Self {
        check_node_packages(folder);
        let mut child = Command::new(Tool::Node.path())
            .arg(file)
            .current_dir(folder)
            .env("FANFARE_TEST_CHROMIUM", Tool::Chromium.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start node: {error}"));
        let output = Lines::read(child.stdout.take().expect("it was asked for"));
        let log = Lines::read(child.stderr.take().expect("it was asked for"));
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            output,
            log,
            calls: 0,
            read: 0,
        }
    }

    /// Has something done, and returns what came of it.
    ///
    /// # Panics
    /// If it fails, or takes longer than `time_max`.
    pub fn call(&mut self, name: &str, arguments: &Value, time_max: Duration) -> Value {
        self.calls += 1;
        let id = self.calls;
        let command = json!({"id": id, "do": name, "with": arguments});
        let stdin = self.stdin.as_mut().expect("taken away at the end only");
        if let Err(error) = writeln!(stdin, "{command}") {
            panic!("the script is gone ({error}):\n{}", self.log.so_far());
        }
        let is_answer = |line: &str| serde_json::from_str(line).is_ok_and(|a: Value| a["id"] == id);
        let found = self.output.wait_for(self.read, time_max, is_answer);
        let (number, line) = found.unwrap_or_else(|said| {
            let log = self.log.so_far();
            panic!("no answer to {command} within {time_max:?}; it said:\n{said}\n{log}")
        });
        self.read = number + 1;
        let mut answer: Value = serde_json::from_str(&line).expect("it was read before");
        if let Some(error) = answer["error"].as_str() {
            panic!("{command} failed: {error}\n{}", self.log.so_far());
        }
        answer["value"].take()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The end of its input is its sign to clean up and go.
        drop(self.stdin.take());
        if self
            .output
            .wait_for(self.read, Duration::from_secs(5), |line| line == "bye")
            .is_err()
        {
            // It may have gone by itself.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
