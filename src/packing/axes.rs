//! Tiles of matrices and batches on three slot axes.

use std::fmt;

use ndarray::ArrayView2;

use super::{SlotAxis, SumMode};

/// What runs along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Inputs of odd layers, outputs of even ones.
    P,
    /// Outputs of odd layers, inputs of even ones.
    Q,
    /// Samples.
    B,
}

impl Role {
    /// The axis of the activations that go into layer `l`, counted from 0.
    pub fn of_inputs(l: usize) -> Role {
        if l.is_multiple_of(2) { Role::P } else { Role::Q }
    }

    fn index(self) -> usize {
        match self {
            Role::P => 0,
            Role::Q => 1,
            Role::B => 2,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["p", "q", "b"][self.index()])
    }
}

/// How an [`AxisLayout`] is cut: order of the axes, tile sizes, guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisShape {
    /// Outermost first.
    pub order: [Role; 3],
    /// Positions of P and Q, powers of two; B takes the slots that are left.
    pub sizes: [usize; 2],
    /// Whether P, Q, B have a guard as long as their data.
    pub guards: [bool; 3],
}

/// Order, tile sizes and guards, as in `b q p, p8 q32, guard p`.
impl fmt::Display for AxisShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [outer, middle, inner] = self.order;
        write!(f, "{outer} {middle} {inner}, p{} q{}", self.sizes[0], self.sizes[1])?;
        let guarded = [Role::P, Role::Q, Role::B].into_iter().filter(|role| self.guards[role.index()]);
        guarded.enumerate().try_for_each(|(i, role)| write!(f, "{}{role}", if i == 0 { ", guard " } else { " " }))
    }
}

/// The axis layout (spec: packing, 1; tile tensors: HElayers, arXiv 2011.01805): a tile of a matrix lies on the axes of
/// its inputs and outputs, the same for every sample; a tile of a batch on its features' axis and on B, the same along
/// the third axis. A layer is one product and one sum along the axis of its inputs; the next layer reads the axis that
/// this one wrote. The backward pass sums the other axis of the *same* ciphertexts, so nothing is ever transposed.
///
/// With order `b q p`, sizes 2 and 2, no guards, 4 slots a sample:
///
/// ```text
/// slot of b     0     1     2     3
/// [q][p]        00    01    10    11
/// W1            W_00  W_01  W_10  W_11      outputs on q, inputs on p
/// x             x_0   x_1   x_0   x_1       on p, the same for every q
/// W1 x, summed  z_0   z_0   z_1   z_1       on q, the same for every p: ready for W2, whose inputs are on q
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisLayout {
    slots: usize,
    axes: [SlotAxis; 3],
}

impl AxisLayout {
    /// The layout of a shape, or `None` when its tiles and guards leave no slot for a sample.
    pub fn new(slots: usize, shape: &AxisShape) -> Option<AxisLayout> {
        let AxisShape { order, sizes, guards } = *shape;
        let extent_of = |size: usize, role: Role| if guards[role.index()] { 2 * size } else { size };
        let taken = extent_of(sizes[0], Role::P) * extent_of(sizes[1], Role::Q) * extent_of(1, Role::B);
        let all = [sizes[0], sizes[1], slots / taken];
        if slots < taken || !all.iter().all(|size| size.is_power_of_two()) {
            return None;
        }
        let mut axes = [SlotAxis { size: 1, extent: 1, stride: 1 }; 3];
        let mut stride = 1;
        for role in order.into_iter().rev() {
            let size = all[role.index()];
            axes[role.index()] = SlotAxis { size, extent: extent_of(size, role), stride };
            stride *= extent_of(size, role);
        }
        Some(AxisLayout { slots, axes })
    }

    /// Slots of a ciphertext.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The axis of a role.
    pub fn axis(&self, role: Role) -> &SlotAxis {
        &self.axes[role.index()]
    }

    /// How sums along an axis work.
    pub fn sum_mode(&self, role: Role) -> SumMode {
        self.axis(role).sum_mode(self.slots)
    }

    /// A slot vector from `value(p, q, b)`; zeros in the guards.
    pub fn fill(&self, value: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
        let at = |slot| {
            let [p, q, b] = self.axes.map(|axis| axis.position(slot));
            let guarded = p >= self.axes[0].size || q >= self.axes[1].size || b >= self.axes[2].size;
            if guarded { 0.0 } else { value(p, q, b) }
        };
        (0..self.slots).map(at).collect()
    }

    /// 1 on position 0 of an axis, for [`SlotAxis::sum`].
    pub fn first(&self, role: Role) -> Vec<f64> {
        self.fill(|p, q, b| if [p, q, b][role.index()] == 0 { 1.0 } else { 0.0 })
    }

    /// Tiles that `dimension` features take on an axis.
    pub fn tiles(&self, dimension: usize, role: Role) -> usize {
        dimension.div_ceil(self.axis(role).size)
    }

    /// Tile (`o`, `i`) of a matrix (`outputs x inputs`) of layer `l`.
    pub fn pack_matrix_tile(&self, w: ArrayView2<f64>, l: usize, (o, i): (usize, usize)) -> Vec<f64> {
        let (outputs, inputs) = (Role::of_inputs(l + 1), Role::of_inputs(l));
        let (row, column) = (o * self.axis(outputs).size, i * self.axis(inputs).size);
        self.fill(|p, q, _| {
            let (to, from) = if inputs == Role::P { (q, p) } else { (p, q) };
            w.get((row + to, column + from)).copied().unwrap_or(0.0)
        })
    }

    /// The entry at (`to`, `from`) of a matrix tile of layer `l`: the mean over the samples' copies.
    pub fn matrix_entry(&self, slots: &[f64], l: usize, to: usize, from: usize) -> f64 {
        let (outputs, inputs) = (self.axis(Role::of_inputs(l + 1)), self.axis(Role::of_inputs(l)));
        let offset = to * outputs.stride + from * inputs.stride;
        let samples = self.axis(Role::B);
        (0..samples.size).map(|b| slots[offset + b * samples.stride]).sum::<f64>() / samples.size as f64
    }

    /// Tile `i` of block `n` of a batch (`samples x dimension`) that lies on an axis.
    pub fn pack_batch_tile(&self, x: ArrayView2<f64>, role: Role, n: usize, i: usize) -> Vec<f64> {
        let (row, column) = (n * self.axis(Role::B).size, i * self.axis(role).size);
        self.fill(|p, q, b| x.get((row + b, column + if role == Role::P { p } else { q })).copied().unwrap_or(0.0))
    }

    /// The value of a sample's feature in a batch tile.
    pub fn batch_entry(&self, slots: &[f64], role: Role, b: usize, feature: usize) -> f64 {
        slots[b * self.axis(Role::B).stride + feature * self.axis(role).stride]
    }
}
