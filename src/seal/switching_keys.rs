//! Keys for our own key switching.

use std::collections::BTreeMap;
use std::fmt;

use cxx::UniquePtr;

use super::{Context, GaloisKeys, Parameters, RelinKeys, check};
use crate::error::SealError;
use crate::ffi::kernels as ffi;
use crate::{Level, Step};

/// Which keys are wanted, each with the highest level it will be used at. With `a` special primes a key for level `l`
/// has `ceil((l+1)/a)` digits modulo `l+1+a` primes: those of rotations at low levels are small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SwitchingLevels {
    /// Of relinearisations, where there are any.
    pub relin: Option<Level>,
    /// Of the rotations. Steps count modulo S, and 0 needs no key.
    pub rotations: BTreeMap<Step, Level>,
}

impl SwitchingLevels {
    /// Keys that serve every level of the parameters.
    pub fn all(parameters: &Parameters, steps: &[Step]) -> SwitchingLevels {
        let top = parameters.top_level();
        SwitchingLevels { relin: Some(top), rotations: steps.iter().map(|&step| (step, top)).collect() }
    }

    /// Bytes of the seeded keys: of each digit a seed of 64 bytes and one half, N residues of 8 bytes for each prime.
    pub fn bytes(&self, parameters: &Parameters) -> usize {
        self.canonical(parameters.slots()).into_iter().map(|(_, level)| key_bytes(parameters, level)).sum()
    }

    /// Canonical steps with their levels; the relinearisation key as step 0.
    pub(super) fn canonical(&self, slots: usize) -> Vec<(Step, Level)> {
        let mut levels: BTreeMap<Step, Level> = BTreeMap::new();
        for (step, &level) in &self.rotations {
            let known = levels.entry(step.canonical(slots)).or_insert(level);
            *known = level.max(*known);
        }
        levels.remove(&Step(0));
        levels.extend(self.relin.map(|level| (Step(0), level)));
        levels.into_iter().collect()
    }
}

/// Bytes of one seeded key for levels up to `level`.
fn key_bytes(parameters: &Parameters, level: Level) -> usize {
    let (primes, special) = (level.0 + 1, parameters.special_primes().len());
    8 + primes.div_ceil(special) * (64 + 8 * parameters.poly_modulus_degree() * (primes + special))
}

/// Keys for relinearisation and rotations with our own key switching, laid out for the code path of this machine.
///
/// Source: Han and Ki 2020 (hybrid key switching).
pub struct SwitchingKeys {
    pub(super) raw: UniquePtr<ffi::SwitchingKeys>,
    pub(super) context: Context,
}

impl SwitchingKeys {
    /// SEAL's own keys, for parameters with one special prime.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext), [`KernelPrime`](SealError::KernelPrime), and
    /// [`Library`](SealError::Library) where there is more than one special prime.
    pub fn from_seal(context: &Context, relin: &RelinKeys, galois: &GaloisKeys) -> Result<SwitchingKeys, SealError> {
        const OP: &str = "keys of SEAL";
        check::same_context(OP, context, &relin.context)?;
        check::same_context(OP, context, &galois.context)?;
        let raw = ffi::switching_keys_of_seal(context.switcher()?, &relin.raw, &galois.raw)
            .map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(SwitchingKeys { raw, context: context.clone() })
    }

    /// Expands what a [`Seeded`](super::Seeded) holds.
    pub(super) fn of_checked(context: &Context, bytes: &[u8]) -> Result<SwitchingKeys, SealError> {
        let raw = ffi::expand_switching_keys(context.switcher()?, bytes)
            .map_err(|e| SealError::from_exception("expand", &e))?;
        Ok(SwitchingKeys { raw, context: context.clone() })
    }

    /// The highest level at which there is a key for a rotation; `None` where there is no such key.
    pub fn rotation_level(&self, step: Step) -> Option<Level> {
        match step.canonical(self.context.slots()) {
            Step(0) => Some(self.context.top_level()),
            step => self.level_of(step),
        }
    }

    /// The highest level at which products can be relinearised; `None` without a key for that.
    pub fn relin_level(&self) -> Option<Level> {
        self.level_of(Step(0))
    }

    /// The rotations for which there is a key at some level.
    pub(super) fn steps(&self) -> Vec<Step> {
        let steps =
            self.context.switcher().ok().and_then(|switcher| ffi::switching_key_steps(switcher, &self.raw).ok());
        let mut steps: Vec<Step> = steps.unwrap_or_default().into_iter().map(Step).collect();
        steps.sort_unstable();
        steps
    }

    fn level_of(&self, step: Step) -> Option<Level> {
        let switcher = self.context.switcher().ok()?;
        ffi::switching_key_levels(switcher, &self.raw, step.0).ok()?.checked_sub(1).map(Level)
    }
}

impl fmt::Debug for SwitchingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SwitchingKeys")
    }
}
