//! `cargo xtask api`: whose types the public interfaces of the libraries are made of.
//!
//! A type of another crate in an interface is a promise that this crate's major version never
//! moves without ours. So only those may appear whose version everybody shares; each exception
//! stands here with its reason. Read from the documentation of the crates as data, whose format is
//! unstable: it goes with the compiler, and this check goes with both.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::cargo::{self, Workspace};

/// What every library may show.
const SHARED: &[&str] = &[
    "alloc",
    "bytes",
    "core",
    "futures_core",
    "http",
    "http_body",
    "serde",
    "serde_core",
    "std",
    "tower_layer",
    "tower_service",
];

/// The libraries, and what each of them may show beyond that.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("fanfare-hub", &[]),
    ("fanfare-websocket", &[]),
    // A socket that another selector watches, and a stream that was accepted elsewhere, are what
    // this crate takes; there are no other traits and types for them.
    ("fanfare-link", &["mio", "tokio"]),
    ("fanfare-relay", &[]),
    ("fanfare-socketio", &[]),
    ("fanfare-sse", &[]),
];

/// The documentation of one crate, as data.
#[derive(Deserialize)]
struct Documentation {
    index: HashMap<String, Item>,
    paths: HashMap<String, Named>,
    external_crates: HashMap<String, External>,
}

#[derive(Deserialize)]
struct Item {
    name: Option<String>,
    crate_id: u32,
    inner: Value,
}

#[derive(Deserialize)]
struct Named {
    crate_id: u32,
    path: Vec<String>,
}

#[derive(Deserialize)]
struct External {
    name: String,
}

/// Checks every library with all of its features; fails if one shows what it may not.
pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::read()?;
    let mut count = 0;
    for (library, allowed) in LIBRARIES {
        for (shown, by) in foreign(&workspace, library, allowed)? {
            let by: Vec<_> = by.into_iter().collect();
            println!("{library} shows {shown}: {}", by.join(", "));
            count += 1;
        }
    }
    Ok(if count == 0 {
        println!("api: {} libraries, nothing to do", LIBRARIES.len());
        ExitCode::SUCCESS
    } else {
        println!("api: {count} to do");
        ExitCode::FAILURE
    })
}

/// The foreign types and traits in the interface of a library, each with the items that show it.
fn foreign(
    workspace: &Workspace,
    library: &str,
    allowed: &[&str],
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let documentation = document(&workspace.target, library)?;
    let mut shown = BTreeMap::<_, BTreeSet<_>>::new();
    for item in documentation.index.values().filter(|item| item.is_ours()) {
        let mut ids = Vec::new();
        collect(&item.inner, &mut ids);
        for named in ids.iter().filter_map(|id| documentation.paths.get(id)) {
            let owner = documentation
                .external_crates
                .get(&named.crate_id.to_string());
            let is_fine = owner.is_none_or(|owner| {
                SHARED.contains(&&*owner.name)
                    || allowed.contains(&&*owner.name)
                    || owner.name.starts_with("fanfare_")
            });
            if !is_fine {
                let by = item.name.clone().unwrap_or_else(|| "an impl".to_owned());
                shown.entry(named.path.join("::")).or_default().insert(by);
            }
        }
    }
    Ok(shown)
}

/// Has the documentation written, in a place of its own: what it is made with is built otherwise
/// than the rest.
fn document(target: &Path, library: &str) -> Result<Documentation> {
    let target = target.join("api");
    let mut command = cargo::command();
    command
        .args([
            "rustdoc",
            "--quiet",
            "--lib",
            "--all-features",
            "--package",
            library,
        ])
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTDOCFLAGS");
    cargo::output(&mut command)?;
    let file = target
        .join("doc")
        .join(format!("{}.json", library.replace('-', "_")));
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).context("rustdoc writes something else than expected")
}

impl Item {
    /// Written by us. What the standard library implements for every type is not.
    fn is_ours(&self) -> bool {
        let derived = |key| match self.inner.pointer(key) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(_) => true,
        };
        self.crate_id == 0 && !derived("/impl/is_synthetic") && !derived("/impl/blanket_impl")
    }
}

/// Whatever names a type or a trait has a path and the number of what it leads to.
fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(_), Some(Value::Number(id))) = (fields.get("path"), fields.get("id")) {
                into.push(id.to_string());
            }
            fields.values().for_each(|field| collect(field, into));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_named_however_deep() {
        let inner = serde_json::json!({
            "function": {"sig": {"inputs": [
                ["a", {"resolved_path": {"path": "Vec", "id": 7, "args": {"angle_bracketed": {
                    "args": [{"type": {"resolved_path": {"path": "Uri", "id": 9, "args": null}}}],
                }}}}],
            ]}},
        });
        let mut ids = Vec::new();
        collect(&inner, &mut ids);
        assert_eq!(ids, ["7", "9"]);
    }

    #[test]
    fn leaves_out_what_nobody_here_wrote() {
        let item = |inner| Item {
            name: None,
            crate_id: 0,
            inner,
        };
        let blanket =
            serde_json::json!({"impl": {"is_synthetic": false, "blanket_impl": {"generic": "T"}}});
        let own = serde_json::json!({"impl": {"is_synthetic": false, "blanket_impl": null}});
        assert!(!item(blanket).is_ours());
        assert!(item(own).is_ours());
    }
}
