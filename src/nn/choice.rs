//! Which layout is the cheapest.

use super::{Axes, Layout, LayoutKind, Network, TrainingLayout, TrainingSetup, TrainingSpec};
use crate::{
    Error, Result, SetupError,
    backend::{Chain, CostModel},
    program::Plan,
};

/// A layout with what it would take.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The layout.
    pub layout: Layout,
    /// What a training in it needs.
    pub plan: Plan,
    /// Steps between two refreshes.
    pub refresh_every: usize,
    /// Seconds of a step with its share of a refresh, one operation after another, by the cost model.
    pub seconds: f64,
}

/// The candidates, the cheapest first, and why others are none.
#[derive(Debug)]
pub struct Choice {
    /// At least one.
    pub candidates: Vec<Candidate>,
    /// The layouts that cannot be had, with the reason.
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

    /// The cheapest layout for training on a chain, by planning every candidate.
    ///
    /// ```
    /// use seal_nn::{backend::CostModel, prelude::*};
    /// let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    /// let spec = TrainingSpec { network: "4-8-3".parse()?, optimizer, bounds: Default::default() };
    /// let choice = Layout::choose(&spec, 120, &Chain::nominal(16384, 8, 40)?, &CostModel::default())?;
    /// assert_eq!(choice.candidates[0].layout.kind(), LayoutKind::Merged);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// When none fits: `NoLayout`, with what each of them says.
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
    /// Takes in a layout with its plan, or with the reason why there is none.
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
    /// `NoLayout` when there is none.
    pub fn settled(mut self, spec: &TrainingSpec) -> Result<Choice> {
        self.candidates.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        if self.candidates.is_empty() {
            // Of the largest ring, where most fits.
            let last = |kind| self.refused.iter().rev().find(|(refused, _)| *refused == kind);
            let reasons = LayoutKind::ALL.into_iter().filter_map(last);
            let reasons: Vec<String> = reasons.map(|(kind, error)| format!("{kind}: {error}")).collect();
            return Err(SetupError::NoLayout { network: spec.network.to_string(), reasons: reasons.join("; ") }.into());
        }
        Ok(self)
    }

    /// Why the first one is the first: how it compares with the best of another kind.
    pub fn reason(&self) -> String {
        let Some(best) = self.candidates.first() else { return "nothing fits".into() };
        let Some(other) = self.candidates.iter().find(|c| c.layout.kind() != best.layout.kind()) else {
            return "the only layout that fits".into();
        };
        let rotations = |c: &Candidate| c.plan.operations.rotations();
        let degree = |c: &Candidate| c.plan.chain.poly_modulus_degree();
        let rings = match (degree(best), degree(other)) {
            (ours, theirs) if ours == theirs => String::new(),
            (ours, theirs) => format!(", at N = {ours} against {theirs}"),
        };
        let (factor, kind) = (other.seconds / best.seconds, other.layout.kind());
        format!(
            "{factor:.1} times cheaper than {kind}: {} rotations a step against {}{rings}",
            rotations(best),
            rotations(other)
        )
    }
}
