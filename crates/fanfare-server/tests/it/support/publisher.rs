//! A publisher that keeps its connection.

use fanfare_testkit::server::Server;

use super::{Id, Raw};

#[derive(Debug)]
pub(crate) struct Publisher {
    raw: Raw,
}

impl Publisher {
    pub(crate) fn connect(server: &Server) -> Self {
        Self {
            raw: Raw::connect(server),
        }
    }

    /// Publishes a text; returns its id.
    #[track_caller]
    pub(crate) fn publish(&mut self, channel: &str, text: &str) -> Id {
        self.publish_with(channel, &["Content-Type: text/plain"], text)
    }

    #[track_caller]
    pub(crate) fn publish_with(
        &mut self,
        channel: &str,
        headers: &[&str],
        body: impl AsRef<[u8]>,
    ) -> Id {
        let answer = self
            .raw
            .tell(&format!("POST /pub/{channel}"), headers, body);
        assert!(matches!(answer.status, 201 | 202), "{answer:?}");
        answer.header("fanfare-id").parse().unwrap()
    }

    /// Publishes the numbers of a range, each as its decimal text.
    pub(crate) fn count(&mut self, channel: &str, numbers: std::ops::Range<u32>) {
        for number in numbers {
            self.publish(channel, &number.to_string());
        }
    }

    #[track_caller]
    pub(crate) fn delete(&mut self, channel: &str) {
        let answer = self.raw.ask(&format!("DELETE /pub/{channel}"), &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// How many listen to a channel; none to one that does not exist.
    pub(crate) fn subscribers(&mut self, channel: &str) -> u64 {
        let answer = self.raw.ask(
            &format!("GET /pub/{channel}"),
            &["Accept: application/json"],
        );
        if answer.status == 404 {
            return 0;
        }
        let info: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        info["subscribers"].as_u64().unwrap()
    }
}
