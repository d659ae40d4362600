//! Products and their sums. poulpy relinearises and rescales them in one.

use std::sync::Arc;

use poulpy_ckks::{
    api::{CKKSDotProductOps, CKKSLeftOperandPreparedFactory, CKKSMulOps, CKKSRightOperandPreparedFactory},
    layouts::CKKSRightOperandPrepared,
};
use poulpy_core::layouts::LWEInfos;
use poulpy_hal::layouts::PrepareHint;
use seal_nn::{
    CircuitError, Level, Result,
    backend::{Evaluate, Slots},
};

use crate::{
    engine::{Ct, Engine},
    evaluator::{Ciphertext, Plaintext, PoulpyEvaluator},
    ring::failed,
};

impl PoulpyEvaluator {
    pub(crate) fn below(&self, level: Level) -> Result<Level> {
        level.down(1).ok_or_else(|| CircuitError::NoLevelLeft { op: "product", needed: Level(1), actual: level }.into())
    }

    /// The scale of a rescaled product with a factor of this scale.
    pub(crate) fn scale_below(&self, x: &Ciphertext, factor: f64) -> f64 {
        x.scale * factor / self.ring.chain().prime(x.level)
    }

    /// `sum_i x_i y_i`, relinearised and rescaled.
    pub(crate) fn products(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        let [(x, y), ..] = terms else { return Err(CircuitError::Empty { op: "product" }.into()) };
        let (module, tensor) = (&self.ring.module, self.ring.tensor_layout());
        let (below, scale) = (self.below(x.level)?, self.scale_below(x, y.scale));
        match terms {
            [(x, y)] if std::ptr::eq(*x, *y) => self.computed(
                below,
                scale,
                |dst| module.ckks_square_tmp_bytes(dst, &x.value, &tensor),
                |dst, s| module.ckks_square_into(dst, &x.value, &self.relin, s),
            ),
            [(x, y)] => self.computed(
                below,
                scale,
                |dst| module.ckks_mul_tmp_bytes(dst, &x.value, &y.value, &tensor),
                |dst, s| module.ckks_mul_into(dst, &x.value, &y.value, &self.relin, s),
            ),
            _ => {
                let settled: Vec<_> =
                    terms.iter().map(|(x, y)| (self.settled(&x.value), self.settled(&y.value))).collect();
                let (xs, ys): (Vec<&Ct>, Vec<&Ct>) = settled.iter().map(|(x, y)| (&**x, &**y)).unzip();
                self.computed(
                    below,
                    scale,
                    |dst| module.ckks_dot_product_ct_tmp_bytes(terms.len(), dst, xs[0], ys[0], &tensor),
                    |dst, s| module.ckks_dot_product_ct(dst, &xs, &ys, &self.relin, s),
                )
            }
        }
    }

    /// `sum_i x_i p_i`, rescaled. poulpy sums vectors of one width before it transforms back; others are added after that.
    pub(crate) fn plain_products(&self, terms: &[(&Ciphertext, &Plaintext)]) -> Result<Ciphertext> {
        let [(first, p), rest @ ..] = terms else {
            return Err(CircuitError::Empty { op: "plaintext product" }.into());
        };
        if rest.is_empty() {
            return self.plain_product(first, p);
        }
        let width = p.value.max_size();
        if terms.iter().all(|(_, p)| p.constant.is_none() && p.value.max_size() == width) {
            return self.plain_products_together(terms);
        }
        let mut sum = self.plain_product(first, p)?;
        for (x, p) in rest {
            self.add_inplace(&mut sum, &self.plain_product(x, p)?)?;
        }
        Ok(sum)
    }

    fn plain_product(&self, x: &Ciphertext, p: &Plaintext) -> Result<Ciphertext> {
        let module = &self.ring.module;
        let (below, scale) = (self.below(x.level)?, self.scale_below(x, p.scale));
        match p.constant {
            Some(_) => self.computed(
                below,
                scale,
                |dst| module.ckks_mul_pt_const_tmp_bytes(dst, &x.value, &p.value),
                |dst, s| module.ckks_mul_pt_const_into(dst, &x.value, &p.value, 0, s),
            ),
            None => self.computed(
                below,
                scale,
                |dst| module.ckks_mul_pt_vec_tmp_bytes(dst, &x.value, &p.value),
                |dst, s| module.ckks_mul_pt_vec_into(dst, &x.value, &p.value, s),
            ),
        }
    }

    fn plain_products_together(&self, terms: &[(&Ciphertext, &Plaintext)]) -> Result<Ciphertext> {
        let (x, p) = terms[0];
        let module = &self.ring.module;
        let rights = terms.iter().map(|(_, p)| self.prepared(p)).collect::<Result<Vec<_>>>()?;
        let prepare = |x: &Ct| {
            let bytes = module.ckks_left_operand_prepare_tmp_bytes(x);
            self.ring
                .with_scratch(bytes, |s| module.ckks_left_operand_prepare_alloc(x, PrepareHint::OneShot, s))
                .map_err(failed)
        };
        let lefts = terms.iter().map(|(x, _)| prepare(&x.value)).collect::<Result<Vec<_>>>()?;
        let (lefts, rights): (Vec<_>, Vec<_>) = (lefts.iter().collect(), rights.iter().map(|r| &**r).collect());
        self.computed(
            self.below(x.level)?,
            self.scale_below(x, p.scale),
            |dst| module.ckks_dot_product_prepared_pt_vec_tmp_bytes(dst, lefts[0], rights[0]),
            |dst, s| module.ckks_dot_product_prepared_pt_vec(dst, &lefts, &rights, &vec![1; terms.len()], s),
        )
    }

    /// The transformed plaintext. Constants are encoded like vectors for it.
    pub(crate) fn prepared(&self, plaintext: &Plaintext) -> Result<Arc<CKKSRightOperandPrepared<Engine>>> {
        if let Some(prepared) = plaintext.prepared.get() {
            return Ok(prepared.clone());
        }
        let module = &self.ring.module;
        let polynomial = match plaintext.constant {
            Some(value) => &self.ring.encode(&Slots::Constant(value), plaintext.level, plaintext.scale)?,
            None => &plaintext.value,
        };
        let bytes = module.ckks_right_operand_prepare_tmp_bytes(polynomial);
        let prepared = self
            .ring
            .with_scratch(bytes, |s| module.ckks_right_operand_prepare_alloc(polynomial, PrepareHint::Reuse, s))
            .map_err(failed)?;
        Ok(plaintext.prepared.get_or_init(|| Arc::new(prepared)).clone())
    }

    /// `sum_i w_ij x_i` for one `j`: integers at a scale times values, modulo `2^k`, at the width they have.
    pub(crate) fn weighted_sum(&self, terms: &[(&Ciphertext, &[f64])], j: usize, scale: f64) -> Result<Ciphertext> {
        let op = "weighted sum";
        let module = &self.ring.module;
        let mut sum: Option<Ciphertext> = None;
        for (x, weights) in terms {
            let weight = weights.get(j).copied().unwrap_or(0.0);
            // A product with zero could be read without a key.
            if (weight * scale).abs() < 0.5 {
                continue;
            }
            let integer = self.ring.encode_integer(weight, x.level, scale)?;
            let product = self.computed(
                x.level,
                x.scale * scale,
                |dst| module.ckks_mul_pt_const_tmp_bytes(dst, &x.value, &integer),
                |dst, s| module.ckks_mul_pt_const_into(dst, &x.value, &integer, 0, s),
            )?;
            match &mut sum {
                None => sum = Some(product),
                Some(sum) => self.add_inplace(sum, &product)?,
            }
        }
        sum.ok_or(CircuitError::Transparent { op, scale }.into())
    }

    /// Divided by the modulus of its level: times 1, as an integer that poulpy takes for `2^-k`.
    pub(crate) fn rescaled(&self, x: &Ciphertext) -> Result<Ciphertext> {
        let module = &self.ring.module;
        let one = self.ring.encode_constant(1.0, x.level, 1.0)?;
        self.computed(
            self.below(x.level)?,
            self.scale_below(x, 1.0),
            |dst| module.ckks_mul_pt_const_tmp_bytes(dst, &x.value, &one),
            |dst, s| module.ckks_mul_pt_const_into(dst, &x.value, &one, 0, s),
        )
    }
}
