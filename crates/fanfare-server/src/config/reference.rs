//! Documents made from the table of settings: the sample file and the reference.

use std::fmt::Write as _;

use super::kind::Kind;
use super::setting::{Fallback, Setting};
use super::settings::{PROFILE, Profile, SECTIONS};

/// A configuration file with every setting at its default, each one commented out.
pub fn sample() -> String {
    let mut text = String::from(
        "# Configuration of Fanfare. Every setting is shown with its default.\n\
         # Flags and environment variables (FANFARE_SECTION__KEY) go before this file.\n",
    );
    for settings in SECTIONS {
        push_section(&mut text, "", settings);
    }
    push_section(&mut text, "# ", Profile::SETTINGS);
    text
}

/// The beginning of the reference.
const INTRODUCTION: &str = "# Configuration\n\n\
    Every setting has a default, and each can be written in four places: as a flag\n\
    (`--set limits.head_time=5s`), as an environment variable (`FANFARE_LIMITS__HEAD_TIME=5s`), in a\n\
    TOML file that `--config` names, or not at all; the first of these that has it decides. Variables\n\
    that hold secrets may name a file instead: `FANFARE_PUBLISH__KEYS_FILE`. What is unknown or\n\
    misspelt is an error. `fanfare check` shows every value and where it comes from.\n";

/// What no single setting of a profile says.
const PROFILES: &str = "\
    May be written several times, once for each path prefix. Profiles differ in how they speak and\n\
    share the channels: `/nchan/pub/x` publishes to the same channel `x` as `/pub/x`.\n\n";

/// The reference of all settings: an introduction, and a Markdown table for each section.
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    for settings in SECTIONS.into_iter().chain([Profile::SETTINGS]) {
        push(&mut text, format_args!("\n## `{}`\n\n", header(settings)));
        if settings.first().map(Setting::section) == Some(PROFILE) {
            text.push_str(PROFILES);
        }
        text.push_str("| key | default | allowed | what it is for |\n|---|---|---|---|\n");
        for setting in settings {
            let Setting { about, .. } = setting;
            let (name, allowed) = (setting.name(), setting.allowed());
            push(
                &mut text,
                format_args!(
                    "| `{name}` | {} | {allowed} | {about} |\n",
                    default_cell(setting)
                ),
            );
        }
    }
    text
}

fn push_section(text: &mut String, comment: &str, settings: &[Setting]) {
    push(text, format_args!("\n{comment}{}\n", header(settings)));
    for setting in settings {
        let (name, about, allowed) = (setting.name(), setting.about, setting.allowed());
        push(text, format_args!("\n# {about}\n# Allowed: {allowed}.\n"));
        match setting.fallback {
            Fallback::Default(default) => {
                push(
                    text,
                    format_args!("# {name} = {}\n", toml_value(&setting.kind, default)),
                );
            }
            Fallback::Inherits(key) => push(text, format_args!("# {name}: that of {key}\n")),
            Fallback::Required => push(text, format_args!("# {name}: has to be written\n")),
            Fallback::Unset => push(text, format_args!("# {name}: not decided\n")),
        }
    }
}

fn header(settings: &[Setting]) -> String {
    match settings.first().map(Setting::section) {
        Some(PROFILE) => format!("[[{PROFILE}]]"),
        section => format!("[{}]", section.unwrap_or_default()),
    }
}

fn default_cell(setting: &Setting) -> String {
    match setting.fallback {
        Fallback::Default(default) => format!("`{}`", toml_value(&setting.kind, default)),
        Fallback::Inherits(key) => format!("`{key}`"),
        Fallback::Required => "none, required".to_owned(),
        Fallback::Unset => "not decided".to_owned(),
    }
}

/// A default, which the table has in the form of a flag, as TOML has it.
fn toml_value(kind: &Kind, default: &str) -> String {
    match kind {
        Kind::Count(_) | Kind::Switch => default.to_owned(),
        Kind::Origins | Kind::OriginsOrAll | Kind::Secrets => format!("[{default}]"),
        _ => format!("{default:?}"),
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string takes any text");
}
