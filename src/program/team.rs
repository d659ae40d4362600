//! Several that run one program together.

use std::sync::{Mutex, PoisonError};

use super::{Of, Program};
use crate::{
    Error, Level, RequestError, Result,
    backend::{Evaluate, PlanCiphertext, PlanEvaluator},
};

/// The members of a team run the same program at the same time, each on its share of the data: as ranks of a cluster, or one
/// alone. All of them call the same functions in the same order; a program meets the others in [`sum`](Team::sum) only, and a
/// refresh in [`exchange`](Team::exchange).
pub trait Team<E: Evaluate>: Send + Sync {
    /// The number of members.
    fn members(&self) -> usize;

    /// This member, counted from 0.
    fn member(&self) -> usize;

    /// The sums of the values of all members, one by one: the same bits for everyone. Values have the same levels and
    /// scales at all members; one that has no share of the data gives none.
    ///
    /// # Errors
    /// `MemberFailed` at everyone if another member failed before; `WrongCount` or `ScaleMismatch` for values of other
    /// numbers, levels or scales.
    fn sum(&self, values: Vec<E::Ciphertext>) -> Result<Vec<E::Ciphertext>>;

    /// The values of all, by member, for the first member; nothing for the others.
    ///
    /// # Errors
    /// `MemberFailed` if another member failed before.
    fn gather(&self, values: Vec<E::Ciphertext>) -> Result<Vec<Vec<E::Ciphertext>>>;

    /// The values of all, by member, for everyone: the same bits.
    ///
    /// # Errors
    /// `MemberFailed` if another member failed before.
    fn exchange(&self, values: Vec<E::Ciphertext>) -> Result<Vec<Vec<E::Ciphertext>>>;

    /// Returns an error unless these values are the same bits at all members.
    ///
    /// # Errors
    /// `MembersDiffer`; `MemberFailed` if another member failed before.
    fn check_same(&self, values: &[&E::Ciphertext]) -> Result<()>;

    /// Tells the others whether this member failed.
    ///
    /// # Errors
    /// `MemberFailed` if another one did, and this one did not.
    fn agree(&self, failed: Option<&Error>) -> Result<()>;
}

/// What became of a piece of work at this member, after all have told: it failed everywhere if it failed anywhere.
///
/// # Errors
/// That of this member; `MemberFailed` for that of another.
pub fn agreed<T>(outcome: Result<T>, agree: impl FnOnce(Option<&Error>) -> Result<()>) -> Result<T> {
    match outcome {
        // It ended for everyone where all heard of it.
        Err(Error::Request(RequestError::MemberFailed { .. })) => outcome,
        outcome => {
            agree(outcome.as_ref().err())?;
            outcome
        }
    }
}

/// The same in the middle of a request, of whose end all tell each other again: an error of this member is then one of which
/// all have heard.
///
/// # Errors
/// `MemberFailed` for an error of any of several members; that of a single one.
pub fn told<T, E: Evaluate>(team: &dyn Team<E>, outcome: Result<T>) -> Result<T> {
    if team.members() == 1 {
        return outcome;
    }
    team.agree(outcome.as_ref().err())?;
    let member = team.member();
    outcome.map_err(|error| RequestError::MemberFailed { member, reason: error.to_string() }.into())
}

/// A team of one: sums are what it has.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl<E: Evaluate> Team<E> for Alone {
    fn members(&self) -> usize {
        1
    }

    fn member(&self) -> usize {
        0
    }

    fn sum(&self, values: Vec<E::Ciphertext>) -> Result<Vec<E::Ciphertext>> {
        Ok(values)
    }

    fn gather(&self, values: Vec<E::Ciphertext>) -> Result<Vec<Vec<E::Ciphertext>>> {
        Ok(vec![values])
    }

    fn exchange(&self, values: Vec<E::Ciphertext>) -> Result<Vec<Vec<E::Ciphertext>>> {
        Ok(vec![values])
    }

    fn check_same(&self, _: &[&E::Ciphertext]) -> Result<()> {
        Ok(())
    }

    fn agree(&self, _: Option<&Error>) -> Result<()> {
        Ok(())
    }
}

/// Who has a value of a request or of an answer that is divided among the members of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// All members, the same one.
    Everyone,
    /// One member, counted from 0.
    Member(usize),
    /// Of an answer: the sum of what the members have.
    Sum,
}

impl Owner {
    /// Whether a member has the value, or a term of it.
    pub fn includes(self, member: usize) -> bool {
        match self {
            Owner::Everyone | Owner::Sum => true,
            Owner::Member(owner) => owner == member,
        }
    }
}

/// A request, divided among the members of a team into requests of the same program.
pub struct Division<P: Program + ?Sized> {
    /// What each member is asked; `None` for one that has nothing to do.
    pub calls: Vec<Option<P::Call>>,
    /// Whose the values of the request are. A member is sent its own in their order.
    pub asked: Of<P::Asked, Owner>,
    /// Whose the values of the whole answer are, which are the members' in their order.
    pub answer: Of<P::Answer, Owner>,
}

/// Items that are dealt out among members in turn: those of one of them.
pub fn dealt(items: usize, member: usize, members: usize) -> std::iter::StepBy<std::ops::Range<usize>> {
    (member..items).step_by(members.max(1))
}

/// In a plan, the first of several members, who notes what is added up.
pub(super) struct PlannedTeam {
    members: usize,
    sums: Mutex<Vec<Vec<Level>>>,
}

impl PlannedTeam {
    pub fn new(members: usize) -> PlannedTeam {
        PlannedTeam { members, sums: Mutex::default() }
    }

    /// The levels of a member's values in each sum.
    pub fn sums(&self) -> Vec<Vec<Level>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Team<PlanEvaluator> for PlannedTeam {
    fn members(&self) -> usize {
        self.members
    }

    fn member(&self) -> usize {
        0
    }

    fn sum(&self, values: Vec<PlanCiphertext>) -> Result<Vec<PlanCiphertext>> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.push(values.iter().map(PlanCiphertext::level).collect());
        Ok(values)
    }

    fn gather(&self, values: Vec<PlanCiphertext>) -> Result<Vec<Vec<PlanCiphertext>>> {
        Ok(vec![values])
    }

    fn exchange(&self, values: Vec<PlanCiphertext>) -> Result<Vec<Vec<PlanCiphertext>>> {
        Ok(vec![values])
    }

    fn check_same(&self, _: &[&PlanCiphertext]) -> Result<()> {
        Ok(())
    }

    fn agree(&self, _: Option<&Error>) -> Result<()> {
        Ok(())
    }
}
