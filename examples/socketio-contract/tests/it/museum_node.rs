//! The client of 2011, unchanged, in Node: over all of its transports but Flash.

use fanfare_testkit::script::Script;
use serde_json::{Value, json};

use crate::museum::{self, Page};
use crate::site::{SOON, packages, script};

/// Node as if it were a browser of the time.
struct Node(Script);

impl Page for Node {
    fn open(&mut self, url: &str) {
        self.0.call("open", &json!({"url": url}), SOON);
    }

    fn run(&mut self, function: &str, argument: &Value) -> Value {
        let call = json!({"function": function, "argument": argument});
        self.0.call("run", &call, SOON)
    }
}

fn check(transport: &str) {
    let script = Script::start(&packages(), &script("museum_node.js"));
    let mut page = Node(script);
    museum::check(&mut page, transport);
    museum::check_cut(&mut page, transport);
}

#[test]
fn web_socket() {
    check("websocket");
}

#[test]
fn polling() {
    check("xhr-polling");
}

#[test]
fn scripts() {
    check("jsonp-polling");
}

#[test]
fn a_stream_of_parts() {
    check("xhr-multipart");
}

#[test]
fn a_stream_of_scripts() {
    check("htmlfile");
}
