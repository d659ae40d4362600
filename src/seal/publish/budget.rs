//! The number of decrypted values of a key that are published.

use super::{NoiseBound, flooding::Flooding};
use crate::error::SealError;

/// Counts the releases of one key, and returns an error once the planned number is spent. What releases reveal about
/// the key adds up, so the noise of each is chosen for all of them.
///
/// A key has one budget, which exists as long as the key. It cannot be copied, and is continued after a restart with
/// [`resume`](ReleaseBudget::resume). All parties that decrypt with the key share it.
///
/// ```
/// use seal_nn::seal::ReleaseBudget;
/// let budget = ReleaseBudget::new(1000);
/// assert_eq!((budget.limit(), budget.spent(), budget.remaining()), (1000, 0, 1000));
/// ```
#[derive(Debug)]
pub struct ReleaseBudget {
    limit: u64,
    spent: u64,
}

impl ReleaseBudget {
    /// A budget for a new key, of which at most `limit` decrypted results will be published.
    pub fn new(limit: u64) -> ReleaseBudget {
        ReleaseBudget::resume(limit, 0)
    }

    /// The budget of a key of which `spent` decrypted results have already been published. The limit must be the
    /// original one: noise that was chosen for fewer releases cannot be increased later.
    pub fn resume(limit: u64, spent: u64) -> ReleaseBudget {
        ReleaseBudget { limit, spent }
    }

    /// The planned number of releases.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The number of releases so far; store it with the key.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// The number of remaining releases.
    pub fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.spent)
    }

    /// The standard deviation of the noise that [`publish`](crate::Private::publish) adds to each of `values` values,
    /// in the units of the values; `-log2` of it is the number of remaining binary places.
    ///
    /// # Errors
    /// [`FloodingBits`](SealError::FloodingBits) if so many bits cannot be provided; [`NoValues`](SealError::NoValues) for 0
    /// values.
    ///
    /// ```
    /// use seal_nn::seal::{NoiseBound, ReleaseBudget};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// // An error of 2^-40 in each of 1024 values, 30 bits, 16 releases: about 2^-16 is added.
    /// let deviation = ReleaseBudget::new(16).deviation(30, 1024, NoiseBound::new(2f64.powi(-40))?)?;
    /// assert!((-17.0..-15.0).contains(&deviation.log2()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn deviation(&self, bits: u32, values: usize, noise: NoiseBound) -> Result<f64, SealError> {
        Flooding::new(bits, values, noise, self.limit).map(|flooding| flooding.deviation())
    }

    /// Takes one release from the budget.
    pub(super) fn spend(&mut self) -> Result<(), SealError> {
        if self.remaining() == 0 {
            return Err(SealError::ReleaseBudgetSpent { limit: self.limit });
        }
        self.spent += 1;
        Ok(())
    }
}
