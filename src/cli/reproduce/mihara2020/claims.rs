//! The paper's claims with our figures, and what the paper leaves open.

use seal_nn::report::{
    Claim,
    format::{bytes, percent, seconds},
};

use super::{
    record::{LayoutStep, MiharaReport, Ratio},
    spread::{final_accuracies, largest_gap},
};

/// The paper's own layout; its variants have longer names.
const PAPERS: &str = "diagonal";

/// The claims of the paper with the results of this run.
pub fn claims(report: &MiharaReport) -> Vec<Claim> {
    vec![
        Claim::new(
            "Networks are trained with a confidential model and confidential data; tested on Iris with CKKS in \
             Microsoft SEAL",
            "abstract",
            trained_on_iris(report),
        ),
        Claim::new(
            "Products and rotations on packed ciphertexts, arranged for the transition from the forward to the \
             backward pass, significantly reduce computations: about three times compared with existing architectures",
            "abstract and conclusion",
            papers_reduction(report),
        ),
        Claim::new("The same step in a layout of this project", "not in the paper", our_reduction(report)),
        Claim::new(
            "The building blocks can be used for more complex networks; larger matrices are left open",
            "abstract and conclusion",
            larger_matrices(report),
        ),
    ]
}

fn trained_on_iris(report: &MiharaReport) -> String {
    if report.iris.is_empty() {
        return "not run".into();
    }
    let (encrypted, clear) = final_accuracies(&report.iris);
    format!(
        "accuracy on held-out samples {} encrypted, {} in the clear (means over {} seeds), which differ by at most {} \
         sample(s)",
        percent(encrypted.mean),
        percent(clear.mean),
        report.iris.len(),
        largest_gap(&report.iris)
    )
}

/// The steps of the paper's network, by batch.
fn of_papers_network(report: &MiharaReport) -> Vec<&LayoutStep> {
    let network = report.steps.first().map(|step| &step.network);
    report.steps.iter().filter(|step| Some(&step.network) == network).collect()
}

/// Other published layouts over the paper's diagonals.
fn papers_reduction(report: &MiharaReport) -> String {
    let steps = of_papers_network(report);
    let mut parts = Vec::new();
    for papers in steps.iter().filter(|step| step.layout == PAPERS) {
        let against = report.ratios.iter().map(|ratio| ratio.against.as_str()).filter(|name| !name.starts_with(PAPERS));
        for name in unique(against) {
            let same = |step: &&&LayoutStep| step.layout == name && step.batch == papers.batch;
            if let Some(theirs) = steps.iter().find(same) {
                let times = theirs.counts.key_switches() as f64 / papers.counts.key_switches() as f64;
                parts.push(format!("{name} takes {times:.1} times its key switches at batch {}", papers.batch));
            }
        }
    }
    if parts.is_empty() { "no other published layout was planned".into() } else { parts.join("; ") }
}

fn our_reduction(report: &MiharaReport) -> String {
    let network = report.steps.first().map(|step| &step.network);
    let papers = report.ratios.iter().filter(|ratio| ratio.against == PAPERS && Some(&ratio.network) == network);
    let part = |ratio: &Ratio| {
        let clock = ratio.by_clock.map_or("not run".into(), |times| format!("{times:.1} times"));
        format!(
            "at batch {}, the paper's diagonals take {:.1} times the cost and {:.1} times the key switches of our \
             layout ({}); measured time: {clock}",
            ratio.batch, ratio.by_count, ratio.by_key_switches, ratio.ours
        )
    };
    let parts: Vec<String> = papers.map(part).collect();
    if parts.is_empty() { "not planned".into() } else { parts.join("; ") }
}

fn larger_matrices(report: &MiharaReport) -> String {
    let Some(planned) = report.scaling.last() else { return "not planned".into() };
    let run = report.scaling.iter().rev().find_map(|row| Some((row, row.seconds?)));
    let measured = run.map_or("none was run".into(), |(row, time)| {
        let memory = row.peak_rss_bytes.map_or(String::new(), |peak| format!(" and {}", bytes(peak)));
        format!("measured up to d = {}: {}{memory} per step", row.d, seconds(time))
    });
    format!(
        "planned up to d = {} ({} rotations, depth {} at N = {}); {measured}",
        planned.d, planned.counts.rotations, planned.counts.depth, planned.poly_modulus_degree
    )
}

/// Each name once, in order.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name)
        }
    });
    seen
}

/// What the paper's abstract leaves open, with the choices made here.
pub fn guesses(report: &MiharaReport) -> Vec<String> {
    let mut networks: Vec<&str> = unique(report.steps.iter().map(|step| step.network.as_str()));
    let first = if networks.is_empty() { "none" } else { networks.remove(0) };
    let batches: Vec<String> = of_papers_network(report).iter().map(|step| step.batch.to_string()).collect();
    let batches = unique(batches.iter().map(String::as_str)).join(" and ");
    let rings: Vec<String> =
        of_papers_network(report).iter().map(|step| step.poly_modulus_degree.to_string()).collect();
    let rings = unique(rings.iter().map(String::as_str)).join(" and ");
    let kept = match networks.is_empty() {
        true => String::new(),
        false => format!("; {} are added to check whether the figures hold for other networks", networks.join(", ")),
    };
    vec![
        format!("The abstract names no sizes. We use the network {first} for Iris{kept}."),
        format!("It does not name the batch size either. We compare batches of {batches}."),
        "The activation (a square), the loss (mean squared error) and the optimiser (SGD with momentum) are those of \
         this project. They are the same in every layout."
            .into(),
        format!(
            "It names no parameters. Every layout uses the smallest that suffice at {}-bit security (N = {rings} for \
             {first}), and the key holder refreshes the ciphertexts after every step.",
            report.run.security_bits
        ),
        "We read \"about three times\" as the number of expensive operations (rotations and relinearisations) of one \
         step. The abstract does not name the architectures it compares with, so we compare with all published layouts \
         in this build."
            .into(),
        "Our layout is the one that a training uses by default: the first that `seal-nn plan --compare` lists by \
         estimated cost."
            .into(),
        format!(
            "Rotations and relinearisations use {}, in published layouts and in ours.",
            match report.key_switching.as_str() {
                "hybrid" => "this project's key switching (--key-switching hybrid)",
                _ => "SEAL's own calls, as in the paper (--key-switching hybrid uses ours)",
            }
        ),
        "The published layouts were implemented from their descriptions, with hoisting and in the cheapest variant \
         known to us. They use the same operations, choice of parameters and machine as ours."
            .into(),
    ]
}
