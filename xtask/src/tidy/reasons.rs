//! Every dependency has a reason.

use super::violation::Violation;

/// Each line of `[workspace.dependencies]` says behind it what the dependency is for; crates of
/// our own need no reason.
pub(super) fn check(manifest: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut is_inside = false;
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            is_inside = line.starts_with("[workspace.dependencies]");
        } else if is_inside
            && let Some(name) = dependency(line)
            && reason(line).is_none_or(str::is_empty)
        {
            violations.push(Violation::at_line(
                "Cargo.toml",
                number + 1,
                format!("`{name}` has no reason: add `# what it is for` at the end of the line"),
            ));
        }
    }
    violations
}

/// The name before the equals sign, unless the crate is our own.
fn dependency(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    let is_ours = value.contains("path =") || value.contains("path=");
    let is_comment = name.trim_start().starts_with('#');
    (!is_ours && !is_comment).then_some(name.trim())
}

/// What stands behind the first `#` that is not in a string.
fn reason(line: &str) -> Option<&str> {
    let mut is_quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '#' if !is_quoted => return line.get(at + 1..).map(str::trim),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::violation::places;
    use super::*;

    fn check_section(dependencies: &str, expected: &[&str]) {
        let text =
            format!("[workspace]\nresolver = \"3\"\n[workspace.dependencies]\n{dependencies}\n");
        let found = check(&text);
        assert_eq!(places(&found), expected, "{found:?}");
    }

    #[test]
    fn a_reason_at_the_end_is_enough() {
        check_section("slab = \"0.4\" # the table of connections", &[]);
    }

    #[test]
    fn no_reason_and_an_empty_one_are_told() {
        check_section(
            "a = \"1\"\nb = \"1\" #\nc = \"1\" # c",
            &["Cargo.toml:4", "Cargo.toml:5"],
        );
    }

    #[test]
    fn a_hash_in_a_string_is_no_reason() {
        check_section(
            "a = { version = \"1\", package = \"a#b\" }",
            &["Cargo.toml:4"],
        );
    }

    #[test]
    fn our_own_crates_comments_and_other_sections_need_none() {
        check_section(
            "fanfare-hub = { path = \"crates/fanfare-hub\" }\n\n# x = y",
            &[],
        );
        check_section("[profile.release]\nlto = \"thin\"", &[]);
    }
}
