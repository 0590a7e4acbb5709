//! What an operator reads.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// The log of one test: everything from warnings on that happens on its thread while it lives.
pub(crate) struct Journal {
    lines: Lines,
    _installed: DefaultGuard,
}

/// Level, message, fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(crate) fn new() -> Self {
        let lines = Lines::default();
        Self {
            _installed: tracing::subscriber::set_default(lines.clone()),
            lines,
        }
    }

    /// What was written since it was asked last.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.0.lock().unwrap())
    }

    /// Exactly one line was written, and it has all of this.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        let lines = self.take();
        let [line] = lines.as_slice() else {
            panic!("one line, not {lines:#?}");
        };
        let missing: Vec<_> = parts.iter().filter(|part| !line.contains(**part)).collect();
        assert!(missing.is_empty(), "{missing:?} in {line}");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}
