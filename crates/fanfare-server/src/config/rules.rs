//! What no setting can check alone: values that depend on one another.

use std::num::NonZeroUsize;

use super::effective::{Effective, Values};
use super::origin::Origin;
use super::problem::Problem;
use super::raw::RawProfile;
use super::setting::{Fallback, Setting};
use super::settings::Profile;
use super::value::Value;

/// First segments of the paths that belong to the server itself.
const TAKEN: [&str; 11] = [
    "api",
    "healthz",
    "metrics",
    "pub",
    "push",
    "readyz",
    "socket.io",
    "sub",
    "update",
    "wpush",
    "ws",
];

/// Puts the number of cores where "one per core" stands.
pub(super) fn settle_shards(values: &mut Values, cores: NonZeroUsize) {
    let shards = values.of("server.shards");
    if shards.value.is_zero() {
        let origin = shards.origin.clone();
        let cores = u64::try_from(cores.get()).unwrap_or(u64::MAX);
        values.set("server.shards", Value::Count(cores), origin);
    }
}

/// Refuses a profile that lacks what every profile has to say.
pub(super) fn check_complete(profile: &RawProfile, problems: &mut Vec<Problem>) {
    let missing = |setting: &&Setting| {
        setting.fallback == Fallback::Required
            && profile.written.iter().all(|w| w.setting.key != setting.key)
    };
    problems.extend(
        Profile::SETTINGS
            .iter()
            .filter(missing)
            .map(|setting| Problem::Value {
                origin: profile.origin.clone(),
                key: setting.key.to_owned(),
                found: "nothing".to_owned(),
                allowed: setting.allowed(),
            }),
    );
}

/// Refuses prefixes under which something else already answers.
pub(super) fn check_prefixes(profiles: &[Values], problems: &mut Vec<Problem>) {
    let mut seen: Vec<(&str, &Origin)> = Vec::new();
    for Effective { value, origin } in profiles.iter().map(|p| p.of("profile.prefix")) {
        // Missing, and reported as such.
        let Value::Text(prefix) = value else { continue };
        if let Some(allowed) = why_taken(prefix, &seen) {
            problems.push(Problem::Value {
                origin: origin.clone(),
                key: "profile.prefix".to_owned(),
                found: format!("{prefix:?}"),
                allowed,
            });
        }
        seen.push((prefix, origin));
    }
}

fn why_taken(prefix: &str, seen: &[(&str, &Origin)]) -> Option<String> {
    let first = prefix.split('/').nth(1).unwrap_or_default();
    if TAKEN.contains(&first) {
        return Some(format!(
            "a path outside of \"/{first}\", which the server itself uses"
        ));
    }
    let (_, origin) = seen.iter().find(|(other, _)| *other == prefix)?;
    Some(format!("a path of its own; this one is taken at {origin}"))
}
