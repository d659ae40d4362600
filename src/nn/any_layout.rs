//! All layouts as one type, for a choice at run time.

use std::{fmt, str::FromStr};

use super::{
    Axes, Batch, Diagonal, DiagonalPacked, Merged, Network, Placed, ServerLoss, TrainingLayout, TrainingProgram,
    TrainingSpec,
    axes::{AxesProgram, axis_shapes, most_levels},
    baselines::{E2dm, HaleviShoup, Hetal, Naive, row_column},
    diagonal::{DiagonalProgram, Transposition},
    merged::MergedProgram,
    two_layers::{TwoLayers, TwoLayersLayout},
};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate},
    packing::MatrixLayout,
};

/// Declares [`LayoutKind`]: the layouts with their names and constructors, in lists.
macro_rules! layout_kinds {
    (
        ($network:ident, $slots:ident, $batch:ident)
        $( $(#[$list_doc:meta])* $list:ident { $( $(#[$doc:meta])* $kind:ident $name:literal => $layout:expr; )* } )*
    ) => {
        /// The layouts by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum LayoutKind {
            $($( $(#[$doc])* $kind, )*)*
        }

        impl LayoutKind {
            $(
                $(#[$list_doc])*
                pub const $list: [LayoutKind; [$($name),*].len()] = [$(LayoutKind::$kind),*];
            )*

            /// The name on the command line, in reports and in models.
            pub fn name(self) -> &'static str {
                match self {
                    $($( LayoutKind::$kind => $name, )*)*
                }
            }

            /// The layout for a network and batches of up to `batch` samples.
            ///
            /// # Errors
            /// `LayoutDoesNotFit` if there are too few slots; `LayoutUnsuited` if the layout does not support the shape of the
            /// network.
            pub fn layout(self, $network: &Network, $slots: usize, $batch: usize) -> Result<Layout> {
                match self {
                    $($( LayoutKind::$kind => $layout, )*)*
                }
            }
        }

        /// The valid names.
        const NAMES: &[&str] = &[$($($name),*),*];
    };
}

// The registry: to add a layout, add a file and a line here.
layout_kinds! {
    (network, slots, batch)
    /// Our layouts.
    ALL {
        /// [`Merged`].
        Merged "merged" => Merged::new(network, slots, batch).map(Layout::Merged);
        /// [`Axes`] with its cheapest shape.
        Axis "axis" => Axes::new(network, slots, batch).map(Layout::Axes);
        /// [`Axes`] with one ciphertext per input feature.
        PerFeature "per-feature" => Axes::per_feature(network, slots, batch).map(Layout::Axes);
        /// [`Diagonal`], with rotated diagonals for the transposed product.
        Diagonal "diagonal" => Diagonal::new(network, slots, batch, Transposition::Turned).map(Layout::Diagonal);
        /// [`Diagonal`] with baby and giant steps.
        DiagonalGiantSteps "diagonal-bsgs" =>
            Diagonal::new(network, slots, batch, Transposition::GiantSteps).map(Layout::Diagonal);
        /// [`DiagonalPacked`].
        DiagonalPacked "diagonal-packed" => DiagonalPacked::new(network, slots, batch).map(Layout::two_layers);
    }
    /// Published alternatives, for comparison only; they are never chosen automatically.
    BASELINES {
        /// [`Naive`], a baseline.
        Naive "naive" => Naive::new(network, slots, batch).map(Layout::two_layers);
        /// [`HaleviShoup`], a baseline.
        HaleviShoup "halevi-shoup" => HaleviShoup::new(network, slots, batch).map(Layout::two_layers);
        /// [`E2dm`], a baseline.
        E2dm "e2dm" => E2dm::new(network, slots, batch).map(Layout::two_layers);
        /// [`Hetal`], a baseline.
        Hetal "hetal" => Hetal::new(network, slots, batch).map(Layout::two_layers);
        /// [`row_column`], a baseline.
        RowColumn "row-column" => row_column(network, slots).map(Layout::Axes);
    }
}

impl LayoutKind {
    /// Whether the layout computes a loss: all of them the squared error and those with probabilities, and those with
    /// alternating axes also weighted ones.
    pub fn computes(self, loss: ServerLoss) -> bool {
        use LayoutKind::{Axis, Merged, PerFeature, RowColumn};
        !loss.is_weighted() || matches!(self, Merged | Axis | PerFeature | RowColumn)
    }

    /// Returns an error for a loss that the layout does not compute.
    ///
    /// # Errors
    /// `UnsupportedLoss`, with the layouts that compute it.
    pub fn check_loss(self, loss: ServerLoss) -> Result<()> {
        if self.computes(loss) {
            return Ok(());
        }
        let all = LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES);
        let supporting = all.filter(|kind| kind.computes(loss)).map(LayoutKind::name).collect();
        Err(SetupError::UnsupportedLoss { layout: self.name(), loss: loss.name(), supporting }.into())
    }

    /// The layout for `steps` training steps between two refreshes. Like [`LayoutKind::layout`], except for the axis
    /// layout: it gets the cheapest shape whose steps fit into the levels of the largest parameters of this size, or
    /// else the one with the smallest depth.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots; `LayoutUnsuited` if the layout does not support the shape of the
    /// network.
    pub fn layout_of_steps(self, network: &Network, slots: usize, batch: usize, steps: usize) -> Result<Layout> {
        if self != LayoutKind::Axis || steps <= 1 {
            return self.layout(network, slots, batch);
        }
        let excess = |depth: usize| steps.saturating_mul(depth).saturating_sub(most_levels(slots));
        let shapes = axis_shapes(network, slots, batch)?.into_iter();
        let best = shapes.min_by(|a, b| excess(a.depth).cmp(&excess(b.depth)).then(a.seconds.total_cmp(&b.seconds)));
        match best {
            Some(best) => Ok(Layout::Axes(Axes::with_shape(network, slots, best.shape, best.gradient)?)),
            None => self.layout(network, slots, batch),
        }
    }
}

impl fmt::Display for LayoutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The inverse of [`LayoutKind::name`]; `UnknownLayout` for other names.
impl FromStr for LayoutKind {
    type Err = crate::Error;

    fn from_str(name: &str) -> Result<LayoutKind> {
        let mut all = LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES);
        all.find(|kind| kind.name() == name)
            .ok_or_else(|| SetupError::UnknownLayout { name: name.into(), known: NAMES }.into())
    }
}

/// Calls a method of the contained layout.
macro_rules! each_layout {
    ($value:expr, $inner:ident => $call:expr) => {
        match $value {
            Layout::Merged($inner) => $call,
            Layout::Diagonal($inner) => $call,
            Layout::Axes($inner) => $call,
            Layout::TwoLayers($inner) => $call,
        }
    };
}

/// Calls a method of the contained program.
macro_rules! each_program {
    ($value:expr, $inner:ident => $call:expr) => {
        match $value {
            LayoutProgram::Merged($inner) => $call,
            LayoutProgram::Diagonal($inner) => $call,
            LayoutProgram::Axes($inner) => $call,
            LayoutProgram::TwoLayers($inner) => $call,
        }
    };
}

/// Any layout.
#[derive(Clone, Debug)]
pub enum Layout {
    /// Both weight matrices of a two-layer network in one ciphertext.
    Merged(Merged),
    /// One ciphertext per diagonal.
    Diagonal(Diagonal),
    /// Tiles on alternating slot axes.
    Axes(Axes),
    /// Any layout that describes the step of a two-layer network by its products and conversions.
    TwoLayers(TwoLayersLayout),
}

impl Layout {
    /// A layout whose step is [`TwoLayers`].
    pub fn two_layers(layout: impl TrainingLayout<Program = TwoLayers> + fmt::Debug + 'static) -> Layout {
        Layout::TwoLayers(TwoLayersLayout::new(layout))
    }
}

/// The name, and the shape if there are several.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layout::Axes(axes) => write!(f, "{}: {}, {}", axes.kind(), axes.shape(), axes.gradient_mode()),
            other => other.kind().fmt(f),
        }
    }
}

/// The program of a [`Layout`].
pub enum LayoutProgram {
    /// The program of [`Merged`].
    Merged(Box<MergedProgram>),
    /// The program of [`Diagonal`].
    Diagonal(DiagonalProgram),
    /// The program of [`Axes`].
    Axes(AxesProgram),
    /// The program of [`DiagonalPacked`] and of the baselines.
    TwoLayers(Box<TwoLayers>),
}

impl TrainingLayout for Layout {
    type Program = LayoutProgram;

    fn kind(&self) -> LayoutKind {
        each_layout!(self, layout => layout.kind())
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<LayoutProgram> {
        Ok(match self {
            Layout::Merged(layout) => LayoutProgram::Merged(Box::new(layout.program(spec, live)?)),
            Layout::Diagonal(layout) => LayoutProgram::Diagonal(layout.program(spec, live)?),
            Layout::Axes(layout) => LayoutProgram::Axes(layout.program(spec, live)?),
            Layout::TwoLayers(layout) => LayoutProgram::TwoLayers(Box::new(layout.program(spec, live)?)),
        })
    }

    fn weights(&self) -> Vec<Placed> {
        each_layout!(self, layout => layout.weights())
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        each_layout!(self, layout => layout.inputs(samples))
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        each_layout!(self, layout => layout.outputs(samples))
    }
}

impl TrainingProgram for LayoutProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        each_program!(self, program => program.forward(c, weights, inputs))
    }

    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        each_program!(self, program => program.gradients(c, weights, batch))
    }

    fn concentration(&self) -> f64 {
        each_program!(self, program => program.concentration())
    }
}
