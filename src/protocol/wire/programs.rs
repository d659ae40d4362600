//! The programs that a server runs for others, by name.

use std::{path::Path, sync::Arc};

use serde::Deserialize;

use super::{
    Announcement, Described, Host, bootstrapped,
    description::{MOST_BYTES, bad},
    host::ByteHost,
    message::MOST_START_BYTES,
    own::{self, Hider, Hiding, Models},
    size::at_most,
};
use crate::{
    Level, Result,
    backend::{Circuit, KeyLevels, Operation, SealEvaluator},
    bootstrap::SealRaise,
    error::SessionError,
    nn::{
        calibration::CalibrationProgram,
        columns::ColumnInference,
        head::{EncryptedTraining, HeadInference},
        inference::Inference,
        layerwise::LayerwiseTraining,
        layout::Layout,
        split::{SplitInference, SplitTraining},
        training::Training,
    },
    program::{BootstrapRefresh, Record, Team},
    protocol::{Bootstrapping, Deployment},
    seal::{Parameters, PublicKey},
};

/// A program on offer, whatever it is.
pub(super) trait Planned: Send + Sync {
    fn parameters(&self) -> &Parameters;
    fn keys(&self) -> &KeyLevels;
    fn sizes(&self) -> Sizes;
    /// Whether it needs the client's public key.
    fn needs_public_key(&self) -> bool;
    /// How the server refreshes by itself, if it does.
    fn bootstrapping(&self) -> Option<&Bootstrapping> {
        None
    }
    fn host(&self, circuit: &Arc<Circuit<SealEvaluator>>, granted: Granted<'_>) -> Result<Box<dyn Host>>;
}

/// What a session gives one of its programs, beside the circuit that they share.
#[derive(Default)]
pub(super) struct Granted<'a> {
    /// For programs that need it.
    pub public_key: Option<&'a PublicKey>,
    /// For the program whose server refreshes by itself.
    pub refresh: Option<BootstrapRefresh<SealRaise>>,
    /// Encoded masks of all programs.
    pub encodings: usize,
    /// The folder of checkpoints, if there are any.
    pub checkpoints: Option<&'a Path>,
    /// Those who run programs together, if they are several.
    pub team: Option<&'a Arc<dyn Team<SealEvaluator>>>,
}

/// What a client may have a server keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Parts of the data.
    pub parts: usize,
    /// Encoded masks of all programs on a circuit: requests for fewer samples, or at other rates, take others.
    pub encodings: usize,
}

/// Sizes in bytes, from the plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// The largest part of the data, as a message.
    pub keep: usize,
    /// The largest request, as a message.
    pub call: usize,
    /// The largest answer, as a message.
    pub answer: usize,
    /// Memory of all parts of the data.
    pub kept_memory: usize,
    /// Memory while an answer is computed.
    pub call_memory: usize,
    /// Encoded masks.
    pub masks: usize,
    /// Their memory.
    pub mask_memory: usize,
}

type Read = fn(&Announcement, &Allowed<'_>) -> Result<Box<dyn Planned>>;

/// What a server has and takes.
pub(super) struct Allowed<'a> {
    pub models: &'a Models,
    /// Whether parameters need not be secure.
    pub insecure: bool,
}

/// The registry: a program that is described gets a line here.
const PROGRAMS: &[(&str, Read)] = &[
    entry::<Training<Layout>>(),
    entry::<Inference<Layout>>(),
    entry::<SplitTraining>(),
    entry::<LayerwiseTraining>(),
    entry::<SplitInference>(),
    entry::<HeadInference>(),
    entry::<EncryptedTraining>(),
    entry::<CalibrationProgram>(),
    (ColumnInference::NAME, |announcement, allowed| own::read(announcement, allowed.models)),
    (bootstrapped::NAME, |announcement, allowed| bootstrapped::read(announcement, allowed.insecure)),
];

const fn entry<P: Described + 'static>() -> (&'static str, Read) {
    (P::NAME, read::<P>)
}

fn read<P: Described + 'static>(announcement: &Announcement, allowed: &Allowed<'_>) -> Result<Box<dyn Planned>> {
    let from_bytes = if allowed.insecure { Deployment::<P>::insecure_from_bytes } else { Deployment::<P>::from_bytes };
    let deployment = from_bytes(&announcement.description)?;
    Ok(Box::new(PlannedProgram::new(deployment, announcement.parts)?))
}

/// The program that was announced.
pub(super) fn planned(announcement: &Announcement, allowed: &Allowed<'_>) -> Result<Box<dyn Planned>> {
    /// All else is for the program.
    #[derive(Deserialize)]
    struct Named {
        program: String,
    }

    at_most("bytes of a description", MOST_BYTES, announcement.description.len())?;
    let Named { program } = serde_json::from_slice(&announcement.description).map_err(bad)?;
    match PROGRAMS.iter().find(|(name, _)| *name == program) {
        Some((_, read)) => read(announcement, allowed),
        None => {
            let known = PROGRAMS.iter().map(|(name, _)| *name).collect();
            Err(SessionError::UnknownKind { known, actual: program }.into())
        }
    }
}

pub(super) struct PlannedProgram<P> {
    deployment: Deployment<P>,
    parts: usize,
    sizes: Sizes,
    hiding: Option<Hiding>,
}

impl<P: Described> PlannedProgram<P> {
    pub fn new(deployment: Deployment<P>, parts: usize) -> Result<Self> {
        let sizes = sizes_of(&deployment, parts)?;
        Ok(PlannedProgram { deployment, parts, sizes, hiding: None })
    }

    /// The same, whose answers are hidden.
    pub fn hidden_by(self, hiding: Hiding) -> Self {
        PlannedProgram { hiding: Some(hiding), ..self }
    }

    /// The largest number of parts of the data.
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// Whether its work can be divided among so many.
    pub fn is_for(&self, members: usize) -> bool {
        self.deployment.program.shares().is_multiple_of(members)
    }

    /// A server of it.
    pub fn byte_host(&self, circuit: &Arc<Circuit<SealEvaluator>>, limits: Limits) -> ByteHost<P> {
        ByteHost::new(&self.deployment, circuit, limits, self.sizes)
    }
}

impl<P: Described + 'static> Planned for PlannedProgram<P> {
    fn parameters(&self) -> &Parameters {
        &self.deployment.parameters
    }

    fn keys(&self) -> &KeyLevels {
        &self.deployment.plan.keys
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn needs_public_key(&self) -> bool {
        self.hiding.is_some()
    }

    fn host(&self, circuit: &Arc<Circuit<SealEvaluator>>, granted: Granted<'_>) -> Result<Box<dyn Host>> {
        let Granted { public_key, encodings, team, .. } = granted;
        let host = self.byte_host(circuit, Limits { parts: self.parts, encodings });
        // What is hidden differs from one encryption to the next.
        let team = team.filter(|team| self.is_for(team.members()));
        Ok(match (self.hiding, public_key, team) {
            (Some(hiding), Some(key), _) => {
                Box::new(host.hidden_by(Hider::new(hiding, circuit.backend().context(), key)?))
            }
            (Some(_), None, _) => return Err(SessionError::NoPublicKey.into()),
            (None, _, Some(team)) => Box::new(host.with_team(team.clone())),
            (None, _, None) => Box::new(host),
        })
    }
}

/// Copies of a request while the answer is computed: as received, dropped to lower levels, and what is made of it.
const REQUEST_COPIES: usize = 4;

fn sizes_of<P: Described>(deployment: &Deployment<P>, parts: usize) -> Result<Sizes> {
    let Deployment { program, plan, .. } = deployment;
    let chain = &plan.chain;
    let sum =
        |levels: &[Level], bytes: &dyn Fn(Level) -> usize| levels.iter().map(|&level| bytes(level)).sum::<usize>();
    let seeded = |level| chain.wire_seeded_bytes(level);
    let whole = |level| chain.wire_ciphertext_bytes(level);
    let memory = |level| chain.ciphertext_bytes(level);
    let part = match program.largest_part() {
        Some(part) => levels_of::<P::Kept>(&program.kept(&part, plan.entry, chain)?),
        None => Vec::new(),
    };
    let calls = program.largest_calls().into_iter();
    let calls = calls.map(|call| Ok(levels_of::<P::Asked>(&program.asked(&call, plan.entry, chain)?)));
    let calls: Vec<Vec<Level>> = calls.collect::<Result<_>>()?;
    let largest = |bytes: &dyn Fn(Level) -> usize| calls.iter().map(|levels| sum(levels, bytes)).max().unwrap_or(0);
    let answers = plan.rounds.iter().map(|round| &round.answered);
    let masks = || plan.operations.iter().filter(|(operation, ..)| *operation == Operation::Encode);
    Ok(Sizes {
        keep: MOST_START_BYTES + sum(&part, &seeded),
        call: MOST_START_BYTES + largest(&seeded),
        answer: MOST_START_BYTES + answers.clone().map(|levels| sum(levels, &whole)).max().unwrap_or(0),
        kept_memory: parts.saturating_mul(sum(&part, &memory)),
        call_memory: REQUEST_COPIES * largest(&memory) + answers.map(|levels| sum(levels, &memory)).max().unwrap_or(0),
        // A plaintext is half of a ciphertext.
        mask_memory: masks().map(|(_, level, tally)| tally.count * memory(level) / 2).sum(),
        masks: plan.operations.count(Operation::Encode),
    })
}

fn levels_of<R: Record>(levels: &R::Of<Level>) -> Vec<Level> {
    R::items(levels).into_iter().copied().collect()
}
