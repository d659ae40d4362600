//! Sizes, and the module that everything is computed in.

use std::sync::{Arc, Mutex, PoisonError};

use poulpy_ckks::{CKKSModuleInfos, GLWEPlaintextMeta, Scale, SetCKKSInfos, SlotsKind, layouts::CKKSCiphertextAlloc};
use poulpy_core::layouts::{GLWEAutomorphismKeyLayout, GLWELayout, GLWETensorKeyLayout, Rank};
use poulpy_hal::{
    api::{ScratchOwnedAlloc, ScratchOwnedBorrow},
    layouts::{Module, ScratchArena, ScratchOwned},
};
use seal_nn::{
    Error, Level, Rotation,
    backend::{Chain, Slots},
};

use crate::{
    Parameters,
    engine::{Ct, Engine},
};

/// Bits of a limb of a ciphertext, for which products of all engines are exact at the degrees that SEAL has.
pub(crate) const LIMB: usize = 52;

/// Parameters, with the tables and the scratch memory that computing takes.
pub(crate) struct Ring {
    pub parameters: Parameters,
    pub module: Module<Engine>,
    pub scale_bits: usize,
    /// One for each thread that computes.
    scratch: Mutex<Vec<ScratchOwned<Engine>>>,
}

impl Ring {
    pub fn new(parameters: &Parameters) -> Arc<Ring> {
        let chain = &parameters.chain;
        Arc::new(Ring {
            module: Module::<Engine>::new(chain.poly_modulus_degree() as u64),
            scale_bits: chain.scale(chain.top()).log2() as usize,
            parameters: parameters.clone(),
            scratch: Mutex::default(),
        })
    }

    pub fn chain(&self) -> &Chain {
        &self.parameters.chain
    }

    /// Bits of a level's modulus.
    pub fn width(&self, level: Level) -> usize {
        self.chain().modulus_bits(level).round() as usize
    }

    pub fn ciphertext_layout(&self, level: Level) -> GLWELayout {
        let n = self.chain().poly_modulus_degree();
        GLWELayout { n: n.into(), base2k: LIMB.into(), k: self.width(level).into(), rank: Rank(1) }
    }

    /// What poulpy notes of every value here: one scale, and real slots.
    pub fn meta(&self) -> GLWEPlaintextMeta {
        GLWEPlaintextMeta { scale: Scale::Log(self.scale_bits), slots: SlotsKind::Real, log_sparsity: 0 }
    }

    pub fn galois_layout(&self) -> GLWEAutomorphismKeyLayout {
        let GLWELayout { n, base2k, rank, .. } = self.ciphertext_layout(Level(0));
        GLWEAutomorphismKeyLayout {
            n,
            base2k,
            rank,
            dnum: self.parameters.digits().into(),
            k_digit: self.parameters.digit_bits.into(),
            k_aux: self.parameters.guard_bits().into(),
        }
    }

    pub fn tensor_layout(&self) -> GLWETensorKeyLayout {
        let GLWEAutomorphismKeyLayout { n, base2k, dnum, k_aux, rank, k_digit } = self.galois_layout();
        GLWETensorKeyLayout { n, base2k, dnum, k_aux, rank, k_digit }
    }

    pub fn ciphertext(&self, level: Level) -> Ct {
        let mut x = self.module.ckks_ciphertext_alloc_from_glwe_infos(&self.ciphertext_layout(level));
        x.set_meta(self.meta());
        x
    }

    /// The automorphism of a rotation.
    pub fn galois_element(&self, step: Rotation) -> i64 {
        self.module.ckks_galois_element(step.0.into())
    }

    /// The values of all slots.
    pub fn slots(&self, values: &Slots) -> Vec<f64> {
        values.iter(self.chain().slots()).collect()
    }

    /// Lends scratch memory of at least `bytes`.
    pub fn with_scratch<T>(&self, bytes: usize, f: impl FnOnce(&mut ScratchArena<'_, Engine>) -> T) -> T {
        let pool = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pool().pop().filter(|scratch| scratch.data.len() >= bytes);
        let mut scratch = kept.unwrap_or_else(|| ScratchOwned::alloc(bytes));
        let result = f(&mut scratch.borrow());
        pool().push(scratch);
        result
    }
}

/// What poulpy refused.
pub(crate) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Backend { backend: "poulpy", source: error.into() }
}
