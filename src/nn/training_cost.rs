//! What a training costs by a cost model.

use super::TrainingPlan;
use crate::backend::CostModel;

/// Memory of a key over its seed-compressed form: that form, and the expanded one of twice its size.
const KEY_COPIES: usize = 3;
/// Copies of the packed weights while a step is computed: as they came, dropped to lower levels, their gradients.
const STATE_COPIES: usize = 4;

impl TrainingPlan {
    /// Seconds of a step: the server's operations, one after another, and the client's refresh.
    pub fn seconds(&self, costs: &CostModel) -> f64 {
        let degree = self.chain.poly_modulus_degree();
        let refresh = self.state_ciphertexts() as f64 * costs.refresh(degree, self.entry.weights);
        (costs.of(&self.step_operations, &self.chain) + refresh) / self.refresh_every as f64
    }

    /// Bytes of keys and ciphertexts in a process that runs client and server, with keys for every level.
    pub fn memory_bytes(&self) -> usize {
        let chain = &self.chain;
        let keys = chain.galois_key_bytes(self.steps.len()) + chain.relin_key_bytes();
        let ciphertexts = STATE_COPIES * self.state_ciphertexts() + self.input_ciphertexts + self.target_ciphertexts;
        KEY_COPIES * keys + ciphertexts * chain.ciphertext_bytes(self.entry.weights)
    }
}
