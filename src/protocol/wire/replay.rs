//! A channel that survives lost connections and sessions.

use std::{collections::VecDeque, thread, time::Duration};

use bytes::Bytes;

use super::{Action, Channel, Command, Opening};
use crate::{Error, Result, error::SessionError};

/// The way to a server that a [`Replaying`] channel uses. It has at most one session at a time.
pub trait Connect: Send {
    /// Opens a new session, whose requests are numbered from 1, connecting anew if need be. An earlier one is of no more use.
    ///
    /// # Errors
    /// [`Failure`].
    fn open(&mut self, opening: &Opening) -> Result<(), Failure>;

    /// Sends a request to the session, connecting anew if need be, and waits for the answer, which is empty unless it is a
    /// call. The same number may come again after a lost connection; the server answers it as before.
    ///
    /// # Errors
    /// [`Failure`].
    fn send(&mut self, number: u64, command: &Command) -> Result<Bytes, Failure>;
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The connection broke: nobody knows whether the server got the request.
    ConnectionLost {
        /// What happened.
        reason: String,
    },
    /// The server does not know the session (any more).
    SessionLost {
        /// What happened.
        reason: String,
    },
    /// The server refuses, and would do so again.
    Refused(Error),
}

/// How often to try, and how long to wait between two attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts at a request, at least 1.
    pub attempts: usize,
    /// The pause after the first failure; each is twice as long as the one before.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

/// For a server that is back within about a minute.
impl Default for Retry {
    fn default() -> Retry {
        Retry { attempts: 16, pause: Duration::from_millis(100), longest_pause: Duration::from_secs(8) }
    }
}

/// The [`Channel`] of a client that can go on after any loss: it has all that a new session needs.
///
/// After a lost connection, a request is repeated under its number. After a lost session, a new one is opened, and the parts
/// of the data that the server keeps and the requests of the present exchange are sent again before the request.
///
/// ```
/// use bytes::Bytes;
/// use seal_nn::protocol::wire::{Channel, Command, Connect, Failure, Opening, Replaying, Retry};
///
/// /// A server that dies once, after it has answered its second request.
/// #[derive(Default)]
/// struct Mortal {
///     sent: Vec<u64>,
/// }
///
/// impl Connect for Mortal {
///     fn open(&mut self, _: &Opening) -> Result<(), Failure> {
///         Ok(())
///     }
///
///     fn send(&mut self, number: u64, _: &Command) -> Result<Bytes, Failure> {
///         self.sent.push(number);
///         match self.sent.len() {
///             2 => Err(Failure::SessionLost { reason: "no such session".into() }),
///             _ => Ok(Bytes::new()),
///         }
///     }
/// }
///
/// # let program = seal_nn::protocol::wire::Announcement { description: Bytes::new(), parts: 1 };
/// # let opening = Opening { programs: vec![program], keys: Bytes::new() };
/// let mut channel = Replaying::new(Mortal::default(), opening, Retry::default());
/// channel.keep(0, b"a part".to_vec())?;
/// channel.call(0, true, b"a request".to_vec())?;
/// // The part, the request in vain, and in a new session both again.
/// assert_eq!(channel.connect().sent, [1, 2, 1, 2]);
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct Replaying<C> {
    connect: C,
    opening: Opening,
    retry: Retry,
    /// By program, what a new session needs.
    logs: Vec<Log>,
    /// `None` if there is no session.
    session: Option<Session>,
}

struct Session {
    /// Of the last request that was answered.
    number: u64,
    /// What is still to be sent again.
    replay: VecDeque<Command>,
}

impl<C: Connect> Replaying<C> {
    /// A channel to programs of which nothing was asked yet. The session is opened with the first request.
    pub fn new(connect: C, opening: Opening, retry: Retry) -> Replaying<C> {
        let logs = opening.programs.iter().map(|_| Log::default()).collect();
        Replaying { connect, opening, retry, logs, session: None }
    }

    /// The way to the server.
    pub fn connect(&self) -> &C {
        &self.connect
    }

    /// The same to change.
    pub fn connect_mut(&mut self) -> &mut C {
        &mut self.connect
    }

    fn log(&mut self, program: usize) -> Result<&mut Log> {
        let expected = self.logs.len();
        self.logs.get_mut(program).ok_or_else(|| SessionError::UnknownProgram { expected, actual: program }.into())
    }

    /// Sends until there is an answer, and notes what was asked.
    fn answer(&mut self, command: Command) -> Result<Bytes> {
        let (mut failures, mut pause) = (0, self.retry.pause);
        loop {
            let reason = match self.attempt(&command) {
                Ok(answer) => {
                    self.log(command.program)?.add(command.action);
                    return Ok(answer);
                }
                Err(Failure::ConnectionLost { reason }) => reason,
                Err(Failure::SessionLost { reason }) => {
                    self.session = None;
                    reason
                }
                Err(Failure::Refused(error)) => {
                    // A number that was refused is free; a session that refuses what it had before is of no use.
                    self.session.take_if(|session| !session.replay.is_empty());
                    return Err(error);
                }
            };
            failures += 1;
            if failures >= self.retry.attempts {
                // Nobody knows whether the number is free.
                self.session = None;
                return Err(SessionError::Unreachable { attempts: failures, reason }.into());
            }
            thread::sleep(pause);
            pause = (2 * pause).min(self.retry.longest_pause);
        }
    }

    fn attempt(&mut self, command: &Command) -> Result<Bytes, Failure> {
        let session = match &mut self.session {
            Some(session) => session,
            none => {
                self.connect.open(&self.opening)?;
                let logs = self.logs.iter().enumerate();
                let replay = logs.flat_map(|(program, log)| log.commands(program)).collect();
                none.insert(Session { number: 0, replay })
            }
        };
        while let Some(earlier) = session.replay.front() {
            self.connect.send(session.number + 1, earlier)?;
            session.number += 1;
            session.replay.pop_front();
        }
        let answer = self.connect.send(session.number + 1, command)?;
        session.number += 1;
        Ok(answer)
    }
}

impl<C: Connect> Channel for Replaying<C> {
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()> {
        self.log(program)?;
        self.answer(Command { program, action: Action::Keep(message.into()) }).map(drop)
    }

    fn forget(&mut self, program: usize) -> Result<()> {
        self.log(program)?;
        self.answer(Command { program, action: Action::Forget }).map(drop)
    }

    fn call(&mut self, program: usize, begins: bool, message: Vec<u8>) -> Result<Vec<u8>> {
        let log = self.log(program)?;
        if begins {
            log.end_exchange();
        }
        self.answer(Command { program, action: Action::Call(message.into()) }).map(Vec::from)
    }
}

/// What a program was asked, as far as the present state of the server depends on it.
#[derive(Default)]
struct Log(Vec<Action>);

impl Log {
    fn add(&mut self, action: Action) {
        let is_forget = action == Action::Forget;
        self.0.push(action);
        if is_forget {
            self.drop_forgotten();
        }
    }

    /// Nothing that comes depends on the calls so far.
    fn end_exchange(&mut self) {
        self.0.retain(|action| !matches!(action, Action::Call(_)));
        self.drop_forgotten();
    }

    /// What was forgotten is of no more use, unless a call was made with it.
    fn drop_forgotten(&mut self) {
        if !self.0.iter().any(|action| matches!(action, Action::Call(_))) {
            let last = self.0.iter().rposition(|action| *action == Action::Forget);
            self.0.drain(..last.map_or(0, |last| last + 1));
        }
    }

    fn commands(&self, program: usize) -> impl Iterator<Item = Command> + '_ {
        self.0.iter().map(move |action| Command { program, action: action.clone() })
    }
}
