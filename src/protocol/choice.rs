//! The cheapest layout together with parameters for it.

use super::{
    ParameterRequest, choose_parameters,
    parameters::{DEFAULT_DEGREE, DEGREES},
};
use crate::{
    Result,
    backend::CostModel,
    nn::{Choice, Layout, LayoutKind, TrainingPlan, TrainingSpec},
    seal::Parameters,
};

/// The layout that costs least by a cost model, each at the cheapest parameters of 128-bit security that serve it, over
/// all rings that the request allows; with the choice that was made.
///
/// # Errors
/// `NoLayout` when none fits; `BadSetting` for a request that cannot be met.
pub fn choose_layout(
    spec: &TrainingSpec,
    batch: usize,
    request: &ParameterRequest,
    costs: &CostModel,
) -> Result<(Parameters, Layout, TrainingPlan, Choice)> {
    let refresh_every = request.refresh_every.unwrap_or(1);
    TrainingPlan::check_refresh_every(spec, batch, refresh_every)?;
    let degrees = match (request.poly_modulus_degree, &request.coeff_modulus_bits) {
        (Some(degree), _) => vec![degree],
        (None, Some(_)) => vec![DEFAULT_DEGREE],
        (None, None) => DEGREES.to_vec(),
    };
    let with_degree = |degree| ParameterRequest { poly_modulus_degree: Some(degree), ..request.clone() };
    let mut choice = Choice { candidates: Vec::new(), refused: Vec::new() };
    for degree in degrees {
        super::parameters::check_degree(degree)?;
        let (mut layouts, refused) = Layout::candidates(&spec.network, degree / 2, batch);
        if refresh_every > 1 {
            // The cheapest shapes of the axis layout may be too deep for a chain of steps.
            layouts.extend(LayoutKind::Axis.layout_of_steps(&spec.network, degree / 2, batch, refresh_every));
        }
        choice.refused.extend(refused);
        for layout in layouts {
            let parameters = choose_parameters(spec, batch, &with_degree(degree), |_| Ok(layout.clone()));
            choice.add(&layout, parameters.map(|(_, _, plan)| plan), costs);
        }
    }
    let choice = choice.settled(spec)?;
    let best = &choice.candidates[0];
    let request = with_degree(best.plan.chain.poly_modulus_degree());
    let (parameters, layout, plan) = choose_parameters(spec, batch, &request, |_| Ok(best.layout.clone()))?;
    Ok((parameters, layout, plan, choice))
}
