//! Whose pages may connect.

/// The list of those whose pages may connect, as go-socket.io has it. A request without an
/// `Origin` comes from no page, and always may.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<Pattern>);

/// Why an entry of the list means nothing. The application must write another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no `host:port`; both may be `*`, and the port left out")]
pub struct OriginError(String);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// None stands for every host.
    host: Option<String>,
    /// None stands for every port.
    port: Option<u16>,
}

impl Origins {
    /// Everybody.
    pub fn any() -> Self {
        Self(vec![Pattern {
            host: None,
            port: None,
        }])
    }

    /// Nobody: every request that says where it comes from is refused.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those at these addresses: `host:port`, either of which may be `*`. Without a port it means
    /// all of them.
    ///
    /// # Errors
    /// [`OriginError`] names the first entry that means nothing.
    pub fn listed<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        entries
            .into_iter()
            .map(|entry| Pattern::parse(entry).ok_or_else(|| OriginError(entry.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// True if a page of this `Origin` may connect.
    pub(super) fn admit(&self, origin: &[u8]) -> bool {
        // A page in a sandbox says `null`, and may only if everybody may.
        let address = std::str::from_utf8(origin).ok().and_then(address);
        self.0.iter().any(|pattern| pattern.admits(address))
    }
}

impl Pattern {
    fn parse(entry: &str) -> Option<Self> {
        let (host, port) = host_and_port(entry)?;
        let port = match port {
            None | Some("*") => None,
            Some(port) => Some(port.parse().ok()?),
        };
        Some(Self {
            host: (host != "*").then(|| host.to_owned()),
            port,
        })
    }

    fn admits(&self, address: Option<(&str, u16)>) -> bool {
        let host = |host: &String| address.is_some_and(|it| it.0.eq_ignore_ascii_case(host));
        let port = |port: u16| address.is_some_and(|it| it.1 == port);
        self.host.as_ref().is_none_or(host) && self.port.is_none_or(port)
    }
}

/// Host and port of an origin; a scheme implies a port.
fn address(origin: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = origin.split_once("://")?;
    let (host, port) = host_and_port(rest)?;
    let port = match (port, scheme) {
        (Some(port), _) => port.parse().ok()?,
        (None, "http" | "ws") => 80,
        (None, "https" | "wss") => 443,
        _ => return None,
    };
    Some((host, port))
}

/// Splits at the colon of a port, which is none of those in brackets.
fn host_and_port(text: &str) -> Option<(&str, Option<&str>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    (!host.is_empty() && !host.contains('/')).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &[&str], origin: &str, expected: bool) {
        let origins = Origins::listed(list.iter().copied()).unwrap();
        let found = origins.admit(origin.as_bytes());
        assert_eq!(found, expected, "{list:?} {origin}");
    }

    #[test]
    fn an_empty_list_refuses_everybody() {
        check(&[], "http://localhost", false);
        check(&[], "null", false);
    }

    #[test]
    fn hosts_and_ports_are_compared() {
        check(&["example.org:80"], "http://example.org", true);
        check(&["example.org:80"], "http://Example.ORG:80", true);
        check(&["example.org:443"], "https://example.org", true);
        check(&["example.org:443"], "wss://example.org", true);
        check(&["example.org:443"], "http://example.org", false);
        check(&["example.org:80"], "http://www.example.org", false);
        check(&["a:1", "b:2"], "http://b:2", true);
        check(&["[::1]:80"], "http://[::1]", true);
        check(&["[::1]:81"], "http://[::1]:80", false);
    }

    #[test]
    fn stars_stand_for_everything() {
        check(&["*:8080"], "http://example.org:8080", true);
        check(&["*:8080"], "http://example.org", false);
        check(&["example.org:*"], "https://example.org:1", true);
        check(&["example.org"], "https://example.org:1", true);
        check(&["*:*"], "null", true);
        check(&["*"], "null", true);
        check(&["*:80"], "null", false);
    }

    #[test]
    fn what_is_no_origin_is_from_nowhere() {
        for origin in [
            "",
            "example.org",
            "http://",
            "gopher://example.org",
            "http://a:b",
        ] {
            check(&["*:80", "example.org:*"], origin, false);
        }
        assert!(!Origins::listed(["a"]).unwrap().admit(b"http://\xff"));
    }

    #[test]
    fn an_entry_without_meaning_is_an_error() {
        for entry in ["", ":80", "a:b", "a:99999", "http://a/b"] {
            assert_eq!(
                Origins::listed([entry]).unwrap_err(),
                OriginError(entry.to_owned()),
            );
        }
    }
}
