//! Names of namespaces.

use std::fmt;
use std::sync::Arc;

use crate::limits::NAMESPACE_BYTES_MAX;

/// The name of a namespace: begins with a slash, has no comma. Cloning is cheap, the main one
/// costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamespaceName(
    /// Invariant: not `/`, which is `None`.
    Option<Arc<str>>,
);

/// Why a text does not name a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// On the wire the name ends at a comma.
    #[error("the name of a namespace cannot contain a comma")]
    Comma,
    /// On the wire a name is told from what follows by its slash.
    #[error("the name of a namespace begins with a slash")]
    NoSlash,
    /// Too long.
    #[error("the name of a namespace has at most {NAMESPACE_BYTES_MAX} bytes")]
    TooLong,
}

impl NamespaceName {
    /// The one that every connection may have without naming it.
    pub const MAIN: Self = Self(None);

    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(name: &str) -> Result<Self, NameError> {
        match name {
            "/" => Ok(Self::MAIN),
            _ if name.len() > NAMESPACE_BYTES_MAX => Err(NameError::TooLong),
            _ if !name.starts_with('/') => Err(NameError::NoSlash),
            _ if name.contains(',') => Err(NameError::Comma),
            _ => Ok(Self(Some(name.into()))),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("/")
    }

    /// True for [`NamespaceName::MAIN`].
    pub fn is_main(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for NamespaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
