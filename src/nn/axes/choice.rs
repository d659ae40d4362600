//! Which axis layout suits a network and a batch: all of them, ranked by what their operations cost.

use super::GradientMode;
use crate::{
    Argument, LayoutRemedy, Level, Result, SetupError,
    backend::{Chain, CostModel, Operation, Tallies},
    nn::{Network, layout::LayoutKind, setup::check_samples},
    packing::{AxisLayout, AxisShape, Role, SumMode},
};

/// A shape with the cost of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeCost {
    /// The shape.
    pub shape: AxisShape,
    /// The point at which slopes enter the gradients.
    pub gradient: GradientMode,
    /// Levels of a step.
    pub depth: usize,
    /// Key switches, products and rescales of a step that enters its chain at level `depth`.
    pub operations: Tallies,
    /// Seconds of these and of a refresh, by the default [`CostModel`].
    pub seconds: f64,
}

/// Of the chain that costs are modelled on; they do not depend on it.
const SCALE_BITS: u32 = 40;
/// The level of a refresh in the formulas, the same for all shapes: those of fewer levels multiply slopes with more
/// plaintexts, which the formulas leave out.
const REFRESHED_AT: Level = Level(7);

/// The shapes of which `serves` is true and whose depth parameters of this size can have, the cheapest first.
pub(super) fn best(
    kind: LayoutKind,
    network: &Network,
    slots: usize,
    batch: usize,
    serves: impl Fn(&AxisShape) -> bool,
) -> Result<Vec<ShapeCost>> {
    let mut all = axis_shapes(network, slots, batch)?;
    all.retain(|c| c.depth <= most_levels(slots) && serves(&c.shape));
    all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    if !all.is_empty() {
        return Ok(all);
    }
    let (needed, network) = (slots.saturating_mul(2), network.to_string());
    let remedy = LayoutRemedy::MoreLevels;
    Err(SetupError::LayoutDoesNotFit { layout: kind.name(), network, batch, needed, slots, remedy }.into())
}

/// The number of levels of at least 40 bits that 128-bit security allows in addition to a first prime of 50 bits and a
/// special prime of 60 bits (guidelines of 2024: 106, 214, 430 and 868 bits in total).
pub(in crate::nn) fn most_levels(slots: usize) -> usize {
    let bits: usize = match slots.saturating_mul(2) {
        0..8192 => 106,
        8192..16384 => 214,
        16384..32768 => 430,
        _ => 868,
    };
    bits.saturating_sub(110) / 40
}

/// All shapes for a network and a batch: six orders, guards on any axes except the outermost, tiles that are powers of
/// two, batches that fill the slots or only take their own samples, and both gradient modes.
///
/// # Errors
/// `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a batch of 0 or of more than 2^20 samples.
pub fn axis_shapes(network: &Network, slots: usize, batch: usize) -> Result<Vec<ShapeCost>> {
    use Role::{B, P, Q};
    Argument::Slots.check_power_of_two(slots)?;
    check_samples(batch)?;
    const ORDERS: [[Role; 3]; 6] = [[B, Q, P], [B, P, Q], [P, Q, B], [P, B, Q], [Q, P, B], [Q, B, P]];
    let dimensions = network.dimensions();
    let widest = |first: usize| dimensions.iter().skip(first).step_by(2).copied().max().unwrap_or(1);
    let exponents = |widest: usize| 0..=widest.next_power_of_two().trailing_zeros();
    let mut found = Vec::new();
    for order in ORDERS {
        for bits in 0..8 {
            let guards = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
            for p in exponents(widest(0)) {
                for q in exponents(widest(1)) {
                    let Some(filling) = AxisShape::filling(slots, order, [1 << p, 1 << q], guards) else { continue };
                    // A batch that needs less than the remaining slots takes shorter sums and leaves copies.
                    let snug = AxisShape { sizes: [1 << p, 1 << q, batch.next_power_of_two()], ..filling };
                    let snug = (snug.sizes[2] < filling.sizes[2]).then_some(snug);
                    for shape in [Some(filling), snug].into_iter().flatten() {
                        let Ok(layout) = AxisLayout::new(slots, &shape) else { continue };
                        // A guard is useful for sums over more than one position only, and the outermost axis needs
                        // none.
                        let useless = |role: Role| layout.sum_mode(role) == SumMode::Single || role == order[0];
                        if [P, Q, B].into_iter().zip(guards).any(|(role, guard)| guard && useless(role)) {
                            continue;
                        }
                        for gradient in [GradientMode::Early, GradientMode::Delta] {
                            found.extend(cost(network, &layout, shape, gradient, batch).ok());
                        }
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The operations of a step. Here levels count up from its entry.
#[derive(Default)]
struct Step(Vec<(Operation, usize, usize)>);

impl Step {
    fn add(&mut self, operation: Operation, level: usize, count: usize) {
        self.0.push((operation, level, count));
    }

    /// `count` sums of `products` products in all, each relinearised and rescaled.
    fn multiply(&mut self, level: usize, count: usize, products: usize) {
        self.add(Operation::MultiplyCiphertexts, level, products);
        self.add(Operation::Relinearize, level, count);
        self.add(Operation::Rescale, level, count);
    }

    /// Adds `count` sums along an axis and returns the level after them.
    fn sum(&mut self, layout: &AxisLayout, role: Role, level: usize, count: usize) -> usize {
        let mode = layout.sum_mode(role);
        let rotations = count * mode.rotations(layout.size(role));
        if mode == SumMode::Mask {
            self.add(Operation::Rotate, level, rotations / 2);
            self.add(Operation::MultiplyPlain, level, count);
            self.add(Operation::Rescale, level, count);
            self.add(Operation::Rotate, level + 1, rotations / 2);
            return level + 1;
        }
        self.add(Operation::Rotate, level, rotations);
        level
    }

    /// The same on a chain of so many levels.
    fn tallies(&self, depth: usize) -> Tallies {
        let mut tallies = Tallies::default();
        for &(operation, level, count) in &self.0 {
            tallies.add(operation, Level(depth.saturating_sub(level)), count);
        }
        tallies
    }
}

fn cost(
    network: &Network,
    layout: &AxisLayout,
    shape: AxisShape,
    gradient: GradientMode,
    batch: usize,
) -> Result<ShapeCost> {
    let dimensions = network.dimensions();
    let layers = network.layers();
    let tiles: Vec<usize> = dimensions.iter().enumerate().map(|(l, &d)| layout.tiles(d, Role::of_inputs(l))).collect();
    let blocks = batch.div_ceil(layout.size(Role::B)).max(1);
    // A cubic is squared first and multiplied afterwards; its slope is one level below its argument.
    let cubic = usize::from(network.activation().degree() == 3);
    let mut step = Step::default();

    let (mut inputs, mut shifted) = (vec![0], Vec::new());
    for l in 0..layers {
        let (count, level) = (blocks * tiles[l + 1], inputs[l]);
        step.multiply(level, count, tiles[l] * count);
        let z = step.sum(layout, Role::of_inputs(l), level + 1, count);
        shifted.push(z + cubic);
        if l + 1 < layers {
            (z..=z + cubic).for_each(|level| step.multiply(level, count, count));
            inputs.push(z + 1 + cubic);
        } else {
            inputs.push(z);
        }
    }

    // The level of each layer's errors, from the last layer to the first.
    let mut errors = vec![0; layers];
    errors[layers - 1] = inputs[layers];
    for l in (1..layers).rev() {
        let (early, weights) = (gradient == GradientMode::Early && l + 1 < layers, blocks * tiles[l] * tiles[l + 1]);
        let at = if early { errors[l].max(shifted[l] + 2) } else { errors[l].max(1) };
        if early {
            step.multiply(at - 1, weights, weights);
        }
        step.multiply(at, blocks * tiles[l], weights);
        errors[l - 1] = step.sum(layout, Role::of_inputs(l + 1), at + 1, blocks * tiles[l]);
        if gradient == GradientMode::Delta {
            step.multiply(errors[l - 1], blocks * tiles[l], blocks * tiles[l]);
            errors[l - 1] += 1;
        }
    }

    // All gradients are computed at the level of the first layer's gradient.
    let at = errors[0];
    let mut depth = at + 1;
    for l in 0..layers {
        let weights = tiles[l] * tiles[l + 1];
        if gradient == GradientMode::Early && l + 1 < layers {
            step.multiply(at.saturating_sub(1), blocks * weights, blocks * weights);
        }
        step.multiply(at, weights, blocks * weights);
        depth = step.sum(layout, Role::B, at + 1, weights);
    }

    let chain = Chain::nominal(layout.slots().saturating_mul(2), depth, SCALE_BITS)?;
    let (costs, operations) = (CostModel::default(), step.tallies(depth));
    let packed: usize = (0..layers).map(|l| tiles[l] * tiles[l + 1]).sum();
    // Of weights and velocity.
    let refresh = 2.0 * packed as f64 * costs.refresh(chain.poly_modulus_degree(), REFRESHED_AT);
    let seconds = costs.of(&operations, &chain) + refresh;
    Ok(ShapeCost { shape, gradient, depth, operations, seconds })
}
