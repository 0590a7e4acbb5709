//! Every effective value and where it comes from: what `fanfare check` prints.

use std::fmt;

use serde_json::json;

use super::effective::{Effective, Values};
use super::setting::Setting;
use super::settings::{Profile, settings};

/// Characters of the widest value that others are aligned with; a longer one pushes its origin out.
const VALUE_COLUMN_MAX: usize = 40;

/// A configuration, laid open. `Display` is an aligned table for people; secrets are counted, not
/// shown.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    rows: Vec<Row<'a>>,
}

#[derive(Debug, Clone)]
struct Row<'a> {
    key: String,
    setting: &'static Setting,
    effective: &'a Effective,
}

impl<'a> Explanation<'a> {
    pub(super) fn new(general: &'a Values, profiles: &'a [Values]) -> Self {
        let once = settings().map(|setting| Row {
            key: setting.key.to_owned(),
            setting,
            effective: general.of(setting.key),
        });
        let repeated = profiles.iter().enumerate().flat_map(|(index, values)| {
            Profile::SETTINGS.iter().map(move |setting| Row {
                key: format!("{}[{index}].{}", setting.section(), setting.name()),
                setting,
                effective: values.of(setting.key),
            })
        });
        Self {
            rows: once.chain(repeated).collect(),
        }
    }

    /// The same for programs: `{"settings": [{"key", "value", "from"}, …]}`.
    ///
    /// Counts are numbers, switches are booleans, durations and sizes are text with their unit,
    /// what is unset is null. `from.source` is `default`, `environment`, `file`, `flag` or
    /// `inherited`; the other members of `from` say where exactly.
    pub fn to_json(&self) -> serde_json::Value {
        let settings: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "key": row.key,
                    "value": row.effective.value.to_json(),
                    "from": row.effective.origin.to_json(),
                })
            })
            .collect();
        json!({ "settings": settings })
    }
}

impl Row<'_> {
    fn value(&self) -> String {
        let value = &self.effective.value;
        match self.setting.zero.filter(|_| value.is_zero()) {
            Some(meaning) => format!("{value} ({meaning})"),
            None => value.to_string(),
        }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.rows.iter().map(Row::value).collect();
        let key_width = self
            .rows
            .iter()
            .map(|row| row.key.len())
            .max()
            .unwrap_or_default();
        let lengths = values.iter().map(|value| value.chars().count());
        let value_width = lengths
            .filter(|l| *l <= VALUE_COLUMN_MAX)
            .max()
            .unwrap_or_default();
        write!(
            f,
            "{:key_width$}  {:value_width$}  from",
            "setting", "value"
        )?;
        self.rows.iter().zip(&values).try_for_each(|(row, value)| {
            let Row { key, effective, .. } = row;
            write!(
                f,
                "\n{key:key_width$}  {value:value_width$}  {}",
                effective.origin
            )
        })
    }
}
