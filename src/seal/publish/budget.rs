//! How many decryptions of a key are published.

use super::{NoiseBound, flooding::Flooding};
use crate::error::SealError;

/// Counts the releases of one key, and refuses when as many as were planned are spent: what a release tells of the key
/// adds up, so the noise in each is made for all of them.
///
/// One key has one budget, which lives as long as the key: it cannot be copied, and is continued after a restart with
/// [`resume`](ReleaseBudget::resume). Every party that decrypts with the key draws on it.
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
    /// For a new key, of which at most `limit` decryptions will be published.
    pub fn new(limit: u64) -> ReleaseBudget {
        ReleaseBudget::resume(limit, 0)
    }

    /// The budget of a key of which `spent` decryptions are published already. The limit is the one of before: noise
    /// that was made for fewer releases cannot be made larger later.
    pub fn resume(limit: u64, spent: u64) -> ReleaseBudget {
        ReleaseBudget { limit, spent }
    }

    /// Releases planned.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Releases so far: keep it with the key.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Releases left.
    pub fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.spent)
    }

    /// The standard deviation of what [`publish`](crate::Private::publish) adds to each of so many values, in the units
    /// of the values: `-log2` of it are the binary places that are left.
    ///
    /// # Errors
    /// [`FloodingBits`](SealError::FloodingBits).
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

    /// Takes one release out of the budget.
    pub(super) fn spend(&mut self) -> Result<(), SealError> {
        if self.remaining() == 0 {
            return Err(SealError::ReleaseBudgetSpent { limit: self.limit });
        }
        self.spent += 1;
        Ok(())
    }
}
