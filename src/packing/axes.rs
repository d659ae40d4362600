//! Tiles of matrices and batches on three slot axes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Index, MatrixLayout, SlotAxis, SumMode};
use crate::{Argument, PackingError, Result};

/// The meaning of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// The shape of an [`AxisLayout`]: order of the axes, tile sizes, guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxisShape {
    /// The axes, outermost first.
    pub order: [Role; 3],
    /// Positions of P, Q and B, powers of two. Slots beyond them hold copies.
    pub sizes: [usize; 3],
    /// Whether P, Q, B have a guard as long as their data.
    pub guards: [bool; 3],
}

impl AxisShape {
    /// The shape whose B axis fills the slots that P, Q and the guards leave, or `None` if they leave none.
    pub fn filling(slots: usize, order: [Role; 3], [p, q]: [usize; 2], guards: [bool; 3]) -> Option<AxisShape> {
        let guarded = guards.iter().filter(|guard| **guard).count();
        let b = slots.checked_div(p.checked_mul(q)?.checked_mul(1 << guarded)?)?;
        (b > 0).then_some(AxisShape { order, sizes: [p, q, b], guards })
    }
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

/// The axis layout (docs/packing.md, "Axis layout"; tile tensors: HElayers, arXiv 2011.01805). A tile of a matrix lies
/// on the axes of its inputs and outputs, with a copy for every sample; a tile of a batch lies on the axis of its
/// features and on B, with copies along the third axis. A layer is one product and one sum along the axis of its
/// inputs, and the next layer reads the axis that this one wrote. The backward pass sums the other axis of the *same*
/// ciphertexts, so nothing is ever transposed.
///
/// With order `b q p`, sizes 2 and 2, no guards, 4 slots per sample:
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
    /// The number of slots after which everything repeats.
    period: usize,
    /// The positions with data.
    axes: [SlotAxis; 3],
    guards: [bool; 3],
}

impl AxisLayout {
    /// The layout of a shape.
    ///
    /// # Errors
    /// `TooFewSlots` if it has more positions than there are slots; `NotPowerOfTwo` for another number of slots or
    /// positions; `RepeatedAxis` if an axis is missing.
    pub fn new(slots: usize, shape: &AxisShape) -> Result<AxisLayout> {
        let AxisShape { order, sizes, guards } = *shape;
        if ![Role::P, Role::Q, Role::B].iter().all(|role| order.contains(role)) {
            return Err(PackingError::RepeatedAxis { order: order.map(|role| role.to_string()).join(" ") }.into());
        }
        Argument::Slots.check_power_of_two(slots)?;
        sizes.iter().try_for_each(|&size| Argument::AxisExtent.check_power_of_two(size))?;
        let mut axes = [SlotAxis { extent: 1, stride: 1 }; 3];
        let mut period = 1;
        for role in order.into_iter().rev() {
            let extent = sizes[role.index()];
            axes[role.index()] = SlotAxis { extent, stride: period };
            // An axis whose positions are beyond all slots is refused below.
            period = period.saturating_mul(extent).saturating_mul(1 + usize::from(guards[role.index()]));
        }
        if period > slots {
            return Err(PackingError::TooFewSlots { needed: period, slots }.into());
        }
        Ok(AxisLayout { slots, period, axes, guards })
    }

    /// Slots per ciphertext.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The positions with data of a role.
    pub fn axis(&self, role: Role) -> SlotAxis {
        self.axes[role.index()]
    }

    /// The number of positions with data of a role.
    pub fn size(&self, role: Role) -> usize {
        self.axes[role.index()].extent
    }

    /// The mode of sums along an axis.
    pub fn sum_mode(&self, role: Role) -> SumMode {
        let SlotAxis { extent, stride } = self.axes[role.index()];
        match extent {
            1 => SumMode::Single,
            _ if self.guards[role.index()] => SumMode::Guard,
            _ if extent * stride == self.period => SumMode::Cyclic,
            _ => SumMode::Mask,
        }
    }

    /// The number of tiles for `dimension` features on an axis.
    pub fn tiles(&self, dimension: usize, role: Role) -> usize {
        dimension.div_ceil(self.size(role))
    }

    /// The matrix of layer `l`, `outputs x inputs`: a grid of tiles, ordered by outputs and then by inputs.
    pub fn matrix(&self, l: usize, outputs: usize, inputs: usize) -> MatrixLayout {
        self.lay((Role::of_inputs(l.wrapping_add(1)), outputs), (Role::of_inputs(l), inputs))
    }

    /// A batch, `samples x features`, with its features on an axis: a grid of tiles, ordered by samples and then by
    /// features.
    pub fn batch(&self, samples: usize, role: Role, features: usize) -> MatrixLayout {
        self.lay((Role::B, samples), (role, features))
    }

    fn lay(&self, rows: (Role, usize), columns: (Role, usize)) -> MatrixLayout {
        let index = |coordinate: usize, (role, length): (Role, usize)| {
            Index::new(length).along(self.axes[role.index()]).over(coordinate, self.size(role) as i64)
        };
        let tiles = [rows, columns].map(|(role, length)| self.tiles(length, role).max(1));
        let layout = MatrixLayout::new(self.slots, index(0, rows), index(1, columns)).grid(&tiles);
        let guarded = self.axes.into_iter().zip(self.guards).filter(|(_, guard)| *guard);
        guarded.fold(layout, |layout, (SlotAxis { extent, stride }, _)| {
            layout.only(SlotAxis { extent: 2 * extent, stride }, 0..extent)
        })
    }
}
