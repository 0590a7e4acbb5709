//! Exit codes.

use std::process::{ExitCode, Termination};

use crate::config::{Invalid, Refusal};

/// How a run of `fanfare` ended, as its exit code tells a script.
///
/// The numbers are a promise: one never changes its meaning, a new ending gets a new number. They
/// leave 64 to 113 to whoever wraps the program and keep clear of 126 and 127, which shells use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: it did what it was asked to, or was told to stop and stopped in good order.
    Done = 0,
    /// 1: something failed that none of the other codes names; the message says what.
    Failure = 1,
    /// 2: the command line makes no sense. The number that argument parsers agree on.
    Usage = 2,
    /// 3: the configuration is invalid. Nothing was started; correct it and try again.
    Config = 3,
    /// 4: refused: the address is open to others without a decision on who may do what, or the
    /// server said that the caller may not.
    Refused = 4,
    /// 5: no server answers at that address, or none that can do it now. The one ending that is
    /// worth a retry as it is.
    Unreachable = 5,
    /// 6: the server has nothing at that address.
    NotFound = 6,
    /// 7: the channel was deleted. Nothing more comes over this subscription; a new one makes the
    /// channel anew.
    Deleted = 7,
    /// 8: the message is larger than the server takes.
    TooLarge = 8,
    /// 130: cut short by the user, with Ctrl-C. 128 + SIGINT (2), as shells report it.
    Interrupted = 130,
}

impl Exit {
    /// All endings, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failure,
        Self::Usage,
        Self::Config,
        Self::Refused,
        Self::Unreachable,
        Self::NotFound,
        Self::Deleted,
        Self::TooLarge,
        Self::Interrupted,
    ];

    /// The number a script sees.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The ending in a few words, for the help.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failure => "failed",
            Self::Usage => "wrong command line",
            Self::Config => "invalid configuration",
            Self::Refused => "refused: unsafe address, or not allowed",
            Self::Unreachable => "server not reachable",
            Self::NotFound => "nothing at this address",
            Self::Deleted => "the channel was deleted",
            Self::TooLarge => "message too large",
            Self::Interrupted => "interrupted",
        }
    }

    /// An error that ends a run in this way.
    pub fn error(self, sentence: impl Into<String>) -> ExitError {
        ExitError {
            exit: self,
            sentence: sentence.into(),
        }
    }

    /// The ending that an error stands for, whatever context was wrapped around it.
    ///
    /// An error that nothing here knows is a [`Failure`](Self::Failure). Where only the caller
    /// knows better, it makes one with [`Exit::error`].
    pub fn of(error: &anyhow::Error) -> Self {
        if let Some(known) = error.downcast_ref::<ExitError>() {
            return known.exit;
        }
        if error.is::<Invalid>() {
            return Self::Config;
        }
        if error.is::<Refusal>() {
            return Self::Refused;
        }
        Self::Failure
    }
}

/// An error that knows how the run ends. Its text is for the person at the terminal and says all
/// there is: an ending is not named beside it, or everything would be said twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ExitError {
    exit: Exit,
    sentence: String,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    // Scripts depend on the numbers: a change here is a breaking change.
    #[test]
    fn codes_are_the_documented_ones() {
        let codes = Exit::ALL.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]);
    }

    #[test]
    fn an_error_keeps_its_ending_under_context() {
        let refused = Err::<(), _>(Exit::Refused.error("not allowed"))
            .context("publishing to news")
            .unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Refused);
        assert_eq!(Exit::of(&anyhow!("disk full")), Exit::Failure);
    }

    #[test]
    fn an_ending_is_not_said_beside_the_error() {
        let error = anyhow::Error::new(Exit::Unreachable.error("cannot reach it"));
        assert_eq!(format!("{error:#}"), "cannot reach it");
    }
}
