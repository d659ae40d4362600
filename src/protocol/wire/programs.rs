//! The programs that a server runs for others, by name.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    Announcement, Described, Host,
    description::{MOST_BYTES, bad},
    host::{ByteHost, Limits},
    message::MOST_START_BYTES,
    size::at_most,
};
use crate::{
    Level, Result,
    backend::{Circuit, KeyLevels, Operation, SealEvaluator},
    error::SessionError,
    nn::{
        calibration::CalibrationProgram,
        head::{EncryptedTraining, HeadInference},
        inference::Inference,
        layerwise::LayerwiseTraining,
        layout::Layout,
        split::{SplitInference, SplitTraining},
        training::Training,
    },
    program::Record,
    protocol::Deployment,
    seal::Parameters,
};

/// A program on offer, whatever it is.
pub(super) trait Planned: Send + Sync {
    fn parameters(&self) -> &Parameters;
    fn keys(&self) -> &KeyLevels;
    fn sizes(&self) -> Sizes;
    fn host(&self, circuit: &Arc<Circuit<SealEvaluator>>, encodings: usize) -> Box<dyn Host>;
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

type Read = fn(&Announcement) -> Result<Box<dyn Planned>>;

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
];

const fn entry<P: Described + 'static>() -> (&'static str, Read) {
    (P::NAME, read::<P>)
}

fn read<P: Described + 'static>(announcement: &Announcement) -> Result<Box<dyn Planned>> {
    let deployment = Deployment::<P>::from_bytes(&announcement.description)?;
    let sizes = sizes_of(&deployment, announcement.parts)?;
    Ok(Box::new(PlannedProgram { deployment, parts: announcement.parts, sizes }))
}

/// The program that was announced.
pub(super) fn planned(announcement: &Announcement) -> Result<Box<dyn Planned>> {
    /// All else is for the program.
    #[derive(Deserialize)]
    struct Named {
        program: String,
    }

    at_most("bytes of a description", MOST_BYTES, announcement.description.len())?;
    let Named { program } = serde_json::from_slice(&announcement.description).map_err(bad)?;
    match PROGRAMS.iter().find(|(name, _)| *name == program) {
        Some((_, read)) => read(announcement),
        None => {
            let known = PROGRAMS.iter().map(|(name, _)| *name).collect();
            Err(SessionError::UnknownKind { known, actual: program }.into())
        }
    }
}

struct PlannedProgram<P> {
    deployment: Deployment<P>,
    parts: usize,
    sizes: Sizes,
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

    fn host(&self, circuit: &Arc<Circuit<SealEvaluator>>, encodings: usize) -> Box<dyn Host> {
        let limits = Limits { parts: self.parts, encodings };
        Box::new(ByteHost::new(&self.deployment, circuit, limits, self.sizes))
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
