//! One session: the programs of a client, and who uses them.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::memory::Reserved;
use crate::{
    Error,
    error::SessionError,
    net::{
        generated::{Kind, Reason},
        identity::Identity,
        refusal::Refused,
    },
    protocol::wire::{Action, Command, Hosted},
};

/// The name of a session: random bits that nobody can guess.
pub(super) type Name = [u8; 16];

/// A session that is open.
pub(super) struct Session {
    pub owner: Identity,
    pub span: tracing::Span,
    terms: Vec<ProgramTerms>,
    /// Locked while a request is carried out.
    programs: Mutex<Hosted>,
    /// The number of the last request that was carried out.
    last: AtomicU64,
    usage: Mutex<Usage>,
    /// The stream that may use the session, or none once it has ended.
    stream: watch::Sender<Option<u64>>,
    _memory: Reserved,
    _place: OwnedSemaphorePermit,
}

/// What a session's program may be asked.
struct ProgramTerms {
    /// Bytes of the longest message to keep, and of the longest request.
    keep: usize,
    call: usize,
    /// Rows that count for an answer, if it is of a model of the server's own.
    own_rows: Option<usize>,
}

struct Usage {
    /// Streams that have not ended.
    streams: usize,
    /// Requests under way.
    requests: usize,
    /// When there was a request last.
    request: Instant,
    /// When there was a stream last.
    stream: Instant,
}

impl Session {
    pub fn new(
        owner: Identity,
        span: tracing::Span,
        programs: Hosted,
        memory: Reserved,
        place: OwnedSemaphorePermit,
    ) -> Session {
        let now = Instant::now();
        let terms = programs.programs().iter().map(|program| ProgramTerms {
            keep: program.largest_keep(),
            call: program.largest_call(),
            own_rows: program.own_rows(),
        });
        Session {
            owner,
            span,
            terms: terms.collect(),
            programs: Mutex::new(programs),
            last: AtomicU64::new(0),
            usage: Mutex::new(Usage { streams: 0, requests: 0, request: now, stream: now }),
            stream: watch::Sender::new(Some(0)),
            _memory: memory,
            _place: place,
        }
    }

    /// Has a new stream use the session, in the place of an earlier one.
    pub fn attach(self: &Arc<Self>) -> Attached {
        let mut number = 0;
        self.stream.send_modify(|stream| {
            if let Some(stream) = stream {
                *stream += 1;
                number = *stream;
            }
        });
        self.usage().streams += 1;
        Attached { session: self.clone(), number, stream: self.stream.subscribe() }
    }

    /// Ends it: no stream may use it any more.
    pub fn end(&self) {
        self.stream.send_replace(None);
    }

    /// Whether it is used no longer.
    pub fn is_stale(&self, idle: Duration, orphaned: Duration) -> bool {
        let usage = self.usage();
        let is_orphan = usage.streams == 0 && usage.stream.elapsed() > orphaned;
        usage.requests == 0 && (is_orphan || usage.request.elapsed() > idle)
    }

    /// Notes that a request is under way, until the result is dropped.
    pub fn request(self: &Arc<Self>) -> UnderWay {
        self.usage().requests += 1;
        UnderWay(self.clone())
    }

    /// Returns an error for a request out of its turn, before its message is taken.
    ///
    /// # Errors
    /// `Number`.
    pub fn check_number(&self, actual: u64) -> Result<(), Refused> {
        let last = self.last.load(Relaxed);
        match actual > 0 && (actual == last || actual == last + 1) {
            true => Ok(()),
            false => Err(refused(SessionError::OutOfOrder { expected: last + 1, actual }.into())),
        }
    }

    /// Bytes of the longest message of a kind that a program takes.
    ///
    /// # Errors
    /// `Message` for a program that is none of the session's.
    pub fn longest(&self, program: u32, kind: Kind) -> Result<usize, Refused> {
        let (expected, actual) = (self.terms.len(), program as usize);
        let unknown = || refused(SessionError::UnknownProgram { expected, actual }.into());
        let terms = self.terms.get(actual).ok_or_else(unknown)?;
        Ok(match kind {
            Kind::Keep => terms.keep,
            Kind::Call => terms.call,
            Kind::Forget | Kind::Unspecified => 0,
        })
    }

    /// Rows that count for a request, if it is for a new answer of a model of the server's own.
    pub fn own_rows(&self, number: u64, command: &Command) -> Option<usize> {
        let is_new_call = matches!(command.action, Action::Call(_)) && number != self.last.load(Relaxed);
        self.terms.get(command.program).filter(|_| is_new_call)?.own_rows
    }

    /// Carries out a request, or repeats the answer to it.
    ///
    /// # Errors
    /// What the programs refuse; `Session` after a fault in an earlier request.
    pub fn carry_out(&self, number: u64, command: &Command) -> Result<Answered, Refused> {
        let lost = |_| Refused::new(Reason::Session, "the session ended with a fault: open a new one");
        let mut programs = self.programs.lock().map_err(lost)?;
        let answer = programs.answer(number, command).map_err(refused)?;
        let is_repeated = self.last.swap(number, Relaxed) == number;
        Ok(Answered { answer, is_repeated })
    }

    /// Nothing panics while it holds this.
    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a request.
pub(super) struct Answered {
    pub answer: Bytes,
    pub is_repeated: bool,
}

fn refused(error: Error) -> Refused {
    let reason = match &error {
        Error::Session(SessionError::OutOfOrder { .. }) => Reason::Number,
        _ => Reason::Message,
    };
    Refused::new(reason, error)
}

/// A stream that uses a session until it is dropped.
pub(super) struct Attached {
    pub session: Arc<Session>,
    number: u64,
    stream: watch::Receiver<Option<u64>>,
}

impl Attached {
    /// Waits until another stream takes the place of this one, or the session ends.
    pub async fn replaced(&mut self) -> Refused {
        let number = self.number;
        let text = match self.stream.wait_for(|stream| *stream != Some(number)).await.as_deref() {
            Ok(Some(_)) => return Refused::order("another stream took over the session"),
            _ => "the session has ended: open a new one",
        };
        Refused::new(Reason::Session, text)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let mut usage = self.session.usage();
        usage.streams -= 1;
        usage.stream = Instant::now();
    }
}

/// A request under way.
pub(super) struct UnderWay(Arc<Session>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut usage = self.0.usage();
        usage.requests -= 1;
        usage.request = Instant::now();
    }
}
