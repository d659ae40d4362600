//! The cheapest layout together with parameters for it.

use super::{ParameterRequest, TrainingDeployment};
use crate::{
    Result,
    backend::CostModel,
    nn::{
        layout::{Choice, Layout, LayoutKind},
        training::TrainingSetup,
    },
};

/// The layout with the lowest cost according to a cost model, each at the cheapest sufficient parameters of 128-bit
/// security, over all rings that the request allows, together with the comparison.
///
/// # Errors
/// `NoLayout` if none is possible; `NotOneOf` for a degree that SEAL does not support; an error of SEAL for primes that
/// it does not; the errors of [`TrainingSetup::check`].
pub fn choose_layout(
    setup: &TrainingSetup,
    request: &ParameterRequest,
    costs: &CostModel,
) -> Result<(TrainingDeployment<Layout>, Choice)> {
    setup.check()?;
    request.check()?;
    let TrainingSetup { spec, batch, refresh_every, .. } = setup;
    let (network, batch, steps) = (&spec.network, *batch, *refresh_every);
    let with_degree = |degree| ParameterRequest { poly_modulus_degree: Some(degree), ..request.clone() };
    let deploy =
        |layout: &Layout, degree| TrainingDeployment::choose(setup, &with_degree(degree), |_| Ok(layout.clone()));
    let mut choice = Choice { candidates: Vec::new(), refused: Vec::new() };
    for degree in request.degrees()? {
        let (mut layouts, refused) = Layout::candidates(network, degree / 2, batch);
        if steps > 1 {
            // The cheapest shapes of the axis layout may be too deep for a chain of steps.
            layouts.extend(LayoutKind::Axis.layout_of_steps(network, degree / 2, batch, steps));
        }
        choice.refused.extend(refused);
        for layout in layouts {
            let plan = deploy(&layout, degree).map(|deployment| deployment.training.plan);
            choice.add(&layout, plan, steps, costs);
        }
    }
    let choice = choice.settled(spec)?;
    let best = &choice.candidates[0];
    Ok((deploy(&best.layout, best.plan.chain.poly_modulus_degree())?, choice))
}
