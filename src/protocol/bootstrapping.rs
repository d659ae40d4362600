//! A training whose server refreshes by itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Deployment, ParameterRequest, TrainingDeployment};
use crate::{
    Argument, ArgumentError, BootstrapError, CircuitError, Error, Result,
    backend::{Chain, CostModel, Noise, SealKeyHolder},
    bootstrap::{
        Bootstrap, BootstrapKeys, BootstrapParameters, BootstrapPlan, BootstrapSpec, ClearRaise, Parity, PlanRaise,
        Raise, SealRaise, Sine,
    },
    nn::{
        layout::{Repetition, TrainingLayout},
        training::{Training, TrainingSetup},
    },
    program::{BootstrapRefresh, Plan},
    seal::{Context, Parameters},
};

/// The user's requirements on the bootstraps of a training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapRequest {
    /// The largest absolute weight or velocity; twice the largest that a run in the clear reaches is a good one.
    pub bound: f64,
    /// The bits between it and the modulus that is removed.
    pub ratio_bits: u32,
    /// Which polynomial approximates the sine.
    pub parity: Parity,
    /// Whether a second pass bootstraps what the first has changed.
    pub second_pass: bool,
    /// How many ciphertexts one bootstrap restores together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub parts: usize,
}

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

impl BootstrapRequest {
    /// For weights up to a bound, each ciphertext by itself, with the usual ratio of 11 bits and the sine in odd powers.
    pub fn new(bound: f64) -> BootstrapRequest {
        BootstrapRequest { bound, ratio_bits: 11, parity: Parity::Odd, second_pass: false, parts: 1 }
    }

    /// The rings to try, with the bits of the largest modulus.
    ///
    /// # Errors
    /// `NotOneOf` for another one; `OwnPrimes` for primes of the caller's choice.
    pub(super) fn rings(&self, request: &ParameterRequest) -> Result<Vec<(usize, u32)>> {
        if request.coeff_modulus_bits.is_some() {
            return Err(BootstrapError::OwnPrimes.into());
        }
        let degrees = match request.poly_modulus_degree {
            None => DEGREES.to_vec(),
            Some(degree) if DEGREES.contains(&degree) => vec![degree],
            Some(actual) => {
                let argument = Argument::PolyModulusDegree;
                return Err(ArgumentError::NotOneOf { argument, actual, allowed: &DEGREES }.into());
            }
        };
        Ok(degrees.into_iter().map(|degree| (degree, request.security.modulus_bits(degree))).collect())
    }

    /// For ciphertexts of a period.
    fn spec(&self, period: usize) -> Result<BootstrapSpec> {
        let sine = Sine::new(self.parity, RANGE, DOUBLINGS)?;
        Argument::BootstrapParts.check_count(self.parts, 1, Some(MOST_PARTS))?;
        let spec = BootstrapSpec {
            period: period.saturating_mul(self.parts.next_power_of_two()),
            parts: self.parts,
            bound: self.bound,
            ratio_bits: self.ratio_bits,
            sine,
            second_pass: self.second_pass,
        };
        spec.check()?;
        Ok(spec)
    }
}

/// K and the doublings of the angle for an ephemeral secret of weight 32: it fails with `2^-85` a value.
const RANGE: u32 = 15;
const DOUBLINGS: usize = 3;
/// The rings in which there is room for a bootstrap.
const DEGREES: [usize; 2] = [32768, 65536];
/// Special primes, bits of the sine's primes, and of a step's.
pub(super) type Primes = (usize, u32, u32);
/// Best first: each bit of the sine's primes halves the error of a bootstrap, and one special prime takes half as long again as
/// two.
pub(super) const CHOICES: [Primes; 11] = [
    (2, 49, 40),
    (2, 48, 40),
    (2, 47, 40),
    (2, 46, 40),
    (2, 45, 40),
    (1, 49, 40),
    (1, 48, 40),
    (1, 47, 40),
    (1, 46, 40),
    (1, 45, 40),
    (1, 44, 38),
];
/// Bits of the first prime, of the map's to slots, whose entries would lose the bits that it has fewer, and of the special ones.
const LARGE_BITS: u32 = 49;
/// Two of N roots for the transforms modulo each prime of a level, each of which takes two words.
const TABLE_BYTES: usize = 2 * 16;
/// Ciphertexts at the top of the taller chain while one is bootstrapped: rotated ones, and powers of the sine.
const VALUES: usize = 32;
/// More ciphertexts than a bootstrap restores together.
const MOST_PARTS: usize = 1 << 15;
/// Levels beyond those of a step that its results may need as room.
const SPARE_LEVELS: usize = 1;

/// The bootstraps of a training, with parameters of their own: the same lowest primes and special primes as the training,
/// under the same secret key.
#[derive(Clone, Debug)]
pub struct Bootstrapping {
    /// The taller encryption parameters, whose modulus counts for security.
    pub tall: Parameters,
    /// What is bootstrapped, and its levels.
    pub parameters: BootstrapParameters,
    /// Keys and operations of one bootstrap.
    pub plan: BootstrapPlan,
    /// Which slots of a period hold weights, by ciphertext.
    pub live: Vec<Vec<bool>>,
}

impl Bootstrapping {
    /// The bootstraps of a training on taller parameters: its lowest primes and special primes must be those of the
    /// training.
    ///
    /// # Errors
    /// `NotTaller` for other primes; `PrimesAbove` for another number of primes than a bootstrap takes; `OutOfBounds`
    /// for a bound or a ratio that no bootstrap has.
    pub fn on<L: TrainingLayout>(
        training: &Deployment<Training<L>>,
        request: &BootstrapRequest,
        tall: Parameters,
    ) -> Result<Bootstrapping> {
        let Repetition { period, live } = Repetition::of(training.program.layout())?;
        let (low, spec) = (&training.parameters, request.spec(period)?);
        let same = low.poly_modulus_degree() == tall.poly_modulus_degree()
            && low.special_primes() == tall.special_primes()
            && tall.data_primes().starts_with(low.data_primes());
        if !same {
            return Err(BootstrapError::NotTaller.into());
        }
        let above = &tall.data_primes()[low.data_primes().len()..];
        let parameters = BootstrapParameters::new(&spec, &training.plan.chain, above)?;
        let (entry, exit) = (training.plan.entry, training.plan.exit);
        for (op, needed, actual) in [
            ("a training step before a bootstrap", spec.input_level(), exit),
            ("a training step after a bootstrap", entry, parameters.output_level()),
        ] {
            if actual < needed {
                return Err(CircuitError::NoLevelLeft { op, needed, actual }.into());
            }
        }
        let plan = BootstrapPlan::of(&parameters)?;
        Ok(Bootstrapping { tall, parameters, plan, live })
    }

    /// What was asked of them.
    pub fn request(&self) -> BootstrapRequest {
        let &BootstrapSpec { bound, ratio_bits, ref sine, second_pass, parts, .. } = self.parameters.spec();
        BootstrapRequest { bound, ratio_bits, parity: sine.parity(), second_pass, parts }
    }

    /// How many bootstraps restore so many ciphertexts.
    pub fn count_for(&self, ciphertexts: usize) -> usize {
        ciphertexts.div_ceil(self.parameters.spec().parts)
    }

    /// Estimated seconds that so many ciphertexts take on one thread.
    pub fn seconds_for(&self, ciphertexts: usize, costs: &CostModel) -> f64 {
        self.count_for(ciphertexts) as f64 * self.plan.seconds(costs)
    }

    /// The refresh of a server that computes without data.
    pub fn planned(&self) -> BootstrapRefresh<PlanRaise> {
        self.at(PlanRaise::new(&self.parameters))
    }

    /// An estimate of the memory that bootstraps take at the server in bytes: expanded keys, tables of the taller chain,
    /// plaintexts of the maps between slots and coefficients, and the values of each thread. There are more than these while
    /// keys are expanded.
    pub fn memory_bytes(&self) -> usize {
        let chain = self.parameters.chain();
        let primes = chain.primes().len() + chain.special_primes().len();
        // SEAL's context has tables for every level; ours are made once.
        let tables = TABLE_BYTES * chain.poly_modulus_degree() * primes * (primes + 1) / 2;
        let values = VALUES * chain.ciphertext_bytes(chain.top());
        // Rotations and masks of what is taken apart.
        let (blocks, restored) = (self.parameters.spec().blocks(), self.parameters.restored_level());
        let values = values + if blocks > 1 { 3 * blocks * chain.ciphertext_bytes(restored) / 2 } else { 0 };
        self.plan.expanded_key_bytes() + tables + self.parameters.map_bytes() + values
    }

    /// The refresh of a server that computes in the clear, with noise on request.
    pub fn in_the_clear(&self, noise: Option<Noise>) -> BootstrapRefresh<ClearRaise> {
        let place = ClearRaise::new(&self.parameters, noise);
        self.at(place)
    }

    /// The keys of bootstraps, of the key holder of the training.
    ///
    /// # Errors
    /// An error of SEAL, for example if memory runs out.
    pub fn make_keys(&self, holder: &SealKeyHolder) -> Result<BootstrapKeys> {
        BootstrapKeys::generate(holder, &self.tall, &self.parameters)
    }

    /// The refresh of a server that computes on ciphertexts of a context, that of the training.
    ///
    /// # Errors
    /// `NotTaller` for a context or keys of another training; an error of SEAL, for example if memory runs out.
    pub fn on_seal(&self, context: &Context, keys: BootstrapKeys) -> Result<BootstrapRefresh<SealRaise>> {
        Ok(self.at(SealRaise::new(&self.parameters, context, keys)?))
    }

    /// The same with keys from outside, as [`SealRaise::from_bytes`] reads them.
    ///
    /// # Errors
    /// As there.
    pub fn on_seal_from(&self, context: &Context, keys: Vec<u8>) -> Result<BootstrapRefresh<SealRaise>> {
        Ok(self.at(SealRaise::from_bytes(&self.tall, &self.parameters, context, keys)?))
    }

    fn at<R: Raise>(&self, place: R) -> BootstrapRefresh<R> {
        let bootstrap = Bootstrap::new(self.parameters.clone(), place);
        BootstrapRefresh::new(Arc::new(bootstrap), self.live.clone())
    }
}

impl<L: TrainingLayout> TrainingDeployment<L> {
    /// As [`choose_bootstrapped`](TrainingDeployment::choose_bootstrapped), in a ring of any degree, without security, and with
    /// as many ciphertexts in a bootstrap as the request says: for tests and experiments.
    ///
    /// # Errors
    /// As there.
    pub fn choose_insecure_bootstrapped(
        setup: &TrainingSetup,
        degree: usize,
        bootstraps: &BootstrapRequest,
        layout: impl Fn(usize) -> Result<L>,
    ) -> Result<(Self, Bootstrapping)> {
        bootstrapped(setup, bootstraps, layout(degree / 2)?, degree, None, &CHOICES)
    }
}

/// A training in a ring whose modulus has at most so many bits, or any number without security, with the first of the choices
/// that has room.
pub(super) fn bootstrapped<L: TrainingLayout>(
    setup: &TrainingSetup,
    bootstraps: &BootstrapRequest,
    layout: L,
    degree: usize,
    most_bits: Option<u32>,
    choices: &[Primes],
) -> Result<(TrainingDeployment<L>, Bootstrapping)> {
    let spec = bootstraps.spec(Repetition::of(&layout)?.period)?;
    let input = spec.input_level().0;
    let program = Arc::new(setup.clone().with_left_levels(input).on(layout)?);
    let depth = Plan::depth_of(&*program, degree / 2)?;
    // Between the lowest prime and the sine's.
    let least = depth + input + spec.packing_levels();
    let sizes = |levels: usize, (specials, sine, step): Primes| {
        let (sine, to_slots) = (vec![sine; spec.sine.levels()], vec![LARGE_BITS; spec.levels_to_slots()]);
        [vec![LARGE_BITS], vec![step; levels], sine, to_slots, vec![LARGE_BITS; specials]].concat()
    };
    let mut refused = None;
    for levels in least..=least + SPARE_LEVELS {
        for &choice in choices {
            let bits = sizes(levels, choice);
            if most_bits.is_some_and(|most| bits.iter().sum::<u32>() > most) {
                continue;
            }
            let (tall, step) = chains(degree, &bits, levels, choice, most_bits.is_some())?;
            let planned = on(&program, step).and_then(|training| {
                let bootstrapping = Bootstrapping::on(&training, bootstraps, tall)?;
                Ok((training, bootstrapping))
            });
            match planned {
                Ok((training, bootstrapping)) => {
                    return Ok((TrainingDeployment::with_inference(training)?, bootstrapping));
                }
                Err(error @ Error::Circuit(_)) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
    }
    let smallest = choices.iter().map(|&choice| sizes(least, choice).iter().sum::<u32>()).min();
    let no_room = BootstrapError::NoRoom {
        depth,
        needed: f64::from(smallest.unwrap_or(0)),
        allowed: most_bits.unwrap_or(u32::MAX),
        poly_modulus_degree: degree,
    };
    Err(refused.unwrap_or_else(|| no_room.into()))
}

/// The taller parameters, and those of the step: the lowest primes of the former and the special ones.
fn chains(
    degree: usize,
    bits: &[u32],
    levels: usize,
    (specials, _, step_bits): Primes,
    secure: bool,
) -> Result<(Parameters, Parameters)> {
    let builder = || {
        let builder = Parameters::builder().degree(degree).special_primes(specials).scale_bits(step_bits);
        if secure { builder } else { builder.insecure() }
    };
    let tall = builder().bits(bits).build()?;
    let low = [&tall.data_primes()[..=levels], tall.special_primes()].concat();
    let step = builder().primes(&low).build()?;
    Ok((tall, step))
}

/// A training on a chain.
fn on<L: TrainingLayout>(program: &Arc<Training<L>>, parameters: Parameters) -> Result<Deployment<Training<L>>> {
    let plan = Plan::of(&**program, &Chain::try_from(&parameters)?)?;
    let keys = plan.keys.clone();
    Ok(Deployment { parameters, program: program.clone(), plan, keys })
}
