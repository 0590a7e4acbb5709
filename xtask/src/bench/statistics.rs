//! The little statistics that the table needs.

use std::collections::BTreeMap;

/// What was measured, by round; a round may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples(BTreeMap<usize, f64>);

impl Samples {
    pub(super) fn insert(&mut self, round: usize, value: f64) {
        self.0.insert(round, value);
    }

    /// In the order of the rounds.
    pub(super) fn values(&self) -> Vec<f64> {
        self.0.values().copied().collect()
    }

    pub(super) fn median(&self) -> Option<f64> {
        median(self.values())
    }

    /// The smallest and the greatest.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let smallest = self.0.values().copied().min_by(f64::total_cmp)?;
        let greatest = self.0.values().copied().max_by(f64::total_cmp)?;
        Some((smallest, greatest))
    }

    /// How many times as much as the least of some others in the same round: the median over the
    /// rounds. The servers of a round ran one after the other, so that what else the machine did
    /// weighs on all.
    pub(super) fn ratio(&self, others: &[&Self]) -> Option<f64> {
        let ratio = |(round, ours): (&usize, &f64)| {
            let theirs = others
                .iter()
                .filter_map(|other| other.0.get(round).copied());
            let theirs = theirs.min_by(f64::total_cmp)?;
            (theirs > 0.0).then_some(ours / theirs)
        };
        median(self.0.iter().filter_map(ratio).collect())
    }
}

/// The value in the middle, or half way between the two there.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The smallest value that so many thousandths of all are not above. Sorts the values.
pub(super) fn permille(values: &mut [u64], thousandths: usize) -> Option<u64> {
    values.sort_unstable();
    let rank = (values.len() * thousandths).div_ceil(1000);
    values.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[(usize, f64)]) -> Samples {
        Samples(values.iter().copied().collect())
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let ours = samples(&[(0, 2.0), (1, 9.0), (2, 3.0)]);
        let floor = samples(&[(0, 1.0), (1, 3.0), (2, 3.0)]);
        assert_eq!(ours.ratio(&[&floor]), Some(2.0));
        assert_eq!(ours.ratio(&[&samples(&[(1, 3.0)])]), Some(3.0));
        assert_eq!(ours.ratio(&[&samples(&[(1, 0.0)])]), None);
        let better = samples(&[(1, 2.0), (2, 1.0)]);
        assert_eq!(ours.ratio(&[&floor, &better]), Some(3.0));
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let mut values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(permille(&mut values, 500), Some(100));
        assert_eq!(permille(&mut values, 990), Some(198));
        assert_eq!(permille(&mut values, 1000), Some(200));
        assert_eq!(permille(&mut [], 500), None);
    }
}
