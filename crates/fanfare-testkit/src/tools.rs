//! Programs that tests run beside the server.
//!
//! A test never skips itself: what cannot be had is a failure that says how to get it.

use std::path::{Path, PathBuf};

/// A program of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// A shell, to run lines as a person would.
    Bash,
    /// The browser.
    Chromium,
    /// The HTTP client of the command line.
    Curl,
    /// A reverse proxy, and with a module of Debian's also Nchan.
    Nginx,
    /// Runs the JavaScript clients.
    Node,
}

impl Tool {
    /// Under which names it is looked for, the usual one first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Bash => &["bash"],
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome"],
            Self::Curl => &["curl"],
            Self::Nginx => &["nginx"],
            Self::Node => &["node", "nodejs"],
        }
    }

    /// Where it is.
    ///
    /// # Panics
    /// If it is not in the `PATH`.
    pub fn path(self) -> PathBuf {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        // Where servers are, and what is not in everybody's path.
        path.push(":/usr/sbin");
        let found = self.names().iter().find_map(|name| {
            std::env::split_paths(&path)
                .map(|folder| folder.join(name))
                .find(|file| file.is_file())
        });
        found.unwrap_or_else(|| {
            panic!(
                "this test needs `{}`, which is not in the PATH; `./test` installs it",
                self.names()[0]
            )
        })
    }
}

/// Checks that the packages beside a `package.json` are installed.
///
/// # Panics
/// If they are not.
pub fn check_node_packages(folder: &Path) {
    // Written by npm when an installation is complete.
    let proof = folder.join("node_modules/.package-lock.json");
    assert!(
        proof.is_file(),
        "this test needs the packages of {}/package-lock.json, which are not installed; \
         `./test` installs them, with `npm ci`",
        folder.display()
    );
}
