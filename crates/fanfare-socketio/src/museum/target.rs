//! What the path of a request means.

use super::limits::DIGITS_MAX;
use super::settings::MuseumSettings;
use super::transport::Transport;

/// What a path names.
///
/// ```text
/// /socket.io/<transport>/<session or empty>/<timestamp or "send">[/<call-back>]
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) transport: Transport,
    /// None asks for a new one.
    pub(super) session: Option<&'a str>,
    /// The number of the client's call-back, digits only. Invariant: there is one exactly if the
    /// transport is JSONP.
    pub(super) callback: Option<&'a str>,
}

/// Why a path that is the museum's means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoCallback;

/// True if this museum serves what is at `path`, well or badly.
pub(super) fn is_claimed(settings: &MuseumSettings, path: &str) -> bool {
    segments(settings, path).is_some()
}

impl<'a> Target<'a> {
    /// Reads a path; `None` if it is not the museum's.
    pub(super) fn read(
        settings: &MuseumSettings,
        path: &'a str,
    ) -> Option<Result<Self, NoCallback>> {
        let (transport, mut rest) = segments(settings, path)?;
        let session = rest.next().filter(|id| !id.is_empty());
        let callback = match (transport, rest.nth(1)) {
            (Transport::JsonpPolling, Some(callback)) if is_number(callback) => Some(callback),
            (Transport::JsonpPolling, _) => return Some(Err(NoCallback)),
            _ => None,
        };
        Some(Ok(Self {
            transport,
            session,
            callback,
        }))
    }
}

/// The transport in a path, and the segments after it.
fn segments<'a>(
    settings: &MuseumSettings,
    path: &'a str,
) -> Option<(Transport, impl Iterator<Item = &'a str> + use<'a>)> {
    let mut segments = below(settings.resource.trim_matches('/'), path)?.split('/');
    let name = segments.next()?;
    let transport = settings.transports.iter().find(|it| it.name() == name)?;
    Some((*transport, segments))
}

/// What comes after the resource and its slash.
fn below<'a>(resource: &str, path: &'a str) -> Option<&'a str> {
    let path = path.strip_prefix('/')?;
    if resource.is_empty() {
        return Some(path);
    }
    path.strip_prefix(resource)?.strip_prefix('/')
}

/// It is written into a script, so nothing else may be in it.
fn is_number(text: &str) -> bool {
    (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target<'a>(
        transport: Transport,
        session: Option<&'a str>,
        callback: Option<&'a str>,
    ) -> Option<Result<Target<'a>, NoCallback>> {
        Some(Ok(Target {
            transport,
            session,
            callback,
        }))
    }

    #[track_caller]
    fn check(path: &str, expected: Option<Result<Target<'_>, NoCallback>>) {
        let settings = MuseumSettings::default();
        let found = Target::read(&settings, path);
        assert_eq!(found, expected, "{path}");
        assert_eq!(is_claimed(&settings, path), expected.is_some(), "{path}");
    }

    #[test]
    fn an_empty_session_is_a_new_one() {
        for path in ["", "/", "//", "//1321000000000"] {
            let path = format!("/socket.io/xhr-polling{path}");
            check(&path, target(Transport::XhrPolling, None, None));
        }
    }

    #[test]
    fn a_session_is_named() {
        for path in ["Zm9v", "Zm9v/1321000000000", "Zm9v/send"] {
            let path = format!("/socket.io/htmlfile/{path}");
            check(&path, target(Transport::HtmlFile, Some("Zm9v"), None));
        }
    }

    /// What is written into a script could otherwise be one.
    #[test]
    fn a_callback_is_a_number() {
        let at = |callback| format!("/socket.io/jsonp-polling//1{callback}");
        let jsonp = |index| target(Transport::JsonpPolling, None, Some(index));
        check(&at("/0"), jsonp("0"));
        check(&at("/12/"), jsonp("12"));
        for bad in [
            "",
            "/",
            "/a",
            "/1;",
            "/-1",
            "/+1",
            "/12345678901",
            "/\u{661}",
        ] {
            check(&at(bad), Some(Err(NoCallback)));
        }
    }

    #[test]
    fn other_paths_are_others() {
        for path in [
            "/",
            "/socket.io",
            "/socket.io/",
            "/socket.io/1/websocket/x",
            "/socket.io/flashsocket",
            "/socket.io/socket.io.js",
            "/socket.iox/websocket",
            "/x/socket.io/websocket",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn slashes_around_the_resource_do_not_count() {
        for (resource, path) in [
            ("socket.io", "/socket.io/websocket"),
            ("/a/b/", "/a/b/websocket"),
            ("/", "/websocket"),
        ] {
            let settings = MuseumSettings {
                resource: resource.to_owned(),
                ..MuseumSettings::default()
            };
            assert!(is_claimed(&settings, path), "{resource}");
        }
    }
}
