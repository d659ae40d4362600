//! The requirements of a program, from a run without data.

use super::{Alone, Kept, NoCheckpoints, NoRefresh, Program, Record, Workspace, declare_bounds};
use crate::{
    CircuitError, Error, Level, Result, Rotation, SetupError,
    backend::{Chain, Circuit, CostModel, KeyLevels, MOST_LEVELS, PlanEvaluator, Tallies},
};

/// Levels, keys and operations of a program's rehearsal on a chain, before keys are generated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The chain for which it was planned.
    pub chain: Chain,
    /// The number of levels that an exchange consumes.
    pub depth: usize,
    /// The level at which the client encrypts: the lowest sufficient one. Single values may enter below it.
    pub entry: Level,
    /// The lowest level of an answer.
    pub exit: Level,
    /// The levels of the kept data, by part.
    pub kept: Vec<Level>,
    /// The ciphertexts sent in each round.
    pub rounds: Vec<Round>,
    /// The required keys, each with the highest level of its use.
    pub keys: KeyLevels,
    /// The server's operations in all rounds, by level.
    pub operations: Tallies,
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The levels of the ciphertexts of the request.
    pub asked: Vec<Level>,
    /// The levels of the ciphertexts of the answer.
    pub answered: Vec<Level>,
}

/// Ratio of the memory of a key to its seed-compressed form: that form, and the expanded one of twice its size.
const KEY_COPIES: usize = 3;
/// Copies of a request while the answer is computed: as received, dropped to lower levels, and the answer.
const REQUEST_COPIES: usize = 4;

impl Plan {
    /// Plans a program on a chain, entering at the lowest sufficient level: its depth above the
    /// [`least exit`](Program::least_exit), or more if the lowest modulus would be too small for its answers.
    ///
    /// # Errors
    /// `TooFewLevels` if the chain is too short; `OutOfRange` if values within their bounds would not fit; any error of
    /// the program.
    pub fn of<P: Program>(program: &P, chain: &Chain) -> Result<Plan> {
        let needed = Plan::depth_of(program, chain.slots())?.saturating_add(program.least_exit().0);
        let actual = chain.top().0;
        let mut refused = Error::from(SetupError::TooFewLevels { program: program.title(), needed, actual });
        for entry in needed..=actual {
            match Plan::at(program, chain, Level(entry)) {
                Err(error @ Error::Circuit(CircuitError::OutOfRange { .. })) => refused = error,
                planned => return planned,
            }
        }
        Err(refused)
    }

    /// The number of levels that a program consumes with any parameters.
    ///
    /// # Errors
    /// Any error of the program.
    pub fn depth_of<P: Program>(program: &P, slots: usize) -> Result<usize> {
        let chain = Chain::nominal(slots.saturating_mul(2), MOST_LEVELS, 40)?;
        Ok(Plan::at(program, &chain, chain.top())?.depth)
    }

    /// Whether a program declares a bound on anything that it is sent.
    ///
    /// # Errors
    /// Any error of the program.
    pub fn has_bounds<P: Program>(program: &P, slots: usize) -> Result<bool> {
        let chain = Chain::nominal(slots.saturating_mul(2), MOST_LEVELS, 40)?;
        let rehearsal = program.rehearsal();
        for part in &rehearsal.parts {
            let bounds = program.kept_bounds(part, &program.kept(part, chain.top(), &chain)?)?;
            if P::Kept::items(&bounds).into_iter().any(Option::is_some) {
                return Ok(true);
            }
        }
        for call in &rehearsal.calls {
            let bounds = program.asked_bounds(call, &program.asked(call, chain.top(), &chain)?)?;
            if P::Asked::items(&bounds).into_iter().any(Option::is_some) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Plans a program that enters at a given level, even if a lower one would suffice.
    ///
    /// # Errors
    /// `NoLevelLeft` or `OutOfRange` if the level does not suffice; any error of the program.
    pub fn at<P: Program>(program: &P, chain: &Chain, entry: Level) -> Result<Plan> {
        let circuit = Circuit::new(PlanEvaluator::new(chain.clone()));
        let input = |level: &Level| Ok::<_, Error>(circuit.backend().input(*level));
        let rehearsal = program.rehearsal();
        let (mut kept, mut kept_levels) = (Vec::new(), Vec::new());
        for part in rehearsal.parts {
            let levels = program.kept(&part, entry, chain)?;
            let bounds = program.kept_bounds(&part, &levels)?;
            let data = declare_bounds::<_, P::Kept>(&circuit, P::Kept::try_map(&levels, input)?, &bounds)?;
            kept.push(Kept::<P, _>::new(part, data));
            kept_levels.extend(P::Kept::items(&levels).into_iter().copied());
        }
        let (mut held, mut rounds) = (None, Vec::new());
        for call in rehearsal.calls {
            let levels = program.asked(&call, entry, chain)?;
            let bounds = program.asked_bounds(&call, &levels)?;
            let asked = declare_bounds::<_, P::Asked>(&circuit, P::Asked::try_map(&levels, input)?, &bounds)?;
            let (held, refresh, checkpoints) = (&mut held, &mut NoRefresh, &mut NoCheckpoints);
            let workspace = Workspace { circuit: &circuit, kept: &kept, held, refresh, team: &Alone, checkpoints };
            let answer = program.run(workspace, &call, &asked)?;
            rounds.push(Round {
                asked: P::Asked::items(&levels).into_iter().copied().collect(),
                answered: P::Answer::items(&answer).into_iter().map(|x| circuit.level(x)).collect(),
            });
        }
        let exit = rounds.iter().flat_map(|round| &round.answered).min().copied().unwrap_or(entry);
        Ok(Plan {
            chain: chain.clone(),
            depth: entry.0 - exit.0,
            entry,
            exit,
            kept: kept_levels,
            rounds,
            keys: circuit.backend().keys(),
            operations: circuit.meter().take(),
        })
    }

    /// A hash of all that the plan says, the same on every machine: two parties whose plans have the same one will send and
    /// expect the same ciphertexts, and compute the same operations. It tells mistakes, not forgeries.
    #[cfg(feature = "wire")]
    pub fn fingerprint(&self) -> u128 {
        use std::hash::Hasher;

        use siphasher::sip128::{Hasher128, SipHasher24};

        let mut hasher = SipHasher24::new();
        let mut put = |number: u64| hasher.write(&number.to_le_bytes());
        let Plan { chain, depth, entry, exit, kept, rounds, keys, operations } = self;
        put(chain.poly_modulus_degree() as u64);
        for primes in [chain.primes(), chain.special_primes()] {
            put(primes.len() as u64);
            primes.iter().for_each(|&prime| put(prime));
        }
        (0..=chain.top().0).for_each(|level| put(chain.scale(Level(level)).to_bits()));
        [*depth, entry.0, exit.0, rounds.len()].into_iter().for_each(|number| put(number as u64));
        let messages = rounds.iter().flat_map(|round| [&round.asked, &round.answered]);
        for levels in std::iter::once(kept).chain(messages) {
            put(levels.len() as u64);
            levels.iter().for_each(|level| put(level.0 as u64));
        }
        put(keys.relin.map_or(0, |level| level.0 as u64 + 1));
        put(keys.rotations.len() as u64);
        for (rotation, level) in &keys.rotations {
            put(rotation.0 as u64);
            put(level.0 as u64);
        }
        // Threads that need the same encoding at the same time may each make it.
        for (operation, level, tally) in
            operations.iter().filter(|(operation, ..)| *operation != crate::backend::Operation::Encode)
        {
            [operation as u64, level.0 as u64, tally.count as u64].into_iter().for_each(&mut put);
        }
        hasher.finish128().as_u128()
    }

    /// The rotations that need Galois keys.
    pub fn rotations(&self) -> Vec<Rotation> {
        self.keys.rotations.keys().copied().collect()
    }

    /// The number of ciphertexts of all requests.
    pub fn ciphertexts_up(&self) -> usize {
        self.rounds.iter().map(|round| round.asked.len()).sum()
    }

    /// Bytes from client to server in an exchange, without the kept data.
    pub fn bytes_up(&self) -> usize {
        self.rounds.iter().flat_map(|round| &round.asked).map(|&level| self.chain.wire_seeded_bytes(level)).sum()
    }

    /// Bytes from server to client in an exchange.
    pub fn bytes_down(&self) -> usize {
        self.rounds.iter().flat_map(|round| &round.answered).map(|&level| self.chain.wire_ciphertext_bytes(level)).sum()
    }

    /// Bytes of the data that the server keeps, as sent.
    pub fn kept_bytes(&self) -> usize {
        self.kept.iter().map(|&level| self.chain.wire_seeded_bytes(level)).sum()
    }

    /// Memory of the data that the server keeps, in bytes.
    pub fn kept_memory(&self) -> usize {
        self.kept.iter().map(|&level| self.chain.ciphertext_bytes(level)).sum()
    }

    /// Estimated time of an exchange on one thread in seconds: the server's operations, and the client's encryptions
    /// and decryptions.
    pub fn seconds(&self, costs: &CostModel) -> f64 {
        let degree = self.chain.poly_modulus_degree();
        let refresh = |round: &Round| round.asked.iter().map(|&level| costs.refresh(degree, level)).sum::<f64>();
        costs.of(&self.operations, &self.chain) + self.rounds.iter().map(refresh).sum::<f64>()
    }

    /// Memory of keys and ciphertexts in a process that runs client and server, with keys for every level, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let chain = &self.chain;
        let keys = chain.galois_key_bytes(self.keys.rotations.len()) + chain.relin_key_bytes();
        let ciphertexts = REQUEST_COPIES * self.ciphertexts_up() + self.kept.len();
        KEY_COPIES * keys + ciphertexts * chain.ciphertext_bytes(self.entry)
    }
}
