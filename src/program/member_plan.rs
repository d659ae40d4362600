//! What one member of a team computes and exchanges, before there is a key.

use super::{
    Division, Kept, NoCheckpoints, NoRefresh, Of, Owner, Plan, Program, Record, Team, Workspace, team::PlannedTeam,
};
use crate::{
    Error, Level, Result,
    backend::{Circuit, PlanEvaluator, Tallies},
};

/// The share of an exchange that the first of several members has, which is no smaller than those of the others.
#[derive(Clone, Debug)]
pub struct MemberPlan {
    /// Its operations, by level.
    pub operations: Tallies,
    /// Bytes of requests, which all members are sent.
    pub asked_bytes: usize,
    /// Sums over the members, each of several ciphertexts.
    pub sums: usize,
    /// The bytes of the residues of a member in all sums.
    pub summed_bytes: usize,
    /// Bytes of the answers of all other members, which the first one gathers.
    pub gathered_bytes: usize,
    /// Requests.
    pub rounds: usize,
}

impl MemberPlan {
    /// Of a program that is planned already, for so many members; `None` unless its work can be divided among them.
    ///
    /// # Errors
    /// Any error of the program.
    pub fn of<P: Program>(program: &P, plan: &Plan, members: usize) -> Result<Option<MemberPlan>> {
        if members == 0 || !program.shares().is_multiple_of(members) {
            return Ok(None);
        }
        let chain = &plan.chain;
        let circuit = Circuit::new(PlanEvaluator::new(chain.clone()));
        let team = PlannedTeam::new(chain, members);
        let rehearsal = program.rehearsal();
        let mut kept = Vec::new();
        for (place, part) in rehearsal.parts.into_iter().enumerate() {
            kept.push(match place % members {
                0 => {
                    let levels = program.kept(&part, plan.entry, chain)?;
                    let data = P::Kept::try_map(&levels, |level| Ok::<_, Error>(circuit.backend().input(*level)))?;
                    Kept::<P, _>::new(part, data)
                }
                _ => Kept::elsewhere(part),
            });
        }
        let (mut held, mut asked_bytes, mut gathered_bytes) = (None, 0, 0);
        let rounds = rehearsal.calls.len();
        for call in rehearsal.calls {
            let levels = program.asked(&call, plan.entry, chain)?;
            asked_bytes += bytes_of::<P::Asked>(&levels, |level| chain.wire_seeded_bytes(level));
            let division = match members {
                1 => None,
                _ => program.divide(&call, members)?,
            };
            let own = match &division {
                None => Some(call),
                Some(Division { calls, .. }) => calls.first().cloned().flatten(),
            };
            let Some(own) = own else { continue };
            // Of what it is sent itself, only levels matter.
            let levels = program.asked(&own, plan.entry, chain)?;
            let asked = P::Asked::try_map(&levels, |level| Ok::<_, Error>(circuit.backend().input(*level)))?;
            let (held, refresh) = (&mut held, &mut NoRefresh);
            let checkpoints = &mut NoCheckpoints;
            let workspace = Workspace { circuit: &circuit, kept: &kept, held, refresh, team: &team, checkpoints };
            let answer = program.run(workspace, &own, &asked)?;
            let Some(Division { answer: owners, .. }) = division else { continue };
            let (mut own, mut terms) = (P::Answer::items(&answer).into_iter(), Vec::new());
            for owner in P::Answer::items(&owners) {
                match owner {
                    // As large as one of this member.
                    Owner::Member(0) => drop(own.next()),
                    Owner::Member(_) => gathered_bytes += chain.wire_ciphertext_bytes(Level(0)),
                    Owner::Everyone => drop(own.next()),
                    Owner::Sum => terms.extend(own.next().cloned()),
                }
            }
            if !terms.is_empty() {
                team.sum(terms)?;
            }
        }
        let (sums, summed_bytes) = team.sums();
        let operations = circuit.meter().take();
        Ok(Some(MemberPlan { operations, asked_bytes, sums, summed_bytes, gathered_bytes, rounds }))
    }
}

fn bytes_of<R: Record>(levels: &Of<R, Level>, bytes: impl Fn(Level) -> usize) -> usize {
    R::items(levels).into_iter().map(|&level| bytes(level)).sum()
}
