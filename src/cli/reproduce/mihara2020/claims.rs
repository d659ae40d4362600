//! The paper's claims beside the run's figures, and what the paper leaves open.

use seal_nn::report::format::{bytes, percent, seconds};

use super::{
    record::{Claim, LayoutStep, MiharaReport, Ratio},
    spread::{final_accuracies, largest_gap},
};

/// The paper's own layout; its variants have longer names.
const PAPERS: &str = "diagonal";

/// Each claim of the paper with what this run found.
pub fn claims(report: &MiharaReport) -> Vec<Claim> {
    let claim = |claim: &str, source: &str, ours: String| Claim { claim: claim.into(), source: source.into(), ours };
    vec![
        claim(
            "Networks are trained with model and data confidential; tested on Iris with CKKS on Microsoft SEAL",
            "abstract",
            trained_on_iris(report),
        ),
        claim(
            "A significant reduction of computations by the way products and rotations on packed ciphertexts go from \
             the forward to the backward pass: about three times against existing architectures",
            "abstract and conclusion",
            papers_reduction(report),
        ),
        claim("The same step in a layout of this project", "not in the paper", our_reduction(report)),
        claim(
            "The building blocks can help for more complex networks; larger matrices are left open",
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
        "{} of held-out samples right encrypted, {} clear (means of {} seeds); at most {} sample(s) apart",
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
            "the paper's diagonals take {:.1} times the cost, {:.1} times the key switches of ours ({}), by the clock \
             {clock}, at batch {}",
            ratio.by_count, ratio.by_key_switches, ratio.ours, ratio.batch
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
        format!("measured up to d = {}: {}{memory} a step", row.d, seconds(time))
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

/// What the paper's abstract does not say and was chosen here.
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
        false => format!("; {} are added to see whether the figures hold elsewhere", networks.join(", ")),
    };
    vec![
        format!("The abstract names no sizes. A network {first} is taken for Iris{kept}."),
        format!("The batch is not named either: batches of {batches} are compared."),
        "Activation (a square), loss (mean squared error) and optimiser (SGD with momentum) are those of this project; they are \
         the same in every layout."
            .into(),
        format!(
            "Parameters are not named: every layout takes the smallest that hold it at {}-bit security (N = {rings} \
             for {first}), and ciphertexts are refreshed by the key holder after every step.",
            report.security_bits
        ),
        "\"About three times\" is read as heavy operations, rotations and relinearisations, of one step; which \
         architectures it is against is not said in the abstract, so all published ones of this build are compared."
            .into(),
        "Ours is the layout that a training takes by default: the first of those that `seal-nn plan --compare` ranks by \
         modelled costs."
            .into(),
        format!(
            "Rotations and relinearisations go through {}: published layouts and ours alike.",
            match report.key_switching.as_str() {
                "hybrid" => "this project's key switching (--key-switching hybrid)",
                _ => "SEAL's own calls, as in the paper (--key-switching hybrid takes ours)",
            }
        ),
        "The published layouts are written from their descriptions, with hoisting and the cheapest variant known to us; \
         they run on the same operations, parameters and machine as ours."
            .into(),
    ]
}
