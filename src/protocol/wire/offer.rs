//! What a client wants to run, before a key arrives.

use std::sync::Arc;

use super::{
    Announcement, Host,
    own::{Models, public_key_bytes},
    programs::{Planned, planned},
    size::at_most,
};
use crate::{
    Result,
    backend::{Chain, Circuit, EvaluationKeys, KeyLevels, KeySwitching, SealEvaluator},
    error::SessionError,
    program::Team,
    seal::{Container, Context, Parameters, PublicKey, Seeded},
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
}

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
        at_most("programs in a session", MOST_PROGRAMS, announced.len())?;
        let programs = announced.iter().map(|one| planned(one, models)).collect::<Result<Vec<_>>>()?;
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
        Ok(Offer { parameters, programs, keys, public_key, key_bytes, key_memory, table_memory })
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
        // While keys are expanded, there are also their bytes, twice; there are no requests yet.
        (self.table_memory + self.key_memory).saturating_add(standing).saturating_add(call.max(2 * self.key_bytes))
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
        self.open_with(keys, |_| None)
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
        self.open_with(keys, |context| Some(team(context)))
    }

    fn open_with(
        &self,
        keys: &[u8],
        team: impl FnOnce(&Context) -> Option<Arc<dyn Team<SealEvaluator>>>,
    ) -> Result<Vec<Box<dyn Host>>> {
        if keys.len() != self.key_bytes {
            return Err(SessionError::KeyBytes { expected: self.key_bytes, actual: keys.len() }.into());
        }
        let (keys, public_key) = self.read(keys)?;
        let circuit = Arc::new(Circuit::new(SealEvaluator::new(&self.parameters, &keys)?));
        let public_key = public_key.map(|key| key.expand(circuit.backend().context())).transpose()?;
        let encodings = MASK_SETS * self.programs.iter().map(|program| program.sizes().masks).sum::<usize>();
        let team = team(circuit.backend().context());
        let programs = self.programs.iter();
        programs.map(|program| program.host(&circuit, public_key.as_ref(), encodings, team.as_ref())).collect()
    }

    /// The keys in bytes, of which no copy is left when they are expanded.
    fn read(&self, keys: &[u8]) -> Result<(EvaluationKeys, Option<Seeded<PublicKey>>)> {
        let container = Container::from_bytes(keys)?;
        let keys = EvaluationKeys::from_container(&self.parameters, &self.keys, &container)?;
        let public_key = match self.public_key {
            true => Some(container.get(&Context::new(&self.parameters)?)?),
            false => None,
        };
        Ok((keys, public_key))
    }
}
