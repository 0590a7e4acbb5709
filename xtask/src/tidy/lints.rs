//! Every crate obeys the lints of the workspace, and they deny `unsafe`.

use anyhow::{Context as _, Result};
use toml::Table;

use super::violation::Violation;

/// The workspace denies unsafe code.
///
/// # Errors
/// When the manifest is not TOML.
pub(super) fn check_workspace(manifest: &str) -> Result<Option<Violation>> {
    let table: Table = manifest.parse().context("Cargo.toml is not TOML")?;
    let level = value(&table, &["workspace", "lints", "rust", "unsafe_code"]);
    let denies = matches!(level.and_then(toml::Value::as_str), Some("deny" | "forbid"));
    Ok((!denies).then(|| {
        Violation::new(
            "Cargo.toml",
            "unsafe code is not denied: add `unsafe_code = \"deny\"` to [workspace.lints.rust]",
        )
    }))
}

/// A crate takes the lints of the workspace.
///
/// # Errors
/// When the manifest is not TOML.
pub(super) fn check_crate(path: &str, manifest: &str) -> Result<Option<Violation>> {
    let table: Table = manifest
        .parse()
        .with_context(|| format!("{path} is not TOML"))?;
    let takes = value(&table, &["lints", "workspace"]).and_then(toml::Value::as_bool);
    Ok((takes != Some(true)).then(|| {
        Violation::new(
            path,
            "the crate has lints of its own: add `[lints]` with `workspace = true`",
        )
    }))
}

fn value<'a>(table: &'a Table, path: &[&str]) -> Option<&'a toml::Value> {
    let (last, parents) = path.split_last()?;
    let mut table = table;
    for name in parents {
        table = table.get(*name)?.as_table()?;
    }
    table.get(*last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_both(
        manifest: &str,
        check: impl Fn(&str) -> Result<Option<Violation>>,
        expected: bool,
    ) {
        let found = check(manifest).unwrap();
        assert_eq!(found.is_some(), expected, "{manifest}: {found:?}");
    }

    #[test]
    fn a_crate_takes_the_lints_of_the_workspace() {
        let check = |manifest: &str| check_crate("a/Cargo.toml", manifest);
        check_both("[lints]\nworkspace = true", check, false);
        check_both("lints.workspace = true", check, false);
        check_both("[lints]\nworkspace = false", check, true);
        check_both("[package]\nname = \"a\"", check, true);
        check_both("[lints.rust]\nunsafe_code = \"allow\"", check, true);
    }

    #[test]
    fn the_workspace_denies_unsafe_code() {
        let section = |level: &str| format!("[workspace.lints.rust]\nunsafe_code = {level}");
        check_both(&section("\"deny\""), check_workspace, false);
        check_both(&section("\"forbid\""), check_workspace, false);
        check_both(&section("\"warn\""), check_workspace, true);
        check_both("[workspace]", check_workspace, true);
    }

    #[test]
    fn a_manifest_that_is_none_is_an_error() {
        assert!(check_workspace("[").is_err());
        assert!(check_crate("a/Cargo.toml", "=").is_err());
    }
}
