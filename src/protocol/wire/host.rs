//! A program at the server, spoken to in bytes.

use std::{
    hash::Hasher,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::de::DeserializeOwned;
use siphasher::sip128::{Hasher128, SipHasher24};

use super::{
    Described,
    message::{header_of_message, message_from_bytes, message_to_bytes},
    own::Hider,
    programs::{Limits, Sizes},
    together::Shared,
};
use crate::{
    Level, Result,
    backend::{Circuit, SealEvaluator},
    error::SessionError,
    program::{Of, Owner, Record, Refresh, Team},
    protocol::{CheckpointFile, Deployment, Peer, Server},
    seal::{Ciphertext, Context, Seeded},
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

    /// Who keeps the next part of the data, if a team runs the program together: a member, or all.
    fn keeper(&self) -> Option<Owner>;

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
    checkpoints: Option<Checkpoints>,
}

/// The extension of files of checkpoints.
pub const CHECKPOINT_EXTENSION: &str = "checkpoint";

/// Checkpoints of calls, each in a file named after all that was sent for it.
struct Checkpoints {
    folder: PathBuf,
    /// What the program keeps, and its name.
    kept: SipHasher24,
    program: &'static str,
    /// Of the last call, until the next request.
    file: Option<CheckpointFile>,
}

impl<P: Described> ByteHost<P> {
    /// A server of a program on a circuit with the keys that its plan needs.
    pub fn new(
        deployment: &Deployment<P>,
        circuit: &Arc<Circuit<SealEvaluator>>,
        limits: Limits,
        sizes: Sizes,
    ) -> ByteHost<P> {
        let Deployment { program, plan, .. } = deployment;
        let server = Server::new(circuit.clone(), program.clone(), plan.clone());
        let (hider, team, checkpoints) = (None, None, None);
        ByteHost { server, deployment: deployment.clone(), limits, sizes, hider, team, checkpoints }
    }

    /// The same, which hides what its answers do not say.
    pub fn hidden_by(self, hider: Hider) -> ByteHost<P> {
        ByteHost { hider: Some(hider), ..self }
    }

    /// The same, which restores the levels of values by itself.
    pub fn with_refresh(self, refresh: impl Refresh<SealEvaluator> + Send + 'static) -> ByteHost<P> {
        ByteHost { server: self.server.with_refresh(refresh), ..self }
    }

    /// The same, with checkpoints in a folder of this client alone.
    pub fn with_checkpoints(self, folder: &Path, program: &'static str) -> ByteHost<P> {
        let checkpoints = Checkpoints { folder: folder.to_owned(), kept: SipHasher24::new(), program, file: None };
        ByteHost { checkpoints: Some(checkpoints), ..self }
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
        if let Some(checkpoints) = &mut self.checkpoints {
            let (context, title) = (self.server.circuit().backend().context().clone(), program.terms());
            self.server.set_checkpoints(checkpoints.of_call(message, &context, title)?);
        }
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
        self.server.keep(&part, &data)?;
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.keep(message);
        }
        Ok(())
    }

    fn forget(&mut self) -> Result<()> {
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.forget();
        }
        self.server.forget()
    }

    fn keep_elsewhere(&mut self, start: &[u8]) -> Result<()> {
        self.check_parts()?;
        let (part, _) = header_of_message::<P::Part>(start)?;
        self.server.keep_elsewhere(part);
        Ok(())
    }

    fn keeper(&self) -> Option<Owner> {
        let next = self.server.kept().len();
        self.team.as_ref().map(|team| self.deployment.program.keeper(next, team.members()))
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

impl Checkpoints {
    fn keep(&mut self, message: &[u8]) {
        self.kept.write_usize(message.len());
        self.kept.write(message);
    }

    fn forget(&mut self) {
        self.kept = SipHasher24::new();
    }

    /// Those of a call. What an earlier one has left is of no more use: its answer was sent.
    fn of_call(&mut self, message: &[u8], context: &Context, title: String) -> Result<CheckpointFile> {
        let mut hasher = self.kept;
        hasher.write(self.program.as_bytes());
        hasher.write(title.as_bytes());
        hasher.write(message);
        let path = self.folder.join(format!("{:032x}.{CHECKPOINT_EXTENSION}", hasher.finish128().as_u128()));
        if let Some(file) = self.file.take_if(|file| file.path() != path) {
            file.remove()?;
        }
        let file = CheckpointFile::new(path, context, title);
        self.file = Some(file.clone());
        Ok(file)
    }
}

/// A session that ends in order needs no checkpoint; one that is killed does not come here.
impl Drop for Checkpoints {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // Nobody is left to hear of it, and old files are removed when the server starts.
            drop(file.remove());
        }
    }
}
