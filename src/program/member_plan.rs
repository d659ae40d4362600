//! What one member of a team computes and exchanges, before there is a key.

use super::{
    Division, Kept, NoCheckpoints, NoRefresh, Owner, Plan, Program, Record, Team, Workspace, team::PlannedTeam,
};
use crate::{
    Error, Level, Result,
    backend::{Circuit, Operation, PlanEvaluator, Tallies},
};

/// The share of an exchange that the first of several members has, which is no smaller than those of the others.
#[derive(Clone, Debug)]
pub struct MemberPlan {
    /// Its operations, by level.
    pub operations: Tallies,
    /// Those of messages, by level: it reads requests, packs its part of answers and takes part in sums.
    pub messages: Tallies,
    /// Those of the first member alone: it joins answers, and packs them for the client.
    pub joining: Tallies,
    /// Those of the client, who packs requests and reads answers, which several members have it do even where it is one of
    /// them.
    pub client: Tallies,
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
        let team = PlannedTeam::new(members);
        let rehearsal = program.rehearsal();
        let mut kept = Vec::new();
        for (place, part) in rehearsal.parts.into_iter().enumerate() {
            kept.push(match program.keeper(place, members).includes(0) {
                true => {
                    let levels = program.kept(&part, plan.entry, chain)?;
                    let data = P::Kept::try_map(&levels, |level| Ok::<_, Error>(circuit.backend().input(*level)))?;
                    Kept::<P, _>::new(part, data)
                }
                false => Kept::elsewhere(part),
            });
        }
        let (mut held, mut asked_bytes, mut gathered_bytes) = (None, 0, 0);
        let (mut messages, mut joining, mut client) = (Tallies::default(), Tallies::default(), Tallies::default());
        let rounds = rehearsal.calls.len();
        for call in rehearsal.calls {
            let levels = program.asked(&call, plan.entry, chain)?;
            asked_bytes +=
                P::Asked::items(&levels).into_iter().map(|&level| chain.wire_seeded_bytes(level)).sum::<usize>();
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
            let own_levels = program.asked(&own, plan.entry, chain)?;
            let asked = P::Asked::try_map(&own_levels, |level| Ok::<_, Error>(circuit.backend().input(*level)))?;
            let (held, refresh) = (&mut held, &mut NoRefresh);
            let checkpoints = &mut NoCheckpoints;
            let workspace = Workspace { circuit: &circuit, kept: &kept, held, refresh, team: &team, checkpoints };
            let answer = program.run(workspace, &own, &asked)?;
            let Some(Division { answer: owners, .. }) = division else { continue };
            for &level in P::Asked::items(&own_levels) {
                messages.add(Operation::UnpackFresh, level, 1);
                messages.add(Operation::Expand, level, 1);
            }
            P::Asked::items(&levels).into_iter().for_each(|&level| client.add(Operation::PackFresh, level, 1));
            let (mut own, mut terms) = (P::Answer::items(&answer).into_iter(), Vec::new());
            // As that of the member itself before.
            let mut level = Level(0);
            for owner in P::Answer::items(&owners) {
                let value = if owner.includes(0) { own.next() } else { None };
                level = value.map_or(level, |value| circuit.level(value));
                joining.add(Operation::Pack, level, 1);
                client.add(Operation::Unpack, level, 1);
                match owner {
                    Owner::Member(0) => messages.add(Operation::Pack, level, 1),
                    Owner::Member(_) => {
                        joining.add(Operation::Unpack, level, 1);
                        gathered_bytes += chain.wire_ciphertext_bytes(level);
                    }
                    Owner::Everyone => {}
                    Owner::Sum => terms.extend(value.cloned()),
                }
            }
            if !terms.is_empty() {
                team.sum(terms)?;
            }
        }
        let sums = team.sums();
        sums.iter().flatten().for_each(|&level| messages.add(Operation::Reduce, level, 1));
        let (summed_bytes, sums) = (sums.iter().flatten().map(|&level| chain.residue_bytes(level)).sum(), sums.len());
        let operations = circuit.meter().take();
        Ok(Some(MemberPlan {
            operations,
            messages,
            joining,
            client,
            asked_bytes,
            sums,
            summed_bytes,
            gathered_bytes,
            rounds,
        }))
    }
}
