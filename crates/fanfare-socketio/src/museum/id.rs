//! Session ids that nobody guesses.

/// Characters of an id: 131 random bits.
const LENGTH: usize = 22;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random bytes from here on would make the first digits more likely than the last.
const FAIR: u8 = 62 * 4;

/// A fresh id of digits and letters, as old clients and their applications know them.
///
/// # Errors
/// The system has no random numbers: refuse to open a session.
pub(super) fn fresh() -> Result<String, getrandom::Error> {
    let mut id = String::with_capacity(LENGTH);
    let mut random = [0; 2 * LENGTH];
    while id.len() < LENGTH {
        getrandom::fill(&mut random)?;
        let digits = random
            .iter()
            .filter(|&&byte| byte < FAIR)
            .filter_map(|&byte| DIGITS.get(usize::from(byte) % DIGITS.len()))
            .map(|&digit| char::from(digit));
        id.extend(digits.take(LENGTH - id.len()));
    }
    Ok(id)
}
