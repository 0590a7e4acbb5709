//! What happened last, for whoever has to find out why a run failed.

use std::collections::VecDeque;

/// Lines kept: the last seconds of a run.
const LINES_MAX: usize = 200;

/// The newest lines of what readers have heard. Prints itself when it is dropped by a panic.
#[derive(Debug, Default)]
pub struct Story(VecDeque<String>);

impl Story {
    /// Adds a line.
    pub fn tell(&mut self, line: String) {
        if self.0.len() == LINES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }
}

impl Drop for Story {
    #[expect(clippy::print_stderr, reason = "the failure of a test is for people")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in &self.0 {
                eprintln!("{line}");
            }
        }
    }
}
