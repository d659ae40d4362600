//! The refresh by a bootstrap, without the key holder.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Alone, Refresh, Team, dealt, told};
use crate::{
    Level, PackingError, RequestError, Result,
    backend::Evaluate,
    bootstrap::{Bootstrap, Raise},
    parallel,
};

/// Restores values by bootstrapping, at the party that computes. Values keep their bounds.
///
/// Several members of a team that have the same values each bootstrap some of them, what is restored together by one, and tell
/// each other the results.
pub struct BootstrapRefresh<R: Raise> {
    bootstrap: Arc<Bootstrap<R>>,
    live: Vec<Vec<bool>>,
    team: Arc<dyn Team<R::Evaluator>>,
    tally: RefreshTally,
}

/// How often values were refreshed, and for how long. Clones share their numbers, so that one can be kept while the refresh
/// runs elsewhere.
#[derive(Clone, Debug, Default)]
pub struct RefreshTally(Arc<Mutex<(usize, Duration)>>);

impl RefreshTally {
    /// The number of ciphertexts that were refreshed, and the time of it all.
    pub fn get(&self) -> (usize, Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins again.
    pub fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }

    fn add(&self, count: usize, time: Duration) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *tally = (tally.0 + count, tally.1 + time);
    }
}

impl<R: Raise> BootstrapRefresh<R> {
    /// A refresh by a bootstrap, of as many values at a time as that restores together. `live` marks, for the values of a record
    /// in turn, which slots of a period hold more than padding; if there are fewer marks than values, they begin again.
    pub fn new(bootstrap: Arc<Bootstrap<R>>, live: Vec<Vec<bool>>) -> BootstrapRefresh<R> {
        BootstrapRefresh { bootstrap, live, team: Arc::new(Alone), tally: RefreshTally::default() }
    }

    /// The same refresh at a member of a team. All members refresh the same values at the same time.
    pub fn with_team(self, team: Arc<dyn Team<R::Evaluator>>) -> Self {
        BootstrapRefresh { team, ..self }
    }

    /// The same refresh, counted elsewhere.
    pub fn with_tally(self, tally: RefreshTally) -> Self {
        BootstrapRefresh { tally, ..self }
    }

    /// What it has done, now and later.
    pub fn tally(&self) -> RefreshTally {
        self.tally.clone()
    }
}

impl<R: Raise> Refresh<R::Evaluator> for BootstrapRefresh<R> {
    fn input_level(&self) -> Level {
        self.bootstrap.parameters().spec().input_level()
    }

    fn output_level(&self) -> Level {
        self.bootstrap.parameters().output_level()
    }

    fn refresh(
        &mut self,
        values: Vec<<R::Evaluator as Evaluate>::Ciphertext>,
    ) -> Result<Vec<<R::Evaluator as Evaluate>::Ciphertext>> {
        if self.live.is_empty() {
            let (what, expected, actual) = ("marks of live slots".into(), values.len(), 0);
            return Err(PackingError::WrongCount { what, expected, actual }.into());
        }
        let (started, team) = (Instant::now(), &*self.team);
        let marked: Vec<_> = values.iter().zip(self.live.iter().cycle()).collect();
        let parts = self.bootstrap.parameters().spec().parts;
        let groups: Vec<_> = marked.chunks(parts).collect();
        let own = parallel::try_map(dealt(groups.len(), team.member(), team.members()), |group| {
            let parts: Vec<_> = groups[group].iter().map(|(x, live)| (*x, &live[..])).collect();
            self.bootstrap.bootstrap_parts(&parts)
        });
        let own = told(team, own)?.into_iter().flatten().collect();
        let mut all: Vec<_> = team.exchange(own)?.into_iter().map(Vec::into_iter).collect();
        let evaluator = self.bootstrap.place().tall();
        let take = |(at, x): (usize, &_)| {
            let next = all.get_mut(at / parts % team.members()).and_then(Iterator::next);
            let mut fresh = next.ok_or(RequestError::NothingKept { what: "a bootstrap of another member" })?;
            if let Some(bound) = evaluator.bound(x) {
                evaluator.check_bound("bootstrap", &fresh, &bound)?;
                evaluator.set_bound(&mut fresh, Some(bound));
            }
            Ok(fresh)
        };
        let refreshed = values.iter().enumerate().map(take).collect::<Result<Vec<_>>>()?;
        team.check_same(&refreshed.iter().collect::<Vec<_>>())?;
        self.tally.add(values.len(), started.elapsed());
        Ok(refreshed)
    }
}
