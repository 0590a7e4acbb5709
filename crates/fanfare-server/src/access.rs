//! Who may do what: hosts, origins, keys.
//!
//! On a loopback address everybody on this machine may publish and subscribe, and the danger is a
//! browser: a page from anywhere can send requests to `127.0.0.1`, by name (DNS rebinding, so the
//! `Host` must be ours) or by address (so the `Origin`, if there is one, must be of this machine).
//! What a page embeds, an image for instance, is asked for without `Origin`: then browsers say in
//! `Sec-Fetch-Site` that it is for a page from elsewhere. Such a page could read nothing, but it
//! could take a place, and the seat of whoever listens where one takes over from the other.
//! On any other address publishing takes a key and subscribing an explicit decision, without which
//! the server does not start.

mod host;

use std::fmt;
use std::sync::Arc;

use fanfare_hub::ChannelName;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, ORIGIN, VARY};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use fanfare_relay::Location;
use fanfare_relay::headers::{
    PUBLISHER_ALLOWED, PUBLISHER_EXPOSED, SUBSCRIBER_ALLOWED, SUBSCRIBER_EXPOSED,
};

use self::host::{host, is_loopback, is_loopback_host};
use crate::config::{Allow, Config, Secret};
use crate::problem::{Problem, WRONG_KEY};

const ALLOW_CREDENTIALS: HeaderName = http::header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
const ALLOW_ORIGIN: HeaderName = http::header::ACCESS_CONTROL_ALLOW_ORIGIN;

/// What a request is for, and whose it is, as browsers say it (Fetch Metadata Request Headers,
/// section 2). Pages cannot set these.
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Seconds for which a browser may remember a preflight. Two hours is as long as Chromium does.
const PREFLIGHT_SECONDS: &str = "7200";

/// True for a request that may hear these channels.
type Allows = dyn Fn(&Parts, &[ChannelName]) -> bool + Send + Sync;

/// An application's own word on who may subscribe to what.
#[derive(Clone)]
pub(crate) struct Guard(Arc<Allows>);

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
            is_loopback: is_loopback(config.server.listen.ip()),
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
        match only_origin(headers)? {
            Some(origin) if !self.allows_origin(origin.as_bytes(), host, location) => {
                Err(foreign_origin(location))
            }
            None if self.is_loopback && is_embedded(headers) && !self.allows_all(location) => {
                Err(cross_site(location))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the request may publish, create, delete or ask about channels.
    pub(crate) fn check_publisher(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if self.may_publish(headers) {
            return Ok(());
        }
        Err(no_key(headers, "publishing takes"))
    }

    /// Checks that the request may read the metrics: anybody on this machine, beyond it whoever may
    /// publish.
    pub(crate) fn check_scraper(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if self.is_loopback || self.may_publish(headers) {
            return Ok(());
        }
        Err(no_key(headers, "the metrics take"))
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
        let host = host(headers, authority);
        match only_origin(headers) {
            Ok(None) => HeaderMap::new(),
            Ok(Some(origin)) if self.allows_origin(origin.as_bytes(), host, location) => {
                welcome(origin, location)
            }
            _ => {
                let mut headers = HeaderMap::new();
                headers.insert(VARY, HeaderValue::from_static("Origin"));
                headers
            }
        }
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
        let Ok(origin) = std::str::from_utf8(origin) else {
            return false;
        };
        if self.allows_all(location) || self.origins(location).iter().any(|one| one == origin) {
            return true;
        }
        let Some(origin_host) = origin.split_once("://").map(|(_scheme, host)| host) else {
            return false;
        };
        origin_host == host || (self.is_loopback && is_loopback_host(origin_host))
    }

    fn allows_all(&self, location: Location) -> bool {
        self.origins(location).iter().any(|one| one == "*")
    }

    /// The origins that are allowed beside our own.
    fn origins(&self, location: Location) -> &[String] {
        match location {
            Location::Publisher => &self.publish_origins,
            Location::Subscriber => &self.subscribe_origins,
        }
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

/// The page that asks. Of two, which one counts would depend on who reads them.
fn only_origin(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Problem> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next();
    if origins.next().is_some() {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "ambiguous_origin",
            "a request has at most one `Origin`",
        ));
    }
    Ok(origin)
}

/// True for what a page from elsewhere loads without saying which page it is. A link that somebody
/// follows is none of that: the browser leaves the page and shows where it is.
fn is_embedded(headers: &HeaderMap) -> bool {
    let says = |name, value| headers.get(name).is_some_and(|said| said == value);
    says(SEC_FETCH_SITE, "cross-site") && !says(SEC_FETCH_DEST, "document")
}

fn cross_site(location: Location) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "pages from elsewhere may not embed what this server sends; with the attribute \
         `crossorigin` the browser says which page asks",
    )
    .decided_by(origins_setting(location))
}

fn foreign_origin(location: Location) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "pages of this origin may not use this server",
    )
    .decided_by(origins_setting(location))
}

fn origins_setting(location: Location) -> &'static str {
    match location {
        Location::Publisher => "publish.cors_origins",
        Location::Subscriber => "subscribe.cors_origins",
    }
}

/// What is told who has no key, or has sent one that is not ours. `purpose` begins the sentence:
/// `publishing takes`.
fn no_key(headers: &HeaderMap, purpose: &str) -> Problem {
    let (code, message) = match bearer(headers) {
        None => (
            "key_required",
            format!("{purpose} a key: send it as `Authorization: Bearer KEY`"),
        ),
        Some(_) => (
            WRONG_KEY,
            "the key that was sent is none of this server's".to_owned(),
        ),
    };
    Problem::new(StatusCode::UNAUTHORIZED, code, message).decided_by("publish.keys")
}

/// RFC 6750, section 2.1. The scheme's name is not case-sensitive (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, key) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| key.trim_ascii())
}
