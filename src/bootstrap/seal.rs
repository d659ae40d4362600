//! Bootstrapping on SEAL's ciphertexts, with our own key switching.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    BootstrapKeys, BootstrapParameters, Raise,
    keys::{ExpandedKeys, check_chain},
    matrices::{self, Diagonal},
    parameters::INPUT_LEVEL,
};
use crate::{
    BootstrapError, Level, Result,
    backend::{Evaluate, SealEvaluator},
    parallel,
    seal::{
        Ciphertext, Context, HybridEvaluator, Parameters, PeriodicPlaintext, PeriodicTerm, Raiser, RaisingKeys,
        SparseParameters,
    },
};

/// A matrix as plaintexts of one period each.
struct Matrix(Vec<Diagonal<PeriodicPlaintext>>);

impl Matrix {
    fn new(hybrid: &HybridEvaluator, diagonals: &[Diagonal], level: Level, scale: f64) -> Result<Matrix> {
        parallel::try_map(diagonals, |&Diagonal { giant, baby, ref values }| {
            Ok(Diagonal { giant, baby, values: hybrid.encode_periodic(values, level, scale)? })
        })
        .map(Matrix)
    }

    fn terms(&self) -> Vec<PeriodicTerm<'_>> {
        self.0.iter().map(Diagonal::as_term).collect()
    }
}

impl Diagonal<PeriodicPlaintext> {
    fn as_term(&self) -> PeriodicTerm<'_> {
        PeriodicTerm { giant: self.giant, baby: self.baby, plaintext: &self.values }
    }
}

/// The matrix to coefficients depends on the scale of the values, so on the learning rate, on their bound, and on their live
/// slots. A few of the last ones are kept.
struct ToCoefficients {
    scale: f64,
    live: Vec<bool>,
    matrix: Arc<Matrix>,
}

/// Ciphertexts of one record have at most two scales and a few marks, and two passes have two bounds.
const KEPT_MATRICES: usize = 8;

/// The raise of SEAL's ciphertexts. Like all of the evaluating side it is made without a secret key.
pub struct SealRaise {
    tall: SealEvaluator,
    low: Context,
    raiser: Raiser,
    raising: RaisingKeys,
    sparse: SparseParameters,
    to_slots: Matrix,
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
        if parameters.chain().primes()[..=parameters.output_level().0] != *primes {
            return Err(BootstrapError::NotTaller.into());
        }
        let evaluator = SealEvaluator::taller(&context, parameters.chain().clone(), switching)?;
        let scale = parameters.to_slots_scale(sparse.modulus() as f64);
        let (chain, diagonals) = (parameters.chain(), matrices::to_slots(parameters.spec().period));
        let (hybrid, _) = evaluator.hybrid()?;
        let to_slots = Matrix::new(hybrid, &diagonals, chain.top(), scale)?;
        Ok(SealRaise {
            raiser: Raiser::new(&context, &sparse)?,
            raising,
            low: low.clone(),
            tall: evaluator,
            sparse,
            to_slots,
            to_coefficients: Mutex::default(),
        })
    }

    /// The matrix of a scale.
    fn to_coefficients(&self, scale: f64, live: &[bool]) -> Result<Arc<Matrix>> {
        let mut kept = self.to_coefficients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|known| known.scale == scale && known.live == live) {
            return Ok(known.matrix.clone());
        }
        let (hybrid, _) = self.tall.hybrid()?;
        let diagonals = matrices::to_coefficients(live);
        let matrix = Arc::new(Matrix::new(hybrid, &diagonals, INPUT_LEVEL, scale)?);
        if kept.len() >= KEPT_MATRICES {
            kept.remove(0);
        }
        kept.push(ToCoefficients { scale, live: live.to_vec(), matrix: matrix.clone() });
        Ok(matrix)
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
        let dropped = if x.level() > INPUT_LEVEL { Some(tall.drop_to(x, INPUT_LEVEL)?) } else { None };
        let x = dropped.as_ref().unwrap_or(x);
        let matrix = self.to_coefficients(parameters.to_coefficients_scale(x.scale()), live)?;
        let coefficients = hybrid.transform_periodic_rescale(x, &matrix.terms(), keys)?;
        let mut raised = self.raiser.raise(&coefficients, &self.raising)?;
        // In units of q' K, with the sum over copies.
        raised.set_scale(self.sparse.modulus() as f64 * parameters.spec().sine.range() * parameters.copies())?;
        let rest = parameters.summed_rotations();
        if !rest.is_empty() {
            raised = hybrid.add_rotations(&raised, &rest, keys)?;
        }
        let mut slots = hybrid.transform_periodic_real_rescale(&raised, &self.to_slots.terms(), keys)?;
        slots.set_scale(parameters.sine_scale())?;
        Ok(slots)
    }

    fn lower(&self, x: Ciphertext) -> Result<Ciphertext> {
        Ok(self.low.adopt(&x)?)
    }
}
