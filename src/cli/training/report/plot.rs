//! Loss and training accuracy of each step, encrypted and in the clear.

use seal_nn::report::{
    Axis, Colour, Corner,
    Mark::{Line, Rings},
    Panel, Plot, Series,
    format::loss,
};

use super::{Progress, StepReport, TrainReport};

/// Height of the loss panel relative to the highest loss, which leaves room for the legend.
const LEGEND_ROOM: f64 = 1.3;

/// The encrypted run as circles on the line of the run in the clear: loss on the left, training accuracy on the right.
/// The test accuracy is below the title.
pub fn training_plot(report: &TrainReport) -> Plot {
    let top = (highest_loss(report) * LEGEND_ROOM).min(f64::MAX);
    let losses = Axis::linear(&report.loss, 0.0..top).labelled(loss);
    Plot {
        file: "training.svg",
        shows: "Loss and accuracy of each step",
        titles: vec![title(report), subtitle(report)],
        panel_size: (500, 420),
        panels: vec![
            // One legend serves both panels.
            Panel { legend: Some(Corner::UpperRight), ..panel(report, "Loss", losses, |progress| progress.loss) },
            panel(report, "Accuracy on the training samples", Axis::shares("accuracy"), |progress| {
                progress.train_accuracy.unwrap_or(f64::NAN)
            }),
        ],
    }
}

fn title(report: &TrainReport) -> String {
    format!("{}: network {}, layout {}, seed {}", report.dataset, report.network, report.layout, report.seed)
}

fn subtitle(report: &TrainReport) -> String {
    report.test.as_ref().map_or("no held-out samples were classified".into(), |test| test.in_words())
}

fn panel(report: &TrainReport, caption: &str, y: Axis, value: fn(&Progress) -> f64) -> Panel {
    let last = report.steps.iter().map(|step| step.step).max().unwrap_or(1);
    let points =
        |side: fn(&StepReport) -> &Progress| report.steps.iter().map(move |step| (step.step as f64, value(side(step))));
    Panel {
        caption: caption.into(),
        x: Axis::steps("step", last),
        y,
        series: vec![
            Series::new("in the clear", Line(3), Colour::CLEAR, points(|step| &step.clear)),
            Series::new("encrypted", Rings, Colour::ENCRYPTED, points(|step| &step.encrypted)),
        ],
        legend: None,
    }
}

/// The largest finite loss; 1 if there is none.
fn highest_loss(report: &TrainReport) -> f64 {
    let losses = report.steps.iter().flat_map(|step| [step.encrypted.loss, step.clear.loss]);
    let highest = losses.filter(|loss| loss.is_finite()).fold(0.0, f64::max);
    if highest > 0.0 { highest } else { 1.0 }
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
        // The legend adds a circle, and a line with two ends.
        assert_eq!(svg.matches("<circle").count(), 30 + 1 + 30);
        assert_eq!(lines(&svg), [30, 2, 30]);
        Ok(())
    }

    #[test]
    fn titles_axes_and_legend_are_text() -> Result<(), DataError> {
        let svg = training_plot(&sample::report(3)).to_svg()?;
        for text in [
            "iris: network 4-8-3, layout merged, seed 0",
            "Accuracy on 30 held-out samples: 96.7% encrypted, 100.0% in the clear",
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
        assert_eq!(svg.matches("<circle").count(), 3 + 1 + 4);
        assert!(svg.contains("a&lt;b&gt;&amp;c"));
        Ok(())
    }
}
