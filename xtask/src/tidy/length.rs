//! Files that can be read in one sitting.

use super::tracked::TrackedFile;
use super::violation::Violation;

/// Lines of a Rust file. Ours have 100 to 400; beyond 800 a file holds more than one noun.
const LINES_MAX: usize = 800;

/// Files that are too long.
pub(super) fn check(file: &TrackedFile) -> Option<Violation> {
    let lines = file.text.lines().count();
    (lines > LINES_MAX).then(|| {
        Violation::new(
            &file.path,
            format!("{lines} lines, at most {LINES_MAX}: give a part of it a name and a file"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tracked::made_up;
    use super::*;

    #[test]
    fn the_longest_file_is_allowed_a_longer_one_is_not() {
        let file = |lines: usize| made_up("a.rs", &"x\n".repeat(lines));
        assert_eq!(check(&file(LINES_MAX)), None);
        assert!(check(&file(LINES_MAX + 1)).is_some());
    }
}
