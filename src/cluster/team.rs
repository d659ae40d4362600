//! The ranks as the team of a program on SEAL.

use std::{hash::Hasher, mem, sync::Arc};

use siphasher::sip::SipHasher24;

use super::{
    Ranks,
    packed::{pack, pack_words, unpack, unpack_words},
};
use crate::{
    CircuitError, Error, Level, PackingError, RequestError, Result,
    backend::SealEvaluator,
    error::ClusterError,
    parallel,
    program::{Team, told},
    seal::{Ciphertext, Context, Wire},
};

/// The ranks of a job as members of a [`Team`], for ciphertexts of a context.
///
/// A sum of ciphertexts is one of words, `MPI_SUM`, and one reduction of each modulo its prime. It is exact, whatever the order
/// in which ranks are added up, so all have the same bits.
pub struct RankTeam {
    ranks: Arc<Ranks>,
    context: Context,
}

impl RankTeam {
    /// The ranks of a job, for a context.
    pub fn new(ranks: &Arc<Ranks>, context: &Context) -> RankTeam {
        RankTeam { ranks: ranks.clone(), context: context.clone() }
    }

    /// The levels and scales of the values that all ranks have, or none.
    fn shapes(&self, values: &[Ciphertext]) -> Result<Vec<(Level, f64)>> {
        let (rank, size) = (self.ranks.rank(), self.ranks.size());
        let sign = if values.is_empty() { 0 } else { size - rank };
        let highest = self.ranks.max(vec![sign as u64])?.first().map_or(0, |sign| *sign as usize);
        let Some(lowest) = size.checked_sub(highest).filter(|lowest| *lowest < size) else { return Ok(Vec::new()) };
        let own = pack_words(values.iter().flat_map(|x| [x.level().0 as u64, x.scale().to_bits()]));
        let words = unpack_words(&self.ranks.broadcast(lowest, own)?);
        Ok(words.chunks_exact(2).map(|pair| (Level(pair[0] as usize), f64::from_bits(pair[1]))).collect())
    }

    /// The values in a message of another rank.
    fn unpacked(&self, message: Vec<u8>) -> Result<Vec<Ciphertext>> {
        parallel::try_map(unpack(message.into())?, |bytes| Ok(Ciphertext::from_wire(&self.context, &bytes)?))
    }

    /// Sums of so many words of residues do not wrap around.
    fn check_room(&self) -> Result<()> {
        let largest = self.context.parameters().data_primes().iter().copied().max().unwrap_or(1);
        let ranks = self.ranks.size();
        match (largest - 1).checked_mul(ranks as u64) {
            Some(_) => Ok(()),
            None => Err(ClusterError::TooManyRanks { ranks, prime_bits: u64::BITS - largest.leading_zeros() }.into()),
        }
    }
}

impl Team<SealEvaluator> for RankTeam {
    fn members(&self) -> usize {
        self.ranks.size()
    }

    fn member(&self) -> usize {
        self.ranks.rank()
    }

    fn sum(&self, values: Vec<Ciphertext>) -> Result<Vec<Ciphertext>> {
        self.agree(None)?;
        self.check_room()?;
        let shapes = self.shapes(&values)?;
        told(self, check_shapes(&values, &shapes))?;
        // One message for all: a cluster's latency is felt by steps of milliseconds.
        let degree = self.context.parameters().poly_modulus_degree();
        let lengths: Vec<usize> = shapes.iter().map(|(level, _)| 2 * degree * (level.0 + 1)).collect();
        let total = lengths.iter().sum();
        let mut words = Vec::with_capacity(total);
        values.iter().for_each(|x| words.extend_from_slice(x.residues()));
        // Of a rank without terms.
        words.resize(total, 0);
        drop(values);
        let words = if shapes.is_empty() { words } else { self.ranks.sum(words)? };
        let mut rest = &words[..];
        let sums = shapes.into_iter().zip(lengths).map(|((level, scale), length)| {
            let (sum, after) = rest.split_at(length);
            rest = after;
            Ciphertext::from_residues(&self.context, level, scale, |residues| {
                residues.copy_from_slice(sum);
                Ok::<_, Error>(())
            })
        });
        sums.collect()
    }

    fn gather(&self, values: Vec<Ciphertext>) -> Result<Vec<Vec<Ciphertext>>> {
        let leads = self.ranks.rank() == 0;
        let own = if leads { Ok(Vec::new()) } else { packed(&values) };
        let own = told(self, own)?;
        if !leads {
            self.ranks.send(0, own)?;
            return Ok(Vec::new());
        }
        let mut gathered = vec![values];
        for rank in 1..self.ranks.size() {
            gathered.push(self.unpacked(self.ranks.receive(rank)?)?);
        }
        Ok(gathered)
    }

    fn exchange(&self, values: Vec<Ciphertext>) -> Result<Vec<Vec<Ciphertext>>> {
        let mut own = told(self, packed(&values))?;
        let tell = |rank| {
            let message = if rank == self.ranks.rank() { mem::take(&mut own) } else { Vec::new() };
            self.ranks.broadcast(rank, message)
        };
        // All of them, before one that cannot be read ends it here alone.
        let messages = (0..self.ranks.size()).map(tell).collect::<Result<Vec<_>>>()?;
        messages.into_iter().map(|message| self.unpacked(message)).collect()
    }

    fn check_same(&self, values: &[&Ciphertext]) -> Result<()> {
        self.agree(None)?;
        let mut hasher = SipHasher24::new();
        for x in values {
            x.residues().iter().for_each(|residue| hasher.write_u64(*residue));
        }
        let hash = hasher.finish();
        // The largest of a number and of its complement are of the same rank unless ranks differ.
        match self.ranks.max(vec![hash, !hash])?[..] {
            [largest, smallest] if largest == !smallest => Ok(()),
            _ => Err(RequestError::MembersDiffer.into()),
        }
    }

    fn agree(&self, failed: Option<&Error>) -> Result<()> {
        self.ranks.agree(failed)
    }
}

/// Values in a message.
fn packed(values: &[Ciphertext]) -> Result<Vec<u8>> {
    Ok(pack(parallel::try_map(values, |x| Ok(x.to_wire()?))?))
}

/// Values have the shapes of everyone's, if there are any.
fn check_shapes(values: &[Ciphertext], shapes: &[(Level, f64)]) -> Result<()> {
    let (expected, actual) = (shapes.len(), values.len());
    if actual > 0 && expected != actual {
        return Err(PackingError::WrongCount { what: "terms of a sum over ranks".into(), expected, actual }.into());
    }
    for (x, &(level, scale)) in values.iter().zip(shapes) {
        if x.level() != level {
            return Err(RequestError::UnplannedLevel { expected: level, actual: x.level() }.into());
        }
        if x.scale() != scale {
            let (op, actual) = ("a sum over ranks", x.scale());
            return Err(CircuitError::ScaleMismatch { op, expected: scale, actual }.into());
        }
    }
    Ok(())
}
