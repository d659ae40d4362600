//! Classification by a head, whatever the packing.

use ndarray::{Array2, ArrayView2};

use super::Infer;
use crate::{Result, nn::head::HeadShape};

/// A client whose peer applies a head to encrypted embeddings.
pub trait Classify: Infer {
    /// Scores and positions of up to [`batch`](Infer::batch) embeddings (`samples x inputs`), and the time until the
    /// answer arrived in seconds.
    ///
    /// # Errors
    /// `WrongBatch` for too many embeddings, or none; `WrongShape` for another width; an error for values that cannot be
    /// encoded; any error of the peer or of decryption.
    fn classify(&mut self, x: ArrayView2<f64>) -> Result<(Classified, f64)>;
}

/// The decrypted answer.
pub struct Classified {
    /// A score per class, `samples x classes`: the probabilities, or the logits of a head without a soft-argmax.
    pub scores: Array2<f64>,
    /// The position that the soft-argmax gives each sample; empty without a soft-argmax.
    pub positions: Vec<f64>,
    /// Samples whose probabilities are out of range: their logits left the promised range.
    pub garbage: Vec<usize>,
}

impl Classified {
    /// Of decrypted scores, `samples x classes`.
    pub(super) fn new(shape: &HeadShape, scores: Array2<f64>, positions: Vec<f64>) -> Classified {
        let rows = scores.rows().into_iter().enumerate();
        let garbage = rows.filter(|(_, p)| !shape.is_plausible(&p.to_vec())).map(|(i, _)| i).collect();
        Classified { scores, positions, garbage }
    }
}
