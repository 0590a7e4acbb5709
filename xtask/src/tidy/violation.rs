//! A broken rule.

use std::fmt;

/// A broken rule: where, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// A file, with the line if there is one, relative to the root of the repository.
    place: String,
    /// What is wrong and what would be right, in one line.
    advice: String,
}

impl Violation {
    pub(super) fn new(place: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            advice: advice.into(),
        }
    }

    /// In a line of a file; lines are counted from 1.
    pub(super) fn at_line(path: &str, line: usize, advice: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), advice)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.advice)
    }
}

/// The lines at which a rule found something, for tests.
#[cfg(test)]
pub(super) fn places(violations: &[Violation]) -> Vec<&str> {
    violations.iter().map(|it| it.place.as_str()).collect()
}
