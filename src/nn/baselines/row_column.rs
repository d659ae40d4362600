//! One sample per ciphertext, with weight matrices alternately by rows and by columns.

use crate::{
    Result,
    nn::{
        Network,
        layout::{Axes, GradientMode, LayoutKind, explain_room},
    },
    packing::{AxisShape, Role},
};

/// Alternating packing (POSEIDON: Sav et al., NDSS 2021, arXiv 2009.00349) for any number of layers: the matrix of one
/// layer is stored by columns and that of the next by rows, so a product leaves its result where the next layer expects
/// it. A ciphertext contains one sample and copies of it.
///
/// This is the [axis layout](crate::packing::AxisLayout) with a batch axis of one position. The axis that is summed
/// most often is outermost, where a sum needs no mask. With p and q the sizes of the axes, a two-layer network takes
/// `2 log2 p + 2 log2 q` rotations and 5 relinearisations per sample, two relinearisations per step, and 6 levels.
///
/// # Errors
/// `LayoutDoesNotFit` if there are too few slots for a sample.
pub fn row_column(network: &Network, slots: usize) -> Result<Axes> {
    use Role::{B, P, Q};
    let dimensions = network.dimensions();
    let widest = |first: usize| dimensions.iter().skip(first).step_by(2).copied().max().unwrap_or(1);
    let (p, q) = (widest(0).next_power_of_two(), widest(1).next_power_of_two());
    let shape = AxisShape { order: [P, Q, B], sizes: [p, q, 1], guards: [false; 3] };
    // Early gradients take one level less at the same counts.
    Axes::of_shape(LayoutKind::RowColumn, network, slots, shape, GradientMode::Early).map_err(explain_room(
        LayoutKind::RowColumn,
        network,
        1,
    ))
}
