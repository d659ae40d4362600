//! The backends that are compared, on chains of as many levels and bits, each within the same table of security.

use cpu_time::ProcessTime;
use seal_nn::{
    Result, Rotation,
    backend::{Chain, ClearEvaluator, ClearKeyHolder, Encrypt, Evaluate, KeySwitching, SealEvaluator, SealKeyHolder},
    report::resident_bytes,
    seal::{Parameters as SealParameters, SecurityTable},
};
use seal_nn_poulpy::{Parameters, PoulpyEvaluator, PoulpyKeyHolder};
use seal_nn_textbook_ckks::{InsecureKeyHolder, TextbookEvaluator};

use crate::{
    output::{Output, Size},
    side::Side,
};

pub const DEGREE: usize = 16384;
/// Levels: one less than there are data primes.
pub const DEPTH: usize = 7;
/// With two special primes of 50 bits these are the 430 bits that the table allows.
pub const SCALE_BITS: u32 = 40;
const TABLE: SecurityTable = SecurityTable::Guidelines2024;

/// What is expected, and who is measured.
pub struct Sides {
    pub clear: Side<ClearEvaluator, ClearKeyHolder>,
    pub kernels: Side<SealEvaluator, SealKeyHolder>,
    pub calls: Side<SealEvaluator, SealKeyHolder>,
    pub textbook: Side<TextbookEvaluator, InsecureKeyHolder>,
    pub poulpy: Side<PoulpyEvaluator, PoulpyKeyHolder>,
}

impl Sides {
    pub fn new(rotations: &[Rotation], output: &mut Output) -> Result<Sides> {
        let chain = Chain::nominal(DEGREE, DEPTH, SCALE_BITS)?;
        let clear = ClearEvaluator::new(chain.clone(), None).with_rotations(rotations);
        let clear = Side::new(clear, ClearKeyHolder::new(chain, None))?;
        let of_depth = || SealParameters::builder().degree(DEGREE).depth(DEPTH, SCALE_BITS);
        let kernels =
            seal("SEAL, our kernels", &of_depth().hybrid(2).build()?, KeySwitching::Hybrid, rotations, output)?;
        let parameters = of_depth().build()?;
        let calls = seal("SEAL's calls", &parameters, KeySwitching::Seal, rotations, output)?;

        let holder = InsecureKeyHolder::generate(Chain::try_from(&parameters)?, 1)?;
        let bits = parameters.total_bits() as usize;
        let textbook = build("textbook", bits, output, || {
            let keys = holder.evaluation_keys(rotations);
            let bytes = keys.bytes();
            Ok((TextbookEvaluator::new(keys), bytes))
        })?;
        let textbook = Side::new(textbook, holder)?;

        let parameters = Parameters::new(DEGREE, DEPTH, SCALE_BITS)?;
        let holder = PoulpyKeyHolder::generate(&parameters);
        let poulpy = build("poulpy", parameters.key_bits(), output, || {
            let keys = holder.evaluation_keys(rotations);
            Ok((PoulpyEvaluator::new(&keys), keys.bytes()?))
        })?;
        let poulpy = Side::new(poulpy, holder)?;

        for (size, bytes) in
            output.sizes.iter_mut().zip([sent(&kernels)?, sent(&calls)?, sent(&textbook)?, sent(&poulpy)?])
        {
            (size.ciphertext_bytes, size.fresh_bytes) = bytes;
        }
        Ok(Sides { clear, kernels, calls, textbook, poulpy })
    }
}

fn seal(
    name: &'static str,
    parameters: &SealParameters,
    key_switching: KeySwitching,
    rotations: &[Rotation],
    output: &mut Output,
) -> Result<Side<SealEvaluator, SealKeyHolder>> {
    TABLE.check(parameters)?;
    let holder = SealKeyHolder::generate(parameters)?.with_key_switching(key_switching);
    let evaluator = build(name, parameters.total_bits() as usize, output, || {
        let keys = holder.evaluation_keys(rotations)?;
        Ok((SealEvaluator::new(parameters, &keys)?, keys.relin_bytes() + keys.galois_bytes()))
    })?;
    Side::new(evaluator, holder)
}

/// Makes an evaluator with its keys, and notes what they take.
fn build<E>(
    name: &'static str,
    modulus_bits: usize,
    output: &mut Output,
    make: impl FnOnce() -> Result<(E, usize)>,
) -> Result<E> {
    let (start, before) = (ProcessTime::now(), resident_bytes());
    let (evaluator, key_bytes) = make()?;
    let grown = resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before));
    output.sizes.push(Size {
        name,
        modulus_bits,
        key_bytes,
        memory: grown,
        key_seconds: start.elapsed().as_secs_f64(),
        ciphertext_bytes: 0,
        fresh_bytes: 0,
    });
    Ok(evaluator)
}

/// Bytes of a ciphertext at the top, and of a fresh one.
fn sent<E: Evaluate, K: Encrypt<Fresh = E::Fresh>>(side: &Side<E, K>) -> Result<(usize, usize)> {
    let backend = side.circuit.backend();
    let fresh = side.holder.encrypt(&[1.0], side.circuit.chain().top())?;
    Ok((backend.ciphertext_bytes(&backend.receive(&fresh)?)?, backend.fresh_bytes(&fresh)))
}
