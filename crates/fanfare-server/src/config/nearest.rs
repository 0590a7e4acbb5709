//! "Did you mean": the known name that a misspelt one comes nearest to.

/// Finds the name among `known` that `written` was most likely meant to be.
///
/// A name counts as near if its last part is the same (`limits.listen` for `server.listen`), or if
/// at most a third of it has to be changed. Names are `section.key` or just one of the two.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance_between_names(written, name), name))
        .filter(|(distance, name)| {
            *distance <= name.chars().count().max(written.chars().count()) / 3
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn distance_between_names(written: &str, name: &str) -> usize {
    // Right name in the wrong section or in none: nearer than any misspelling.
    if last_part(written) == last_part(name) {
        return 0;
    }
    distance(written, name)
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// Levenshtein distance: characters to insert, remove or replace to make one of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let cost = if from == *to {
                diagonal
            } else {
                1 + diagonal.min(left).min(*cell)
            };
            diagonal = std::mem::replace(cell, cost);
            left = cost;
        }
    }
    row.last().copied().unwrap_or_default()
}
