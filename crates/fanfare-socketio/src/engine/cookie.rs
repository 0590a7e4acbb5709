//! The cookie by which load balancers keep a session at one node.

use http::HeaderValue;

/// What the answer to a handshake sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// What follows the value, without the first semicolon.
    pub attributes: String,
}

impl Default for Cookie {
    /// The reference's.
    fn default() -> Self {
        Self {
            name: "io".to_owned(),
            attributes: "Path=/; HttpOnly; SameSite=Lax".to_owned(),
        }
    }
}

impl Cookie {
    /// The field's value. `None` if the settings do not make one.
    pub(super) fn value(&self, sid: &str) -> Option<HeaderValue> {
        let Self { name, attributes } = self;
        let value = match &attributes[..] {
            "" => format!("{name}={sid}"),
            attributes => format!("{name}={sid}; {attributes}"),
        };
        HeaderValue::try_from(value).ok()
    }
}
