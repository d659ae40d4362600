//! The course of a training: losses and scores over its steps.

use super::{Axis, Colour, Corner, Mark, Panel, Plot, Series};
use crate::report::format::loss;

/// Height of the panel of losses relative to the highest loss, which leaves room for the legend.
const LEGEND_ROOM: f64 = 1.3;

/// Losses on the left and scores, such as accuracies, on the right, over the steps of a training.
///
/// ```
/// use seal_nn::report::{Axis, Colour, LearningCurve, LearningCurves, Mark};
/// let curve = |name: &str, colour| LearningCurve {
///     name: name.into(),
///     mark: Mark::Line(2),
///     colour,
///     losses: vec![(1.0, 0.9), (2.0, 0.4)],
///     scores: vec![(1.0, 0.7), (2.0, 0.95)],
/// };
/// let curves = LearningCurves {
///     file: "training.svg",
///     titles: vec!["iris".into()],
///     loss: "cross-entropy".into(),
///     score: Axis::shares("accuracy"),
///     curves: vec![curve("training", Colour::CLEAR), curve("validation", Colour::Hue(2))],
/// };
/// let svg = curves.plot().to_svg()?;
/// assert!(svg.contains("cross-entropy") && svg.contains("validation"));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LearningCurves {
    /// Name of the plot's file.
    pub file: &'static str,
    /// Lines above both panels, the first one larger.
    pub titles: Vec<String>,
    /// What the losses are, such as `mean squared error`.
    pub loss: String,
    /// The axis of the scores, which names them.
    pub score: Axis,
    /// The curves; later ones cover earlier ones.
    pub curves: Vec<LearningCurve>,
}

/// Losses and scores of one set of samples in one training.
#[derive(Clone, Debug)]
pub struct LearningCurve {
    /// What the legend calls it.
    pub name: String,
    /// How it is drawn.
    pub mark: Mark,
    /// Its colour.
    pub colour: Colour,
    /// `(step, loss)`, with steps from 1.
    pub losses: Vec<(f64, f64)>,
    /// `(step, score)`. A plot without any has no panel for them.
    pub scores: Vec<(f64, f64)>,
}

impl LearningCurves {
    /// The plot. Losses that are not finite are left out.
    pub fn plot(self) -> Plot {
        let LearningCurves { file, titles, loss: name, score, curves } = self;
        let points = || curves.iter().flat_map(|curve| curve.losses.iter().chain(&curve.scores));
        let last = points().map(|&(step, _)| step).fold(1.0, f64::max) as usize;
        let has_scores = curves.iter().any(|curve| !curve.scores.is_empty());
        let finite =
            curves.iter().flat_map(|curve| &curve.losses).map(|&(_, loss)| loss).filter(|loss| loss.is_finite());
        let highest = finite.fold(0.0, f64::max);
        let top = if highest > 0.0 { (highest * LEGEND_ROOM).min(f64::MAX) } else { 1.0 };
        let panel = |caption: &str, y, points: fn(&LearningCurve) -> &Vec<(f64, f64)>| Panel {
            caption: caption.into(),
            x: Axis::steps("step", last),
            y,
            series: curves
                .iter()
                .map(|curve| Series::new(&curve.name, curve.mark, curve.colour, points(curve).iter().copied()))
                .collect(),
            legend: None,
        };
        // One legend serves both panels.
        let losses = panel("Loss", Axis::linear(name, 0.0..top).labelled(loss), |curve| &curve.losses);
        let losses = Panel { legend: Some(Corner::UpperRight), ..losses };
        let scores = has_scores.then(|| panel(&capitalised(score.name()), score.clone(), |curve| &curve.scores));
        Plot {
            file,
            shows: "Loss and score of each step",
            titles,
            panel_size: (500, 420),
            panels: [losses].into_iter().chain(scores).collect(),
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DataError;

    fn curves(scores: bool) -> LearningCurves {
        let curve = |name: &str, mark, steps: usize| LearningCurve {
            name: name.into(),
            mark,
            colour: Colour::CLEAR,
            losses: (1..=steps).map(|step| (step as f64, 1.0 / step as f64)).collect(),
            scores: (1..=if scores { steps } else { 0 }).map(|step| (step as f64, 0.5)).collect(),
        };
        LearningCurves {
            file: "training.svg",
            titles: vec!["a training".into()],
            loss: "cross-entropy".into(),
            score: Axis::shares("accuracy"),
            curves: vec![curve("training", Mark::Line(3), 9), curve("validation", Mark::Rings, 4)],
        }
    }

    #[test]
    fn all_curves_are_drawn_in_both_panels() -> Result<(), DataError> {
        let svg = curves(true).plot().to_svg()?;
        assert_eq!(svg.matches("<circle").count(), 4 + 1 + 4, "of both panels, and in the legend");
        for text in ["a training", "Loss", "Accuracy", "cross-entropy", "training", "validation", "step"] {
            assert!(svg.lines().any(|line| line.trim() == text), "{text} is not in\n{svg}");
        }
        Ok(())
    }

    #[test]
    fn what_is_not_there_is_not_drawn() -> Result<(), DataError> {
        let svg = curves(false).plot().to_svg()?;
        assert_eq!(svg.matches("<circle").count(), 4 + 1);
        assert!(!svg.contains("Accuracy"));
        let mut diverged = curves(true);
        diverged.curves[1].losses = vec![(1.0, f64::NAN), (2.0, f64::INFINITY), (3.0, f64::MAX)];
        let svg = diverged.plot().to_svg()?;
        assert_eq!(svg.matches("<circle").count(), 1 + 1 + 4);
        assert!(!svg.contains("NaN"));
        let none = LearningCurves { curves: vec![], ..curves(true) };
        assert!(none.plot().to_svg()?.contains("cross-entropy"));
        Ok(())
    }
}
