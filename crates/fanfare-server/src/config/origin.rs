//! Where a value comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::json;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody wrote it.
    Default,
    /// In this environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// In the configuration file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// In this flag, such as `--listen` or `--set`.
    Flag {
        /// Its name.
        name: String,
    },
    /// Nobody wrote it: it is the value of another setting.
    Inherited {
        /// The other setting.
        key: &'static str,
    },
}

impl Origin {
    /// The place in a text where the byte at `offset` stands.
    pub(super) fn in_file(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self::File {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }

    /// The origin for programs.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Default => json!({ "source": "default" }),
            Self::Environment { variable } => json!({ "source": "environment", "name": variable }),
            Self::File { path, line, column } => {
                json!({ "source": "file", "file": path, "line": line, "column": column })
            }
            Self::Flag { name } => json!({ "source": "flag", "name": name }),
            Self::Inherited { key } => json!({ "source": "inherited", "key": key }),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment { variable } => f.write_str(variable),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Flag { name } => f.write_str(name),
            Self::Inherited { key } => f.write_str(key),
        }
    }
}
