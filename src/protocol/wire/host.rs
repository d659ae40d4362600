//! A program at the server, spoken to in bytes.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{
    Described,
    message::{header_of_message, message_from_bytes, message_to_bytes},
    own::Hider,
    programs::Sizes,
    together::Shared,
};
use crate::{
    Level, Result,
    backend::{Circuit, SealEvaluator},
    error::SessionError,
    program::{Of, Record, Team},
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
    /// [`Server::call`] refuses. Of a team, the first member answers, and the others return nothing.
    fn call(&mut self, message: &[u8]) -> Result<Vec<u8>>;

    /// Notes a part of the data that another member of a team keeps, of which this is the [start](super::start_of_message).
    ///
    /// # Errors
    /// `TooManyParts`; `NotAMessage`, `Header` or `Length` for bytes that are no start of a message.
    fn keep_elsewhere(&mut self, start: &[u8]) -> Result<()>;

    /// The member that keeps the next part of the data, counted from 0, if a team runs the program together.
    fn keeper(&self) -> Option<usize>;

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
    /// Those who run the program, if they are several.
    team: Option<Arc<dyn Team<SealEvaluator>>>,
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
        ByteHost { server, deployment: deployment.clone(), limits, sizes, hider, team: None }
    }

    /// The same as a member of a team that runs the program together.
    pub fn with_team(self, team: Arc<dyn Team<SealEvaluator>>) -> ByteHost<P> {
        ByteHost { server: self.server.with_team(team.clone()), team: Some(team), ..self }
    }

    fn check_parts(&self) -> Result<()> {
        match self.server.kept().len() < self.limits.parts {
            true => Ok(()),
            false => Err(SessionError::TooManyParts { most: self.limits.parts }.into()),
        }
    }

    /// The answer to a message, or that of this member of the team and nothing.
    fn answer(&mut self, message: &[u8]) -> Result<Option<Of<P::Answer, Ciphertext>>> {
        if let Some(team) = self.team.clone() {
            return Shared { server: &mut self.server, deployment: &self.deployment, team: &*team }.answer(message);
        }
        let Deployment { program, plan, .. } = &self.deployment;
        let planned = |call: &P::Call| program.asked(call, plan.entry, &plan.chain);
        let (call, asked) = self.read::<P::Asked, P::Call>(message, planned)?;
        self.server.call(&call, &asked).map(Some)
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
        self.check_parts()?;
        let Deployment { program, plan, .. } = &self.deployment;
        let planned = |part: &P::Part| program.kept(part, plan.entry, &plan.chain);
        let (part, data) = self.read::<P::Kept, P::Part>(message, planned)?;
        self.server.keep(&part, &data)
    }

    fn forget(&mut self) -> Result<()> {
        self.server.forget()
    }

    fn keep_elsewhere(&mut self, start: &[u8]) -> Result<()> {
        self.check_parts()?;
        let (part, _) = header_of_message::<P::Part>(start)?;
        self.server.keep_elsewhere(part);
        Ok(())
    }

    fn keeper(&self) -> Option<usize> {
        self.team.as_ref().map(|team| self.server.kept().len() % team.members())
    }

    fn call(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let answer = self.answer(message);
        let circuit = self.server.circuit();
        if circuit.encodings() > self.limits.encodings {
            circuit.forget_encodings();
        }
        let Some(mut answer) = answer? else { return Ok(Vec::new()) };
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
