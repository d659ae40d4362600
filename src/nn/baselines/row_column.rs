//! One sample a ciphertext, weight matrices by rows and by columns in turn.

use crate::{
    Result,
    nn::{
        Network,
        layout::{Axes, GradientMode, LayoutKind, does_not_fit},
    },
    packing::{AxisShape, Role},
};

/// Alternating packing (POSEIDON: Sav et al., NDSS 2021, arXiv 2009.00349) for any number of layers: one layer's matrix
/// lies in the slots by its columns, the next one's by its rows, so that a product leaves its result where the next
/// expects it. A ciphertext holds one sample and copies of it.
///
/// It is the [axis layout](crate::packing::AxisLayout) with a batch axis of one position, the axis that is summed most
/// often outermost, where a sum needs no mask. With p and q the sizes of the axes, a two-layer network takes
/// `2 log2 p + 2 log2 q` rotations and 5 relinearisations a sample, two relinearisations a step, and 6 levels.
///
/// # Errors
/// `LayoutDoesNotFit` when the slots are too few for a sample.
pub fn row_column(network: &Network, slots: usize) -> Result<Axes> {
    use Role::{B, P, Q};
    let dimensions = network.dimensions();
    let widest = |first: usize| dimensions.iter().skip(first).step_by(2).copied().max().unwrap_or(1);
    let (p, q) = (widest(0).next_power_of_two(), widest(1).next_power_of_two());
    if p * q > slots {
        return Err(does_not_fit(LayoutKind::RowColumn, network, 1, p * q, slots));
    }
    let shape = AxisShape { order: [P, Q, B], sizes: [p, q, 1], guards: [false; 3] };
    // Early: a level less than with the error, at the same count.
    Axes::with_shape(network, slots, shape, GradientMode::Early).map(|axes| axes.named(LayoutKind::RowColumn))
}
