//! Encryption parameters from a plan.

use crate::{
    CircuitError, Error, Result, SetupError,
    backend::{Chain, KeySwitching},
    nn::{TrainingLayout, TrainingPlan, TrainingSpec},
    seal::{DepthRequest, Parameters},
};

/// What the user wants of the parameters; what is left open is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterRequest {
    /// N.
    pub poly_modulus_degree: Option<usize>,
    /// Bits of every prime, the special one last. Needs `poly_modulus_degree` too, or takes 16384.
    pub coeff_modulus_bits: Option<Vec<u32>>,
    /// Training steps between two refreshes; 1 when not given.
    pub refresh_every: Option<usize>,
    /// Who will switch keys: ours take several special primes.
    pub key_switching: KeySwitching,
}

/// Degrees worth trying, cheapest first.
pub(super) const DEGREES: [usize; 3] = [8192, 16384, 32768];
/// N where primes are given and N is not.
pub(super) const DEFAULT_DEGREE: usize = 16384;
/// Bits of the scale, best first. Below 40 bits thirty steps lose more than six digits.
const SCALE_BITS: [u32; 3] = [42, 41, 40];
/// Numbers of special primes, best first. Two halve the transforms of a key switch; a third gains a tenth and costs bits
/// that scales need.
pub(super) const SPECIAL_PRIMES: [usize; 2] = [2, 1];
/// Levels beyond the depth that a small first prime may make necessary.
const SPARE_LEVELS: usize = 2;

/// The cheapest parameters of 128-bit security in which the network's training step fits, with the layout that
/// `layout` makes for their number of slots and the plan on their chain: the smallest degree, then the fewest data
/// primes, then the special primes that pay, then the largest scale.
///
/// # Errors
/// What the user asked for and cannot be had: `TooFewLevels`, `LayoutDoesNotFit`, SEAL's refusal of the parameters;
/// `NoParameters` when nothing was asked for and nothing fits.
pub fn choose_parameters<L: TrainingLayout>(
    spec: &TrainingSpec,
    batch: usize,
    request: &ParameterRequest,
    layout: impl Fn(usize) -> Result<L>,
) -> Result<(Parameters, L, TrainingPlan)> {
    request.poly_modulus_degree.map_or(Ok(()), check_degree)?;
    let refresh_every = request.refresh_every.unwrap_or(1);
    if let Some(bits) = &request.coeff_modulus_bits {
        let parameters = Parameters::new(request.poly_modulus_degree.unwrap_or(DEFAULT_DEGREE), bits)?;
        let layout = layout(parameters.slots())?;
        let plan =
            TrainingPlan::with_refresh_every(&layout, spec, batch, Chain::try_from(&parameters)?, refresh_every)?;
        return Ok((parameters, layout, plan));
    }
    if let Some(degree) = request.poly_modulus_degree {
        return choose_primes(spec, batch, request, degree, &layout);
    }
    let mut refused = None;
    for degree in DEGREES {
        match choose_primes(spec, batch, request, degree, &layout) {
            // No size makes up for these.
            Err(
                error @ Error::Setup(
                    SetupError::LayoutUnsuited { .. } | SetupError::BadSetting { .. } | SetupError::NeedsRefresh { .. },
                ),
            ) => return Err(error),
            Err(error) => refused = Some(error),
            found => return found,
        }
    }
    Err(match refused {
        // The last degree's refusal is the one that counts: a batch too large has its own remedy.
        Some(error @ Error::Setup(SetupError::LayoutDoesNotFit { .. })) => error,
        other => SetupError::NoParameters { reason: other.map(|e| e.to_string()).unwrap_or_default() }.into(),
    })
}

/// Refuses what is no degree that SEAL takes.
pub(super) fn check_degree(degree: usize) -> Result<()> {
    if degree.is_power_of_two() && (1024..=32768).contains(&degree) {
        return Ok(());
    }
    Err(SetupError::BadSetting {
        setting: "--poly-modulus-degree",
        actual: degree.to_string(),
        expected: "a power of two from 1024 to 32768",
    }
    .into())
}

fn choose_primes<L: TrainingLayout>(
    spec: &TrainingSpec,
    batch: usize,
    request: &ParameterRequest,
    degree: usize,
    layout: &impl Fn(usize) -> Result<L>,
) -> Result<(Parameters, L, TrainingPlan)> {
    let refresh_every = request.refresh_every.unwrap_or(1);
    let layout = layout(degree / 2)?;
    let depth = TrainingPlan::depth_of_steps(&layout, spec, degree / 2, refresh_every)?;
    let mut refused = None;
    for levels in depth..=depth + SPARE_LEVELS {
        for prime_request in prime_requests(levels, request.key_switching) {
            let request = DepthRequest { poly_modulus_degree: Some(degree), ..prime_request };
            let parameters = match Parameters::for_depth(&request) {
                Ok(parameters) => parameters,
                Err(error) => {
                    refused.get_or_insert(Error::from(error));
                    continue;
                }
            };
            let chain = Chain::try_from(&parameters)?;
            match TrainingPlan::with_refresh_every(&layout, spec, batch, chain, refresh_every) {
                Ok(plan) => return Ok((parameters, layout, plan)),
                Err(error @ Error::Circuit(CircuitError::OutOfRange { .. })) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
    }
    Err(refused.unwrap_or_else(|| SetupError::NoParameters { reason: format!("N = {degree}") }.into()))
}

/// Chains of so many levels, best first: as many special primes as pay, then the largest scale. One special prime under a
/// first prime of as many bits makes rotations four times as noisy as a rescale: better than a larger ring.
fn prime_requests(levels: usize, key_switching: KeySwitching) -> Vec<DepthRequest> {
    match key_switching {
        KeySwitching::Seal => SCALE_BITS.map(|bits| DepthRequest::new(levels, bits)).to_vec(),
        KeySwitching::Hybrid => {
            let hybrid = |special| SCALE_BITS.map(|bits| DepthRequest::hybrid(levels, bits, special));
            let roomy = hybrid(1).map(|request| DepthRequest { first_bits: request.special_bits, ..request });
            [SPECIAL_PRIMES.map(hybrid).concat(), roomy.to_vec()].concat()
        }
    }
}
