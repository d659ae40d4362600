//! The cheapest layout together with parameters for it.

use super::{
    BootstrapRequest, Bootstrapping, ParameterRequest, TrainingDeployment,
    bootstrap_choice::{LEAST_CIPHERTEXTS, Ring, Weighed, cheapest},
};
use crate::{
    ArgumentError, Result,
    backend::CostModel,
    nn::{
        layout::{Candidate, Choice, Layout, LayoutKind, TrainingLayout},
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

/// The same for a training that its server refreshes by bootstraps, whose time counts. For each layout one bootstrap for each
/// ciphertext is weighed against one for all; the larger ring has to be twice as fast as the smaller.
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
    let mut best: Option<Weighed<Layout>> = None;
    for (degree, most_bits) in bootstraps.rings(request)? {
        if best.as_ref().is_some_and(|best| best.ciphertexts() < LEAST_CIPHERTEXTS) {
            break;
        }
        let ring = Ring { degree, most_bits, is_larger: best.is_some() };
        let (layouts, refused) = Layout::candidates(network, degree / 2, setup.batch);
        choice.refused.extend(refused);
        let (before, mut found) = (choice.candidates.len(), None::<Weighed<Layout>>);
        for layout in layouts {
            match cheapest(setup, bootstraps, &layout, ring, costs) {
                Ok(None) => {}
                Ok(Some(weighed)) => {
                    let plan = weighed.deployment.training.plan.clone();
                    choice.candidates.push(Candidate { layout, plan, refresh_every: steps, seconds: weighed.seconds });
                    if found.as_ref().is_none_or(|found| weighed.seconds < found.seconds) {
                        found = Some(weighed);
                    }
                }
                Err(error) => choice.refused.push((layout.kind(), error)),
            }
        }
        if let Some(found) = found {
            match found.is_better_than(best.as_ref()) {
                true => best = Some(found),
                false => choice.candidates.truncate(before),
            }
        }
    }
    let choice = choice.settled(&setup.spec)?;
    let Weighed { deployment, bootstrapping, .. } = best.ok_or(ArgumentError::Empty { what: "degrees to try" })?;
    Ok((deployment, bootstrapping, choice))
}
