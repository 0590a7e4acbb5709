//! A real browser with one page.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::script::Script;

/// Time for what takes a browser long: to start, to load a page.
const LOAD_TIME_MAX: Duration = Duration::from_secs(60);

/// Time for a click, or for a script that does not wait.
const STEP_TIME_MAX: Duration = Duration::from_secs(20);

/// Chromium without a window, driven by the script `browser.js` of the test's clients.
#[derive(Debug)]
pub struct Browser {
    script: Script,
}

impl Browser {
    /// Starts it with a profile of its own.
    ///
    /// # Panics
    /// If it is not installed or does not start.
    pub fn start(clients: &Path) -> Self {
        let mut script = Script::start(clients, "browser.js");
        script.call("start", &Value::Null, LOAD_TIME_MAX);
        Self { script }
    }

    /// Loads a page.
    ///
    /// # Panics
    /// If it cannot be loaded.
    pub fn open(&mut self, url: &str) {
        self.script
            .call("open", &json!({"url": url}), LOAD_TIME_MAX);
    }

    /// Runs a function in the page, given as its text, with an argument; waits for its promise.
    ///
    /// # Panics
    /// If it throws or takes too long.
    pub fn run(&mut self, function: &str, argument: &Value) -> Value {
        self.script.call(
            "run",
            &json!({"function": function, "argument": argument}),
            STEP_TIME_MAX,
        )
    }

    /// Waits until an expression of the page is true.
    ///
    /// # Panics
    /// If it is not within `time_max`.
    pub fn wait(&mut self, expression: &str, time_max: Duration) {
        let milliseconds = u64::try_from(time_max.as_millis()).unwrap_or(u64::MAX);
        let arguments = json!({"expression": expression, "milliseconds": milliseconds});
        self.script
            .call("wait", &arguments, time_max + STEP_TIME_MAX);
    }

    /// Clicks on what a CSS selector finds.
    ///
    /// # Panics
    /// If there is no such thing, or it cannot be clicked.
    pub fn click(&mut self, selector: &str) {
        self.script
            .call("click", &json!({"selector": selector}), STEP_TIME_MAX);
    }

    /// What the page complained of: errors and warnings in the console, exceptions, violations of
    /// its security policy.
    pub fn complaints(&mut self) -> Vec<String> {
        let complaints = self.script.call("complaints", &Value::Null, STEP_TIME_MAX);
        let complaints = complaints.as_array().cloned().unwrap_or_default();
        complaints
            .iter()
            .map(|one| one.as_str().unwrap_or_default().to_owned())
            .collect()
    }
}
