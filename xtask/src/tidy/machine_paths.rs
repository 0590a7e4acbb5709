//! No paths of somebody's machine.

use super::tracked::TrackedFile;
use super::violation::Violation;

/// This file has to name what it forbids.
const OWN_PATH: &str = "xtask/src/tidy/machine_paths.rs";

/// Directories that exist on the machine of who wrote the line, and nowhere else.
const PLACES: [&str; 3] = ["/home/", "/root/", "/Users/"];

/// Lines that name such a directory; not those in which it is the middle of a path or address.
pub(super) fn check(file: &TrackedFile) -> Vec<Violation> {
    if file.path == OWN_PATH {
        return Vec::new();
    }
    let mut violations = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        if let Some(place) = PLACES.into_iter().find(|place| begins(line, place)) {
            violations.push(Violation::at_line(
                &file.path,
                number + 1,
                format!("`{place}` is a directory of one machine: use a relative path"),
            ));
        }
    }
    violations
}

fn begins(line: &str, place: &str) -> bool {
    let continues = |it: char| it.is_alphanumeric() || "_-.}~*".contains(it);
    line.match_indices(place)
        .filter_map(|(at, _)| line.get(..at))
        .any(|before| !before.ends_with(continues))
}

#[cfg(test)]
mod tests {
    use super::super::tracked::made_up;
    use super::*;

    fn check_line(line: &str, expected: usize) {
        let found = check(&made_up("a.md", line));
        assert_eq!(found.len(), expected, "{line}: {found:?}");
    }

    #[test]
    fn directories_of_one_machine_are_told() {
        check_line("see /home/ada/fanfare", 1);
        check_line("\"/root/.cargo\"", 1);
        check_line("file:///home/ada", 1);
        check_line("(/Users/ada)", 1);
        check_line("a\n/home/a\n/home/b", 2);
    }

    #[test]
    fn middles_of_paths_and_other_words_are_not() {
        check_line("https://example.com/home/page", 0);
        check_line("src/home/shop.rs", 0);
        check_line("{prefix}/root/", 0);
        check_line("/homes/", 0);
    }
}
