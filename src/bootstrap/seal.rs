//! Bootstrapping on SEAL's ciphertexts, with our own key switching.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    BootstrapParameters, BootstrapPlan, Raise,
    circuit::check_input,
    matrices::{self, Diagonal},
    parameters::{INPUT_LEVEL, SPARSE_WEIGHT},
};
use crate::{
    BootstrapError, Level, Result,
    backend::{Evaluate, SealEvaluator, SealKeyHolder},
    parallel,
    seal::{
        Ciphertext, Context, HybridEvaluator, HybridKeyLevels, HybridKeys, Parameters, PeriodicPlaintext, PeriodicTerm,
        Raiser, RaisingKeys, Seeded, SeededRaisingKeys, SparseParameters,
    },
};

/// The keys of bootstraps, seed-compressed: of the taller chain, and those to and from the ephemeral sparse secret, which
/// nobody has any more.
#[derive(Debug)]
pub struct BootstrapKeys {
    tall: Parameters,
    switching: Seeded<HybridKeys>,
    raising: SeededRaisingKeys,
    sparse: SparseParameters,
}

impl BootstrapKeys {
    /// Keys for bootstraps between computations under the key holder's secret key.
    ///
    /// # Errors
    /// `SparseWeight` for a ring in which no sparse secret of the usual weight is secure; `NotTaller` for parameters that are
    /// not those of a bootstrap; an error of SEAL, for example if memory runs out.
    pub fn generate(
        holder: &SealKeyHolder,
        tall: &Parameters,
        parameters: &BootstrapParameters,
    ) -> Result<BootstrapKeys> {
        check_chain(tall, parameters)?;
        let degree = tall.poly_modulus_degree();
        let sparse = match tall.security_bits() {
            0 => SparseParameters::insecure(degree, SPARSE_WEIGHT)?,
            _ => SparseParameters::new(degree, SPARSE_WEIGHT)?,
        };
        let BootstrapPlan { keys, conjugation, .. } = BootstrapPlan::of(parameters)?;
        let levels = HybridKeyLevels { relin: keys.relin, rotations: keys.rotations, conjugation: Some(conjugation) };
        let raised = parameters.raised_rotations();
        let (switching, raising) = holder.keys_of_taller(&Context::new(tall)?, &levels, &sparse, &raised)?;
        Ok(BootstrapKeys { tall: tall.clone(), switching, raising, sparse })
    }
}

fn check_chain(tall: &Parameters, parameters: &BootstrapParameters) -> Result<()> {
    let chain = parameters.chain();
    let same = tall.poly_modulus_degree() == chain.poly_modulus_degree()
        && tall.data_primes() == chain.primes()
        && tall.special_primes() == chain.special_primes();
    if same { Ok(()) } else { Err(BootstrapError::NotTaller.into()) }
}

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

/// The matrix to coefficients depends on the scale of the values, so on the learning rate, and on their live slots. A few of
/// the last ones are kept.
struct ToCoefficients {
    scale: f64,
    live: Vec<bool>,
    matrix: Arc<Matrix>,
}

/// Ciphertexts of one record have at most two scales and a few marks.
const KEPT_MATRICES: usize = 4;

/// The raise of SEAL's ciphertexts. Like all of the evaluating side it is made without a secret key.
pub struct SealRaise {
    parameters: BootstrapParameters,
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
        let BootstrapKeys { tall, switching, raising, sparse } = keys;
        check_chain(&tall, parameters)?;
        let primes = low.parameters().data_primes();
        if parameters.chain().primes()[..=parameters.output_level().0] != *primes {
            return Err(BootstrapError::NotTaller.into());
        }
        let evaluator = SealEvaluator::taller(&tall, parameters.chain().clone(), &switching)?;
        drop(switching);
        let context = evaluator.context().clone();
        let scale = parameters.to_slots_scale(sparse.modulus() as f64);
        let (chain, diagonals) = (parameters.chain(), matrices::to_slots(parameters.spec().period));
        let (hybrid, _) = evaluator.hybrid()?;
        let to_slots = Matrix::new(hybrid, &diagonals, chain.top(), scale)?;
        Ok(SealRaise {
            parameters: parameters.clone(),
            raiser: Raiser::new(&context, &sparse)?,
            raising: raising.expand(&context)?,
            low: low.clone(),
            tall: evaluator,
            sparse,
            to_slots,
            to_coefficients: Mutex::default(),
        })
    }

    /// The matrix for values of a scale.
    fn to_coefficients(&self, scale: f64, live: &[bool]) -> Result<Arc<Matrix>> {
        let mut kept = self.to_coefficients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|known| known.scale == scale && known.live == live) {
            return Ok(known.matrix.clone());
        }
        let (parameters, (hybrid, _)) = (&self.parameters, self.tall.hybrid()?);
        let diagonals = matrices::to_coefficients(live);
        let to = parameters.to_coefficients_scale(scale);
        let matrix = Arc::new(Matrix::new(hybrid, &diagonals, INPUT_LEVEL, to)?);
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

    fn coefficients(&self, x: &Ciphertext, live: &[bool]) -> Result<Ciphertext> {
        let (parameters, tall) = (&self.parameters, &self.tall);
        check_input(parameters, tall, x, live)?;
        let (hybrid, keys) = tall.hybrid()?;
        let x = tall.context().adopt(x)?;
        let x = if x.level() > INPUT_LEVEL { tall.drop_to(&x, INPUT_LEVEL)? } else { x };
        let matrix = self.to_coefficients(x.scale(), live)?;
        let coefficients = hybrid.transform_periodic_rescale(&x, &matrix.terms(), keys)?;
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
