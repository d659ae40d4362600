//! Inference of any number of samples, a block at a time.

use ndarray::{Array2, ArrayView2, Axis};

use super::{Classify, HeadSession, InferenceSession, Peer, Traffic};
use crate::{
    Result,
    backend::KeyHolder,
    nn::{head::HeadInference, inference::Inference, layout::TrainingLayout, shapes::check_shape},
};

/// A client whose peer computes the outputs of a network, whatever the packing.
pub trait Infer {
    /// The largest number of samples at a time.
    fn batch(&self) -> usize;

    /// The number of outputs of the network.
    fn outputs_per_sample(&self) -> usize;

    /// The outputs (`samples x outputs`) of up to [`batch`](Infer::batch) samples (`samples x inputs`).
    ///
    /// # Errors
    /// `WrongBatch` or `WrongShape`; an error for values that cannot be encrypted; any error of the peer or of decryption.
    fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>>;

    /// Bytes sent so far, without evaluation keys.
    fn traffic(&self) -> Traffic;

    /// The outputs of any number of samples, a block of [`batch`](Infer::batch) after the other. `progress` is called after each
    /// block with its number of samples. Memory for ciphertexts does not grow with the number of samples.
    ///
    /// # Errors
    /// As [`outputs`](Infer::outputs).
    fn outputs_of_all(&mut self, x: ArrayView2<f64>, progress: &mut dyn FnMut(usize)) -> Result<Array2<f64>> {
        let mut all = Array2::zeros((x.nrows(), self.outputs_per_sample()));
        let batch = self.batch();
        for (block, mut rows) in x.axis_chunks_iter(Axis(0), batch).zip(all.axis_chunks_iter_mut(Axis(0), batch)) {
            let outputs = self.outputs(block)?;
            check_shape("the outputs of a block", rows.dim(), outputs.dim())?;
            rows.assign(&outputs);
            progress(block.nrows());
        }
        Ok(all)
    }
}

/// Samples with the bias input.
impl<K, S, L> Infer for InferenceSession<K, S, L>
where
    L: TrainingLayout,
    S: Peer<Inference<L>>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    fn batch(&self) -> usize {
        InferenceSession::batch(self)
    }

    fn outputs_per_sample(&self) -> usize {
        InferenceSession::outputs_per_sample(self)
    }

    fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        InferenceSession::outputs(self, x)
    }

    fn traffic(&self) -> Traffic {
        InferenceSession::traffic(self)
    }
}

/// The scores of a head.
impl<K, S> Infer for HeadSession<K, S>
where
    S: Peer<HeadInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    fn batch(&self) -> usize {
        HeadSession::batch(self)
    }

    fn outputs_per_sample(&self) -> usize {
        HeadSession::classes(self)
    }

    fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        Ok(self.classify(x)?.0.scores)
    }

    fn traffic(&self) -> Traffic {
        HeadSession::traffic(self)
    }
}
