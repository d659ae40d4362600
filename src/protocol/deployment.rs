//! A program with parameters and a plan for it.

use std::sync::Arc;

use super::{ParameterRequest, parameters::SPARE_LEVELS};
use crate::{
    ArgumentError, CircuitError, Error, Result, SetupError,
    backend::{
        Chain, Circuit, ClearEvaluator, ClearKeyHolder, EvaluationKeys, KeyLevels, KeySwitching, Noise, SealKeyHolder,
    },
    program::{Plan, Program},
    seal::{Parameters, ParametersBuilder, SecurityTable},
};

/// Everything that both parties of a program agree on: the program, encryption parameters in which it fits, and its
/// plan for these parameters.
pub struct Deployment<P> {
    /// Encryption parameters.
    pub parameters: Parameters,
    /// The program.
    pub program: Arc<P>,
    /// Its plan on the chain of these parameters.
    pub plan: Plan,
    /// The keys that the server needs, for this program and for those [beside](Deployment::beside) it.
    pub keys: KeyLevels,
}

impl<P> Clone for Deployment<P> {
    fn clone(&self) -> Self {
        let Deployment { parameters, program, plan, keys } = self;
        Deployment { parameters: parameters.clone(), program: program.clone(), plan: plan.clone(), keys: keys.clone() }
    }
}

impl<P: Program> Deployment<P> {
    /// The cheapest parameters of 128-bit security, by the table that the request names, in which a program fits: the
    /// smallest ring, then the fewest levels, then the order that its [`Precision`](crate::program::Precision) prefers. Where
    /// nothing of a ring has room for declared bounds, a first prime of more than 50 bits is tried before a larger ring.
    /// `program` constructs it for a number of slots.
    ///
    /// ```
    /// # use seal_nn::{nn::{layout::Merged, training::{Schedule, Sgd, TrainingSetup, TrainingSpec}}, protocol::Deployment};
    /// let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    /// let spec = TrainingSpec { network: "4-8-3".parse()?, optimizer, bounds: Default::default(), loss: Default::default() };
    /// let deployment = Deployment::choose(&Default::default(), |slots| {
    ///     TrainingSetup::new(&spec, 120).on(Merged::new(&spec.network, slots, 120)?)
    /// })?;
    /// assert_eq!((deployment.parameters.poly_modulus_degree(), deployment.plan.depth), (16384, 6));
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `TooFewLevels`, `LayoutDoesNotFit` or an error of SEAL if requested parameters do not suffice; `NoParameters` if
    /// none were requested and none fit; any error of the program.
    pub fn choose(request: &ParameterRequest, program: impl Fn(usize) -> Result<P>) -> Result<Deployment<P>> {
        let degrees = request.degrees()?;
        if let Some(parameters) = request.given()? {
            return Deployment::on(parameters, program);
        }
        let Some((&largest, smaller)) = degrees.split_last() else {
            return Err(ArgumentError::Empty { what: "degrees to try" }.into());
        };
        for &degree in smaller {
            match Deployment::at_degree(request, degree, &program) {
                Err(error) if wants_larger_ring(&error) => (),
                found => return found,
            }
        }
        Deployment::at_degree(request, largest, &program).map_err(|error| match error {
            // A batch that is too large has its own remedy.
            Error::Setup(SetupError::LayoutDoesNotFit { .. }) => error,
            error if !smaller.is_empty() && wants_larger_ring(&error) => match program(largest / 2) {
                Ok(program) => no_parameters(&program, largest / 2, error),
                // What does not even fit into the slots says so itself.
                Err(_) => error,
            },
            error => error,
        })
    }

    /// A program on given parameters.
    ///
    /// # Errors
    /// `TooFewLevels` if the chain is too short; `OutOfRange` if values within their bounds would not fit; any error of
    /// the program.
    pub fn on(parameters: Parameters, program: impl FnOnce(usize) -> Result<P>) -> Result<Deployment<P>> {
        let program = program(parameters.slots())?;
        let plan = Plan::of(&program, &Chain::try_from(&parameters)?)?;
        let keys = plan.keys.clone();
        Ok(Deployment { parameters, program: Arc::new(program), plan, keys })
    }

    fn at_degree(
        request: &ParameterRequest,
        degree: usize,
        program: &impl Fn(usize) -> Result<P>,
    ) -> Result<Deployment<P>> {
        let program = Arc::new(program(degree / 2)?);
        let depth = Plan::depth_of(&*program, degree / 2)? + program.least_exit().0;
        let on_first = |chains: &dyn Fn(usize) -> Vec<ParametersBuilder>| {
            let chains = (depth..=depth + SPARE_LEVELS).flat_map(chains);
            Deployment::on_first(chains, request.security, &program)
        };
        let precision = program.precision();
        let found = on_first(&|levels| request.chains(degree, levels, precision));
        // What is not declared needs no larger first prime: programs say with their precision what room they need.
        let lacks_room = matches!(found, Err(Some(Error::Circuit(CircuitError::OutOfRange { .. }))));
        let found = match lacks_room && Plan::has_bounds(&*program, degree / 2)? {
            true => on_first(&|levels| request.roomy_chains(degree, levels, precision)).or(found),
            false => found,
        };
        let too_few = || SetupError::TooFewLevels { program: program.title(), needed: depth, actual: 0 }.into();
        found.map_err(|refused| refused.unwrap_or_else(too_few))
    }

    /// The program on the first of these chains in which it fits. Otherwise the last refusal of its values, or the first of
    /// the chains if none could be built.
    fn on_first(
        chains: impl Iterator<Item = ParametersBuilder>,
        security: SecurityTable,
        program: &Arc<P>,
    ) -> std::result::Result<Deployment<P>, Option<Error>> {
        let mut refused = None;
        for chain in chains {
            let secure = |parameters| security.check(&parameters).map(|()| parameters);
            let parameters = match chain.build().and_then(secure) {
                Ok(parameters) => parameters,
                Err(error) => {
                    refused.get_or_insert(Error::from(error));
                    continue;
                }
            };
            match Chain::try_from(&parameters).and_then(|chain| Plan::of(&**program, &chain)) {
                Ok(plan) => {
                    let keys = plan.keys.clone();
                    return Ok(Deployment { parameters, program: program.clone(), plan, keys });
                }
                Err(error @ Error::Circuit(CircuitError::OutOfRange { .. })) => refused = Some(error),
                Err(error) => return Err(Some(error)),
            }
        }
        Err(refused)
    }

    /// Another program on the same parameters and keys, such as the inference of a trained network.
    ///
    /// # Errors
    /// `TooFewLevels` if the chain is too short; `OutOfRange` if values within their bounds would not fit; any error of
    /// the program.
    pub fn beside<Q: Program>(&mut self, program: Q) -> Result<Deployment<Q>> {
        let plan = Plan::of(&program, &self.plan.chain)?;
        self.keys.merge(&plan.keys);
        Ok(Deployment {
            parameters: self.parameters.clone(),
            program: Arc::new(program),
            plan,
            keys: self.keys.clone(),
        })
    }

    /// A key holder without encryption, and a circuit for its server, with noise of SEAL's size on request. The circuit
    /// has only the rotations of the plan.
    pub fn in_the_clear(&self, noise: Option<Noise>) -> (ClearKeyHolder, Circuit<ClearEvaluator>) {
        let rotations: Vec<_> = self.keys.rotations.keys().copied().collect();
        let evaluator = ClearEvaluator::new(self.plan.chain.clone(), noise).with_rotations(&rotations);
        (ClearKeyHolder::new(self.plan.chain.clone(), noise), Circuit::new(evaluator))
    }

    /// A new secret key, and the evaluation keys that the plan needs.
    ///
    /// # Errors
    /// An error of SEAL if it rejects the parameters.
    pub fn make_keys(&self, key_switching: KeySwitching) -> Result<(SealKeyHolder, EvaluationKeys)> {
        let holder = SealKeyHolder::generate(&self.parameters)?.with_key_switching(key_switching);
        let keys = holder.evaluation_keys_for(&self.keys)?;
        Ok((holder, keys))
    }
}

/// The error of a program that fits into no parameters, with what helps.
fn no_parameters<P: Program>(program: &P, slots: usize, source: Error) -> Error {
    let lacks_room = matches!(source, Error::Circuit(CircuitError::OutOfRange { .. }));
    let bounded = lacks_room && Plan::has_bounds(program, slots).unwrap_or(false);
    let remedy =
        if bounded { format!("smaller declared bounds, or {}", program.remedy()) } else { program.remedy().into() };
    SetupError::NoParameters { program: program.title(), remedy, source: source.into() }.into()
}

/// Whether a ring with more slots, or room for more levels, may help.
fn wants_larger_ring(error: &Error) -> bool {
    match error {
        Error::Setup(error) => error.wants_larger_ring(),
        Error::Seal(_) | Error::Circuit(CircuitError::OutOfRange { .. }) => true,
        _ => false,
    }
}
