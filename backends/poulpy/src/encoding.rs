//! Slots to coefficients and back.

use poulpy_ckks::{
    CKKSInfos, GLWEPlaintextMeta, Scale, SetCKKSInfos,
    api::CKKSEncodingHostOps,
    layouts::{CKKSPlaintextAlloc, CKKSPlaintextVecHostCodec},
};
use seal_nn::{Level, Result, backend::Slots};

use crate::{
    engine::Pt,
    ring::{LIMB, Ring, failed},
};

/// Bits of the widest integer polynomial that poulpy makes of doubles.
const WIDEST: usize = 2 * LIMB;

impl Ring {
    fn polynomial(&self, n: usize, width: usize) -> Pt {
        let mut plaintext = self.module.ckks_plaintext_alloc(n.into(), LIMB.into(), width.into());
        plaintext.set_meta(self.meta());
        plaintext
    }

    /// The lowest level whose plaintexts may have any width, or a lower one itself.
    pub(crate) fn encoding_level(&self, level: Level) -> Level {
        (0..level.0).map(Level).find(|&lower| self.width(lower) >= WIDEST).unwrap_or(level)
    }

    /// Wide enough for coefficients of this size, in whole limbs, so that most plaintexts are alike; never wider than the
    /// level, because poulpy adds no wider ones.
    fn width_for(&self, largest: f64, level: Level) -> usize {
        let bits = largest.log2().ceil().max(0.0) as usize + 2;
        bits.next_multiple_of(LIMB).min(WIDEST).min(self.width(level))
    }

    /// poulpy wants the logarithm of a scale as an integer: what is left of it goes to the values.
    fn rest(&self, scale: f64) -> f64 {
        scale / 2f64.powi(self.scale_bits as i32)
    }

    /// `values` times `scale`, rounded.
    pub(crate) fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Pt> {
        let rest = self.rest(scale);
        let (degree, slots) = (self.chain().poly_modulus_degree(), self.chain().slots());
        let mut plaintext = self.polynomial(degree, self.width_for(values.max_abs() * scale, level));
        let bytes = CKKSEncodingHostOps::<_, f64>::ckks_encoding_host_tmp_bytes(&self.module, slots);
        self.with_scratch(bytes, |scratch| match values {
            Slots::Constant(value) => {
                let mut coefficients = vec![0.0; degree];
                coefficients[0] = value * rest;
                self.module.ckks_encode_coeffs_host_into(&mut plaintext, &coefficients, scratch)
            }
            Slots::Vector(_) => {
                let real: Vec<f64> = values.iter(slots).map(|v| v * rest).collect();
                self.module.ckks_encode_slots_host_into(&mut plaintext, &real, &vec![0.0; slots], scratch)
            }
        })
        .map_err(failed)?;
        Ok(plaintext)
    }

    /// `value` times `scale`, rounded, as a single coefficient.
    pub(crate) fn encode_constant(&self, value: f64, level: Level, scale: f64) -> Result<Pt> {
        let mut plaintext = self.polynomial(1, self.width_for(value.abs() * scale, level));
        plaintext
            .encode_host_floats(&[value * self.rest(scale)])
            .map_err(|error| failed(poulpy_ckks::CKKSError::from(error)))?;
        Ok(plaintext)
    }

    /// The same integer for a product that divides by nothing.
    pub(crate) fn encode_integer(&self, value: f64, level: Level, scale: f64) -> Result<Pt> {
        let mut plaintext = self.encode_constant(value, level, scale)?;
        plaintext.set_meta(GLWEPlaintextMeta { scale: Scale::Log(0), ..self.meta() });
        Ok(plaintext)
    }

    /// An empty plaintext for what a ciphertext of this width holds.
    pub(crate) fn readable(&self, width: usize) -> Pt {
        self.polynomial(self.chain().poly_modulus_degree(), width.min(WIDEST))
    }

    pub(crate) fn decode(&self, plaintext: &Pt, scale: f64) -> Result<Vec<f64>> {
        let slots = self.chain().slots();
        let (mut real, mut imaginary) = (vec![0.0; slots], vec![0.0; slots]);
        let bytes = CKKSEncodingHostOps::<_, f64>::ckks_encoding_host_tmp_bytes(&self.module, slots);
        self.with_scratch(bytes, |scratch| {
            self.module.ckks_decode_slots_host_into(plaintext, &mut real, &mut imaginary, scratch)
        })
        .map_err(failed)?;
        let rest = 2f64.powi(plaintext.log_delta() as i32) / scale;
        real.iter_mut().for_each(|v| *v *= rest);
        Ok(real)
    }
}
