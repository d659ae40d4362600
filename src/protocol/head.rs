//! The two parties of an encrypted head: the client has texts, embeddings and the secret key, the server the head.

use ndarray::ArrayView2;

use super::{Classified, Classify, Deployment, ParameterRequest, Peer, Server, Session, Traffic};
use crate::{
    Result,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::head::{Embeddings, Head, HeadInference, HeadProgram, HeadShape, HeadVectors},
};

/// The party that holds the secret key, with a peer that classifies.
pub struct HeadSession<K, S> {
    session: Session<K, S, HeadInference>,
    /// The head that the peer keeps.
    sent: Option<Head>,
}

impl Deployment<HeadInference> {
    /// The smallest ring at 128-bit security in which a head fits. A server that knows the head needs its weights;
    /// otherwise the client encrypts them and sends them with [`HeadSession::send_head`].
    ///
    /// # Errors
    /// `NoParameters` if no ring fits, with the reason for the largest; `WrongHeadShape` for a head of another shape.
    pub fn of_head(shape: &HeadShape, known: Option<&Head>, request: &ParameterRequest) -> Result<Self> {
        Deployment::choose(request, |slots| {
            let program = HeadProgram::new(shape, slots)?;
            match known {
                Some(head) => HeadInference::known(program, head),
                None => Ok(HeadInference::encrypted(program)),
            }
        })
    }
}

impl<K, E> HeadSession<K, Server<E, HeadInference>>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
{
    /// Both parties in this process.
    pub fn in_process(deployment: &Deployment<HeadInference>, holder: K, circuit: Circuit<E>) -> Self {
        let Deployment { program, plan, .. } = deployment.clone();
        HeadSession::new(Session::in_process(holder, circuit, program, plan))
    }

    /// Computes like [`classify`](Classify::classify), and passes every intermediate value, decrypted, with its
    /// level and name to `watch`. This is a measurement of noise that only a key holder can make.
    ///
    /// # Errors
    /// The same as for [`classify`](Classify::classify), and any error of `watch`.
    pub fn watch(
        &self,
        x: ArrayView2<f64>,
        watch: &mut dyn FnMut(&'static str, crate::Level, Vec<f64>) -> Result<()>,
    ) -> Result<()> {
        let (circuit, program) = (self.session.peer().circuit(), self.session.program());
        let fresh = self.session.holder().encrypt(&self.pack(x)?.embeddings, self.session.plan().entry)?;
        let x = circuit.backend().receive(&fresh)?;
        let weights = program.weights(self.session.peer().kept())?;
        program.program().run_watched(circuit, weights, &x, &mut |name, value| {
            watch(name, circuit.level(value), self.session.holder().decrypt(value)?.open_as_key_owner())
        })?;
        Ok(())
    }
}

impl<K, S> HeadSession<K, S>
where
    S: Peer<HeadInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session with a peer.
    pub fn new(session: Session<K, S, HeadInference>) -> Self {
        HeadSession { session, sent: None }
    }

    /// Samples per ciphertext.
    pub fn batch(&self) -> usize {
        self.session.program().program().batch()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.session.program().program().shape().classes()
    }

    /// Encrypts the client's own head, for a server that must not know it.
    ///
    /// # Errors
    /// `WrongHeadShape` for another shape than that of the program; any error of the peer.
    pub fn send_head(&mut self, head: &Head) -> Result<()> {
        let vectors = self.session.program().program().pack(head)?;
        self.sent = Some(head.clone());
        self.session.keep(&(), &HeadVectors { vectors })
    }

    /// Returns an error if an output of a head without a soft-argmax has no room. Probabilities have room, and logits beyond
    /// their range show in them ([`Classified::garbage`]).
    fn check_room(&self, asked: &Embeddings<Vec<f64>>) -> Result<()> {
        let program = self.session.program();
        if program.program().shape().soft_argmax.is_some() {
            return Ok(());
        }
        let parts = match &self.sent {
            Some(head) => vec![((), HeadVectors { vectors: program.program().pack(head)? })],
            None if program.is_known() => Vec::new(),
            None => return Ok(()),
        };
        self.session.check_room(&parts, 1, |_| Ok(((), asked.clone())))
    }

    fn pack(&self, x: ArrayView2<f64>) -> Result<Embeddings<Vec<f64>>> {
        Ok(Embeddings { embeddings: self.session.program().program().pack_inputs(x)? })
    }

    /// Bytes sent so far, without evaluation keys.
    pub fn traffic(&self) -> Traffic {
        self.session.traffic()
    }
}

impl<K, S> Classify for HeadSession<K, S>
where
    S: Peer<HeadInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    fn classify(&mut self, x: ArrayView2<f64>) -> Result<(Classified, f64)> {
        let asked = self.pack(x)?;
        self.check_room(&asked)?;
        let (answer, waited) = self.session.timed_call(&(), &asked)?;
        let (program, samples) = (self.session.program().program(), x.nrows());
        let scores = program.unpack_scores(answer.scores, samples)?;
        let positions = answer.position.map(|position| program.unpack_positions(position, samples));
        let positions = positions.transpose()?.unwrap_or_default();
        Ok((Classified::new(program.shape(), scores, positions), waited.as_secs_f64()))
    }
}
