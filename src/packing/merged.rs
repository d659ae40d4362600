//! A two-layer network in one weight ciphertext.

use super::{Index, MatrixLayout, SlotAxis, slot_axis::check_room};
use crate::{Argument, Result};

/// The merged axis layout for two dense layers `f -> h -> o` and a batch (docs/packing.md, "Merged").
///
/// Slots are axes `[b][h][l][k]`, `b` outermost: `slot = ((b H + h) 2 + l) m + k`, with `m >= max(f, o)` and
/// `H >= h` powers of two. Both weight matrices share one ciphertext: `W1[h][f]` at `l = 0, k = f`, and `W2[o][h]` at
/// `l = 1, k = o`, with copies for every `b`. Each half is zero where the other one is summed, so a sum over `k` needs
/// no mask. For a 2-2-2 network (H = 2, m = 2) and sample b:
///
/// ```text
/// slot of b     0      1      2      3      4      5      6      7
/// [h][l][k]    000    001    010    011    100    101    110    111
/// weights      W1_00  W1_01  W2_00  W2_10  W1_10  W1_11  W2_01  W2_11
/// inputs       x_0    x_1    0      0      x_0    x_1    0      0
/// targets      0      0      t_0    t_1    0      0      t_0    t_1
/// ```
///
/// A batch smaller than the `b` axis is repeated along it with a period that is a power of two, and sums over the batch
/// take `log2(period)` rotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedLayout {
    slots: usize,
    inputs: usize,
    hidden: usize,
    outputs: usize,
    period: usize,
}

/// A half of the innermost axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// `l = 0`: the first layer.
    First,
    /// `l = 1`: the second layer.
    Second,
}

impl MergedLayout {
    /// The layout for a network `inputs-hidden-outputs` and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `TooFewSlots`; `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a batch or layer of 0.
    pub fn new(slots: usize, [inputs, hidden, outputs]: [usize; 3], batch: usize) -> Result<MergedLayout> {
        let wider = inputs.max(outputs);
        let half = (Argument::Dimension, 2);
        check_room(
            slots,
            &[(Argument::Samples, batch), (Argument::Dimension, hidden), half, (Argument::Dimension, wider)],
        )?;
        Argument::Dimension.check_count(inputs.min(outputs), 1, None)?;
        Ok(MergedLayout { slots, inputs, hidden, outputs, period: batch.next_power_of_two() })
    }

    /// The innermost axis k, of `m` positions: features on the first half, outputs on the second.
    pub fn feature_axis(&self) -> SlotAxis {
        SlotAxis { extent: self.inputs.max(self.outputs).next_power_of_two(), stride: 1 }
    }

    /// The axis l of the two halves.
    pub fn half_axis(&self) -> SlotAxis {
        SlotAxis { extent: 2, stride: self.feature_axis().extent }
    }

    /// The axis h of the hidden units, of `H` positions.
    pub fn hidden_axis(&self) -> SlotAxis {
        SlotAxis { extent: self.hidden.next_power_of_two(), stride: 2 * self.feature_axis().extent }
    }

    /// The axis b of the samples. Its length is the period with which a batch repeats.
    pub fn sample_axis(&self) -> SlotAxis {
        let SlotAxis { extent, stride } = self.hidden_axis();
        SlotAxis { extent: self.period, stride: extent * stride }
    }

    /// `W1`, `hidden x inputs`, on the first half, and `W2`, `outputs x hidden`, on the second.
    pub fn weights(&self) -> [MatrixLayout; 2] {
        let units = Index::new(self.hidden).along(self.hidden_axis());
        let first = self.on(Half::First, units.clone(), Index::new(self.inputs).along(self.feature_axis()));
        let second = self.on(Half::Second, Index::new(self.outputs).along(self.feature_axis()), units);
        [first, second]
    }

    /// A batch, `samples x inputs`, on the first half, with a copy for every hidden unit.
    pub fn inputs(&self, samples: usize) -> MatrixLayout {
        self.on(Half::First, self.samples(samples), Index::new(self.inputs).along(self.feature_axis()))
    }

    /// Hidden activations, `samples x hidden`, on one half, with a copy for every k.
    pub fn hidden(&self, half: Half, samples: usize) -> MatrixLayout {
        self.on(half, self.samples(samples), Index::new(self.hidden).along(self.hidden_axis()))
    }

    /// Outputs or targets, `samples x outputs`, on the second half, with a copy for every hidden unit.
    pub fn outputs(&self, samples: usize) -> MatrixLayout {
        self.on(Half::Second, self.samples(samples), Index::new(self.outputs).along(self.feature_axis()))
    }

    /// One number in all slots of a half.
    pub fn half(&self, half: Half) -> MatrixLayout {
        self.on(half, Index::new(1), Index::new(1))
    }

    fn samples(&self, samples: usize) -> Index {
        Index::new(samples).along(self.sample_axis())
    }

    fn on(&self, half: Half, rows: Index, columns: Index) -> MatrixLayout {
        let range = match half {
            Half::First => 0..1,
            Half::Second => 1..2,
        };
        MatrixLayout::new(self.slots, rows, columns).only(self.half_axis(), range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, PackingError};

    #[test]
    fn the_drawing_is_true() {
        let layout = MergedLayout::new(16, [2, 2, 2], 2).unwrap();
        let [w1, w2] = layout.weights();
        assert_eq!(w1.draw("W").unwrap().trim_end()[..31], *"W00 W01 0   0   W10 W11 0   0  ");
        assert_eq!(w2.draw("W").unwrap().trim_end()[..31], *"0   0   W00 W10 0   0   W01 W11");
        assert_eq!(layout.inputs(2).draw("x").unwrap().trim_end()[..31], *"x00 x01 0   0   x00 x01 0   0  ");
        assert_eq!(layout.outputs(2).draw("t").unwrap().trim_end()[..31], *"0   0   t00 t01 0   0   t00 t01");
    }

    #[test]
    fn too_much_says_how_much() {
        assert_eq!(MergedLayout::new(8192, [4, 8, 3], 120).unwrap().sample_axis().extent, 128);
        let refused = MergedLayout::new(8192, [4, 8, 3], 129);
        assert!(matches!(refused, Err(Error::Packing(PackingError::TooFewSlots { needed: 16384, slots: 8192 }))));
    }
}
