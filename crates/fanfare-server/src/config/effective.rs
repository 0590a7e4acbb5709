//! Which value of each setting holds, and where it comes from.

use std::collections::BTreeMap;

use super::literal::Literal;
use super::origin::Origin;
use super::problem::Problem;
use super::raw::Written;
use super::setting::{Fallback, Setting};
use super::value::{Typed, Value};

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Effective {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// One effective value for each setting of a group: all that are written once, or one profile.
///
/// Invariant: holds every key of the table it was made from.
#[derive(Debug, Clone)]
pub(super) struct Values(BTreeMap<&'static str, Effective>);

impl Values {
    /// Takes the last value of each setting, or its fallback, and notes every value that is not
    /// allowed, also those that a later one replaces: nobody wants to meet them another day.
    pub(super) fn resolve(
        settings: impl Iterator<Item = &'static Setting>,
        written: &[Written],
        general: Option<&Self>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let fallbacks = settings.map(|setting| (setting.key, fallback(setting, general)));
        let mut values = Self(fallbacks.collect());
        for written in written {
            match written.setting.read(&written.literal) {
                Ok(value) => values.set(written.setting.key, value, written.origin.clone()),
                Err(found) => problems.push(Problem::Value {
                    origin: written.origin.clone(),
                    key: written.setting.key.to_owned(),
                    found,
                    allowed: written.setting.allowed(),
                }),
            }
        }
        values
    }

    /// Replaces a value.
    pub(super) fn set(&mut self, key: &'static str, value: Value, origin: Origin) {
        self.0.insert(key, Effective { value, origin });
    }

    pub(super) fn of(&self, key: &str) -> &Effective {
        self.0
            .get(key)
            .expect("a key of the table these values were made from")
    }

    /// The value as the type that the table says it has.
    pub(super) fn typed<T: Typed>(&self, key: &str) -> T {
        T::typed(self.of(key).value.clone()).expect("the table pairs each kind with a type it fits")
    }
}

fn fallback(setting: &Setting, general: Option<&Values>) -> Effective {
    let value = match (setting.fallback, general) {
        (Fallback::Default(text), _) => setting
            .read(&Literal::Untyped(text.to_owned()))
            .expect("defaults in the table are allowed values"),
        (Fallback::Inherits(key), Some(general)) => {
            let value = general.of(key).value.clone();
            return Effective {
                value,
                origin: Origin::Inherited { key },
            };
        }
        (Fallback::Inherits(_), None) | (Fallback::Required | Fallback::Unset, _) => Value::Unset,
    };
    Effective {
        value,
        origin: Origin::Default,
    }
}
