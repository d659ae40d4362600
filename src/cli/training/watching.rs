//! A server whose steps are looked at, of experiments.

use std::sync::{Arc, Mutex, PoisonError};

use seal_nn::{
    Result,
    backend::{Decrypt, Evaluate},
    nn::{
        Weights,
        layout::{Layout, TrainingLayout},
    },
    program::{Checkpoints, Reached},
};

/// The weights after steps, counted from 1, between the client's looks.
#[derive(Clone, Default)]
pub struct Watched(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Requests that were begun.
    requests: usize,
    weights: Vec<(usize, Weights)>,
}

impl Watched {
    pub fn weights(&self) -> Vec<(usize, Weights)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).weights.clone()
    }
}

/// Decrypts what the server has after each step, for a report. No server of a client could: the key holder is in this process.
pub struct Watching<K> {
    pub holder: K,
    pub layout: Layout,
    /// Steps in a request.
    pub look_every: usize,
    pub watched: Watched,
}

impl<E: Evaluate, K: Decrypt<Ciphertext = E::Ciphertext>> Checkpoints<E> for Watching<K> {
    fn load(&mut self) -> Result<Option<Reached<E::Ciphertext>>> {
        Ok(None)
    }

    fn save(&mut self, steps: usize, values: &[&E::Ciphertext]) -> Result<()> {
        let slots = values.iter().take(self.layout.weight_ciphertexts());
        let slots = slots.map(|x| Ok(self.holder.decrypt(x)?.open_as_key_owner())).collect::<Result<Vec<_>>>()?;
        let weights = self.layout.unpack_weights(&slots)?;
        let mut seen = self.watched.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.requests += usize::from(steps == 1);
        let before = seen.requests.saturating_sub(1) * self.look_every;
        seen.weights.push((before + steps, weights));
        Ok(())
    }
}
