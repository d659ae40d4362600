//! The inference of a network as a program.

use super::{
    Network, Schedule, Sgd, TrainingLayout, TrainingProgram, TrainingSpec,
    layout::check_count,
    setup::check_samples,
    training::{check_batch, check_network, input_ciphertexts},
};
use crate::{
    Argument, Level, Result,
    backend::{Chain, Circuit, Evaluate},
    parallel::try_map,
    program::{Division, Owner, Program, Rehearsal, Workspace, dealt},
    record,
};

/// The outputs of encrypted weights for encrypted samples, in a layout. For a server that knows the weights of a network,
/// see [`Head::of_network`](super::head::Head::of_network).
///
/// A request has up to as many blocks of samples as there are shares, each in ciphertexts of its own, which several members
/// of a team compute at the same time.
pub struct Inference<L: TrainingLayout> {
    layout: L,
    network: Network,
    block: usize,
    shares: usize,
    program: L::Program,
    /// The specification of the layout's programs, which are made for training; inference does not use it.
    spec: TrainingSpec,
}

/// Packed weights and samples.
#[derive(Clone, Debug)]
pub struct Question<T> {
    /// The weights.
    pub weights: Vec<T>,
    /// The samples, block by block.
    pub inputs: Vec<T>,
}
record!(Question { weights: many, inputs: many });

/// Packed outputs.
#[derive(Clone, Debug)]
pub struct Outputs<T> {
    /// In the layout of outputs, block by block.
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
        Ok(Inference { layout, network: network.clone(), block: batch, shares: 1, program, spec })
    }

    /// The same for so many blocks of that batch at a time.
    ///
    /// # Errors
    /// `OutOfBounds` for no shares, or for more than 2^20 samples in all of them.
    pub fn with_shares(self, shares: usize) -> Result<Self> {
        Argument::Shares.check_count(shares, 1, None)?;
        check_samples(self.block.saturating_mul(shares))?;
        Ok(Inference { shares, ..self })
    }

    /// The layout.
    pub fn layout(&self) -> &L {
        &self.layout
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The largest number of samples at a time, in all shares.
    pub fn batch(&self) -> usize {
        self.block * self.shares
    }

    /// The samples of a block; the last one of a request may have fewer.
    pub fn block(&self) -> usize {
        self.block
    }

    /// The samples of each block of so many.
    fn blocks(&self, live: usize) -> Result<Vec<usize>> {
        check_batch(self.batch(), live)?;
        Ok((0..live.div_ceil(self.block)).map(|k| self.block.min(live - k * self.block)).collect())
    }

    /// The outputs of a block.
    fn forward<E: Evaluate>(
        &self,
        circuit: &Circuit<E>,
        live: usize,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        match live == self.block {
            true => self.program.forward(circuit, weights, inputs),
            // Fewer samples need other masks.
            false => self.layout.program(&self.spec, live)?.forward(circuit, weights, inputs),
        }
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
        let inputs = self.blocks(live)?.into_iter().map(|live| input_ciphertexts(&self.layout, live)).sum();
        Ok(Question { weights: vec![entry; self.layout.weight_ciphertexts()], inputs: vec![entry; inputs] })
    }

    fn shares(&self) -> usize {
        self.shares
    }

    /// Everyone has the weights, and block `k` is computed by member `k % members`.
    fn divide(&self, &live: &usize, members: usize) -> Result<Option<Division<Self>>> {
        let blocks = self.blocks(live)?;
        let own = |member| Some(dealt(blocks.len(), member, members).map(|k| blocks[k]).sum()).filter(|live| *live > 0);
        let by_block = |each: &dyn Fn(usize) -> usize| {
            let owners = |(k, live): (usize, &usize)| vec![Owner::Member(k % members); each(*live)];
            blocks.iter().enumerate().flat_map(owners).collect()
        };
        Ok(Some(Division {
            calls: (0..members).map(own).collect(),
            asked: Question {
                weights: vec![Owner::Everyone; self.layout.weight_ciphertexts()],
                inputs: by_block(&|live| input_ciphertexts(&self.layout, live)),
            },
            answer: Outputs { outputs: by_block(&|live| self.layout.outputs(live).ciphertexts()) },
        }))
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: Vec::new(), calls: vec![self.batch()] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        &live: &usize,
        asked: &Question<E::Ciphertext>,
    ) -> Result<Outputs<E::Ciphertext>> {
        let Question { inputs: expected, .. } = self.asked(&live, Level(0), workspace.circuit.chain())?;
        check_count("packed samples", expected.len(), &asked.inputs)?;
        let mut rest = &asked.inputs[..];
        let blocks = self.blocks(live)?.into_iter().map(|live| {
            let (inputs, after) = rest.split_at(input_ciphertexts(&self.layout, live));
            rest = after;
            (live, inputs)
        });
        let blocks: Vec<_> = blocks.collect();
        let outputs = try_map(blocks, |(live, inputs)| self.forward(workspace.circuit, live, &asked.weights, inputs))?;
        Ok(Outputs { outputs: outputs.concat() })
    }

    fn terms(&self) -> String {
        format!("{} ({:?}, batches of {})", self.title(), self.network, self.batch())
    }

    fn title(&self) -> String {
        format!("an inference of network {} in layout {}", self.network, self.layout.kind().name())
    }

    fn remedy(&self) -> &'static str {
        "a smaller network, an activation of lower degree or another layout"
    }
}
