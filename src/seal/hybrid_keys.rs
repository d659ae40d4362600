//! Keys for our own key switching.

use std::collections::BTreeMap;
use std::fmt;

use cxx::UniquePtr;

use super::automorphism::{self, RELINEARIZATION};
use super::{Context, GaloisKeys, Parameters, RelinKeys, check};
use crate::error::SealError;
use crate::ffi::kernels as ffi;
use crate::{Level, Rotation};

/// The requested keys, each with the highest level at which it will be used. With `a` special primes, a key for level
/// `l` has `ceil((l+1)/a)` digits modulo `l+1+a` primes, so keys for rotations at low levels are small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HybridKeyLevels {
    /// The level of relinearisations, if there are any.
    pub relin: Option<Level>,
    /// The levels of rotations. Steps are taken modulo S, and 0 needs no key.
    pub rotations: BTreeMap<Rotation, Level>,
    /// The level of conjugations, if there are any.
    pub conjugation: Option<Level>,
}

impl HybridKeyLevels {
    /// Keys for every level of the parameters, without one for the conjugation.
    pub fn all(parameters: &Parameters, rotations: &[Rotation]) -> HybridKeyLevels {
        let top = parameters.top_level();
        HybridKeyLevels {
            relin: Some(top),
            rotations: rotations.iter().map(|&step| (step, top)).collect(),
            conjugation: None,
        }
    }

    /// The size of the seeded keys in bytes: for each digit a seed of 64 bytes and one half, with N residues of 8 bytes
    /// per prime.
    pub fn bytes(&self, parameters: &Parameters) -> usize {
        self.elements(parameters.poly_modulus_degree()).into_iter().map(|(_, level)| key_bytes(parameters, level)).sum()
    }

    /// The automorphisms of all keys with their levels: one key for each.
    pub(super) fn elements(&self, degree: usize) -> Vec<(u32, Level)> {
        let slots = degree / 2;
        let mut levels: BTreeMap<Rotation, Level> = BTreeMap::new();
        for (step, &level) in &self.rotations {
            let known = levels.entry(step.canonical(slots)).or_insert(level);
            *known = level.max(*known);
        }
        levels.remove(&Rotation(0));
        let relin = self.relin.map(|level| (RELINEARIZATION, level));
        let rotations = levels.into_iter().map(|(step, level)| (automorphism::rotation(step, degree), level));
        let conjugation = self.conjugation.map(|level| (automorphism::conjugation(degree), level));
        relin.into_iter().chain(rotations).chain(conjugation).collect()
    }
}

/// The size of one seeded key for levels up to `level` in bytes.
fn key_bytes(parameters: &Parameters, level: Level) -> usize {
    let (primes, special) = (level.0 + 1, parameters.special_primes().len());
    8 + primes.div_ceil(special) * (64 + 8 * parameters.poly_modulus_degree() * (primes + special))
}

/// Keys for relinearisation, rotations and the conjugation with our own key switching, in the memory layout of this machine's code path.
///
/// Source: Han and Ki 2020 (hybrid key switching).
pub struct HybridKeys {
    pub(super) raw: UniquePtr<ffi::HybridKeys>,
    pub(super) context: Context,
}

impl HybridKeys {
    /// Converts SEAL's keys, for parameters with one special prime.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext), [`KernelPrime`](SealError::KernelPrime), or
    /// [`Library`](SealError::Library) if there is more than one special prime.
    pub fn from_seal(context: &Context, relin: &RelinKeys, galois: &GaloisKeys) -> Result<HybridKeys, SealError> {
        const OP: &str = "keys of SEAL";
        check::same_context(OP, context, &relin.context)?;
        check::same_context(OP, context, &galois.context)?;
        let raw = ffi::hybrid_keys_of_seal(context.hybrid()?, &relin.raw, &galois.raw)
            .map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(HybridKeys { raw, context: context.clone() })
    }

    /// Expands the contents of a [`Seeded`](super::Seeded).
    pub(super) fn of_checked(context: &Context, bytes: &[u8]) -> Result<HybridKeys, SealError> {
        let raw =
            ffi::expand_hybrid_keys(context.hybrid()?, bytes).map_err(|e| SealError::from_exception("expand", &e))?;
        Ok(HybridKeys { raw, context: context.clone() })
    }

    /// Adds the keys of checked bytes.
    pub(super) fn add_checked(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        let hybrid = self.context.hybrid()?;
        ffi::add_hybrid_keys(self.raw.pin_mut(), hybrid, bytes).map_err(|e| SealError::from_exception("expand", &e))
    }

    /// Whether there is a key for an automorphism.
    pub(super) fn has(&self, element: u32) -> bool {
        self.level_of(element).is_some()
    }

    /// The keys, each with the highest level that it supports.
    pub fn levels(&self) -> HybridKeyLevels {
        let rotations = self.rotations().into_iter();
        HybridKeyLevels {
            relin: self.relin_level(),
            rotations: rotations.filter_map(|step| Some((step, self.rotation_level(step)?))).collect(),
            conjugation: self.conjugation_level(),
        }
    }

    /// The highest level at which there is a key for a rotation; `None` without a key.
    pub fn rotation_level(&self, step: Rotation) -> Option<Level> {
        match step.canonical(self.context.slots()) {
            Rotation(0) => Some(self.context.top_level()),
            step => self.level_of(automorphism::rotation(step, self.degree())),
        }
    }

    /// The highest level at which products can be relinearised; `None` without a relinearisation key.
    pub fn relin_level(&self) -> Option<Level> {
        self.level_of(RELINEARIZATION)
    }

    /// The highest level at which slots can be conjugated; `None` without a key for the conjugation.
    pub fn conjugation_level(&self) -> Option<Level> {
        self.level_of(automorphism::conjugation(self.degree()))
    }

    /// The rotations that have a key at some level.
    pub(super) fn rotations(&self) -> Vec<Rotation> {
        let rotations = self.context.hybrid().ok().and_then(|hybrid| ffi::hybrid_key_steps(hybrid, &self.raw).ok());
        let mut rotations: Vec<Rotation> = rotations.unwrap_or_default().into_iter().map(Rotation).collect();
        rotations.sort_unstable();
        rotations
    }

    fn degree(&self) -> usize {
        self.context.parameters().poly_modulus_degree()
    }

    fn level_of(&self, element: u32) -> Option<Level> {
        ffi::hybrid_key_levels(&self.raw, element).ok()?.checked_sub(1).map(Level)
    }
}

impl fmt::Debug for HybridKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridKeys")
    }
}
