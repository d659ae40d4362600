//! The time of our own key switching by kind of work.

use std::ops::Sub;

use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// Time by kind of work in seconds, added up over threads, since the start of the process. Take differences to measure
/// an interval.
///
/// ```
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let before = KernelProfile::of_process()?;
/// let mut residues: Vec<u64> = (0..1024).collect();
/// transform_on(Some(&code_paths()?[0]), 0x3_FFFF_FFFF_C001, true, &mut residues)?;
/// assert!((KernelProfile::of_process()? - before).transforms > 0.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KernelProfile {
    /// Number-theoretic transforms alone.
    pub transforms: f64,
    /// Base conversions, each with the transform whose first pass computes it.
    pub conversions: f64,
    /// Inner products of digits and keys.
    pub inner_products: f64,
    /// Products of ciphertexts with each other and with plaintexts.
    pub products: f64,
    /// Divisions, permutations, additions.
    pub divisions: f64,
}

impl KernelProfile {
    /// The times until now.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    pub fn of_process() -> Result<KernelProfile, SealError> {
        const OP: &str = "kernel profile";
        let stages = ffi::kernel_nanoseconds().map_err(|e| SealError::from_exception(OP, &e))?;
        let seconds = |stage: usize| stages.get(stage).map_or(0.0, |&nanoseconds| nanoseconds as f64 * 1e-9);
        Ok(KernelProfile {
            transforms: seconds(0),
            conversions: seconds(1),
            inner_products: seconds(2),
            products: seconds(3),
            divisions: seconds(4),
        })
    }

    /// The sum over all kinds.
    pub fn total(&self) -> f64 {
        self.transforms + self.conversions + self.inner_products + self.products + self.divisions
    }
}

impl Sub for KernelProfile {
    type Output = KernelProfile;

    fn sub(self, earlier: KernelProfile) -> KernelProfile {
        KernelProfile {
            transforms: self.transforms - earlier.transforms,
            conversions: self.conversions - earlier.conversions,
            inner_products: self.inner_products - earlier.inner_products,
            products: self.products - earlier.products,
            divisions: self.divisions - earlier.divisions,
        }
    }
}
