//! The cheapest layout together with parameters for it.

use super::{BootstrapRequest, Bootstrapping, ParameterRequest, TrainingDeployment};
use crate::{
    ArgumentError, Result,
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

/// The same for a training that its server refreshes by bootstraps, whose time counts: a layout of weights in one ciphertext
/// is the cheapest where there is one.
///
/// # Errors
/// `NoLayout` if none is possible; the errors of
/// [`choose_bootstrapped`](TrainingDeployment::choose_bootstrapped) for a ring or bounds that no bootstrap has.
pub fn choose_bootstrapped_layout(
    setup: &TrainingSetup,
    request: &ParameterRequest,
    bootstraps: &BootstrapRequest,
    costs: &CostModel,
) -> Result<(TrainingDeployment<Layout>, Bootstrapping, Choice)> {
    setup.check()?;
    let (network, steps) = (&setup.spec.network, setup.refresh_every);
    let mut choice = Choice { candidates: Vec::new(), refused: Vec::new() };
    for (degree, _) in bootstraps.rings(request)? {
        let at_degree = ParameterRequest { poly_modulus_degree: Some(degree), ..request.clone() };
        let deploy = |layout: &Layout| {
            TrainingDeployment::choose_bootstrapped(setup, &at_degree, bootstraps, |_| Ok(layout.clone()))
        };
        let (layouts, refused) = Layout::candidates(network, degree / 2, setup.batch);
        choice.refused.extend(refused);
        for layout in layouts {
            let deployed = deploy(&layout);
            let seconds = deployed.as_ref().map_or(0.0, |(deployment, bootstrapping)| {
                let ciphertexts = deployment.training.plan.ciphertexts_up();
                ciphertexts as f64 * bootstrapping.plan.seconds(costs) / steps as f64
            });
            let before = choice.candidates.len();
            choice.add(&layout, deployed.map(|(deployment, _)| deployment.training.plan), steps, costs);
            choice.candidates[before..].iter_mut().for_each(|candidate| candidate.seconds += seconds);
        }
        if !choice.candidates.is_empty() {
            let choice = choice.settled(&setup.spec)?;
            let (deployment, bootstrapping) = deploy(&choice.candidates[0].layout)?;
            return Ok((deployment, bootstrapping, choice));
        }
    }
    // There are no candidates, and this says why.
    choice.settled(&setup.spec)?;
    Err(ArgumentError::Empty { what: "degrees to try" }.into())
}
