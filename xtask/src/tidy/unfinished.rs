//! Nothing unfinished reaches the main branch.

use super::tracked::TrackedFile;
use super::violation::Violation;

/// This file has to name what it forbids.
const OWN_PATH: &str = "xtask/src/tidy/unfinished.rs";

/// Tests that are switched off, code that is not there yet, and notes without an issue.
pub(super) fn check(file: &TrackedFile) -> Vec<Violation> {
    if file.path == OWN_PATH {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(number, line)| {
            Some(Violation::at_line(&file.path, number + 1, advice(line)?))
        })
        .collect()
}

fn advice(line: &str) -> Option<&'static str> {
    if line.contains("#[ignore") || (line.contains("cfg_attr(") && has_word(line, "ignore")) {
        Some("a test is switched off: assert what happens today and say what is wrong with it")
    } else if has_word(line, "todo!") || has_word(line, "unimplemented!") {
        Some("code is missing: write it, or return an error that says so")
    } else if has_word(line, "FIXME") {
        Some("FIXME: fix it before it is merged, or write `TODO #ISSUE`")
    } else if has_word(line, "TODO") && !names_issue(line) {
        Some("TODO without an issue: write `TODO #ISSUE`")
    } else {
        None
    }
}

/// True if the word stands in the line, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let (_, after) = rest.split_at(word.len());
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// True if an issue is named after the word, as in `TODO #12` or `TODO(#12)`.
fn names_issue(line: &str) -> bool {
    line.split_once("TODO")
        .and_then(|(_, after)| after.split_once('#'))
        .is_some_and(|(_, number)| number.starts_with(|it: char| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::tracked::made_up;
    use super::super::violation::places;
    use super::*;

    fn check_line(line: &str, expected: bool) {
        let found = check(&made_up("a.rs", &format!("\n{line}\n")));
        let places = places(&found);
        assert_eq!(
            places,
            if expected { vec!["a.rs:2"] } else { vec![] },
            "{line}"
        );
    }

    #[test]
    fn unfinished_things_are_told() {
        check_line("    #[ignore]", true);
        check_line("    #[ignore = \"slow\"]", true);
        check_line("#[cfg_attr(windows, ignore)]", true);
        check_line("    todo!(\"later\")", true);
        check_line("    None => unimplemented!(),", true);
        check_line("// FIXME", true);
        check_line("// TODO: think", true);
        check_line("// TODO #soon", true);
    }

    #[test]
    fn finished_things_are_not() {
        check_line("// TODO #12: think", false);
        check_line("// TODO(#12)", false);
        check_line("let ignored = todos.len();", false);
        check_line("const TODOS: usize = 1;", false);
        check_line("mytodo!()", false);
    }

    #[test]
    fn the_rule_may_name_what_it_forbids() {
        assert_eq!(check(&made_up(OWN_PATH, "// FIXME")), []);
    }
}
