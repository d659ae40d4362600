//! What a client wants to run, before a key arrives.

use std::{path::Path, sync::Arc};

use super::{
    Announcement, Host,
    own::{Models, public_key_bytes},
    programs::{Allowed, Granted, Planned, planned},
    size::at_most,
};
use crate::{
    Result,
    backend::{Chain, Circuit, EvaluationKeys, KeyLevels, KeySwitching, SealEvaluator},
    bootstrap::BootstrapKeys,
    error::SessionError,
    program::Team,
    protocol::Bootstrapping,
    seal::{Container, Context, Parameters, PublicKey, Seeded, release_memory},
};

/// The programs of a session, planned by the server from their descriptions. All sizes are known before a byte of keys is
/// taken.
pub struct Offer {
    parameters: Parameters,
    programs: Vec<Box<dyn Planned>>,
    keys: KeyLevels,
    /// Whether the client's public key comes with them.
    public_key: bool,
    key_bytes: usize,
    key_memory: usize,
    table_memory: usize,
    /// Of the keys of bootstraps, as bytes.
    bootstrap_bytes: usize,
    /// Of bootstraps: expanded keys, tables, and values at the top.
    bootstrap_memory: usize,
}

/// Programs of a session that its server refreshes by itself: each has keys of its own.
const MOST_BOOTSTRAPS: usize = 1;
/// Programs of a session.
const MOST_PROGRAMS: usize = 8;
/// Sets of masks that a server keeps: those of full batches, and of smaller ones.
const MASK_SETS: usize = 2;
/// SEAL's context has, for every level, tables for the transforms modulo each of its primes: two of N roots, each of which
/// takes two words.
const TABLE_BYTES: usize = 2 * 16;

impl Offer {
    /// Plans what a client announces. The work is bounded: sizes are checked before anything is made of them.
    ///
    /// # Errors
    /// `NoProgram`, `TooLarge`, `UnknownKind` or `OtherParameters` for what no server takes; the errors of
    /// [`Deployment::from_bytes`](crate::protocol::Deployment::from_bytes).
    pub fn new(announced: &[Announcement]) -> Result<Offer> {
        Offer::with_models(announced, &Models::default())
    }

    /// The same by a server that has models of its own.
    ///
    /// # Errors
    /// As there; `UnknownModel` or `OtherModel` for what is none of its models; `TooLittleRoom` for parameters that leave no
    /// room for the noise that hides them.
    pub fn with_models(announced: &[Announcement], models: &Models) -> Result<Offer> {
        Offer::of(announced, &Allowed { models, insecure: false })
    }

    /// The same by a server that takes parameters without security: for tests and experiments only.
    ///
    /// # Errors
    /// As there, but for the security of parameters.
    pub fn insecure(announced: &[Announcement], models: &Models) -> Result<Offer> {
        Offer::of(announced, &Allowed { models, insecure: true })
    }

    fn of(announced: &[Announcement], allowed: &Allowed<'_>) -> Result<Offer> {
        at_most("programs in a session", MOST_PROGRAMS, announced.len())?;
        let programs = announced.iter().map(|one| planned(one, allowed)).collect::<Result<Vec<_>>>()?;
        let parameters = programs.first().ok_or(SessionError::NoProgram)?.parameters().clone();
        if let Some(program) = programs.iter().position(|program| *program.parameters() != parameters) {
            return Err(SessionError::OtherParameters { program }.into());
        }
        let mut keys = KeyLevels::default();
        programs.iter().for_each(|program| keys.merge(program.keys()));
        let chain = Chain::try_from(&parameters)?;
        let key_bytes = EvaluationKeys::bytes_of(&parameters, &keys, KeySwitching::default())?;
        let public_key = programs.iter().any(|program| program.needs_public_key());
        let key_bytes = key_bytes + if public_key { public_key_bytes(&chain) } else { 0 };
        let key_memory = 2 * keys.residue_bytes(&chain, KeySwitching::default());
        let primes = chain.primes().len() + chain.special_primes().len();
        let table_memory = TABLE_BYTES * chain.poly_modulus_degree() * primes * (primes + 1) / 2;
        let bootstraps: Vec<_> = programs.iter().filter_map(|program| program.bootstrapping()).collect();
        at_most("programs with bootstraps in a session", MOST_BOOTSTRAPS, bootstraps.len())?;
        let (mut bootstrap_bytes, mut bootstrap_memory) = (0, 0);
        for bootstrapping in bootstraps {
            let Bootstrapping { tall, parameters, .. } = bootstrapping;
            bootstrap_bytes = Container::bytes_around_entry() + BootstrapKeys::bytes_of(tall, parameters)?;
            bootstrap_memory = bootstrapping.memory_bytes();
        }
        let key_bytes = key_bytes + bootstrap_bytes;
        Ok(Offer {
            parameters,
            programs,
            keys,
            public_key,
            key_bytes,
            key_memory,
            table_memory,
            bootstrap_bytes,
            bootstrap_memory,
        })
    }

    /// The encryption parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The number of programs.
    pub fn programs(&self) -> usize {
        self.programs.len()
    }

    /// The exact length of the evaluation keys in bytes.
    pub fn key_bytes(&self) -> usize {
        self.key_bytes
    }

    /// An estimate of the memory that the session takes at the server in bytes: tables, expanded keys, all announced parts of
    /// the data, encoded masks, and a request with its answer. A process takes some 100 MiB beside its sessions.
    pub fn memory_bytes(&self) -> usize {
        let sizes = || self.programs.iter().map(|program| program.sizes());
        let standing = sizes().map(|sizes| sizes.kept_memory.saturating_add(MASK_SETS * sizes.mask_memory));
        let standing = standing.fold(0, usize::saturating_add);
        let call = sizes().map(|sizes| sizes.call_memory + sizes.call + sizes.answer).max().unwrap_or(0);
        // While keys are expanded, there are also their bytes, twice; those of bootstraps go as they are expanded, into memory
        // that is more than twice as large. There are no requests yet.
        (self.table_memory + self.key_memory + self.bootstrap_memory)
            .saturating_add(standing)
            .saturating_add(call.max(2 * (self.key_bytes - self.bootstrap_bytes)))
    }

    /// The bytes of the largest message that any of the programs takes.
    pub fn largest_message(&self) -> usize {
        self.programs.iter().map(|program| program.sizes()).map(|sizes| sizes.keep.max(sizes.call)).max().unwrap_or(0)
    }

    /// The bytes of the largest answer.
    pub fn largest_answer(&self) -> usize {
        self.programs.iter().map(|program| program.sizes().answer).max().unwrap_or(0)
    }

    /// Reads and expands the evaluation keys, and makes the programs, which share them.
    ///
    /// # Errors
    /// `KeyBytes` for another length; the errors of [`EvaluationKeys::from_bytes`].
    pub fn open(&self, keys: &[u8]) -> Result<Vec<Box<dyn Host>>> {
        self.open_with(keys.to_vec(), None)
    }

    /// The same with bytes whose memory is given back as they are read, and with a folder, for this client alone, in which
    /// calls of many steps leave what they have reached. After the server was killed, a session to which all is sent again goes
    /// on from there.
    ///
    /// # Errors
    /// As [`open`](Offer::open).
    pub fn open_with(&self, keys: Vec<u8>, checkpoints: Option<&Path>) -> Result<Vec<Box<dyn Host>>> {
        self.hosts(keys, checkpoints, |_| None)
    }

    /// The same at a member of a team, on ciphertexts of this context, that runs those of the programs together whose work
    /// can be divided among so many.
    ///
    /// # Errors
    /// As [`open`](Offer::open).
    pub fn open_in_team(
        &self,
        keys: &[u8],
        team: impl FnOnce(&Context) -> Arc<dyn Team<SealEvaluator>>,
    ) -> Result<Vec<Box<dyn Host>>> {
        self.hosts(keys.to_vec(), None, |context| Some(team(context)))
    }

    fn hosts(
        &self,
        keys: Vec<u8>,
        checkpoints: Option<&Path>,
        team: impl FnOnce(&Context) -> Option<Arc<dyn Team<SealEvaluator>>>,
    ) -> Result<Vec<Box<dyn Host>>> {
        if keys.len() != self.key_bytes {
            return Err(SessionError::KeyBytes { expected: self.key_bytes, actual: keys.len() }.into());
        }
        let container = Container::from_bytes(&keys)?;
        let evaluator = {
            let keys = EvaluationKeys::from_container(&self.parameters, &self.keys, &container)?;
            SealEvaluator::new(&self.parameters, &keys)?
        };
        let circuit = Arc::new(Circuit::new(evaluator));
        let context = circuit.backend().context();
        let public_key: Option<Seeded<PublicKey>> = self.public_key.then(|| container.get(context)).transpose()?;
        let public_key = public_key.map(|key| key.expand(context)).transpose()?;
        let encodings = MASK_SETS * self.programs.iter().map(|program| program.sizes().masks).sum::<usize>();
        let bootstrapping = self.programs.iter().find_map(|program| program.bootstrapping());
        let mut refresh = bootstrapping.map(|one| one.on_seal_from(context, keys)).transpose()?;
        // What was needed for a moment only.
        release_memory()?;
        let team = team(context);
        let mut host = |program: &dyn Planned| {
            let refresh = program.bootstrapping().and_then(|_| refresh.take());
            program.host(
                &circuit,
                Granted { public_key: public_key.as_ref(), refresh, encodings, checkpoints, team: team.as_ref() },
            )
        };
        self.programs.iter().map(|program| host(program.as_ref())).collect()
    }
}
