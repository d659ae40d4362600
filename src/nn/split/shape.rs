//! The shape of the tiles.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Argument, Result, SetupError};

/// A ciphertext as a tile of `rows x units x samples` slots, all powers of two: slot `(i, s, t)` is
/// `(i units + s) samples + t`. Rows are outermost, so that sums along them wrap around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileShape {
    /// Inputs or outputs in a tile.
    pub rows: usize,
    /// Hidden units in a tile.
    pub units: usize,
    /// Samples in a tile.
    pub samples: usize,
    /// How inputs and outputs share tiles.
    pub arrangement: Arrangement,
}

/// How the rows of inputs and outputs share tiles, and when the slope enters the first gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrangement {
    /// Outputs follow inputs at once, in the same tile where there is room: fewer tiles.
    Merged,
    /// Outputs begin a new tile, in which they repeat if they need less than half of it: shorter sums.
    Apart,
    /// Apart, and the products of samples and slopes are made while the client computes the loss: errors and the second
    /// matrix enter a level lower, for one more relinearisation per tile of samples.
    Early,
}

impl Arrangement {
    const ALL: [Arrangement; 3] = [Arrangement::Merged, Arrangement::Apart, Arrangement::Early];
}

impl TileShape {
    /// All shapes that differ for a network: no axis is longer than what lies on it, padded to a power of two.
    pub(super) fn all(rows: usize, units: usize, slots: usize) -> Vec<TileShape> {
        let powers = |most: usize| (0..=most.next_power_of_two().trailing_zeros()).map(|k| 1usize << k);
        let sizes = powers(rows).flat_map(|rows| powers(units).map(move |units| (rows, units)));
        let fitting = sizes.filter(|(rows, units)| rows * units <= slots);
        let shape = |(rows, units): (usize, usize), arrangement| {
            let samples = slots / (rows * units);
            TileShape { rows, units, samples, arrangement }
        };
        fitting.flat_map(|sizes| Arrangement::ALL.map(|arrangement| shape(sizes, arrangement))).collect()
    }

    /// Returns an error unless the tile fills a ciphertext.
    ///
    /// # Errors
    /// `BadTiles`; `NotPowerOfTwo` or `OutOfBounds` for slots that no ciphertext has.
    pub fn check(&self, slots: usize) -> Result<()> {
        check_sides([self.rows, self.units, self.samples], slots)
    }
}

/// Returns an error for slots that no ciphertext has.
pub(in crate::nn) fn check_slots(slots: usize) -> Result<()> {
    Argument::Slots.check_power_of_two(slots)?;
    // SEAL's largest ring has degree 2^17.
    Ok(Argument::Slots.check_count(slots, 2, Some(1 << 16))?)
}

/// Returns an error unless a tile of these sides fills a ciphertext.
pub(in crate::nn) fn check_sides(sides: [usize; 3], slots: usize) -> Result<()> {
    check_slots(slots)?;
    let volume = sides.iter().try_fold(1usize, |volume, side| volume.checked_mul(*side));
    match sides.iter().all(|side| side.is_power_of_two()) && volume == Some(slots) {
        true => Ok(()),
        false => Err(SetupError::BadTiles { sides, slots }.into()),
    }
}

/// `4 x 32 x 32 early`: rows, units, samples.
impl fmt::Display for TileShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrangement = match self.arrangement {
            Arrangement::Merged => "merged",
            Arrangement::Apart => "apart",
            Arrangement::Early => "early",
        };
        write!(f, "{} x {} x {} {arrangement}", self.rows, self.units, self.samples)
    }
}
