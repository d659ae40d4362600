//! Any layout whose step is [`TwoLayers`], as one type.

use std::{fmt, sync::Arc};

use super::TwoLayers;
use crate::{
    Result,
    nn::{LayoutKind, Placed, TrainingLayout, TrainingSpec},
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
