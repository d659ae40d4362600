//! What `train` prints of its results.

use seal_nn::report::{Align, Choice, Lowering, Memory, StepReport, Table, TrainReport, format};

/// Heads of the columns of [`step_line`].
pub fn step_header(validation: bool) -> String {
    let columns = " step  encrypted loss  accuracy      clear loss  accuracy   weights differ   seconds";
    let more = if validation { "  validation loss      in the clear" } else { "" };
    format!("{columns}{more}")
}

pub fn step_line(step: &StepReport) -> String {
    let columns = format!(
        "{:>5}  {:>14}  {:>8}  {:>14}  {:>8}  {:>15}  {:>8}",
        step.step,
        format::loss(step.encrypted.loss),
        format::percent(step.encrypted.train_accuracy),
        format::loss(step.clear.loss),
        format::percent(step.clear.train_accuracy),
        format::small(step.max_weight_difference),
        format!("{:.3}", step.seconds),
    );
    match (step.encrypted.validation_loss, step.clear.validation_loss) {
        (Some(encrypted), Some(clear)) => {
            format!("{columns}  {:>15}  {:>16}", format::loss(encrypted), format::loss(clear))
        }
        _ => columns,
    }
}

pub fn print_summary(report: &TrainReport) {
    let mut times = Table::new([
        ("operation", Align::Left),
        ("count", Align::Right),
        ("time", Align::Right),
        ("share", Align::Right),
    ]);
    for entry in &report.breakdown {
        let (count, seconds) = (format::count(entry.count), format::seconds(entry.seconds));
        times.row([entry.operation.clone(), count, seconds, format::percent(entry.share)]);
    }
    say!("\nWhere the server's time went, over all steps:\n{times}");

    let operations = &report.operations_per_step;
    let (bytes, keys) = (&report.bytes, &report.keys);
    say!(
        "a step      {}: {} rotations ({} hoisted), {} relinearisations, {} ct x ct, {} ct x pt, {} rescales",
        format::seconds(report.seconds_per_step),
        operations.rotations,
        operations.hoisted_rotations,
        operations.relinearizations,
        operations.ciphertext_products,
        operations.plaintext_products,
        operations.rescales,
    );
    let every = if report.refresh_every == 1 { "step".into() } else { format!("{} steps", report.refresh_every) };
    say!("refresh     {} of the client's time, every {every}", format::seconds(report.refresh_seconds));
    say!(
        "traffic     {} to the server, {} to the client; keys {} (Galois) and {} (relinearisation), once",
        format::bytes(bytes.client_to_server),
        format::bytes(bytes.server_to_client),
        format::bytes(keys.galois_bytes),
        format::bytes(keys.relin_bytes),
    );
    if let Memory { after_first_step: Some(first), after_last_step: Some(last), peak: Some(peak) } = report.memory {
        let [first, last, peak] = [first, last, peak].map(format::bytes);
        say!("memory      {first} after the first step, {last} after the last; {peak} at the peak");
    }
    if !report.profile.is_empty() {
        let stages: Vec<String> =
            report.profile.iter().map(|s| format!("{} {}", s.stage, format::percent(s.share))).collect();
        say!("kernels     {}", stages.join(", "));
    }
    let precision = |bits: Option<f64>| bits.map_or("exact".to_owned(), |bits| format!("{bits:.1} bits"));
    say!(
        "precision   a refresh finds {} of a weight; the noise model says {}",
        precision(report.precision.measured_bits),
        precision(report.precision.predicted_bits),
    );
    if let Some(last) = report.divergence.encrypted.last() {
        let times = |lowered: &[Lowering]| format!("{} time(s)", lowered.len());
        say!(
            "diverged    {}, so that the learning rates ended at {} of their size; in the clear {}",
            times(&report.divergence.encrypted),
            last.rate_factor,
            times(&report.divergence.clear),
        );
    }
    if let Some(validation) = &report.validation {
        let chosen = |c: &Choice| format!("{} in step {} of {}", format::loss(c.best_loss), c.best_step, c.last_step);
        say!(
            "validation  lowest loss on {} samples: {} encrypted, {} in the clear; those weights are kept",
            validation.samples,
            chosen(&validation.encrypted),
            chosen(&validation.clear),
        );
    }
    if let Some(test) = &report.test {
        say!(
            "test        {} held-out samples: {} right by encrypted inference, {} in the clear, {} by an ordinary network \
             (ReLU, softmax)",
            test.samples,
            format::percent(test.encrypted_accuracy),
            format::percent(test.clear_accuracy),
            format::percent(test.ordinary_accuracy),
        );
    }
}
