//! The two parties of an encrypted head: the client has texts, embeddings and the secret key, the server the head.

use ndarray::{Array2, ArrayView2};

use super::{ParameterRequest, Traffic, client::encrypt_all, ring::smallest_ring};
use crate::{
    PackingError, Private, Result, SetupError,
    backend::{Chain, Circuit, Evaluate, KeyHolder},
    nn::{Head, HeadOutputs, HeadPlan, HeadProgram, HeadShape, HeadWeights},
    seal::Parameters,
};

/// The party that holds the secret key.
pub struct HeadClient<K> {
    holder: K,
    program: HeadProgram,
    plan: HeadPlan,
}

/// What the client reads of a reply.
pub struct Classified {
    /// A probability a class, `samples x classes`.
    pub probabilities: Array2<f64>,
    /// The position that the soft-argmax gives each sample.
    pub positions: Vec<f64>,
    /// Samples whose probabilities cannot be any: their logits left the promised range.
    pub garbage: Vec<usize>,
}

impl<K: KeyHolder> HeadClient<K> {
    /// A client with its key.
    pub fn new(holder: K, program: HeadProgram, plan: HeadPlan) -> Self {
        HeadClient { holder, program, plan }
    }

    /// Samples that one ciphertext holds.
    pub fn batch(&self) -> usize {
        self.program.batch()
    }

    /// Encrypts a head of its own, for a server that shall not know it.
    ///
    /// # Errors
    /// `BadSetting` for another shape than the program's.
    pub fn encrypt_head(&self, head: &Head) -> Result<Vec<K::Fresh>> {
        encrypt_all(&self.holder, &self.program.pack(head)?, self.plan.entry)
    }

    /// Encrypts up to [`batch`](HeadClient::batch) embeddings (`samples x inputs`).
    ///
    /// # Errors
    /// `WrongShape` for too many, or of another width; values that cannot be encoded.
    pub fn encrypt(&self, x: ArrayView2<f64>) -> Result<K::Fresh> {
        let (expected, actual) = ((self.batch().min(x.nrows()), self.program.shape().widths[0]), x.dim());
        if expected != actual {
            return Err(SetupError::WrongShape { what: "a batch of embeddings", expected, actual }.into());
        }
        self.holder.encrypt(&self.program.pack_inputs(x), self.plan.entry)
    }

    /// Decrypts any value of the circuit, for the key holder's own eyes.
    ///
    /// # Errors
    /// What decryption refuses.
    pub fn open(&self, x: &K::Ciphertext) -> Result<Private<Vec<f64>>> {
        self.holder.decrypt(x)
    }

    /// Decrypts what came back for so many samples.
    ///
    /// # Errors
    /// What decryption refuses: values that may have wrapped.
    pub fn read(&self, reply: &HeadOutputs<K::Ciphertext>, samples: usize) -> Result<Classified> {
        let open = |x: &K::Ciphertext| Ok::<_, crate::Error>(self.holder.decrypt(x)?.open_as_key_owner());
        let probabilities = self.program.unpack_probabilities(open(&reply.probabilities)?, samples)?;
        let positions = self.program.unpack_positions(open(&reply.position)?, samples)?;
        let rows = probabilities.rows().into_iter().enumerate();
        let garbage = rows.filter(|(_, p)| !self.program.check(&p.to_vec())).map(|(i, _)| i).collect();
        Ok(Classified { probabilities, positions, garbage })
    }
}

/// The party that computes. It knows the head, or holds it encrypted, and never sees a secret key.
pub struct HeadServer<E: Evaluate> {
    circuit: Circuit<E>,
    program: HeadProgram,
    weights: HeadWeights<E::Ciphertext>,
}

impl<E: Evaluate> HeadServer<E> {
    /// A server with a head of its own.
    ///
    /// # Errors
    /// `BadSetting` for another shape than the program's.
    pub fn with_head(backend: E, program: HeadProgram, head: &Head) -> Result<Self> {
        let weights = program.pack_clear(head)?;
        Ok(HeadServer { circuit: Circuit::new(backend), program, weights })
    }

    /// A server with a head that a client encrypted.
    ///
    /// # Errors
    /// `WrongCount` for more or fewer ciphertexts than the program has; what the backend refuses about them.
    pub fn with_encrypted_head(backend: E, program: HeadProgram, head: &[E::Fresh]) -> Result<Self> {
        let (expected, actual) = (program.weight_vectors(), head.len());
        if expected != actual {
            return Err(
                PackingError::WrongCount { what: "encrypted weights of a head".into(), expected, actual }.into()
            );
        }
        let weights = head.iter().map(|w| backend.receive(w)).collect::<Result<_>>()?;
        Ok(HeadServer { circuit: Circuit::new(backend), program, weights: HeadWeights::Encrypted(weights) })
    }

    /// The circuit it computes with, which counts and times what is done.
    pub fn circuit(&self) -> &Circuit<E> {
        &self.circuit
    }

    /// Probabilities and positions, encrypted.
    ///
    /// # Errors
    /// What the circuit refuses.
    pub fn classify(&self, x: &E::Fresh) -> Result<HeadOutputs<E::Ciphertext>> {
        self.program.run(&self.circuit, &self.weights, &self.circuit.backend().receive(x)?)
    }

    /// Computes as [`classify`](HeadServer::classify) does, and shows `watch` every value on the way.
    ///
    /// # Errors
    /// What the circuit refuses, and what `watch` returns.
    pub fn classify_watched(
        &self,
        x: &E::Fresh,
        watch: &mut dyn FnMut(&'static str, &E::Ciphertext) -> Result<()>,
    ) -> Result<HeadOutputs<E::Ciphertext>> {
        self.program.run_watched(&self.circuit, &self.weights, &self.circuit.backend().receive(x)?, watch)
    }

    /// Bytes of a question and its answer.
    ///
    /// # Errors
    /// None that the ciphertexts do not have.
    pub fn traffic(&self, x: &E::Fresh, reply: &HeadOutputs<E::Ciphertext>) -> Result<Traffic> {
        let backend = self.circuit.backend();
        Ok(Traffic {
            client_to_server: backend.fresh_bytes(x),
            server_to_client: backend.ciphertext_bytes(&reply.probabilities)?
                + backend.ciphertext_bytes(&reply.position)?,
        })
    }
}

/// The smallest ring at 128-bit security in which a head fits, with its program and plan.
///
/// # Errors
/// `NoParameters` when no ring holds it, with what the largest lacks.
pub fn choose_head(
    shape: &HeadShape,
    encrypted_weights: bool,
    request: &ParameterRequest,
) -> Result<(Parameters, HeadProgram, HeadPlan)> {
    let plan = |slots| {
        let program = HeadProgram::new(shape, slots)?;
        Ok((HeadPlan::depth_of(&program, slots)?, program))
    };
    let too_wide = |error: &SetupError| matches!(error, SetupError::BadSetting { setting: "the width of a head", .. });
    let (parameters, program) = smallest_ring(request.poly_modulus_degree, plan, too_wide)?;
    let plan = HeadPlan::new(&program, encrypted_weights, Chain::try_from(&parameters)?)?;
    Ok((parameters, program, plan))
}
