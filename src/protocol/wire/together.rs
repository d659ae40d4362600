//! Requests that the members of a team answer together.

use super::{Described, message::objects_of_message};
use crate::{
    RequestError, Result,
    backend::SealEvaluator,
    program::{Division, Of, Owner, Record, Team, agreed},
    protocol::{Deployment, Peer, Server},
    seal::{Ciphertext, Seeded, Wire},
};

/// A server of a program that several run together: each reads the same message, takes its own part of it, and the first one
/// has the answer.
pub(super) struct Shared<'a, P: Described> {
    pub server: &'a mut Server<SealEvaluator, P>,
    pub deployment: &'a Deployment<P>,
    pub team: &'a dyn Team<SealEvaluator>,
}

type Answer<P> = Option<Of<<P as crate::program::Program>::Answer, Ciphertext>>;

impl<P: Described> Shared<'_, P> {
    /// The answer to a message, at the first member.
    ///
    /// # Errors
    /// What the message has wrong; any error of the server; `MemberFailed` for that of another member.
    pub fn answer(&mut self, message: &[u8]) -> Result<Answer<P>> {
        let own = self.own(message);
        let (own, division) = agreed(own, |failed| self.team.agree(failed))?;
        match division {
            Some(division) => agreed(self.join(own, &division), |failed| self.team.agree(failed)),
            None => Ok(own),
        }
    }

    /// The answer to this member's part of a request, and how it is divided. Of one that is not, the first member has all.
    fn own(&mut self, message: &[u8]) -> Result<(Answer<P>, Option<Division<P>>)> {
        let Deployment { program, plan, .. } = self.deployment;
        let member = self.team.member();
        let (call, objects) = objects_of_message::<P::Asked, P::Call>(
            message,
            |call| program.asked(call, plan.entry, &plan.chain),
            |level| plan.chain.wire_seeded_bytes(level),
        )?;
        let division = program.divide(&call, self.team.members())?;
        let (own_call, is_own): (_, Vec<bool>) = match &division {
            Some(Division { calls, asked, .. }) => {
                P::Asked::check_shape(asked, &objects)?;
                let owners = P::Asked::items(asked).into_iter();
                (calls.get(member).cloned().flatten(), owners.map(|owner| owner.includes(member)).collect())
            }
            None => (Some(call).filter(|_| member == 0), vec![true; P::Asked::items(&objects).len()]),
        };
        let Some(call) = own_call else { return Ok((None, division)) };
        let own = P::Asked::items(&objects).into_iter().zip(is_own).filter_map(|(object, own)| own.then_some(*object));
        let planned = program.asked(&call, plan.entry, &plan.chain)?;
        let objects = P::Asked::with_items(&planned, own.collect())?;
        let context = self.server.circuit().backend().context().clone();
        let asked = P::Asked::par_try_map(&objects, |object| Ok(Seeded::<Ciphertext>::from_wire(&context, object)?))?;
        Ok((Some(self.server.call(&call, &asked)?), division))
    }

    /// The whole answer at the first member, from those of all.
    fn join(&self, own: Answer<P>, division: &Division<P>) -> Result<Answer<P>> {
        let (team, owners) = (self.team, P::Answer::items(&division.answer));
        let mut values = own.map_or_else(Vec::new, P::Answer::into_items).into_iter();
        let (mut sums, mut same, mut apart) = (Vec::new(), Vec::new(), Vec::new());
        for owner in owners.iter().filter(|owner| owner.includes(team.member())) {
            let list = match owner {
                Owner::Sum => &mut sums,
                Owner::Everyone => &mut same,
                Owner::Member(_) => &mut apart,
            };
            list.extend(values.next());
        }
        let has = |wanted: fn(&Owner) -> bool| owners.iter().any(|owner| wanted(owner));
        if has(|owner| *owner == Owner::Sum) {
            sums = team.sum(sums)?;
        }
        if has(|owner| matches!(owner, Owner::Sum | Owner::Everyone)) {
            // State that all hold must never drift.
            team.check_same(&same.iter().chain(&sums).collect::<Vec<_>>())?;
        }
        let gathered = match has(|owner| matches!(owner, Owner::Member(_))) {
            true => team.gather(apart)?,
            false => Vec::new(),
        };
        if team.member() != 0 {
            return Ok(None);
        }
        let (mut sums, mut same) = (sums.into_iter(), same.into_iter());
        let mut gathered: Vec<_> = gathered.into_iter().map(Vec::into_iter).collect();
        let missing = RequestError::NothingKept { what: "a share of an answer" };
        let next = |owner: &Owner| {
            let value = match *owner {
                Owner::Sum => sums.next(),
                Owner::Everyone => same.next(),
                Owner::Member(member) => gathered.get_mut(member).and_then(Iterator::next),
            };
            value.ok_or_else(|| missing.clone().into())
        };
        P::Answer::try_map(&division.answer, next).map(Some)
    }
}
