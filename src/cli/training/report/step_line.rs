//! The lines that the terminal shows for each step during a training.

use seal_nn::report::format;

use super::StepReport;

/// The column heads of [`step_line`].
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
        share(step.encrypted.train_accuracy),
        format::loss(step.clear.loss),
        share(step.clear.train_accuracy),
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

/// A share as a percentage, where there is one.
pub fn share(value: Option<f64>) -> String {
    value.map_or_else(String::new, format::percent)
}
