//! Who may do what: hosts, origins, keys.
//!
//! On a loopback address everybody on this machine may publish and subscribe, and the danger is a
//! browser: a page from anywhere can send requests to `127.0.0.1`, by name (DNS rebinding, so the
//! `Host` must be ours) or by address (so the `Origin`, if there is one, must be of this machine).
//! On any other address publishing takes a key and subscribing an explicit decision, without which
//! the server does not start.

use std::fmt;
use std::sync::Arc;

use fanfare_hub::ChannelName;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, ORIGIN, VARY};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Uri};

use fanfare_relay::Location;
use fanfare_relay::headers::{
    PUBLISHER_ALLOWED, PUBLISHER_EXPOSED, SUBSCRIBER_ALLOWED, SUBSCRIBER_EXPOSED,
};

use crate::config::{Allow, Config, Secret};
use crate::problem::Problem;

const ALLOW_CREDENTIALS: HeaderName = http::header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
const ALLOW_ORIGIN: HeaderName = http::header::ACCESS_CONTROL_ALLOW_ORIGIN;

/// Seconds for which a browser may remember a preflight. Two hours is as long as Chromium does.
const PREFLIGHT_SECONDS: &str = "7200";

/// An application's own word on who may subscribe to what.
#[derive(Clone)]
pub(crate) struct Guard(Arc<dyn Fn(&Parts, &[ChannelName]) -> bool + Send + Sync>);

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Access {
    guard: Option<Guard>,
    is_loopback: bool,
    keys: Vec<Secret>,
    subscribe: Option<Allow>,
    publish_origins: Vec<String>,
    subscribe_origins: Vec<String>,
}

impl Guard {
    pub(crate) fn new(
        allows: impl Fn(&Parts, &[ChannelName]) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(allows))
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl Access {
    pub(crate) fn new(config: &Config, guard: Option<Guard>) -> Self {
        Self {
            guard,
            is_loopback: config.server.listen.ip().is_loopback(),
            keys: config.publish.keys.clone(),
            subscribe: config.subscribe.allow,
            publish_origins: config.publish.cors_origins.clone(),
            subscribe_origins: config.subscribe.cors_origins.clone(),
        }
    }

    /// Checks where a request comes from. Every route but the probes asks this first.
    pub(crate) fn check_source(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        location: Location,
    ) -> Result<(), Problem> {
        let host = host(headers, authority);
        if self.is_loopback && !is_loopback_host(host) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign_host",
                "this server listens on a loopback address and answers only requests for localhost",
            )
            .decided_by("server.listen"));
        }
        match headers.get(ORIGIN) {
            Some(origin) if !self.allows_origin(origin.as_bytes(), host, location) => {
                Err(foreign_origin(location))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the request may publish, create, delete or ask about channels.
    pub(crate) fn check_publisher(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if self.may_publish(headers) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "key_required",
            "publishing takes a key: send it as `Authorization: Bearer KEY`",
        )
        .decided_by("publish.keys"))
    }

    pub(crate) fn may_publish(&self, headers: &HeaderMap) -> bool {
        if self.keys.is_empty() {
            return self.is_loopback;
        }
        let Some(candidate) = bearer(headers) else {
            return false;
        };
        // Every key is compared, so the time says nothing of which one came close.
        self.keys
            .iter()
            .fold(false, |found, key| key.matches(candidate) | found)
    }

    /// True if a WebSocket that this request opens may publish: with a key, if it takes one, and
    /// from a page only if the page's origin may publish.
    pub(crate) fn may_publish_over_socket(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
    ) -> bool {
        let host = host(headers, authority);
        let origin = headers.get(ORIGIN);
        let is_welcome = origin
            .is_none_or(|origin| self.allows_origin(origin.as_bytes(), host, Location::Publisher));
        is_welcome && self.may_publish(headers)
    }

    /// Checks that the request may subscribe.
    pub(crate) fn check_subscriber(&self) -> Result<(), Problem> {
        match self.subscribe {
            Some(Allow::Everyone) => Ok(()),
            None if self.is_loopback => Ok(()),
            _ => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "subscribing_not_allowed",
                "nobody may subscribe here",
            )
            .decided_by("subscribe.allow")),
        }
    }

    /// Checks that the request may hear these channels.
    pub(crate) fn check_channels(
        &self,
        request: &Parts,
        channels: &[ChannelName],
    ) -> Result<(), Problem> {
        match &self.guard {
            Some(Guard(allows)) if !allows(request, channels) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "subscribing_not_allowed",
                "you may not subscribe to this",
            )),
            _ => Ok(()),
        }
    }

    /// Whether channels must be known when a connection is opened.
    pub(crate) fn has_guard(&self) -> bool {
        self.guard.is_some()
    }

    /// The headers that let a page of an allowed origin read an answer; none without `Origin`.
    pub(crate) fn cors(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        location: Location,
    ) -> HeaderMap {
        let Some(origin) = headers.get(ORIGIN) else {
            return HeaderMap::new();
        };
        let host = host(headers, authority);
        if self.allows_origin(origin.as_bytes(), host, location) {
            return welcome(origin, location);
        }
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        headers
    }

    /// What a preflight is answered beyond [`Access::cors`].
    pub(crate) fn preflight(location: Location) -> HeaderMap {
        let allowed = match location {
            Location::Publisher => PUBLISHER_ALLOWED,
            Location::Subscriber => SUBSCRIBER_ALLOWED,
        };
        let mut headers = HeaderMap::new();
        headers.insert(
            http::header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(allowed),
        );
        headers.insert(
            http::header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(location.allow()),
        );
        headers.insert(
            http::header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static(PREFLIGHT_SECONDS),
        );
        headers
    }

    fn allows_origin(&self, origin: &[u8], host: &str, location: Location) -> bool {
        let listed = match location {
            Location::Publisher => &self.publish_origins,
            Location::Subscriber => &self.subscribe_origins,
        };
        let Ok(origin) = std::str::from_utf8(origin) else {
            return false;
        };
        if listed.iter().any(|one| one == "*" || one == origin) {
            return true;
        }
        let Some(origin_host) = origin.split_once("://").map(|(_scheme, host)| host) else {
            return false;
        };
        origin_host == host || (self.is_loopback && is_loopback_host(origin_host))
    }
}

/// The headers that let a page of this origin read an answer.
pub(crate) fn welcome(origin: &HeaderValue, location: Location) -> HeaderMap {
    let exposed = match location {
        Location::Publisher => PUBLISHER_EXPOSED,
        Location::Subscriber => SUBSCRIBER_EXPOSED,
    };
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(ALLOW_ORIGIN, origin.clone());
    headers.insert(ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(
        http::header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(exposed),
    );
    headers
}

/// Whom a request is for. What the target says goes before the header (RFC 9112, section 3.2.2).
fn host<'a>(headers: &'a HeaderMap, authority: Option<&'a str>) -> &'a str {
    let header = || headers.get(HOST)?.to_str().ok();
    authority.or_else(header).unwrap_or_default()
}

fn foreign_origin(location: Location) -> Problem {
    let setting = match location {
        Location::Publisher => "publish.cors_origins",
        Location::Subscriber => "subscribe.cors_origins",
    };
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "pages of this origin may not use this server",
    )
    .decided_by(setting)
}

/// RFC 6750, section 2.1. The scheme's name is not case-sensitive (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, key) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| key.trim_ascii())
}

/// True for the names and addresses under which a machine reaches itself, with any port:
/// `localhost` and names below it (RFC 6761, section 6.3), `127.0.0.0/8`, `[::1]`.
fn is_loopback_host(host: &str) -> bool {
    let Ok(authority) = host.parse::<Uri>().map(Uri::into_parts) else {
        return false;
    };
    let Some(authority) = authority.authority else {
        return false;
    };
    let name = authority.host();
    if let Ok(address) = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return address.is_loopback();
    }
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_loopback_host;

    #[test]
    fn knows_the_names_of_this_machine() {
        for host in [
            "localhost",
            "localhost:7474",
            "LOCALHOST:1",
            "app.localhost:80",
            "127.0.0.1:7474",
            "127.9.9.9",
            "[::1]:7474",
            "[::1]",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn takes_no_other_name_for_this_machine() {
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "notlocalhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::2]",
            "localhost@example.com",
            "a b",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
