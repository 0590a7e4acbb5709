//! What a child process says, line by line.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines that a thread reads from a pipe, kept so that nothing the child says is lost and the pipe
/// never fills up.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    said: Mutex<Said>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Said {
    lines: Vec<String>,
    is_over: bool,
}

impl Lines {
    /// Begins to read. The thread ends with the pipe.
    pub fn read(pipe: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let shared = Arc::clone(&lines.shared);
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            // Bytes, because a child may say what is not UTF-8; an error is the end as well.
            while pipe
                .read_until(b'\n', &mut line)
                .is_ok_and(|bytes| bytes > 0)
            {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                shared.change(|said| said.lines.push(text));
                line.clear();
            }
            shared.change(|said| said.is_over = true);
        });
        lines
    }

    /// Everything said so far.
    pub fn so_far(&self) -> String {
        self.shared.lock().lines.join("\n")
    }

    /// The first line from number `from` on that `is_wanted`, with its number.
    ///
    /// # Errors
    /// Everything said so far, if no such line has come within that time, or none will.
    pub fn wait_for(
        &self,
        from: usize,
        within: Duration,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<(usize, String), String> {
        let deadline = Instant::now() + within;
        let mut said = self.shared.lock();
        loop {
            let found = said
                .lines
                .iter()
                .enumerate()
                .skip(from)
                .find(|(_, line)| is_wanted(line));
            if let Some((number, line)) = found {
                return Ok((number, line.clone()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if said.is_over || left.is_zero() {
                return Err(said.lines.join("\n"));
            }
            (said, _) = self
                .shared
                .changed
                .wait_timeout(said, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}
