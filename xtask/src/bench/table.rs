//! What comes out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use super::conditions::Conditions;
use super::contestant::{Comparison, Contestant, comparisons};
use super::options::Options;
use super::plan::{Faults, Findings, Plan};
use super::row::Row;
use super::scenario::{BACKLOG_BYTES_MAX, SEND_BUFFER_BYTES, Scenario};
use super::statistics::Samples;

/// Figures of all rounds.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    comparisons: Vec<Comparison>,
    failures: Vec<String>,
}

#[derive(Debug)]
struct Column {
    contestant: Contestant,
    rows: BTreeMap<Row, Samples>,
    faults: Faults,
}

const TITLE_WIDTH: usize = 42;
const CELL_WIDTH: usize = 24;
const RATIO_WIDTH: usize = 18;

impl Table {
    pub(super) fn new(contestants: &[Contestant]) -> Self {
        let columns = contestants
            .iter()
            .map(|contestant| Column {
                contestant: *contestant,
                rows: BTreeMap::new(),
                faults: Faults::default(),
            })
            .collect();
        Self {
            columns,
            comparisons: comparisons(contestants),
            failures: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, contestant: Contestant, round: usize, findings: &Findings) {
        let Some(column) = self
            .columns
            .iter_mut()
            .find(|it| it.contestant == contestant)
        else {
            return;
        };
        column.faults += findings.faults;
        for (row, value) in &findings.values {
            column.rows.entry(*row).or_default().insert(round, *value);
        }
    }

    /// A server could not be measured.
    pub(super) fn fail(
        &mut self,
        contestant: Contestant,
        scenario: Scenario,
        error: &anyhow::Error,
    ) {
        let failure = format!("{} on {}: {error:#}", scenario.name(), contestant.name());
        eprintln!("{failure}");
        self.failures.push(failure);
    }

    /// True if everything could be measured and every message came once and in order.
    pub(super) fn is_sound(&self) -> bool {
        self.failures.is_empty() && self.columns.iter().all(|it| it.faults.is_none())
    }

    /// For people.
    pub(super) fn write(&self, conditions: &Conditions, options: &Options) -> String {
        let mut text = String::new();
        self.write_head(&mut text);
        for row in Row::ALL {
            self.write_row(&mut text, row);
        }
        self.write_faults(&mut text);
        write_conditions(&mut text, conditions, options);
        for failure in &self.failures {
            let _ = writeln!(text, "FAILED: {failure}");
        }
        text
    }

    /// For programs: each figure of each round.
    pub(super) fn json(&self, conditions: &Conditions) -> Result<String> {
        let mut servers = serde_json::Map::new();
        for column in &self.columns {
            let mut rows = serde_json::Map::new();
            for (row, samples) in &column.rows {
                let name = serde_json::to_value(row)?;
                rows.insert(
                    name.as_str().unwrap_or_default().to_owned(),
                    json!({
                        "unit": row.unit().symbol(),
                        "median": samples.median(),
                        "rounds": samples.values(),
                    }),
                );
            }
            servers.insert(
                column.contestant.name().to_owned(),
                json!({ "rows": rows, "deliveries": column.faults }),
            );
        }
        let document = json!({
            "conditions": conditions,
            "servers": servers,
            "failures": self.failures,
        });
        Ok(serde_json::to_string_pretty(&document)?)
    }

    fn write_head(&self, text: &mut String) {
        let _ = write!(text, "\n{:TITLE_WIDTH$}", "median (min to max)");
        for column in &self.columns {
            let _ = write!(text, "{:>CELL_WIDTH$}", column.contestant.name());
        }
        for comparison in &self.comparisons {
            let _ = write!(text, "{:>RATIO_WIDTH$}", comparison.title);
        }
        text.push('\n');
    }

    fn write_row(&self, text: &mut String, row: Row) {
        if self
            .columns
            .iter()
            .all(|column| !column.rows.contains_key(&row))
        {
            return;
        }
        let title = format!("{}, {}", row.title(), row.unit().symbol());
        let _ = write!(text, "{title:TITLE_WIDTH$}");
        for column in &self.columns {
            let cell = column.rows.get(&row).and_then(|it| cell(row, it));
            let _ = write!(
                text,
                "{:>CELL_WIDTH$}",
                cell.unwrap_or_else(|| "-".to_owned())
            );
        }
        for comparison in &self.comparisons {
            let ratio = self.ratio(row, comparison).map(|it| format!("{it:.2}"));
            let _ = write!(
                text,
                "{:>RATIO_WIDTH$}",
                ratio.unwrap_or_else(|| "-".to_owned())
            );
        }
        text.push('\n');
    }

    /// What one of ours takes, measured by the least that the others take.
    fn ratio(&self, row: Row, comparison: &Comparison) -> Option<f64> {
        let samples = |contestant: &Contestant| {
            let mut columns = self.columns.iter();
            let column = columns.find(|it| it.contestant == *contestant)?;
            column.rows.get(&row)
        };
        let others: Vec<&Samples> = comparison.others.iter().filter_map(samples).collect();
        samples(&comparison.ours)?.ratio(&others)
    }

    fn write_faults(&self, text: &mut String) {
        type Count = fn(&Faults) -> u64;
        let counts: [(&str, Count); 4] = [
            ("Deliveries", |it| it.deliveries),
            ("… lost", |it| it.lost),
            ("… repeated", |it| it.repeated),
            ("… out of order", |it| it.reordered),
        ];
        for (title, count) in counts {
            let _ = write!(text, "{title:TITLE_WIDTH$}");
            for column in &self.columns {
                let _ = write!(text, "{:>CELL_WIDTH$}", count(&column.faults));
            }
            text.push('\n');
        }
    }
}

fn cell(row: Row, samples: &Samples) -> Option<String> {
    let unit = row.unit();
    let median = unit.write(samples.median()?);
    let (smallest, greatest) = samples.range()?;
    if samples.values().len() == 1 {
        return Some(median);
    }
    Some(format!(
        "{median} ({} to {})",
        unit.write(smallest),
        unit.write(greatest)
    ))
}

fn write_conditions(text: &mut String, conditions: &Conditions, options: &Options) {
    let _ = writeln!(text, "\n{conditions}");
    for scenario in &options.scenarios {
        let plan = scenario.plan(options.is_quick);
        let _ = writeln!(text, "{}: {plan}", scenario.name());
        if let Plan::Stalled(plan) = plan {
            let _ = writeln!(
                text,
                "  bound of fanfare: {} × {} KiB of backlog, {} KiB of send buffer in the kernel.",
                plan.stalled,
                BACKLOG_BYTES_MAX >> 10,
                SEND_BUFFER_BYTES >> 10,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lost: u64) -> Table {
        let mut table = Table::new(&[Contestant::Floor, Contestant::Fanfare]);
        for (round, (floor, fanfare)) in [(4.0, 5.0), (2.0, 3.0)].into_iter().enumerate() {
            for (contestant, value) in [(Contestant::Floor, floor), (Contestant::Fanfare, fanfare)]
            {
                let findings = Findings {
                    values: [(Row::SseDelivery, value)].into(),
                    faults: Faults {
                        deliveries: 10,
                        lost,
                        ..Faults::default()
                    },
                };
                table.add(contestant, round, &findings);
            }
        }
        table
    }

    #[test]
    fn a_row_has_medians_ranges_and_ratios() {
        let mut text = String::new();
        for row in Row::ALL {
            table(0).write_row(&mut text, row);
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let expected = "SSE: CPU per delivery, µs 3.00 (2.00 to 4.00) 4.00 (3.00 to 5.00) 1.38";
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn a_lost_message_or_a_failure_is_not_sound() {
        assert!(table(0).is_sound());
        assert!(!table(1).is_sound());
        let mut failed = table(0);
        failed.fail(
            Contestant::Fanfare,
            Scenario::Sse,
            &anyhow::anyhow!("closed"),
        );
        assert!(!failed.is_sound());
    }
}
