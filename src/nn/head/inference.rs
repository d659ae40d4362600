//! The inference of a head as a program.

use super::{Head, HeadOutputs, HeadProgram, HeadWeights};
use crate::{
    Level, RequestError, Result,
    backend::{Chain, Evaluate, Slots},
    program::{Kept, Program, Rehearsal, Workspace},
    record,
};

/// The scores of encrypted embeddings, and with a soft-argmax their positions, by a head that the server knows or that it keeps encrypted.
pub struct HeadInference {
    program: HeadProgram,
    weights: Weights,
}

enum Weights {
    /// Kept, as the client encrypted them.
    Encrypted,
    /// The server's own.
    Known(Vec<Slots>),
    /// Ones instead, where only the server knows them.
    Unknown(Vec<Slots>),
}

/// The packed weights of a head.
#[derive(Clone, Debug)]
pub struct HeadVectors<T> {
    /// For each layer its diagonals, and after them its bias.
    pub vectors: Vec<T>,
}
record!(HeadVectors { vectors: many });

/// A packed batch of embeddings.
#[derive(Clone, Debug)]
pub struct Embeddings<T> {
    /// As many samples as a ciphertext holds.
    pub embeddings: T,
}
record!(Embeddings { embeddings: one });

impl HeadInference {
    /// By weights that the client encrypts.
    pub fn encrypted(program: HeadProgram) -> HeadInference {
        HeadInference { program, weights: Weights::Encrypted }
    }

    /// By weights that the server knows.
    ///
    /// # Errors
    /// `WrongHeadShape` for a head of another shape than the program's.
    pub fn known(program: HeadProgram, head: &Head) -> Result<HeadInference> {
        let weights = program.pack_clear(head)?;
        Ok(HeadInference { program, weights: Weights::Known(weights) })
    }

    /// As the client of a server with weights of its own has it: for planning. It computes with ones.
    pub fn unknown(program: HeadProgram) -> HeadInference {
        let ones = Slots::from(vec![1.0]);
        let weights = vec![ones; program.weight_vectors()];
        HeadInference { program, weights: Weights::Unknown(weights) }
    }

    /// Whether the weights are part of the program.
    pub fn is_known(&self) -> bool {
        matches!(self.weights, Weights::Known(_))
    }

    /// The weights to compute with, among what the server keeps.
    ///
    /// # Errors
    /// `NothingKept` when the client has not sent its head yet.
    pub fn weights<'a, C>(&'a self, kept: &'a [Kept<HeadInference, C>]) -> Result<HeadWeights<'a, C>> {
        match (&self.weights, kept.last()) {
            (Weights::Known(weights) | Weights::Unknown(weights), _) => Ok(HeadWeights::Clear(weights)),
            (Weights::Encrypted, Some(kept)) => Ok(HeadWeights::Encrypted(&kept.data()?.vectors)),
            (Weights::Encrypted, None) => Err(RequestError::NothingKept { what: "an encrypted head" }.into()),
        }
    }

    /// The circuit, with its packing.
    pub fn program(&self) -> &HeadProgram {
        &self.program
    }
}

impl Program for HeadInference {
    type Part = ();
    type Call = ();
    type Kept = HeadVectors<()>;
    type Held = ();
    type Asked = Embeddings<()>;
    type Answer = HeadOutputs<()>;

    fn kept(&self, (): &(), entry: Level, _: &Chain) -> Result<HeadVectors<Level>> {
        Ok(HeadVectors { vectors: vec![entry; self.program.weight_vectors()] })
    }

    fn asked(&self, (): &(), entry: Level, _: &Chain) -> Result<Embeddings<Level>> {
        Ok(Embeddings { embeddings: entry })
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        let parts = match self.weights {
            Weights::Encrypted => vec![()],
            Weights::Known(_) | Weights::Unknown(_) => Vec::new(),
        };
        Rehearsal { parts, calls: vec![()] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        (): &(),
        asked: &Embeddings<E::Ciphertext>,
    ) -> Result<HeadOutputs<E::Ciphertext>> {
        self.program.run(workspace.circuit, self.weights(workspace.kept)?, &asked.embeddings)
    }

    fn terms(&self) -> String {
        format!("{} ({:?})", self.title(), self.program.shape())
    }

    fn title(&self) -> String {
        let widths: Vec<String> = self.program.shape().widths.iter().map(usize::to_string).collect();
        format!("an inference of head {}", widths.join("-"))
    }

    fn remedy(&self) -> &'static str {
        "fewer or narrower layers, an activation of lower degree or, with a soft-argmax, a narrower range"
    }
}
