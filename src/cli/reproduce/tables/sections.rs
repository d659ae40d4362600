//! The sections of the report.

use seal_nn::report::{
    Align::{Left, Right},
    Report, Section, Table,
    format::{bytes, count, seconds},
};

use super::{
    plot::{kinds, scores_plot},
    record::{ModelResult, TableResult, TablesReport},
};

/// tables.json, tables.svg and tables.md.
impl Report for TablesReport {
    fn name(&self) -> &str {
        "tables"
    }

    fn title(&self) -> String {
        "Tables, beside a ReLU network and scikit-learn".into()
    }

    fn preface(&self) -> String {
        let training = &self.training;
        let how =
            if training.encrypted { "trained under encryption" } else { "trained in the clear by the same steps" };
        let scikit = match (&self.scikit_learn, &self.without_scikit_learn) {
            (Some(version), _) => {
                let most = training.iterations.map_or_else(String::new, |most| format!(" with {most} iterations"));
                format!("scikit-learn {version}, default settings{most}, on the same splits, standardised.")
            }
            (None, reason) => format!("scikit-learn was not run: {}.", reason.as_deref().unwrap_or("not asked for")),
        };
        self.run.preface(&format!(
            "split step: what seal-nn train does{}, {how}. ReLU: a network of the same width, trained in the clear. \
             {scikit} Means over {} split(s) of 80% for training and 20% for testing.",
            training.steps.map_or_else(|| " by default".into(), |steps| format!(" with {steps} steps")),
            training.seeds.len(),
        ))
    }

    fn sections(&self) -> Vec<Section> {
        let (classes, numbers): (Vec<_>, Vec<_>) = self.tables.iter().partition(|table| table.has_classes());
        let mut sections = Vec::new();
        let mut add = |title: &str, tables: &[&TableResult], text: &str| {
            if !tables.is_empty() {
                sections.push(Section::table(title, scores(tables)).with_text(text));
            }
        };
        add("Classes", &classes, "accuracy (macro-F1) on held-out samples, in percent; * words, gaps or both");
        add("Numbers", &numbers, "R2 (mean absolute error, in the unit of the numbers) on held-out samples");
        sections.push(Section::table("Training", costs(&self.tables)).with_text(
            "decay: of the weights; seconds: of training; bytes: a step, by its plan, from client to server and back",
        ));
        if let Some(first) = sections.first_mut() {
            first.plot = Some(scores_plot(self));
        }
        if !self.differences.is_empty() {
            sections.push(Section::table("Differences", differences(self)).with_text(
                "of means over the splits, in hundredths of an accuracy or of an R2; at least: what is asked for",
            ));
        }
        if !self.skipped.is_empty() {
            let line = |skipped: &super::record::Skipped| format!("{}: {}", skipped.table, skipped.reason);
            let lines = self.skipped.iter().map(line).collect();
            sections.push(Section::list(format!("Skipped tables ({})", self.skipped.len()), lines));
        }
        sections
    }
}

fn heads(left: &[&'static str], models: Vec<String>) -> Table {
    let name = std::iter::once(("table".to_owned(), Left));
    let figures = left.iter().map(|head| ((*head).to_owned(), Right));
    Table::new(name.chain(figures).chain(models.into_iter().map(|model| (model, Right))))
}

fn scores(tables: &[&TableResult]) -> Table {
    let models = kinds(tables);
    let mut printed = heads(&["samples", "inputs", "classes"], models.clone());
    for table in tables {
        let name = if table.mixed && table.has_classes() { format!("{} *", table.table) } else { table.table.clone() };
        let classes = if table.has_classes() { table.classes.to_string() } else { "-".into() };
        let figures = [name, count(table.samples as u64), count(table.features as u64), classes];
        printed.row(figures.into_iter().chain(table.models.iter().map(|model| cell(table, model))));
    }
    if tables.len() > 1 {
        let mean = |kind: usize| {
            let scores: Vec<f64> = tables.iter().filter_map(|table| Some(table.models.get(kind)?.score())).collect();
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            if tables[0].has_classes() { format!("{:.1}", 100.0 * mean) } else { format!("{mean:.3}") }
        };
        let blank = std::iter::repeat_n(String::new(), 3);
        printed.row(["mean".to_owned()].into_iter().chain(blank).chain((0..models.len()).map(mean)));
    }
    printed
}

/// The two scores of a model on a table.
fn cell(table: &TableResult, model: &ModelResult) -> String {
    let (main, other) = (model.score(), model.mean(|run| run.scores.other()));
    match table.has_classes() {
        true => format!("{:.1} ({:.1})", 100.0 * main, 100.0 * other),
        false => format!("{main:.3} ({other:.3})"),
    }
}

fn costs(tables: &[TableResult]) -> Table {
    let mut printed =
        heads(&["network", "steps", "decay", "N", "bytes up", "bytes down"], kinds(&tables.iter().collect::<Vec<_>>()));
    for table in tables {
        let recipe = &table.recipe;
        let figures = [
            table.table.clone(),
            recipe.network.clone(),
            recipe.steps.to_string(),
            recipe.weight_decay.to_string(),
            recipe.poly_modulus_degree.to_string(),
            bytes(recipe.bytes_up),
            bytes(recipe.bytes_down),
        ];
        printed.row(figures.into_iter().chain(table.models.iter().map(|model| seconds(model.mean(|run| run.seconds)))));
    }
    printed
}

fn differences(report: &TablesReport) -> Table {
    let columns = [("difference", Left), ("points", Right), ("table", Left), ("at least", Right), ("reached", Left)];
    let mut printed = Table::new(columns);
    let points = |difference: f64| format!("{:+.1}", 100.0 * difference);
    for difference in &report.differences {
        printed.row([
            difference.what.clone(),
            points(difference.difference),
            difference.table.clone().unwrap_or_default(),
            points(difference.least),
            if difference.reached { "yes" } else { "no" }.into(),
        ]);
    }
    printed
}
