//! Linear transforms by baby and giant steps, which poulpy rescales once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use poulpy_ckks::{
    CKKSInfos, SlotsKind,
    api::{CKKSLinearTransformationOps, LtDiagonalMeta, ckks_plaintext_diagonal_layout},
    layouts::CKKSRightOperandPrepared,
};
use poulpy_core::{
    GLWEDiagonalProd,
    layouts::{
        Base2K, Degree, DiagonalOperand, GLWEInfos, LWEInfos, LinearTransformation, LinearTransformationDiagonal,
        LinearTransformationGiantStep, Rank, TorusPrecision,
    },
};
use seal_nn::{
    CircuitError, Result, Rotation,
    backend::{TransformTerm, apart},
};

use crate::{
    engine::Engine,
    evaluator::{Ciphertext, Plaintext, PoulpyEvaluator},
};

/// A plaintext as a diagonal of a transform that shares it.
struct Diagonal(Arc<CKKSRightOperandPrepared<Engine>>);

impl LWEInfos for Diagonal {
    fn n(&self) -> Degree {
        self.0.n()
    }
    fn base2k(&self) -> Base2K {
        self.0.base2k()
    }
    fn max_size(&self) -> usize {
        self.0.max_size()
    }
    fn k(&self) -> TorusPrecision {
        self.0.k()
    }
}

impl GLWEInfos for Diagonal {
    fn rank(&self) -> Rank {
        self.0.rank()
    }
}

impl GLWEDiagonalProd<Engine> for Diagonal {
    fn operand(&self) -> DiagonalOperand<'_, Engine> {
        DiagonalOperand::Prepared(self.0.cnv())
    }
    fn log_scale(&self) -> usize {
        self.0.log_delta()
    }
}

impl LtDiagonalMeta for Diagonal {
    fn lt_log_scale(&self) -> usize {
        self.0.log_delta()
    }
    fn lt_slots(&self) -> SlotsKind {
        SlotsKind::Real
    }
    fn lt_log_sparsity(&self, _log_n: usize) -> usize {
        0
    }
}

impl PoulpyEvaluator {
    pub(crate) fn transform(&self, x: &Ciphertext, terms: &[TransformTerm<'_, Plaintext>]) -> Result<Ciphertext> {
        let Some(first) = terms.first() else { return Err(CircuitError::Empty { op: "linear transform" }.into()) };
        for step in terms.iter().flat_map(|term| [term.giant, term.baby]).filter(|step| step.0 != 0) {
            self.key(step)?;
        }
        let diagonals = terms.iter().map(|term| self.prepared(term.plaintext)).collect::<Result<Vec<_>>>()?;
        // poulpy has one width for all diagonals.
        if diagonals.iter().any(|diagonal| diagonal.max_size() != diagonals[0].max_size()) {
            return apart::linear_transform(self, x, terms);
        }
        let module = &self.ring.module;
        let slots = self.ring.chain().slots() as i64;
        let turn = |step: Rotation| i64::from(step.0).rem_euclid(slots);
        let mut giants: BTreeMap<i64, Vec<LinearTransformationDiagonal<Diagonal>>> = BTreeMap::new();
        let mut babies = BTreeSet::from([0]);
        for (term, diagonal) in terms.iter().zip(diagonals) {
            let baby = turn(term.baby);
            babies.insert(baby);
            let diagonal = LinearTransformationDiagonal { baby, plaintext: Diagonal(diagonal) };
            giants.entry(turn(term.giant)).or_default().push(diagonal);
        }
        let giant_steps =
            giants.into_iter().map(|(rot, diagonals)| LinearTransformationGiantStep { rot, diagonals }).collect();
        let transform = LinearTransformation {
            baby_steps: babies.into_iter().collect(),
            giant_steps,
            rotations: Default::default(),
        };
        let value = self.settled(&x.value);
        let (plan, diagonal) = (transform.index(), ckks_plaintext_diagonal_layout(&*value));
        let (tensor, galois) = (self.ring.tensor_layout(), self.ring.galois_layout());
        self.computed(
            self.below(x.level)?,
            self.scale_below(x, first.plaintext.scale),
            |_| {
                module
                    .ckks_linear_transformation_eval_self_tmp_bytes(false, &*value, &diagonal, &plan, &tensor, &galois)
            },
            |dst, s| module.ckks_linear_transformation_eval_self_into(dst, &*value, &transform, &self.galois, s),
        )
    }
}
