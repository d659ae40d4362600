//! Bootstrapping on SEAL's ciphertexts, with our own key switching.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    BootstrapKeys, BootstrapParameters, Raise,
    keys::{ExpandedKeys, check_chain},
    matrices::{self, Diagonal, Factor},
    parameters::KEPT_MAPS,
};
use crate::{
    BootstrapError, Level, Result, Rotation,
    backend::{Evaluate, SealEvaluator},
    parallel,
    seal::{
        Ciphertext, Context, GiantSteps, HybridEvaluator, Parameters, PeriodicPlaintext, PeriodicTerm, Raiser,
        RaisingKeys, SparseParameters,
    },
};

/// A map between slots and coefficients: its factors in their order, each a level below the one before.
struct Map(Vec<Factor<PeriodicPlaintext>>);

impl Map {
    /// The first factor at a level.
    fn new(hybrid: &HybridEvaluator, factors: &[Factor], level: Level, scales: &[f64]) -> Result<Map> {
        let made = factors
            .iter()
            .zip(scales)
            .enumerate()
            .map(|(down, (factor, &scale))| factor.encode(hybrid, Level(level.0 - down), scale));
        made.collect::<Result<_>>().map(Map)
    }
}

impl Factor {
    fn encode(&self, hybrid: &HybridEvaluator, level: Level, scale: f64) -> Result<Factor<PeriodicPlaintext>> {
        let diagonals = parallel::try_map(&self.diagonals, |&Diagonal { giant, baby, ref values }| {
            Ok(Diagonal { giant, baby, values: hybrid.encode_periodic(values, level, scale)? })
        })?;
        Ok(Factor { steps: self.steps, period: self.period, diagonals })
    }
}

impl Factor<PeriodicPlaintext> {
    fn terms(&self) -> Vec<PeriodicTerm<'_>> {
        let terms = self.diagonals.iter();
        terms.map(|d| PeriodicTerm { giant: d.giant, baby: d.baby, plaintext: &d.values }).collect()
    }
}

/// The map to coefficients depends on the scale of the values, so on the learning rate, on their bound, and on their live
/// slots. A few of the last ones are kept.
struct ToCoefficients {
    scales: Vec<f64>,
    live: Vec<bool>,
    map: Arc<Map>,
}

/// The raise of SEAL's ciphertexts. Like all of the evaluating side it is made without a secret key.
pub struct SealRaise {
    tall: SealEvaluator,
    low: Context,
    raiser: Raiser,
    raising: RaisingKeys,
    sparse: SparseParameters,
    /// A constant at the level of the map to coefficients.
    one: PeriodicPlaintext,
    to_slots: Map,
    to_coefficients: Mutex<Vec<ToCoefficients>>,
}

impl SealRaise {
    /// Expands the keys, for values in a context of the step's parameters.
    ///
    /// # Errors
    /// `NotTaller` for keys or a context of other parameters; an error of SEAL, for example if memory runs out.
    pub fn new(parameters: &BootstrapParameters, low: &Context, keys: BootstrapKeys) -> Result<SealRaise> {
        SealRaise::with(parameters, low, ExpandedKeys::of(keys)?)
    }

    /// Reads the keys in the bytes of a container from outside that has them beside others
    /// ([`Container::add_bootstrap_keys`](crate::seal::Container::add_bootstrap_keys)), and expands them one by one, so that no
    /// more than one is there in both forms.
    ///
    /// # Errors
    /// As [`BootstrapKeys::from_container`] and [`new`](SealRaise::new).
    pub fn from_bytes(
        tall: &Parameters,
        parameters: &BootstrapParameters,
        low: &Context,
        keys: Vec<u8>,
    ) -> Result<SealRaise> {
        SealRaise::with(parameters, low, ExpandedKeys::take(tall, parameters, keys)?)
    }

    fn with(parameters: &BootstrapParameters, low: &Context, keys: ExpandedKeys) -> Result<SealRaise> {
        let ExpandedKeys { context, switching, raising, sparse } = keys;
        check_chain(context.parameters(), parameters)?;
        let primes = low.parameters().data_primes();
        if parameters.chain().primes()[..=parameters.restored_level().0] != *primes {
            return Err(BootstrapError::NotTaller.into());
        }
        let evaluator = SealEvaluator::taller(&context, parameters.chain().clone(), switching)?;
        let scales = parameters.to_slots_scales(sparse.modulus() as f64);
        let factors = matrices::to_slots(parameters.spec().period);
        let to_slots = Map::new(evaluator.hybrid()?.0, &factors, parameters.chain().top(), &scales)?;
        let one = evaluator.hybrid()?.0.encode_periodic(&[[1.0, 0.0]], parameters.spec().map_level(), 1.0)?;
        Ok(SealRaise {
            raiser: Raiser::new(&context, &sparse)?,
            one,
            raising,
            low: low.clone(),
            tall: evaluator,
            sparse,
            to_slots,
            to_coefficients: Mutex::default(),
        })
    }

    /// The map for values of a scale.
    fn to_coefficients(&self, parameters: &BootstrapParameters, values: f64, live: &[bool]) -> Result<Arc<Map>> {
        let scales = parameters.to_coefficients_scales(values);
        let mut kept = self.to_coefficients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|known| known.scales == scales && known.live == live) {
            return Ok(known.map.clone());
        }
        let factors = matrices::to_coefficients(live);
        let map = Map::new(self.tall.hybrid()?.0, &factors, parameters.spec().map_level(), &scales)?;
        let map = Arc::new(map);
        if kept.len() >= KEPT_MAPS {
            kept.remove(0);
        }
        kept.push(ToCoefficients { scales, live: live.to_vec(), map: map.clone() });
        Ok(map)
    }
}

impl Raise for SealRaise {
    type Evaluator = SealEvaluator;

    fn tall(&self) -> &SealEvaluator {
        &self.tall
    }

    fn lift(&self, x: &Ciphertext) -> Result<Ciphertext> {
        Ok(self.tall.context().adopt(x)?)
    }

    fn coefficients(&self, parameters: &BootstrapParameters, x: &Ciphertext, live: &[bool]) -> Result<Ciphertext> {
        let tall = &self.tall;
        let (hybrid, keys) = tall.hybrid()?;
        let level = parameters.spec().map_level();
        let x = if x.level() > level { tall.drop_to(x, level)? } else { x.clone() };
        // Imaginary parts are noise, which the map would spread over the coefficients of real ones.
        let whole = PeriodicTerm { giant: 0, baby: Rotation(0), plaintext: &self.one };
        let mut coefficients = hybrid.transform_periodic_real(&x, &[whole], GiantSteps::default(), keys)?;
        coefficients.set_scale(2.0 * x.scale())?;
        let map = self.to_coefficients(parameters, 2.0 * x.scale(), live)?;
        for factor in &map.0 {
            coefficients = hybrid.transform_periodic_rescale(&coefficients, &factor.terms(), factor.steps, keys)?;
        }
        let mut raised = self.raiser.raise(&coefficients, &self.raising)?;
        // In units of q' K, with the sum over copies.
        raised.set_scale(self.sparse.modulus() as f64 * parameters.spec().sine.range() * parameters.copies())?;
        let rest = parameters.summed_rotations();
        if !rest.is_empty() {
            raised = hybrid.add_rotations(&raised, &rest, keys)?;
        }
        let mut slots = raised;
        for (place, factor) in self.to_slots.0.iter().enumerate() {
            let is_last = place + 1 == self.to_slots.0.len();
            let (terms, steps) = (factor.terms(), factor.steps);
            slots = match is_last {
                true => hybrid.transform_periodic_real_rescale(&slots, &terms, steps, keys)?,
                false => hybrid.transform_periodic_rescale(&slots, &terms, steps, keys)?,
            };
        }
        slots.set_scale(parameters.sine_scale())?;
        Ok(slots)
    }

    fn lower(&self, x: Ciphertext) -> Result<Ciphertext> {
        Ok(self.low.adopt(&x)?)
    }
}
