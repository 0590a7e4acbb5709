//! What is wrong with a configuration, in words for the operator who has to correct it.

use std::fmt;
use std::path::PathBuf;

use super::origin::Origin;

/// One thing that is wrong. Names where it stands, the key, what was found and what is allowed;
/// never the text of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is not TOML.
    #[error("{origin}: this is not TOML: {reason}")]
    Syntax {
        /// Where it stops making sense.
        origin: Origin,
        /// What the parser says.
        reason: String,
    },
    /// No setting has this name.
    #[error("{origin}: there is no setting `{key}`{}", hint(nearest.as_ref()))]
    Unknown {
        /// Where it was written.
        origin: Origin,
        /// The name as it was written.
        key: String,
        /// The known name that comes nearest, if any comes near.
        nearest: Option<String>,
    },
    /// A file that was asked for cannot be read.
    #[error("{origin}: cannot read {}: {reason}", path.display())]
    Unreadable {
        /// Who asked for it.
        origin: Origin,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// A value that is not allowed: of the wrong type, out of bounds, or at odds with another one.
    #[error("{origin}: {key}: found {found}; allowed is {allowed}")]
    Value {
        /// Where it was written.
        origin: Origin,
        /// The setting.
        key: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        allowed: String,
    },
}

/// A configuration with at least one problem. The operator must act; nothing was started, and a
/// retry cannot help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    problems: Vec<Problem>,
}

impl Problem {
    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Syntax { origin, .. }
            | Self::Unknown { origin, .. }
            | Self::Unreadable { origin, .. }
            | Self::Value { origin, .. } => origin,
        }
    }
}

impl Invalid {
    /// `Ok` if there are no problems. Those in a file are put in the order of its lines.
    pub(super) fn check(mut problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by_key(|problem| match problem.origin() {
            Origin::File { line, column, .. } => (0, *line, *column),
            _ => (1, 0, 0),
        });
        Err(Self { problems })
    }

    /// The problems, all of them.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("the configuration has a problem:")?,
            count => write!(f, "the configuration has {count} problems:")?,
        }
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
