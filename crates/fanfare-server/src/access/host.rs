//! Whom a request is for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;
use http::header::HOST;

/// Whom a request is for. What the target says goes before the header (RFC 9112, section 3.2.2).
pub(super) fn host<'a>(headers: &'a HeaderMap, authority: Option<&'a str>) -> &'a str {
    let header = || headers.get(HOST)?.to_str().ok();
    authority.or_else(header).unwrap_or_default()
}

/// True for the names and addresses under which a machine reaches itself, with any port:
/// `localhost` and names below it (RFC 6761, section 6.3), `127.0.0.0/8`, `[::1]`. Anything else
/// that an authority may have, such as a user, is none of them.
pub(super) fn is_loopback_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    is_port(port) && is_loopback_name(name)
}

/// A port may be left empty (RFC 3986, section 3.2.3).
fn is_port(port: &str) -> bool {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    port.is_empty() || is_number && port.parse::<u16>().is_ok()
}

fn is_loopback_name(name: &str) -> bool {
    let literal = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    if let Some(literal) = literal {
        let address = literal.parse::<Ipv6Addr>();
        return address.is_ok_and(|address| is_loopback(address.into()));
    }
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return address.is_loopback();
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") && name.bytes().all(is_letter)
}

/// `::ffff:127.0.0.1` is 127.0.0.1.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::is_loopback_host;

    #[test]
    fn knows_the_names_of_this_machine() {
        for host in [
            "localhost",
            "localhost:7474",
            "localhost:",
            "LOCALHOST:1",
            "app.localhost:80",
            "my_app-2.localhost",
            "127.0.0.1:7474",
            "127.9.9.9",
            "[::1]:7474",
            "[::1]",
            "[::ffff:127.0.0.1]:80",
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
            "::1",
            "[127.0.0.1]",
            "[localhost]",
            "[::1",
            "localhost@example.com",
            "example.com@localhost",
            "user@127.0.0.1:7474",
            "user@app.localhost",
            "user:password@localhost",
            "127.0.0.1:abc",
            "127.0.0.1:80:80",
            "localhost:65536",
            "localhost:+80",
            "localhost:80/",
            "localhost:-1",
            "a b",
            "a b.localhost",
            "example.com/.localhost",
            "localhost, example.com",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
