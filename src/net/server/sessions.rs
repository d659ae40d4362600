//! All sessions of a server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ring::rand::{SecureRandom, SystemRandom};

use super::session::{Name, Session};
use crate::net::{generated::Reason, identity::Identity, refusal::Refused};

/// The sessions that are open, by name.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Name, Arc<Session>>>);

impl Sessions {
    /// A new name.
    ///
    /// # Errors
    /// `Fault` if the system has no random bytes.
    pub fn name() -> Result<Name, Refused> {
        let mut name = Name::default();
        SystemRandom::new().fill(&mut name).map_err(|_| Refused::fault("no random bytes from the system"))?;
        Ok(name)
    }

    pub fn add(&self, name: Name, session: Session) {
        self.all().insert(name, Arc::new(session));
    }

    /// The session of this name, if it is this client's. Nobody learns whether a name is another's.
    ///
    /// # Errors
    /// `Session`.
    pub fn find(&self, name: &[u8], who: Identity) -> Result<Arc<Session>, Refused> {
        let unknown = || Refused::new(Reason::Session, "no such session: open a new one, and send all anew");
        let name = Name::try_from(name).map_err(|_| unknown())?;
        self.all().get(&name).filter(|session| session.owner == who).cloned().ok_or_else(unknown)
    }

    /// Ends a session of this client, if there is one.
    pub fn close(&self, name: &[u8], who: Identity) {
        if let Ok(session) = self.find(name, who) {
            self.remove(|one| Arc::ptr_eq(one, &session));
        }
    }

    /// Ends all that are used no longer.
    pub fn remove_stale(&self, idle: Duration, orphaned: Duration) {
        self.remove(|session| session.is_stale(idle, orphaned));
    }

    pub fn count(&self) -> usize {
        self.all().len()
    }

    fn remove(&self, which: impl Fn(&Arc<Session>) -> bool) {
        // Dropped without the lock: that frees much memory.
        let gone: Vec<_> = self.all().extract_if(|_, session| which(session)).map(|(_, session)| session).collect();
        for session in gone {
            session.end();
            session.span.in_scope(|| tracing::info!("session ended"));
        }
    }

    /// Nothing panics while it holds this.
    fn all(&self) -> MutexGuard<'_, HashMap<Name, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
