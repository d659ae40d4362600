//! The sections of the report.

use seal_nn::report::{
    Align::{Left, Right},
    Report, Section, Table,
    format::{bytes, count, percent, seconds, small},
};

use super::{
    accuracy_plot::accuracy_plot,
    ratio_plot::ratio_plot,
    record::{LayoutStep, MiharaReport, Scaling, StepCounts, TrainingRun},
    scaling_plot::scaling_plot,
    spread::{final_accuracies, largest_gap},
};

/// mihara2020.json, its plots and mihara2020.md.
impl Report for MiharaReport {
    fn name(&self) -> &str {
        "mihara2020"
    }

    fn title(&self) -> String {
        self.run.title("Mihara et al. 2020")
    }

    fn preface(&self) -> String {
        self.run.preface(
            "All figures were planned or measured in this run. Each layout was timed in its own process, and its \
             operations and weights were compared with the plan and with training in the clear.",
        )
    }

    fn sections(&self) -> Vec<Section> {
        vec![
            Section::table("One training step: operation counts and time", steps(&self.steps)).with_text(
                "cost: in full key switches; work: in key switches at N = 16384 with 8 primes, depending on the level; \
                 time: median of the server; memory: peak of client and server in one process; * our layout",
            ),
            Section::table("Published layouts over ours", ratios(self))
                .with_text("time: ratio of medians; steps of both layouts took turns in one process")
                .with_plot(ratio_plot(self)),
            Section::table("Iris, encrypted and in the clear", iris(self))
                .with_text(iris_text(self))
                .with_plot(accuracy_plot(self)),
            Section::table("Other data sets, encrypted and in the clear", trainings(&self.trainings))
                .with_text(trainings_text(self)),
            Section::table("Networks d-d-d", scaling(&self.scaling))
                .with_text(scaling_text(self))
                .with_plot(scaling_plot(self)),
            Section::claims(&self.claims),
            Section::list("What the paper leaves open, and our choices", self.guesses.clone()),
            Section::list("Not run, or not possible", missing(self)),
        ]
    }
}

fn time(measured: Option<f64>) -> String {
    measured.map_or("not run".into(), seconds)
}

fn memory(measured: Option<u64>) -> String {
    measured.map_or("-".into(), bytes)
}

fn steps(steps: &[LayoutStep]) -> Table {
    let heads = [
        "rotations",
        "hoisted",
        "relinearise",
        "ct x ct",
        "ct x pt",
        "rescale",
        "depth",
        "keys",
        "cost",
        "work",
        "memory",
        "weight difference",
        "time",
    ];
    let left = ["network", "batch", "layout", "N"].map(|head| (head, Left));
    let mut table = Table::new(left.into_iter().chain(heads.map(|head| (head, Right))));
    for step in steps {
        let c = &step.counts;
        table.row([
            step.network.clone(),
            step.batch.to_string(),
            format!("{}{}", step.layout, if step.ours { " *" } else { "" }),
            step.poly_modulus_degree.to_string(),
            count(c.rotations),
            count(c.hoisted_rotations),
            count(c.relinearizations),
            count(c.ciphertext_products),
            count(c.plaintext_products),
            count(c.rescales),
            c.depth.to_string(),
            c.galois_keys.to_string(),
            format!("{:.1}", c.modelled_cost),
            format!("{:.1}", c.modelled_work),
            memory(step.peak_rss_bytes),
            step.max_weight_difference.map_or("-".into(), small),
            time(step.seconds),
        ]);
    }
    table
}

/// The reasons why steps were not run, each with its steps, and why layouts cannot hold a network.
fn missing(report: &MiharaReport) -> Vec<String> {
    let compared = report.steps.iter().map(|step| {
        let name = format!("{}, batch {}, layout {}", step.network, step.batch, step.layout);
        (name, &step.not_run)
    });
    let dense = report.scaling.iter().map(|row| (format!("d = {}", row.d), &row.not_run));
    let mut reasons: Vec<(&String, Vec<String>)> = Vec::new();
    for (name, reason) in compared.chain(dense).filter_map(|(name, reason)| Some((name, reason.as_ref()?))) {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    let not_run = reasons.into_iter().map(|(reason, names)| format!("{reason}: {}", names.join("; ")));
    let refused = report.refused.iter().map(|refusal| refusal.reason.clone());
    let all: Vec<String> = not_run.chain(refused).collect();
    if all.is_empty() { vec!["nothing".into()] } else { all }
}

fn ratios(report: &MiharaReport) -> Table {
    let mut table = Table::new([
        ("network", Left),
        ("batch", Right),
        ("ours", Left),
        ("published", Left),
        ("cost", Right),
        ("key switches", Right),
        ("time", Right),
    ]);
    let times = |ratio: f64| format!("{ratio:.1}x");
    for ratio in &report.ratios {
        table.row([
            ratio.network.clone(),
            ratio.batch.to_string(),
            ratio.ours.clone(),
            ratio.against.clone(),
            times(ratio.by_count),
            times(ratio.by_key_switches),
            ratio.by_clock.map_or("not run".into(), times),
        ]);
    }
    table
}

fn iris_text(report: &MiharaReport) -> String {
    if report.iris.is_empty() {
        return "not run".into();
    }
    let (encrypted, clear) = final_accuracies(&report.iris);
    format!(
        "Accuracy on held-out samples over {} seeds, mean and standard deviation: {} (sd {}) encrypted, {} (sd {}) in \
         the clear. For each seed they differ by at most {} sample(s).",
        report.iris.len(),
        percent(encrypted.mean),
        percent(encrypted.deviation),
        percent(clear.mean),
        percent(clear.deviation),
        largest_gap(&report.iris),
    )
}

fn iris(report: &MiharaReport) -> Table {
    let mut table = Table::new([
        ("seed", Right),
        ("steps", Right),
        ("held out", Right),
        ("encrypted", Right),
        ("in the clear", Right),
        ("weight difference", Right),
        ("time per step", Right),
    ]);
    for run in &report.iris {
        table.row([
            run.seed.to_string(),
            run.steps.len().to_string(),
            run.test_samples.to_string(),
            percent(run.encrypted_test_accuracy),
            percent(run.clear_test_accuracy),
            small(run.max_weight_difference),
            seconds(run.seconds_per_step),
        ]);
    }
    table
}

fn trainings_text(report: &MiharaReport) -> String {
    if report.trainings.is_empty() {
        return "not run".into();
    }
    "`seal-nn train` with its defaults for each data set. ordinary: a network with the same widths, ReLU and softmax, \
     trained in the clear."
        .into()
}

fn trainings(runs: &[TrainingRun]) -> Table {
    let heads =
        ["seed", "steps", "held out", "encrypted", "in the clear", "sample difference", "ordinary", "time per step"];
    let mut table = Table::new([("data set", Left)].into_iter().chain(heads.map(|head| (head, Right))));
    for run in runs {
        let apart = (run.encrypted_test_accuracy - run.clear_test_accuracy).abs() * run.test_samples as f64;
        table.row([
            run.dataset.clone(),
            run.seed.to_string(),
            run.steps.to_string(),
            run.test_samples.to_string(),
            percent(run.encrypted_test_accuracy),
            percent(run.clear_test_accuracy),
            format!("{apart:.0}"),
            percent(run.ordinary_test_accuracy),
            seconds(run.seconds_per_step),
        ]);
    }
    table
}

fn scaling_text(report: &MiharaReport) -> String {
    let batch = report.scaling.first().map_or(0, |row| row.batch);
    format!(
        "Batch {batch}, plain gradient descent, axis layout. estimated time: from the plan and the measured time of a \
         key switch, on one thread; estimated memory: keys, and ciphertexts of weights and batch."
    )
}

fn scaling(rows: &[Scaling]) -> Table {
    let heads = [
        "d",
        "N",
        "depth",
        "rotations",
        "relinearise",
        "ct x ct",
        "weight ciphertexts",
        "work",
        "diagonals: rotations",
        "relinearise",
        "work",
        "estimated time",
        "estimated memory",
        "memory",
        "time",
    ];
    let mut table = Table::new(heads.map(|head| (head, Right)));
    for row in rows {
        let c = &row.counts;
        let diagonal = |cell: &dyn Fn(&StepCounts) -> String| row.diagonal.as_ref().map_or("-".into(), cell);
        table.row([
            row.d.to_string(),
            row.poly_modulus_degree.to_string(),
            c.depth.to_string(),
            count(c.rotations),
            count(c.relinearizations),
            count(c.ciphertext_products),
            count(row.weight_ciphertexts as u64),
            format!("{:.0}", c.modelled_work),
            diagonal(&|c| count(c.rotations)),
            diagonal(&|c| count(c.relinearizations)),
            diagonal(&|c| format!("{:.0}", c.modelled_work)),
            seconds(row.modelled_seconds),
            bytes(row.modelled_bytes),
            memory(row.peak_rss_bytes),
            time(row.seconds),
        ]);
    }
    table
}
