//! An event stream, read as the HTML standard says (9.2.6), in a few lines and not by our decoder.

use super::{Answer, Body};

#[derive(Debug)]
pub(crate) struct Events {
    body: Body,
    last_id: String,
    /// The last `retry` seen, in milliseconds.
    pub(crate) retry: Option<u64>,
    /// Comments since the last event.
    pub(crate) comments: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Events {
    #[track_caller]
    pub(crate) fn of((head, body): (Answer, Body)) -> Self {
        head.check(200, "");
        assert!(
            head.header("content-type").starts_with("text/event-stream"),
            "{head:?}"
        );
        Self {
            body,
            last_id: String::new(),
            retry: None,
            comments: Vec::new(),
        }
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (mut name, mut data) = (String::new(), Vec::new());
        loop {
            let line = self.body.line()?;
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" if line.is_empty() && !data.is_empty() => break,
                "" if line.is_empty() => name.clear(),
                "" => self.comments.push(value.to_owned()),
                "data" => data.push(value.to_owned()),
                "event" => value.clone_into(&mut name),
                "id" => value.clone_into(&mut self.last_id),
                "retry" => self.retry = value.parse().ok(),
                _ => {}
            }
        }
        if name.is_empty() {
            "message".clone_into(&mut name);
        }
        Some(Event {
            id: self.last_id.clone(),
            name,
            data: data.join("\n"),
        })
    }

    /// The data of the next so many events.
    pub(crate) fn data(&mut self, count: usize) -> Vec<String> {
        (0..count)
            .map(|_| self.next().expect("the stream goes on").data)
            .collect()
    }

    pub(crate) fn into_body(self) -> Body {
        self.body
    }
}
