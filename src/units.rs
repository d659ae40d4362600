//! Types for integers that are easily confused.

use std::fmt;

use serde::Serialize;

/// The largest ring degree for which SEAL's table has a modulus of 128-bit security: there is no larger ring to take.
pub(crate) const LARGEST_RING: usize = 32768;

/// A level of the modulus chain: at level `l` a ciphertext lives modulo `q_0 q_1 ... q_l`, so `l` rescales remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Level(pub usize);

impl Level {
    /// The level `count` rescales further down, or `None` below level 0.
    ///
    /// ```
    /// # use seal_nn::Level;
    /// assert_eq!(Level(6).down(2), Some(Level(4)));
    /// assert_eq!(Level(1).down(2), None);
    /// ```
    pub fn down(self, count: usize) -> Option<Level> {
        self.0.checked_sub(count).map(Level)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "level {}", self.0)
    }
}

/// A rotation of the slots: positive to the left, as in SEAL, so that `rotate(v, k)[s] = v[s + k mod S]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Rotation(pub i32);

impl Rotation {
    /// The equivalent step in `-S/2 < k <= S/2`, which identifies Galois keys; 0 if there are no slots.
    ///
    /// ```
    /// # use seal_nn::Rotation;
    /// assert_eq!(Rotation(8191).canonical(8192), Rotation(-1));
    /// assert_eq!(Rotation(-4096).canonical(8192), Rotation(4096));
    /// ```
    pub fn canonical(self, slots: usize) -> Rotation {
        let slots = slots as i128;
        let k = i128::from(self.0).checked_rem_euclid(slots).unwrap_or(0);
        Rotation(if k > slots / 2 { k - slots } else { k } as i32)
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The giant steps of a sum: group g is rotated by `g step + last`. Group after group is rotated by `step` and added to the one
/// before it, as Horner's rule evaluates a polynomial, so that there is one key for all, and as many decompositions as with a
/// key for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GiantSteps {
    /// One step; by 0, all groups are one.
    pub step: Rotation,
    /// What follows the whole.
    pub last: Rotation,
}

impl GiantSteps {
    /// By how much a group is rotated in all, for steps to the left.
    pub fn turn(&self, giant: usize) -> usize {
        giant * self.step.0.max(0) as usize + self.last.0.max(0) as usize
    }
}
