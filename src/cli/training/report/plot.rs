//! The course of a training, encrypted and in the clear.

use seal_nn::report::{
    Axis, Colour, LearningCurve, LearningCurves,
    Mark::{self, Line, Rings},
    Plot,
};

use super::{Progress, StepReport, TrainReport};
use crate::cli::training::run::is_shown;

/// The encrypted run as circles on the line of the run in the clear: losses on the left, accuracy on training samples on
/// the right. Losses of the validation part have a line and circles of their own. What became of the held-out samples is
/// below the title.
pub fn training_plot(report: &TrainReport) -> Plot {
    let last = report.steps.last().map_or(0, |step| step.step);
    let all = || report.steps.iter();
    // Circles on every step of hundreds would hide the line.
    let shown = || all().filter(|step| is_shown(step.step, last));
    let mut curves = vec![
        curve("in the clear", Line(3), Colour::CLEAR, all(), |step| &step.clear),
        curve("encrypted", Rings, Colour::ENCRYPTED, shown(), |step| &step.encrypted),
    ];
    if report.validation.is_some() {
        curves.push(validation("validation, in the clear", Line(2), all(), |step| &step.clear));
        curves.push(validation("validation, encrypted", Rings, shown(), |step| &step.encrypted));
    }
    let loss = if report.loss.is_empty() { "loss".into() } else { report.loss.clone() };
    let titles = vec![title(report), subtitle(report)];
    LearningCurves { file: "training.svg", titles, loss, score: Axis::shares("accuracy"), curves }.plot()
}

fn curve<'a>(
    name: &str,
    mark: Mark,
    colour: Colour,
    steps: impl Iterator<Item = &'a StepReport>,
    of: fn(&StepReport) -> &Progress,
) -> LearningCurve {
    let (mut losses, mut scores) = (Vec::new(), Vec::new());
    for step in steps {
        let (at, progress) = (step.step as f64, of(step));
        losses.push((at, progress.loss));
        scores.extend(progress.train_accuracy.map(|accuracy| (at, accuracy)));
    }
    LearningCurve { name: name.into(), mark, colour, losses, scores }
}

fn validation<'a>(
    name: &str,
    mark: Mark,
    steps: impl Iterator<Item = &'a StepReport>,
    of: fn(&StepReport) -> &Progress,
) -> LearningCurve {
    let loss = |step: &StepReport| Some((step.step as f64, of(step).validation_loss?));
    let losses = steps.filter_map(loss).collect();
    LearningCurve { name: name.into(), mark, colour: Colour::Hue(2), losses, scores: Vec::new() }
}

fn title(report: &TrainReport) -> String {
    format!("{}: network {}, layout {}, seed {}", report.dataset, report.network, report.layout, report.seed)
}

fn subtitle(report: &TrainReport) -> String {
    report.test.as_ref().map_or("no held-out samples were classified".into(), |test| test.in_words())
}

#[cfg(test)]
mod tests {
    use seal_nn::DataError;

    use super::{super::sample, *};

    /// Vertices of each polyline in the clear run's colour.
    fn lines(svg: &str) -> Vec<usize> {
        let tags = svg.lines().filter(|line| line.contains("<polyline") && line.contains("#0072B2"));
        tags.filter_map(|tag| tag.split("points=\"").nth(1)?.split('"').next())
            .map(|points| points.split_whitespace().count())
            .collect()
    }

    #[test]
    fn every_step_is_drawn_in_both_panels() -> Result<(), DataError> {
        let svg = training_plot(&sample::report(30)).to_svg()?;
        // Losses, accuracies and losses of the validation part; the legend adds two circles, and a line with two ends.
        assert_eq!(svg.matches("<circle").count(), 3 * 30 + 2);
        assert_eq!(lines(&svg), [30, 2, 30]);
        Ok(())
    }

    #[test]
    fn titles_axes_and_legend_are_text() -> Result<(), DataError> {
        let svg = training_plot(&sample::report(3)).to_svg()?;
        for text in [
            "iris: network 4-8-3, layout merged, seed 0",
            "96.7% right of 30 held-out samples, 100.0% in the clear, 100.0% by an ordinary network",
            "mean squared error",
            "in the clear",
            "step",
        ] {
            assert!(svg.lines().any(|line| line.trim() == text), "{text} is not in\n{svg}");
        }
        assert!(svg.contains("<text") && !svg.contains("NaN"));
        Ok(())
    }

    #[test]
    fn runs_that_stopped_or_diverged_can_be_drawn() -> Result<(), DataError> {
        assert_eq!(training_plot(&TrainReport::default()).to_svg()?.matches("<circle").count(), 1);
        let mut diverged = sample::report(4);
        diverged.dataset = "a<b>&c".into();
        diverged.steps[3].encrypted = Progress { loss: f64::NAN, train_accuracy: Some(0.3), ..Default::default() };
        diverged.steps[2].clear.loss = f64::INFINITY;
        diverged.steps[1].clear.loss = f64::MAX;
        let svg = training_plot(&diverged).to_svg()?;
        assert_eq!(svg.matches("<circle").count(), 3 + 1 + 4 + 3 + 1);
        assert!(svg.contains("a&lt;b&gt;&amp;c"));
        Ok(())
    }
}
