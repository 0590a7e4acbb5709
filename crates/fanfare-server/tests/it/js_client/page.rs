//! A place where the JavaScript client runs.

use std::path::PathBuf;
use std::time::Duration;

use fanfare_testkit::script::Script;
use serde_json::{Value, json};

use crate::support::{SOON, clients};

/// Time for a browser to start and to load a page.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// A page in Chromium, or Node.
#[derive(Debug)]
pub(crate) struct Page {
    script: Script,
    /// Where modules of the client are.
    modules: String,
}

impl Page {
    /// Chromium with a page of this server, which serves the client.
    pub(crate) fn chromium(origin: &str) -> Self {
        let mut script = Script::start(&clients(), "browser.js");
        script.call("start", &Value::Null, START_TIME_MAX);
        let url = format!("{origin}/healthz");
        script.call("open", &json!({ "url": url }), START_TIME_MAX);
        Self {
            script,
            modules: "/console".to_owned(),
        }
    }

    /// Node as it is: `EventSource` is missing, in older ones `WebSocket` too.
    pub(crate) fn node() -> Self {
        Self::in_node(false)
    }

    /// Node with an `EventSource` and a `WebSocket` from packages.
    pub(crate) fn node_like_a_browser() -> Self {
        Self::in_node(true)
    }

    fn in_node(like_a_browser: bool) -> Self {
        let mut script = Script::start(&clients(), "page.js");
        script.call("start", &json!({"likeABrowser": like_a_browser}), SOON);
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../clients/js");
        Self {
            script,
            modules: folder.display().to_string(),
        }
    }

    /// The address of one of the client's modules.
    pub(crate) fn module(&self, file: &str) -> String {
        format!("{}/{file}", self.modules)
    }

    /// Connects with `fanfare.js`; what it says is noted in `notes`.
    pub(crate) fn listen(&mut self, url: &str, options: &Value) {
        self.listen_with_luck(url, options, None);
    }

    /// The same, with transports that are refused more often than not.
    pub(crate) fn listen_with_luck(&mut self, url: &str, options: &Value, seed: Option<u32>) {
        let module = self.module("fanfare.js");
        let argument = json!({"module": module, "url": url, "options": options, "luck": seed});
        self.run(include_str!("../clients/pages/listen.js"), &argument);
    }

    /// Runs a function given as its text, and waits for its promise.
    pub(crate) fn run(&mut self, function: &str, argument: &Value) -> Value {
        let arguments = json!({"function": function.trim_end(), "argument": argument});
        self.script.call("run", &arguments, SOON)
    }

    /// The value of an expression.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        self.run(&format!("() => ({expression})"), &Value::Null)
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn wait(&mut self, expression: &str) {
        let milliseconds = u64::try_from(SOON.as_millis()).unwrap_or(u64::MAX);
        let arguments = json!({"expression": expression, "milliseconds": milliseconds});
        self.script.call("wait", &arguments, SOON + SOON);
    }

    /// Takes the network of a page in Chromium away, or gives it back.
    pub(crate) fn set_offline(&mut self, is_offline: bool) {
        let arguments = json!({"isOffline": is_offline});
        self.script.call("offline", &arguments, SOON);
    }

    /// Waits for so many messages; returns channel and text of each, in the order of arrival.
    #[track_caller]
    pub(crate) fn heard(&mut self, count: usize) -> Vec<(String, String)> {
        self.wait(&format!("notes.heard.length >= {count}"));
        let heard = self.value("notes.heard.map(([channel, text]) => [channel, text])");
        serde_json::from_value(heard).unwrap()
    }
}
