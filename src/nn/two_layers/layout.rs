//! Any layout whose step is [`TwoLayers`], as one type.

use std::{fmt, sync::Arc};

use super::TwoLayers;
use crate::{
    Result,
    nn::{
        layout::{LayoutKind, Placed, TrainingLayout},
        training::TrainingSpec,
    },
    packing::MatrixLayout,
};

/// A layout that describes its step as [`TwoLayers`], whichever it is: what it does not share with the others is in the
/// file of its own.
#[derive(Clone)]
pub struct TwoLayersLayout(Arc<dyn Description>);

/// The methods of a [`TrainingLayout`] that a layout has to have.
trait Description: fmt::Debug + Send + Sync {
    fn kind(&self) -> LayoutKind;
    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers>;
    fn weights(&self) -> Vec<Placed>;
    fn inputs(&self, samples: usize) -> Vec<MatrixLayout>;
    fn outputs(&self, samples: usize) -> MatrixLayout;
}

impl<L: TrainingLayout<Program = TwoLayers> + fmt::Debug> Description for L {
    fn kind(&self) -> LayoutKind {
        TrainingLayout::kind(self)
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        TrainingLayout::program(self, spec, live)
    }

    fn weights(&self) -> Vec<Placed> {
        TrainingLayout::weights(self)
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        TrainingLayout::inputs(self, samples)
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        TrainingLayout::outputs(self, samples)
    }
}

impl TwoLayersLayout {
    /// Takes in a layout.
    pub fn new(layout: impl TrainingLayout<Program = TwoLayers> + fmt::Debug + 'static) -> TwoLayersLayout {
        TwoLayersLayout(Arc::new(layout))
    }
}

impl fmt::Debug for TwoLayersLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TrainingLayout for TwoLayersLayout {
    type Program = TwoLayers;

    fn kind(&self) -> LayoutKind {
        self.0.kind()
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        self.0.program(spec, live)
    }

    fn weights(&self) -> Vec<Placed> {
        self.0.weights()
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        self.0.inputs(samples)
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.0.outputs(samples)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use crate::{
        Level, Result,
        backend::*,
        nn::{
            Network, Weights,
            layout::{Batch, DiagonalPacked, Layout, LayoutKind, Placed, State, TrainingLayout, TwoLayers},
            training::{Bounds, Schedule, Sgd, Trainer, TrainingSpec},
            two_layers::FirstGradient,
        },
        packing::{ConvertedProduct, MatrixLayout},
    };

    /// All that a new baseline has to say: packed diagonals whose slopes join the error, a level later than they could.
    #[derive(Clone, Debug)]
    struct LateSlopes(DiagonalPacked);

    impl TrainingLayout for LateSlopes {
        type Program = TwoLayers;

        fn kind(&self) -> LayoutKind {
            LayoutKind::DiagonalPacked // beside the line in the registry
        }

        fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
            let (layout, [inputs, hidden, _]) = (self.0.layout(), self.0.dimensions());
            let (x, z) = (layout.skewed(layout.block(), inputs), layout.batch(layout.block(), hidden));
            let first = ConvertedProduct::new(&[z.transposed()], &[x.transposed()])?;
            let early = self.0.program(spec, live)?;
            let gradients = (FirstGradient::Delta(Box::new(first)), early.gradients.1);
            Ok(TwoLayers { gradients, ..early })
        }

        fn weights(&self) -> Vec<Placed> {
            self.0.weights()
        }

        fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
            self.0.inputs(samples)
        }

        fn outputs(&self, samples: usize) -> MatrixLayout {
            self.0.outputs(samples)
        }
    }

    /// Weights after a step, and its levels.
    fn step(layout: &Layout, spec: &TrainingSpec) -> (Weights, usize) {
        let (samples, top, chain) = (6, Level(12), Chain::nominal(256, 12, 40).unwrap());
        let holder = ClearKeyHolder::new(chain.clone(), None);
        let c = Circuit::new(ClearEvaluator::new(chain, None));
        let encrypt = |packed: Vec<Vec<f64>>| packed.iter().map(|slots| holder.encrypt(slots, top).unwrap()).collect();
        let x = Array2::from_shape_fn((samples, spec.network.dimensions()[0]), |(i, j)| (i + 2 * j) as f64 / 8.0 - 0.5);
        let t = Array2::from_shape_fn((samples, spec.network.outputs()), |(i, o)| f64::from(i % 2 == o));
        let batch = Batch {
            inputs: encrypt(layout.pack_inputs(x.view()).unwrap()),
            targets: encrypt(layout.pack_targets(t.view()).unwrap()),
        };
        let weights = encrypt(layout.pack_weights(&Weights::random(&spec.network, &[1.0, 0.5], 3).unwrap()).unwrap());
        let state = State { weights, velocity: vec![] };
        let after = Trainer::new(layout, spec, samples).unwrap().step(&c, &state, &batch, 0.1).unwrap();
        let read = |x: &ClearCiphertext| holder.decrypt(x).unwrap().open_as_key_owner();
        let slots: Vec<Vec<f64>> = after.weights.iter().map(read).collect();
        (layout.unpack_weights(&slots).unwrap(), top.0 - c.level(&after.weights[0]).0)
    }

    #[test]
    fn a_baseline_is_one_file() {
        let network: Network = "3-4-2".parse().unwrap();
        let optimizer = Sgd::new(&[0.6], 0.0, Schedule::Constant).unwrap();
        let packed = DiagonalPacked::new(&network, 128, 6).unwrap();
        let spec = TrainingSpec { network, optimizer, bounds: Bounds::default(), loss: Default::default() };
        let late = Layout::two_layers(LateSlopes(packed.clone()));
        assert_eq!(late.to_string(), "diagonal-packed");
        let ((expected, depth), (weights, late_depth)) = (step(&Layout::two_layers(packed), &spec), step(&late, &spec));
        assert!(weights.max_difference(&expected) < 1e-9, "{}", weights.max_difference(&expected));
        assert_eq!(late_depth, depth + 1);
    }
}
