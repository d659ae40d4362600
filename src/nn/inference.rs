//! The inference of a network as a program.

use super::{
    Network, Schedule, Sgd, TrainingLayout, TrainingProgram, TrainingSpec,
    setup::check_samples,
    training::{check_batch, check_network, input_ciphertexts},
};
use crate::{
    Level, Result,
    backend::{Chain, Evaluate},
    program::{Program, Rehearsal, Workspace},
    record,
};

/// The outputs of encrypted weights for encrypted samples, in a layout. For a server that knows the weights of a network,
/// see [`Head::of_network`](super::head::Head::of_network).
pub struct Inference<L: TrainingLayout> {
    layout: L,
    network: Network,
    batch: usize,
    program: L::Program,
    /// The specification of the layout's programs, which are made for training; inference does not use it.
    spec: TrainingSpec,
}

/// Packed weights and samples.
#[derive(Clone, Debug)]
pub struct Question<T> {
    /// The weights.
    pub weights: Vec<T>,
    /// The samples.
    pub inputs: Vec<T>,
}
record!(Question { weights: many, inputs: many });

/// Packed outputs.
#[derive(Clone, Debug)]
pub struct Outputs<T> {
    /// In the layout of outputs.
    pub outputs: Vec<T>,
}
record!(Outputs { outputs: many });

impl<L: TrainingLayout> Inference<L> {
    /// An inference of up to `batch` samples at a time.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network; `OutOfBounds` without samples; any error of the layout.
    pub fn new(layout: L, network: &Network, batch: usize) -> Result<Self> {
        check_network(&layout, network)?;
        check_samples(batch)?;
        let optimizer = Sgd::new(&[1.0], 0.0, Schedule::Constant)?;
        let spec =
            TrainingSpec { network: network.clone(), optimizer, bounds: Default::default(), loss: Default::default() };
        let program = layout.program(&spec, batch)?;
        Ok(Inference { layout, network: network.clone(), batch, program, spec })
    }

    /// The layout.
    pub fn layout(&self) -> &L {
        &self.layout
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The largest number of samples at a time.
    pub fn batch(&self) -> usize {
        self.batch
    }
}

impl<L: TrainingLayout> Program for Inference<L> {
    type Part = ();
    /// The number of samples.
    type Call = usize;
    type Kept = ();
    type Held = ();
    type Asked = Question<()>;
    type Answer = Outputs<()>;

    fn kept(&self, (): &(), _: Level, _: &Chain) -> Result<()> {
        Ok(())
    }

    fn asked(&self, &live: &usize, entry: Level, _: &Chain) -> Result<Question<Level>> {
        check_batch(self.batch, live)?;
        Ok(Question {
            weights: vec![entry; self.layout.weight_ciphertexts()],
            inputs: vec![entry; input_ciphertexts(&self.layout, live)],
        })
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: Vec::new(), calls: vec![self.batch] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        &live: &usize,
        asked: &Question<E::Ciphertext>,
    ) -> Result<Outputs<E::Ciphertext>> {
        let forward = |program: &L::Program| program.forward(workspace.circuit, &asked.weights, &asked.inputs);
        let outputs = match live == self.batch {
            true => forward(&self.program)?,
            // Fewer samples need other masks.
            false => forward(&self.layout.program(&self.spec, live)?)?,
        };
        Ok(Outputs { outputs })
    }

    fn terms(&self) -> String {
        format!("{} ({:?}, batches of {})", self.title(), self.network, self.batch)
    }

    fn title(&self) -> String {
        format!("an inference of network {} in layout {}", self.network, self.layout.kind().name())
    }
}
