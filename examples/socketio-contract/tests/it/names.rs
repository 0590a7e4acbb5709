//! Transcripts with names where ids and offsets stand.

use std::collections::HashMap;

/// What names stand for, once they were met: `<sid>` is the same everywhere in a transcript.
#[derive(Debug, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// A text with the values of its names.
    pub fn fill(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for (name, value) in &self.0 {
            text = text.replace(&format!("<{name}>"), value);
        }
        text
    }

    /// Compares; new names are learnt.
    #[track_caller]
    pub fn check(&mut self, template: &str, text: &str) {
        let mut rest = text;
        let mut pattern = template;
        while let Some((before, name, after)) = split(pattern) {
            let fits = rest.strip_prefix(before);
            rest = fits.unwrap_or_else(|| panic!("{text:?} is not {template:?}"));
            let length = rest
                .find(|it: char| !it.is_ascii_alphanumeric() && !"_-:.".contains(it))
                .unwrap_or(rest.len());
            let (value, behind) = rest.split_at(length);
            assert!(!value.is_empty(), "{text:?} has no <{name}>: {template:?}");
            let known = self.0.entry(name.to_owned()).or_insert(value.to_owned());
            assert_eq!(known, value, "<{name}> in {text:?}");
            (rest, pattern) = (behind, after);
        }
        assert_eq!(rest, pattern, "{text:?} is not {template:?}");
    }
}

/// What is before the first name, the name, and what is behind it.
fn split(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('<')?;
    let (name, after) = rest.split_once('>')?;
    Some((before, name, after))
}
