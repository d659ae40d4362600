//! What a call of many steps has reached.

use crate::{Result, backend::Evaluate};

/// Where a program that makes many steps in one call leaves what it has reached, and from where it goes on after it was
/// ended. All of it is encrypted, or known to the party that computes.
pub trait Checkpoints<E: Evaluate> {
    /// What was reached of this call before it was ended; `None` for one that begins.
    ///
    /// # Errors
    /// An error for what cannot be read, or belongs to another call.
    fn load(&mut self) -> Result<Option<Reached<E::Ciphertext>>>;

    /// Leaves the values after so many steps of this call, in place of earlier ones.
    ///
    /// # Errors
    /// Any error of what keeps them.
    fn save(&mut self, steps: usize, values: &[&E::Ciphertext]) -> Result<()>;
}

/// What was reached of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached<T> {
    /// Steps that were made, at least 1.
    pub steps: usize,
    /// The values after them.
    pub values: Vec<T>,
}

/// For calls that are made again from their beginning.
#[derive(Clone, Copy, Debug)]
pub struct NoCheckpoints;

impl<E: Evaluate> Checkpoints<E> for NoCheckpoints {
    fn load(&mut self) -> Result<Option<Reached<E::Ciphertext>>> {
        Ok(None)
    }

    fn save(&mut self, _: usize, _: &[&E::Ciphertext]) -> Result<()> {
        Ok(())
    }
}
