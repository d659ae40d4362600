//! Measuring what messages take between two processes, beside the line.

use super::{
    CostModel, Point,
    measure::{median, timed},
};
use crate::{
    Level, Result, SealError,
    backend::{Encrypt, Evaluate, Operation, SealEvaluator, SealKeyHolder},
    seal::{Ciphertext, Seeded, Wire},
};

/// Of so many passes the median counts.
const PASSES: usize = 9;

impl CostModel {
    /// Measures the operations of messages at the top, in the middle and near the bottom of a chain, beside those that
    /// [`measure`](CostModel::measure) has measured.
    ///
    /// # Errors
    /// What evaluator and key holder refuse; the chain needs three levels.
    pub fn measure_messages(&mut self, evaluator: &SealEvaluator, holder: &SealKeyHolder) -> Result<()> {
        let (degree, top) = (evaluator.chain().poly_modulus_degree(), evaluator.chain().top());
        for level in [Level(1), Level(top.0.div_ceil(2)), top] {
            let values = vec![0.5; evaluator.chain().slots()];
            let mut passes: [Vec<f64>; OPERATIONS.len()] = Default::default();
            for pass in 0..=PASSES {
                let seconds = every_operation(evaluator, &holder.encrypt(&values, level)?)?;
                // The first pass warms up.
                if pass > 0 {
                    passes.iter_mut().zip(seconds).for_each(|(all, seconds)| all.push(seconds));
                }
            }
            for (operation, seconds) in OPERATIONS.into_iter().zip(passes) {
                let seconds = median(seconds);
                self.points.push(Point { operation, poly_modulus_degree: degree, level: level.0, seconds });
            }
        }
        Ok(())
    }
}

const OPERATIONS: [Operation; 6] = [
    Operation::Expand,
    Operation::PackFresh,
    Operation::UnpackFresh,
    Operation::Pack,
    Operation::Unpack,
    Operation::Reduce,
];

/// Seconds of each, with a fresh ciphertext.
fn every_operation(evaluator: &SealEvaluator, fresh: &Seeded<Ciphertext>) -> Result<[f64; OPERATIONS.len()]> {
    let context = evaluator.context();
    let (x, expand) = timed(|| evaluator.receive(fresh))?;
    let (packed, pack_fresh) = timed(|| Ok(fresh.to_wire()?))?;
    let (_, unpack_fresh) = timed(|| Ok(Seeded::<Ciphertext>::from_wire(context, &packed)?))?;
    let (packed, pack) = timed(|| Ok(x.to_wire()?))?;
    let (_, unpack) = timed(|| Ok(Ciphertext::from_wire(context, &packed)?))?;
    // There and back, as the sum is made elsewhere.
    let (_, reduce) = timed(|| {
        let words = x.residues().to_vec();
        Ok(Ciphertext::from_residues(context, x.level(), x.scale(), |residues| {
            residues.copy_from_slice(&words);
            Ok::<_, SealError>(())
        })?)
    })?;
    Ok([expand, pack_fresh, unpack_fresh, pack, unpack, reduce])
}
