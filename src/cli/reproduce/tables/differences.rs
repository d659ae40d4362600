//! Differences between the split-step network and other models, over all tables.

use super::record::{Difference, TableResult};

/// The models' names.
pub const SPLIT: &str = "split step";
pub const RELU: &str = "ReLU";
const MLP: [&str; 2] = ["MLPClassifier", "MLPRegressor"];
const LINEAR: [&str; 2] = ["LogisticRegression", "Ridge"];

/// The least that is asked for: of the mean and of the worst table of numbers, and of each mixed table by accuracy and R2.
const LEAST_MEAN: f64 = -0.005;
const LEAST_WORST: f64 = -0.03;
const LEAST_R2: f64 = -0.05;

/// What the tables at hand allow to compare.
pub fn differences(tables: &[TableResult]) -> Vec<Difference> {
    let numbers = || tables.iter().filter(|table| !table.mixed);
    let mixed = |classes: bool| tables.iter().filter(move |table| table.mixed && table.has_classes() == classes);
    let against = |names: &'static [&'static str]| move |table: &TableResult| less(table, names);
    let best = |table: &TableResult| less(table, &[MLP[0], MLP[1], LINEAR[0], LINEAR[1]]);
    let found = [
        mean("tables of numbers, mean accuracy less that of MLPClassifier", numbers(), against(&MLP), LEAST_MEAN),
        worst("tables of numbers, worst of them against MLPClassifier", numbers(), against(&MLP), LEAST_WORST),
        mean("tables of numbers, mean accuracy less that of the ReLU network", numbers(), against(&[RELU]), 0.0),
        worst("mixed tables, worst accuracy against the better of scikit-learn's two", mixed(true), best, LEAST_WORST),
        worst("mixed tables, worst R2 against the better of scikit-learn's two", mixed(false), best, LEAST_R2),
    ];
    found.into_iter().flatten().collect()
}

/// The score of the split-step network less that of the best of some models; `None` if there is none of them.
fn less(table: &TableResult, names: &[&str]) -> Option<f64> {
    let others = names.iter().filter_map(|name| table.model(name)).map(|model| model.score());
    Some(table.model(SPLIT)?.score() - others.reduce(f64::max)?)
}

fn mean<'a>(
    what: &str,
    tables: impl Iterator<Item = &'a TableResult>,
    of: impl Fn(&TableResult) -> Option<f64>,
    least: f64,
) -> Option<Difference> {
    let points: Vec<f64> = tables.filter_map(of).collect();
    let mean = points.iter().sum::<f64>() / points.len() as f64;
    (!points.is_empty()).then(|| Difference::new(what, mean, None, least))
}

fn worst<'a>(
    what: &str,
    tables: impl Iterator<Item = &'a TableResult>,
    of: impl Fn(&TableResult) -> Option<f64>,
    least: f64,
) -> Option<Difference> {
    let points = tables.filter_map(|table| Some((of(table)?, table)));
    let (points, table) = points.min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Difference::new(what, points, Some(table.table.clone()), least))
}

impl Difference {
    fn new(what: &str, difference: f64, table: Option<String>, least: f64) -> Difference {
        Difference { what: what.into(), difference, table, least, reached: difference >= least }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::record::*, *};

    fn table(name: &str, mixed: bool, scores: &[(&str, f64)]) -> TableResult {
        let run = |score| {
            let scores = Scores::Classification { accuracy: score, macro_f1: 0.0 };
            ModelRun { scores, seconds: 1.0 }
        };
        let model = |&(model, score): &(&str, f64)| ModelResult {
            model: model.into(),
            runs: [-0.125, 0.125].map(|by| run(score + by)).to_vec(),
        };
        let models = scores.iter().map(model).collect();
        TableResult { table: name.into(), mixed, classes: 2, models, ..Default::default() }
    }

    #[test]
    fn means_and_worst_tables() {
        let tables = [
            table("a", false, &[(SPLIT, 0.75), (RELU, 0.5), ("MLPClassifier", 0.5), ("LogisticRegression", 0.75)]),
            table("b", false, &[(SPLIT, 0.5), (RELU, 0.5), ("MLPClassifier", 0.625)]),
            table("c", true, &[(SPLIT, 0.75), (RELU, 0.875), ("MLPClassifier", 0.5), ("LogisticRegression", 0.75)]),
            table("d", false, &[(SPLIT, 0.75), (RELU, 0.5)]),
        ];
        let found: Vec<_> = differences(&tables).into_iter().map(|d| (d.difference, d.table, d.reached)).collect();
        assert_eq!(
            found,
            [
                (0.0625, None, true),
                (-0.125, Some("b".into()), false),
                (0.5 / 3.0, None, true),
                (0.0, Some("c".into()), true)
            ]
        );
        assert!(differences(&[]).is_empty());
    }
}
