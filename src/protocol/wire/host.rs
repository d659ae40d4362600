//! A program at the server, spoken to in bytes.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{Described, message_from_bytes, message_to_bytes, own::Hider, programs::Sizes};
use crate::{
    Level, Result,
    backend::{Circuit, SealEvaluator},
    error::SessionError,
    program::Record,
    protocol::{Deployment, Peer, Server},
    seal::{Ciphertext, Seeded},
};

/// One program of a session at the server. Whatever bytes it gets, it answers or returns an error, and can go on.
pub trait Host: Send {
    /// Keeps a part of the data.
    ///
    /// # Errors
    /// `TooManyParts` beyond the announced number; `NotAMessage`, `Header` or `Length` for bytes that are no message;
    /// what the loaders of ciphertexts refuse; what [`Server::keep`] refuses.
    fn keep(&mut self, message: &[u8]) -> Result<()>;

    /// Forgets all parts of the data.
    ///
    /// # Errors
    /// Any error of the server.
    fn forget(&mut self) -> Result<()>;

    /// Answers a request.
    ///
    /// # Errors
    /// `NotAMessage`, `Header` or `Length` for bytes that are no message; what the loaders of ciphertexts refuse; what
    /// [`Server::call`] refuses.
    fn call(&mut self, message: &[u8]) -> Result<Vec<u8>>;

    /// The most rows that an answer may be for, if it computes with a model of the server's own.
    fn own_rows(&self) -> Option<usize>;

    /// The bytes of the largest part of the data.
    fn largest_keep(&self) -> usize;

    /// The bytes of the largest request.
    fn largest_call(&self) -> usize;
}

/// A server that reads and writes messages.
pub(super) struct ByteHost<P: Described> {
    server: Server<SealEvaluator, P>,
    deployment: Deployment<P>,
    limits: Limits,
    sizes: Sizes,
    /// For answers from which nothing but their values is to be read.
    hider: Option<Hider>,
}

/// What a client may have a server keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Parts of the data.
    pub parts: usize,
    /// Encoded masks of all programs on a circuit: requests for fewer samples, or at other rates, take others.
    pub encodings: usize,
}

impl<P: Described> ByteHost<P> {
    /// A server of a program on a circuit with the keys that its plan needs.
    pub fn new(
        deployment: &Deployment<P>,
        circuit: &Arc<Circuit<SealEvaluator>>,
        limits: Limits,
        sizes: Sizes,
        hider: Option<Hider>,
    ) -> ByteHost<P> {
        let Deployment { program, plan, .. } = deployment;
        let server = Server::new(circuit.clone(), program.clone(), plan.clone());
        ByteHost { server, deployment: deployment.clone(), limits, sizes, hider }
    }

    /// Header and fresh ciphertexts of a message.
    fn read<R: Record, H: DeserializeOwned>(
        &self,
        message: &[u8],
        planned: impl FnOnce(&H) -> Result<R::Of<Level>>,
    ) -> Result<(H, R::Of<Seeded<Ciphertext>>)> {
        let circuit = self.server.circuit();
        let size = |level| circuit.chain().wire_seeded_bytes(level);
        message_from_bytes::<R, H, _>(circuit.backend().context(), message, planned, size)
    }
}

impl<P: Described> Host for ByteHost<P> {
    fn keep(&mut self, message: &[u8]) -> Result<()> {
        if self.server.kept().len() >= self.limits.parts {
            return Err(SessionError::TooManyParts { most: self.limits.parts }.into());
        }
        let Deployment { program, plan, .. } = &self.deployment;
        let planned = |part: &P::Part| program.kept(part, plan.entry, &plan.chain);
        let (part, data) = self.read::<P::Kept, P::Part>(message, planned)?;
        self.server.keep(&part, &data)
    }

    fn forget(&mut self) -> Result<()> {
        self.server.forget()
    }

    fn call(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let Deployment { program, plan, .. } = &self.deployment;
        let planned = |call: &P::Call| program.asked(call, plan.entry, &plan.chain);
        let (call, asked) = self.read::<P::Asked, P::Call>(message, planned)?;
        let answer = self.server.call(&call, &asked);
        let circuit = self.server.circuit();
        if circuit.encodings() > self.limits.encodings {
            circuit.forget_encodings();
        }
        let mut answer = answer?;
        if let Some(hider) = &self.hider {
            answer = P::Answer::par_try_map(&answer, |x| hider.hide(x))?;
        }
        message_to_bytes::<P::Answer, _, _>(&(), &answer)
    }

    fn own_rows(&self) -> Option<usize> {
        self.hider.as_ref().map(|_| self.deployment.parameters.slots())
    }

    fn largest_keep(&self) -> usize {
        self.sizes.keep
    }

    fn largest_call(&self) -> usize {
        self.sizes.call
    }
}
