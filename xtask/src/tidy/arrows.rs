//! Who may depend on whom.
//!
//! The table stands in `ARCHITECTURE.md` with its reasons; this is the copy that is enforced.
//! Dependencies of tests may point anywhere: they end in no library.

use crate::cargo::{Dependency, Package, Workspace};

use super::violation::Violation;

/// What a crate may know of the others.
#[derive(Clone, Copy, Debug)]
struct Rule {
    name: &'static str,
    /// Whether it is for users; what is not, no user's crate may depend on.
    published: bool,
    may_know: Knowledge,
}

#[derive(Clone, Copy, Debug)]
enum Knowledge {
    /// Every crate, also unpublished ones.
    All,
    /// Only these, and these only behind a feature.
    Only {
        always: &'static [&'static str],
        optional: &'static [&'static str],
    },
    /// Every published crate.
    Published,
}

const NOTHING: Knowledge = only(&[]);

const RULES: &[Rule] = &[
    published("fanfare-hub", NOTHING),
    published("fanfare-websocket", NOTHING),
    published("fanfare-link", only(&["fanfare-hub"])),
    published("fanfare-relay", only(&["fanfare-hub"])),
    published(
        "fanfare-socketio",
        only(&["fanfare-hub", "fanfare-websocket"]),
    ),
    published(
        "fanfare-sse",
        Knowledge::Only {
            always: &[],
            optional: &["fanfare-hub"],
        },
    ),
    published("fanfare-server", Knowledge::Published),
    private("fanfare-testkit", Knowledge::All),
    private("xtask", NOTHING),
];

/// Every dependency between crates of the workspace that the table does not allow.
pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in &workspace.packages {
        let place = package.manifest_in(&workspace.root);
        violations.extend(
            check_package(package)
                .into_iter()
                .map(|advice| Violation::new(place.clone(), advice)),
        );
    }
    violations
}

fn check_package(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some(rule) = rule(name) else {
        return vec![format!(
            "`{name}` is not in the table of crates: add it to ARCHITECTURE.md and to \
             xtask/src/tidy/arrows.rs"
        )];
    };
    let mut advice = Vec::new();
    let is_published = package.publish.as_ref().is_none_or(|them| !them.is_empty());
    if is_published && !rule.published {
        advice.push(format!("`{name}` is not for users: add `publish = false`"));
    } else if !is_published && rule.published {
        advice.push(format!("`{name}` is for users: remove `publish = false`"));
    }
    let ours = |it: &&Dependency| it.path.is_some() && it.kind.as_deref() != Some("dev");
    for dependency in package.dependencies.iter().filter(ours) {
        advice.extend(refusal(rule, dependency));
    }
    advice
}

fn refusal(rule: &Rule, dependency: &Dependency) -> Option<String> {
    let (name, other) = (rule.name, dependency.name.as_str());
    match rule.may_know {
        Knowledge::All => None,
        Knowledge::Only { always, .. } if always.contains(&other) => None,
        Knowledge::Only { optional, .. } if optional.contains(&other) => (!dependency.optional)
            .then(|| {
                format!("`{name}` may know `{other}` only behind a feature: add `optional = true`")
            }),
        Knowledge::Published if self::rule(other).is_some_and(|it| it.published) => None,
        Knowledge::Only { .. } | Knowledge::Published => Some(format!(
            "`{name}` must not know `{other}`: remove the dependency, or change the table in \
             ARCHITECTURE.md with a reason"
        )),
    }
}

fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

const fn only(always: &'static [&'static str]) -> Knowledge {
    Knowledge::Only {
        always,
        optional: &[],
    }
}

const fn published(name: &'static str, may_know: Knowledge) -> Rule {
    Rule {
        name,
        published: true,
        may_know,
    }
}

const fn private(name: &'static str, may_know: Knowledge) -> Rule {
    Rule {
        name,
        published: false,
        may_know,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a crate with dependencies written as `name`, `name?` (optional) or `dev:name`, and
    /// tells which words of the advice are there.
    fn check(name: &str, publish: bool, dependencies: &[&str], expected: &[&str]) {
        let package = Package {
            name: name.to_owned(),
            manifest: "Cargo.toml".into(),
            publish: (!publish).then(Vec::new),
            dependencies: dependencies.iter().map(|it| dependency(it)).collect(),
        };
        let found = check_package(&package);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (advice, words) in found.iter().zip(expected) {
            assert!(advice.contains(words), "{advice} lacks {words}");
        }
    }

    fn dependency(text: &str) -> Dependency {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (Some(kind.to_owned()), name),
            None => (None, text),
        };
        Dependency {
            name: name.trim_end_matches('?').to_owned(),
            kind,
            optional: name.ends_with('?'),
            path: name.starts_with("fanfare-").then(|| "elsewhere".into()),
        }
    }

    #[test]
    fn arrows_of_the_table_are_allowed() {
        check("fanfare-hub", true, &["bytes", "thiserror"], &[]);
        check("fanfare-link", true, &["fanfare-hub", "tokio"], &[]);
        check("fanfare-sse", true, &["fanfare-hub?"], &[]);
        check(
            "fanfare-server",
            true,
            &["fanfare-link", "fanfare-websocket"],
            &[],
        );
        check(
            "fanfare-testkit",
            false,
            &["fanfare-server", "fanfare-hub"],
            &[],
        );
    }

    #[test]
    fn other_arrows_are_refused() {
        check(
            "fanfare-hub",
            true,
            &["fanfare-link"],
            &["must not know `fanfare-link`"],
        );
        check(
            "fanfare-relay",
            true,
            &["fanfare-hub", "fanfare-sse?"],
            &["must not know `fanfare-sse`"],
        );
        check(
            "fanfare-websocket",
            true,
            &["build:fanfare-hub"],
            &["must not know"],
        );
    }

    #[test]
    fn an_optional_arrow_has_to_be_optional() {
        check(
            "fanfare-sse",
            true,
            &["fanfare-hub"],
            &["only behind a feature"],
        );
    }

    #[test]
    fn tests_may_depend_on_anything() {
        check(
            "fanfare-hub",
            true,
            &["dev:fanfare-server", "dev:fanfare-testkit"],
            &[],
        );
    }

    #[test]
    fn the_unpublished_stay_out_of_what_users_get() {
        check(
            "fanfare-server",
            true,
            &["fanfare-testkit"],
            &["must not know `fanfare-testkit`"],
        );
        check("fanfare-testkit", true, &[], &["add `publish = false`"]);
        check("fanfare-hub", false, &[], &["remove `publish = false`"]);
    }

    #[test]
    fn a_new_crate_has_to_be_in_the_table() {
        check("fanfare-carrier-pigeon", true, &[], &["not in the table"]);
    }
}
