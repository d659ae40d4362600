//! All layouts as one type, for a choice at run time.

use std::{fmt, str::FromStr};

use super::{
    Axes, Batch, Diagonal, DiagonalPacked, Merged, Network, Placed, State, TrainingLayout, TrainingProgram,
    TrainingSpec,
    axes::{AxesProgram, axis_shapes, most_levels},
    baselines::{E2dm, HaleviShoup, Hetal, Naive, row_column},
    diagonal::{DiagonalProgram, Transposition},
    merged::MergedProgram,
    two_layers::TwoLayers,
};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate},
    packing::MatrixLayout,
};

/// The layouts by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutKind {
    /// [`Merged`].
    Merged,
    /// [`Diagonal`], its diagonals turned for the transposed product.
    Diagonal,
    /// [`Diagonal`] with baby and giant steps.
    DiagonalGiantSteps,
    /// [`DiagonalPacked`].
    DiagonalPacked,
    /// [`Axes`] in their cheapest shape.
    Axis,
    /// [`Axes`] with one ciphertext for each input feature.
    PerFeature,
    /// [`Naive`], a baseline.
    Naive,
    /// [`HaleviShoup`], a baseline.
    HaleviShoup,
    /// [`E2dm`], a baseline.
    E2dm,
    /// [`Hetal`], a baseline.
    Hetal,
    /// [`row_column`], a baseline.
    RowColumn,
}

impl LayoutKind {
    /// Ours.
    pub const ALL: [LayoutKind; 6] = [
        LayoutKind::Merged,
        LayoutKind::Axis,
        LayoutKind::PerFeature,
        LayoutKind::Diagonal,
        LayoutKind::DiagonalGiantSteps,
        LayoutKind::DiagonalPacked,
    ];

    /// Published alternatives, for comparisons only: nothing chooses one by itself.
    pub const BASELINES: [LayoutKind; 5] =
        [LayoutKind::Naive, LayoutKind::HaleviShoup, LayoutKind::E2dm, LayoutKind::Hetal, LayoutKind::RowColumn];

    /// Its name on the command line, in reports and in models.
    pub fn name(self) -> &'static str {
        match self {
            LayoutKind::Merged => "merged",
            LayoutKind::Diagonal => "diagonal",
            LayoutKind::DiagonalGiantSteps => "diagonal-bsgs",
            LayoutKind::Axis => "axis",
            LayoutKind::PerFeature => "per-feature",
            LayoutKind::Naive => "naive",
            LayoutKind::DiagonalPacked => "diagonal-packed",
            LayoutKind::HaleviShoup => "halevi-shoup",
            LayoutKind::E2dm => "e2dm",
            LayoutKind::Hetal => "hetal",
            LayoutKind::RowColumn => "row-column",
        }
    }

    /// The layout for a network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` when the slots are too few, `LayoutUnsuited` when the network's shape is not for it.
    pub fn layout(self, network: &Network, slots: usize, batch: usize) -> Result<Layout> {
        Ok(match self {
            LayoutKind::Merged => Layout::Merged(Merged::new(network, slots, batch)?),
            LayoutKind::Diagonal => Layout::Diagonal(Diagonal::new(network, slots, batch, Transposition::Turned)?),
            LayoutKind::DiagonalGiantSteps => {
                Layout::Diagonal(Diagonal::new(network, slots, batch, Transposition::GiantSteps)?)
            }
            LayoutKind::Axis => Layout::Axes(Axes::new(network, slots, batch)?),
            LayoutKind::PerFeature => Layout::Axes(Axes::per_feature(network, slots, batch)?),
            LayoutKind::Naive => Layout::Naive(Naive::new(network, slots, batch)?),
            LayoutKind::DiagonalPacked => Layout::DiagonalPacked(DiagonalPacked::new(network, slots, batch)?),
            LayoutKind::HaleviShoup => Layout::HaleviShoup(HaleviShoup::new(network, slots, batch)?),
            LayoutKind::E2dm => Layout::E2dm(E2dm::new(network, slots, batch)?),
            LayoutKind::Hetal => Layout::Hetal(Hetal::new(network, slots, batch)?),
            LayoutKind::RowColumn => Layout::Axes(row_column(network, slots)?),
        })
    }
}

impl LayoutKind {
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
        let excess = |depth: usize| (steps * depth).saturating_sub(most_levels(slots));
        let shapes = axis_shapes(network, slots, batch).into_iter();
        let best = shapes.min_by(|a, b| excess(a.depth).cmp(&excess(b.depth)).then(a.work.total_cmp(&b.work)));
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

/// The inverse of [`LayoutKind::name`]; `BadSetting` for other names.
impl FromStr for LayoutKind {
    type Err = crate::Error;

    fn from_str(name: &str) -> Result<LayoutKind> {
        let mut all = LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES);
        all.find(|kind| kind.name() == name).ok_or_else(|| {
            SetupError::BadSetting {
                setting: "--layout",
                actual: name.into(),
                expected: "merged, axis, per-feature, diagonal, diagonal-bsgs or diagonal-packed; for comparisons also naive, \
                           halevi-shoup, e2dm, hetal or row-column",
            }
            .into()
        })
    }
}

/// Calls a method of the contained layout.
macro_rules! each_layout {
    ($value:expr, $inner:ident => $call:expr) => {
        match $value {
            Layout::Merged($inner) => $call,
            Layout::Diagonal($inner) => $call,
            Layout::Axes($inner) => $call,
            Layout::DiagonalPacked($inner) => $call,
            Layout::HaleviShoup($inner) => $call,
            Layout::E2dm($inner) => $call,
            Layout::Hetal($inner) => $call,
            Layout::Naive($inner) => $call,
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
    /// All diagonals in one ciphertext.
    DiagonalPacked(DiagonalPacked),
    /// All diagonals in one ciphertext, with a packed transposition.
    HaleviShoup(HaleviShoup),
    /// Square matrices, each in one ciphertext.
    E2dm(E2dm),
    /// Diagonals that are built while they are summed.
    Hetal(Hetal),
    /// One ciphertext a row.
    Naive(Naive),
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
            Layout::DiagonalPacked(layout) => LayoutProgram::TwoLayers(Box::new(layout.program(spec, live)?)),
            Layout::HaleviShoup(layout) => LayoutProgram::TwoLayers(Box::new(layout.program(spec, live)?)),
            Layout::E2dm(layout) => LayoutProgram::TwoLayers(Box::new(layout.program(spec, live)?)),
            Layout::Hetal(layout) => LayoutProgram::TwoLayers(Box::new(layout.program(spec, live)?)),
            Layout::Naive(layout) => LayoutProgram::TwoLayers(Box::new(layout.program(spec, live)?)),
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

    fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        each_program!(self, program => program.step(c, state, batch, fold))
    }
}
