//! The choice of the cheapest layout.

use super::{Axes, Layout, LayoutKind, Network, TrainingLayout, TrainingSetup, TrainingSpec};
use crate::{
    Cause, Error, Result, SetupError,
    backend::{Chain, CostModel, Operation},
    program::Plan,
};

/// A layout with its plan and cost.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The layout.
    pub layout: Layout,
    /// What a training with it needs.
    pub plan: Plan,
    /// Steps between two refreshes.
    pub refresh_every: usize,
    /// Seconds of a step with its share of a refresh, one operation after another, by the cost model.
    pub seconds: f64,
}

/// The candidates, the cheapest first, and the layouts that are not possible.
#[derive(Debug)]
pub struct Choice {
    /// The possible layouts, at least one.
    pub candidates: Vec<Candidate>,
    /// The layouts that are not possible, with the reason.
    pub refused: Vec<(LayoutKind, Error)>,
}

impl Layout {
    /// All layouts of ours for a network, `slots` slots and batches of up to `batch` samples, and those that refuse:
    /// of the axis layout the shapes that cost least by formula.
    pub fn candidates(network: &Network, slots: usize, batch: usize) -> (Vec<Layout>, Vec<(LayoutKind, Error)>) {
        let (mut found, mut refused) = (Vec::new(), Vec::new());
        for kind in LayoutKind::ALL {
            let layouts = match kind {
                LayoutKind::Axis => {
                    Axes::best(network, slots, batch).map(|all| all.into_iter().map(Layout::Axes).collect())
                }
                _ => kind.layout(network, slots, batch).map(|layout| vec![layout]),
            };
            match layouts {
                Ok(layouts) => found.extend::<Vec<_>>(layouts),
                Err(error) => refused.push((kind, error)),
            }
        }
        (found, refused)
    }

    /// The cheapest layout for training on a chain, found by planning every candidate.
    ///
    /// ```
    /// use seal_nn::{backend::CostModel, prelude::*};
    /// let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    /// let spec = TrainingSpec { network: "4-8-3".parse()?, optimizer, bounds: Default::default(), loss: Default::default() };
    /// let choice = Layout::choose(&spec, 120, &Chain::nominal(16384, 8, 40)?, &CostModel::default())?;
    /// assert_eq!(choice.candidates[0].layout.kind(), LayoutKind::Merged);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NoLayout` if none is possible, with the reason for each.
    pub fn choose(spec: &TrainingSpec, batch: usize, chain: &Chain, costs: &CostModel) -> Result<Choice> {
        let (layouts, refused) = Layout::candidates(&spec.network, chain.slots(), batch);
        let mut choice = Choice { candidates: Vec::new(), refused };
        for layout in layouts {
            let plan =
                TrainingSetup::new(spec, batch).on(layout.clone()).and_then(|training| Plan::of(&training, chain));
            choice.add(&layout, plan, 1, costs);
        }
        choice.settled(spec)
    }
}

impl Choice {
    /// Adds a layout with its plan, or with the reason why it is not possible.
    pub fn add(&mut self, layout: &Layout, plan: Result<Plan>, refresh_every: usize, costs: &CostModel) {
        match plan {
            Ok(plan) => {
                let seconds = plan.seconds(costs) / refresh_every as f64;
                self.candidates.push(Candidate { layout: layout.clone(), plan, refresh_every, seconds });
            }
            Err(error) => self.refused.push((layout.kind(), error)),
        }
    }

    /// Sorts the candidates.
    ///
    /// # Errors
    /// `NoLayout` if there are none.
    pub fn settled(mut self, spec: &TrainingSpec) -> Result<Choice> {
        self.candidates.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        if self.candidates.is_empty() {
            // The error on the largest ring, where the most layouts are possible.
            let mut last: Vec<(&'static str, Cause)> = Vec::new();
            for (kind, error) in self.refused.into_iter().rev() {
                if !last.iter().any(|(name, _)| *name == kind.name()) {
                    last.push((kind.name(), error.into()));
                }
            }
            last.reverse();
            return Err(SetupError::NoLayout { network: spec.network.to_string(), refused: last }.into());
        }
        Ok(self)
    }

    /// Why the first one was chosen: how it compares with the best layout of another kind. If it takes more rotations,
    /// this says why it is cheaper nevertheless.
    pub fn reason(&self) -> String {
        let Some(best) = self.candidates.first() else { return "no layout fits".into() };
        let Some(other) = self.candidates.iter().find(|c| c.layout.kind() != best.layout.kind()) else {
            return "the only layout that fits".into();
        };
        let rotations = |c: &Candidate| c.plan.operations.rotations();
        let degree = |c: &Candidate| c.plan.chain.poly_modulus_degree();
        let explanation = match (degree(best), degree(other)) {
            (ours, theirs) if ours != theirs => format!(", at N = {ours} against {theirs}"),
            _ if rotations(best) < rotations(other) => String::new(),
            _ if rotation_level(best) < rotation_level(other) => format!(
                ", but at level {:.1} on average against {:.1}, where a rotation costs less",
                rotation_level(best),
                rotation_level(other)
            ),
            _ => ", but its other operations cost less".into(),
        };
        let (factor, kind) = (other.seconds / best.seconds, other.layout.kind());
        format!(
            "{factor:.1} times cheaper than {kind}: {} rotations per step against {}{explanation}",
            rotations(best).div_ceil(best.refresh_every),
            rotations(other).div_ceil(other.refresh_every)
        )
    }
}

/// The mean level of the rotations of a step.
fn rotation_level(candidate: &Candidate) -> f64 {
    let operations = &candidate.plan.operations;
    let is_rotation = |operation| matches!(operation, Operation::Rotate | Operation::RotateHoisted);
    let levels = operations.iter().filter(|(o, ..)| is_rotation(*o)).map(|(_, level, tally)| level.0 * tally.count);
    levels.sum::<usize>() as f64 / operations.rotations() as f64
}
