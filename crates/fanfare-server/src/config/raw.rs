//! The first step: what was written, wherever it was written, before any of it is judged.

mod environment;
mod file;
mod flags;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

pub use flags::Flag;

use super::literal::Literal;
use super::origin::Origin;
use super::problem::Problem;
use super::setting::Setting;

/// Everything a configuration is made of, as the process found it.
pub struct Sources<'a> {
    /// Flags of the command line.
    pub flags: Vec<Flag>,
    /// Environment variables; those that do not begin with `FANFARE_` are not looked at.
    pub environment: Vec<(OsString, OsString)>,
    /// The configuration file, if one was named. None is searched for.
    pub file: Option<PathBuf>,
    /// The program as it was called, for command lines that are printed; `None` if flags are not
    /// how this configuration is made.
    pub program: Option<String>,
    /// Reads a file: the configuration, or one that holds secrets.
    pub read: &'a dyn Fn(&Path) -> io::Result<String>,
    /// Cores this process may use: the default number of shards.
    pub cores: NonZeroUsize,
}

/// A value of a known setting, and where it was written.
pub(super) struct Written {
    pub(super) setting: &'static Setting,
    pub(super) literal: Literal,
    pub(super) origin: Origin,
}

/// One `[[profile]]` of the file.
pub(super) struct RawProfile {
    pub(super) origin: Origin,
    pub(super) written: Vec<Written>,
}

/// What was written, and what of it could not even be assigned to a setting.
#[derive(Default)]
pub(super) struct Raw {
    /// In rising order of precedence: a later value of a setting replaces an earlier one.
    pub(super) written: Vec<Written>,
    pub(super) profiles: Vec<RawProfile>,
    pub(super) problems: Vec<Problem>,
}

impl Sources<'static> {
    /// The sources of this process: its environment, its file system, its cores.
    pub fn of_process(flags: Vec<Flag>, file: Option<PathBuf>) -> Self {
        Self {
            flags,
            environment: std::env::vars_os().collect(),
            file,
            program: std::env::args_os()
                .next()
                .map(|program| program.to_string_lossy().into_owned()),
            read: &|path| std::fs::read_to_string(path),
            cores: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// No sources at all, on one core: every setting has its default.
    pub fn none() -> Self {
        Self {
            flags: Vec::new(),
            environment: Vec::new(),
            file: None,
            program: None,
            read: &|_| Err(io::ErrorKind::NotFound.into()),
            cores: NonZeroUsize::MIN,
        }
    }
}

impl fmt::Debug for Sources<'_> {
    /// Leaves out the environment, which holds secrets of everybody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("flags", &self.flags)
            .field("file", &self.file)
            .field("cores", &self.cores)
            .finish_non_exhaustive()
    }
}

impl Raw {
    /// Collects what all sources have: file, then environment, then flags.
    pub(super) fn gather(sources: &Sources<'_>) -> Self {
        let mut raw = Self::default();
        if let Some(path) = &sources.file {
            raw.gather_file(path, sources.read);
        }
        raw.gather_environment(&sources.environment, sources.read);
        raw.gather_flags(&sources.flags);
        raw
    }
}
