//! Ids that nobody can guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 120 random bits as 20 characters that are safe everywhere. The length is that of the reference,
/// by which others in a cluster tell ids from rooms.
pub(crate) fn id() -> String {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
