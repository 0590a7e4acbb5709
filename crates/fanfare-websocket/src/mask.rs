//! Masking (RFC 6455, section 5.3).

/// Masks or unmasks `bytes` in place, eight at a time.
pub(crate) fn apply(bytes: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for chunk in words {
        *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

/// The key for what follows `passed` bytes.
pub(crate) fn advance(mut key: [u8; 4], passed: usize) -> [u8; 4] {
    key.rotate_left(passed % 4);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_meets_its_own_byte_of_the_key_wherever_the_cut_is() {
        let key = [1, 20, 77, 255];
        for length in 0..40 {
            let plain: Vec<u8> = (0..length).collect();
            let expected: Vec<u8> = plain
                .iter()
                .zip(key.iter().cycle())
                .map(|(b, k)| b ^ k)
                .collect();
            for cut in 0..=plain.len() {
                let mut bytes = plain.clone();
                let (head, tail) = bytes.split_at_mut(cut);
                apply(head, key);
                apply(tail, advance(key, cut));
                assert_eq!(bytes, expected, "{length} bytes cut at {cut}");
            }
        }
    }
}
