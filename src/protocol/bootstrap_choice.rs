//! Which ring bootstraps take, and how many ciphertexts share one.

use super::{
    BootstrapRequest, Bootstrapping, ParameterRequest, TrainingDeployment,
    bootstrapping::{CHOICES, Primes, bootstrapped},
};
use crate::{
    ArgumentError, BootstrapError, Error, Result,
    backend::CostModel,
    nn::{
        layout::{Repetition, TrainingLayout},
        training::TrainingSetup,
    },
};

/// The larger ring takes three times the memory, so it has to be so many times faster.
const FASTER: f64 = 2.0;
/// Fewer ciphertexts have bootstraps of their own: one in the larger ring takes more than twice as long as one in the smaller, so
/// that it cannot be so much faster for them all.
pub(super) const LEAST_CIPHERTEXTS: usize = 5;

/// Where ciphertexts share a bootstrap, which is for speed and costs no precision: with three special primes keys take a quarter
/// less memory.
const SHARED: [Primes; 2] = [(3, 49, 40), CHOICES[0]];

/// A training with bootstraps and the estimated time of a step with them.
pub(super) struct Weighed<L: TrainingLayout> {
    pub deployment: TrainingDeployment<L>,
    pub bootstrapping: Bootstrapping,
    pub seconds: f64,
}

impl<L: TrainingLayout> Weighed<L> {
    fn of(
        (deployment, bootstrapping): (TrainingDeployment<L>, Bootstrapping),
        steps: usize,
        costs: &CostModel,
    ) -> Self {
        let plan = &deployment.training.plan;
        let seconds = plan.seconds(costs) + bootstrapping.seconds_for(plan.ciphertexts_up(), costs);
        Weighed { seconds: seconds / steps as f64, deployment, bootstrapping }
    }

    /// Ciphertexts of weights and velocity.
    pub fn ciphertexts(&self) -> usize {
        self.deployment.training.plan.ciphertexts_up()
    }

    /// Whether it is to be preferred to one in a smaller ring.
    pub fn is_better_than(&self, smaller: Option<&Self>) -> bool {
        smaller.is_none_or(|smaller| FASTER * self.seconds < smaller.seconds)
    }
}

impl<L: TrainingLayout> TrainingDeployment<L> {
    /// Chooses parameters of 128-bit security for a training that its server refreshes by bootstraps: `setup` says how many
    /// steps there are between two refreshes, and between two looks of the client. If the request names no number of
    /// ciphertexts that share a bootstrap, one for each is weighed against one for all weights, and one for velocity as well.
    /// The smaller ring is preferred, unless the larger one is twice as fast.
    ///
    /// # Errors
    /// `NotOneOf` for another ring than N = 32768 or 65536; `NoRoom` if a step is too deep for them; the errors of
    /// [`choose`](TrainingDeployment::choose).
    pub fn choose_bootstrapped(
        setup: &TrainingSetup,
        request: &ParameterRequest,
        bootstraps: &BootstrapRequest,
        layout: impl Fn(usize) -> Result<L>,
    ) -> Result<(Self, Bootstrapping)> {
        let costs = CostModel::default();
        let mut refused = ArgumentError::Empty { what: "degrees to try" }.into();
        let mut best: Option<Weighed<L>> = None;
        for (degree, most_bits) in bootstraps.rings(request)? {
            if best.as_ref().is_some_and(|best| best.ciphertexts() < LEAST_CIPHERTEXTS) {
                break;
            }
            let ring = Ring { degree, most_bits, is_larger: best.is_some() };
            let found = layout(degree / 2).and_then(|layout| cheapest(setup, bootstraps, &layout, ring, &costs));
            match found {
                Ok(Some(found)) if found.is_better_than(best.as_ref()) => best = Some(found),
                // There is more in a larger ring.
                Err(error @ Error::Bootstrap(BootstrapError::NoRoom { .. })) => refused = error,
                Err(error) if best.is_none() => return Err(error),
                _ => {}
            }
        }
        best.map(|best| (best.deployment, best.bootstrapping)).ok_or(refused)
    }
}

/// A ring with the bits of its largest modulus, and whether there are parameters in a smaller one.
#[derive(Clone, Copy)]
pub(super) struct Ring {
    pub degree: usize,
    pub most_bits: u32,
    pub is_larger: bool,
}

/// The cheapest number of ciphertexts in a bootstrap, if any may be better than the smaller ring.
pub(super) fn cheapest<L: TrainingLayout>(
    setup: &TrainingSetup,
    bootstraps: &BootstrapRequest,
    layout: &L,
    ring: Ring,
    costs: &CostModel,
) -> Result<Option<Weighed<L>>> {
    let planned = |parts: usize, choices: &[Primes]| {
        let request = BootstrapRequest { parts, ..*bootstraps };
        let planned = bootstrapped(setup, &request, layout.clone(), ring.degree, Some(ring.most_bits), choices);
        planned.map(|planned| Weighed::of(planned, setup.refresh_every, costs))
    };
    if bootstraps.parts > 1 {
        return planned(bootstraps.parts, &CHOICES).map(Some);
    }
    // One by one they are slower in a larger ring.
    let mut best = if ring.is_larger { None } else { Some(planned(1, &CHOICES)) };
    let Repetition { period, live } = Repetition::of(layout)?;
    let weights = live.len();
    let all = if setup.spec.optimizer.momentum() > 0.0 { 2 * weights } else { weights };
    let fits =
        |parts: &usize| *parts > 1 && all >= LEAST_CIPHERTEXTS && period * parts.next_power_of_two() <= ring.degree / 2;
    for parts in [weights, all].into_iter().filter(fits) {
        let found = planned(parts, &SHARED);
        let is_better = match (&found, &best) {
            (Ok(found), Some(Ok(best))) => found.seconds < best.seconds,
            (Ok(_), _) | (Err(_), None) => true,
            (Err(_), Some(_)) => false,
        };
        if is_better {
            best = Some(found);
        }
    }
    best.transpose()
}
