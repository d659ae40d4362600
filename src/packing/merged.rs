//! A two-layer network in one weight ciphertext.

use ndarray::{Array2, ArrayView2};

/// The merged axis layout for two dense layers `f -> h -> o` and a batch (spec: packing, 1).
///
/// Slots are axes `[b][h][l][k]`, `b` outermost: `slot = ((b H + h) 2 + l) m + k`, with `m >= max(f, o)` and
/// `H >= h` powers of two. Both weight matrices share one ciphertext: `W1[h][f]` at `l = 0, k = f`, and `W2[o][h]` at
/// `l = 1, k = o`, the same for every `b`. Each half is zero where the other sums, so that a sum over `k` needs no
/// mask. For a 2-2-2 network (H = 2, m = 2) and sample b:
///
/// ```text
/// slot of b     0      1      2      3      4      5      6      7
/// [h][l][k]    000    001    010    011    100    101    110    111
/// weights      W1_00  W1_01  W2_00  W2_10  W1_10  W1_11  W2_01  W2_11
/// inputs       x_0    x_1    0      0      x_0    x_1    0      0
/// targets      0      0      t_0    t_1    0      0      t_0    t_1
/// ```
///
/// A batch smaller than the `b` axis is repeated along it with a period of a power of two, and sums over the batch
/// take `log2(period)` rotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedLayout {
    slots: usize,
    inputs: usize,
    hidden: usize,
    outputs: usize,
    period: usize,
}

/// Which half of the innermost axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// `l = 0`: the first layer's side.
    First,
    /// `l = 1`: the second layer's side.
    Second,
}

impl MergedLayout {
    /// The layout for a network `inputs-hidden-outputs` and batches of up to `batch` samples, or the number of slots
    /// it would need when that is more than there are.
    pub fn new(slots: usize, [inputs, hidden, outputs]: [usize; 3], batch: usize) -> Result<MergedLayout, usize> {
        let layout = MergedLayout { slots, inputs, hidden, outputs, period: batch.next_power_of_two() };
        let needed = layout.period * layout.sample_stride();
        if needed > slots { Err(needed) } else { Ok(layout) }
    }

    /// Positions of the innermost axis, `m`.
    pub fn width(&self) -> usize {
        self.inputs.max(self.outputs).next_power_of_two()
    }

    /// Positions of the hidden axis, `H`.
    pub fn hidden_extent(&self) -> usize {
        self.hidden.next_power_of_two()
    }

    /// Slots from one hidden unit to the next, `2 m`.
    pub fn hidden_stride(&self) -> usize {
        2 * self.width()
    }

    /// Slots from one sample to the next, `2 m H`.
    pub fn sample_stride(&self) -> usize {
        self.hidden_stride() * self.hidden_extent()
    }

    /// The period with which a batch repeats along its axis.
    pub fn period(&self) -> usize {
        self.period
    }

    /// A slot vector from `value(half, sample, hidden, k)`; samples count within the period.
    pub fn fill(&self, value: impl Fn(Half, usize, usize, usize) -> f64) -> Vec<f64> {
        let (m, extent) = (self.width(), self.hidden_extent());
        (0..self.slots)
            .map(|s| {
                let half = if (s / m).is_multiple_of(2) { Half::First } else { Half::Second };
                value(half, (s / self.sample_stride()) % self.period, (s / self.hidden_stride()) % extent, s % m)
            })
            .collect()
    }

    /// `W1` (`hidden x inputs`) and `W2` (`outputs x hidden`), the same for every sample, zeros in the padding.
    pub fn pack_weights(&self, w1: ArrayView2<f64>, w2: ArrayView2<f64>) -> Vec<f64> {
        self.fill(|half, _, h, k| match half {
            Half::First => at(w1, h, k),
            Half::Second => at(w2, k, h),
        })
    }

    /// The inverse of [`MergedLayout::pack_weights`]: the mean over all copies, whose noise partly averages out.
    pub fn unpack_weights(&self, slots: &[f64]) -> (Array2<f64>, Array2<f64>) {
        let copies = self.slots / self.sample_stride();
        let mean = |half: usize, h: usize, k: usize| {
            let offset = h * self.hidden_stride() + half * self.width() + k;
            (0..copies).map(|b| slots[b * self.sample_stride() + offset]).sum::<f64>() / copies as f64
        };
        let w1 = Array2::from_shape_fn((self.hidden, self.inputs), |(h, f)| mean(0, h, f));
        let w2 = Array2::from_shape_fn((self.outputs, self.hidden), |(o, h)| mean(1, h, o));
        (w1, w2)
    }

    /// A batch (`samples x inputs`) on the first half, the same for every hidden unit.
    pub fn pack_inputs(&self, x: ArrayView2<f64>) -> Vec<f64> {
        self.fill(|half, b, _, k| if half == Half::First { at(x, b, k) } else { 0.0 })
    }

    /// Targets (`samples x outputs`) on the second half, the same for every hidden unit.
    pub fn pack_targets(&self, t: ArrayView2<f64>) -> Vec<f64> {
        self.fill(|half, b, _, k| if half == Half::Second { at(t, b, k) } else { 0.0 })
    }

    /// Outputs (`samples x outputs`) from the second half.
    pub fn unpack_outputs(&self, slots: &[f64], samples: usize) -> Array2<f64> {
        Array2::from_shape_fn((samples, self.outputs), |(b, o)| slots[b * self.sample_stride() + self.width() + o])
    }
}

/// The entry, or zero in the padding.
fn at(a: ArrayView2<f64>, row: usize, column: usize) -> f64 {
    a.get((row, column)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_drawing_is_true() {
        let layout = MergedLayout::new(16, [2, 2, 2], 2).unwrap();
        let packed = layout.pack_weights(array![[1., 2.], [3., 4.]].view(), array![[5., 6.], [7., 8.]].view());
        assert_eq!(packed[..8], [1., 2., 5., 7., 3., 4., 6., 8.]);
        assert_eq!(packed[8..], packed[..8]);
        assert_eq!(layout.pack_inputs(array![[1., 2.]].view())[..8], [1., 2., 0., 0., 1., 2., 0., 0.]);
    }

    #[test]
    fn weights_come_back() {
        let layout = MergedLayout::new(512, [3, 5, 2], 7).unwrap();
        let w1 = Array2::from_shape_fn((5, 3), |(i, j)| (3 * i + j) as f64);
        let w2 = Array2::from_shape_fn((2, 5), |(i, j)| -((5 * i + j) as f64));
        assert_eq!(layout.unpack_weights(&layout.pack_weights(w1.view(), w2.view())), (w1, w2));
    }

    #[test]
    fn too_much_says_how_much() {
        assert_eq!(MergedLayout::new(8192, [4, 8, 3], 120).map(|l| l.period()), Ok(128));
        assert_eq!(MergedLayout::new(8192, [4, 8, 3], 129), Err(16384));
    }
}
