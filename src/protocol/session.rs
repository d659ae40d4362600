//! The client's side of an exchange, the same for every program.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Known, Peer, Server, Traffic, room::check_room};
use crate::{
    Level, Private, RequestError, Result,
    backend::{Circuit, Encrypt, Evaluate, KeyHolder, Tallies},
    program::{Of, Plan, Program, Record, check_bounds},
};

/// A request before it is encrypted: what is told in the clear, and slot vectors.
pub type Request<P> = (<P as Program>::Call, Of<<P as Program>::Asked, Vec<f64>>);

/// The slot vectors of a decrypted answer.
pub type Answer<P> = Of<<P as Program>::Answer, Vec<f64>>;

/// The requests of a client to a program, and its use of the answers. Range checks belong here, because only the client
/// sees values.
pub trait Client<P: Program> {
    /// The number of rounds of an exchange.
    fn rounds(&self) -> usize {
        1
    }

    /// The next request: clear information, and slot vectors to be encrypted.
    ///
    /// # Errors
    /// An error for values that cannot be packed.
    fn ask(&self) -> Result<Request<P>>;

    /// Processes the slots of the answer to the last request.
    ///
    /// # Errors
    /// An error for values that left their range, which are then discarded.
    fn absorb(&mut self, answer: Answer<P>) -> Result<()>;
}

/// The client's side of a program: encrypts at the planned levels, sends, and decrypts the answers.
pub struct Session<K, S, P> {
    holder: Arc<K>,
    peer: S,
    program: Arc<P>,
    plan: Plan,
}

impl<K, E, P> Session<K, Server<E, P>, P>
where
    E: Evaluate,
    P: Program,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
{
    /// Both parties in this process.
    pub fn in_process(holder: K, circuit: Circuit<E>, program: Arc<P>, plan: Plan) -> Self {
        let server = Server::new(Arc::new(circuit), program.clone(), plan.clone());
        Session { holder: Arc::new(holder), peer: server, program, plan }
    }
}

/// The cost of an exchange.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The time until the answers came.
    pub server_time: Duration,
    /// The client's time to encrypt, decrypt and check.
    pub client_time: Duration,
    /// The server's operations.
    pub operations: Tallies,
}

impl<K, S, P> Session<K, S, P>
where
    P: Program,
    S: Peer<P>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session with a peer that runs the same program with the same plan.
    ///
    /// # Errors
    /// `OtherTerms` for a peer that says that it runs another program, such as one with other learning rates.
    pub fn new(holder: Arc<K>, peer: S, program: Arc<P>, plan: Plan) -> Result<Self> {
        let expected = program.terms();
        match peer.terms().filter(|actual| *actual != expected) {
            Some(actual) => Err(RequestError::OtherTerms { expected, actual }.into()),
            None => Ok(Session { holder, peer, program, plan }),
        }
    }

    /// Encrypts a part of the data for the peer to keep.
    ///
    /// # Errors
    /// An error for a part that does not belong to the program, or for values that cannot be encrypted; `BeyondBound` for
    /// values larger than the program declares; any error of the peer.
    pub fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, Vec<f64>>) -> Result<()> {
        let levels = self.program.kept(part, self.plan.entry, &self.plan.chain)?;
        check_bounds::<P::Kept>(data, &self.program.kept_bounds(part, &levels)?)?;
        self.peer.keep(part, &encrypt::<P::Kept, K>(&self.holder, data, &levels)?)
    }

    /// Returns an error for a part of the data that cannot be encrypted, before it is sent.
    ///
    /// # Errors
    /// An error for a part that does not belong to the program; `WrongCount` for another number of vectors; an error for
    /// values that cannot be encrypted; `BeyondBound` for values larger than the program declares.
    pub fn check(&self, part: &P::Part, data: &Of<P::Kept, Vec<f64>>) -> Result<()> {
        let levels = self.program.kept(part, self.plan.entry, &self.plan.chain)?;
        check_bounds::<P::Kept>(data, &self.program.kept_bounds(part, &levels)?)?;
        P::Kept::try_zip(data, &levels, |slots, &level| self.plan.chain.check_encryption(slots, level)).map(drop)
    }

    /// Returns an error if a result of so many calls, one after the other, has no room at its level, for a client that knows
    /// all that they are computed from (`call` may be asked for each of them twice). Nothing has to be encrypted for that,
    /// and decryption does not see every value that wrapped around (`docs/ckks.md`, "What decryption sees"). It costs no more
    /// than a plan where bounds suffice, and otherwise a run on clear slots.
    ///
    /// # Errors
    /// `OutOfRange` with the operation; an error for values that cannot be encrypted, and for parts and calls that do not
    /// belong to the program.
    pub fn check_room(
        &self,
        parts: &[Known<P::Part, P::Kept>],
        calls: usize,
        call: impl Fn(usize) -> Result<Known<P::Call, P::Asked>>,
    ) -> Result<()> {
        check_room(&*self.program, &self.plan, parts, calls, &call)
    }

    /// Has the peer forget all parts of the data.
    ///
    /// # Errors
    /// Any error of the peer.
    pub fn forget(&mut self) -> Result<()> {
        self.peer.forget()
    }

    /// All rounds of an exchange.
    ///
    /// # Errors
    /// Any error of the client or the peer.
    pub fn exchange(&mut self, client: &mut impl Client<P>) -> Result<Exchange> {
        let started = Instant::now();
        let mut server_time = Duration::ZERO;
        self.peer.operations();
        for _ in 0..client.rounds() {
            let (call, asked) = client.ask()?;
            let (answer, waited) = self.timed_call(&call, &asked)?;
            server_time += waited;
            client.absorb(answer)?;
        }
        let client_time = started.elapsed().saturating_sub(server_time);
        Ok(Exchange { server_time, client_time, operations: self.peer.operations() })
    }

    /// A single request, with the slots of its answer.
    ///
    /// # Errors
    /// An error for a call that does not belong to the program, or for values that cannot be encrypted; `BeyondBound` for
    /// values larger than the program declares; any error of the peer or of decryption.
    pub fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, Vec<f64>>) -> Result<Answer<P>> {
        self.timed_call(call, asked).map(|(answer, _)| answer)
    }

    pub(super) fn timed_call(
        &mut self,
        call: &P::Call,
        asked: &Of<P::Asked, Vec<f64>>,
    ) -> Result<(Answer<P>, Duration)> {
        let levels = self.program.asked(call, self.plan.entry, &self.plan.chain)?;
        check_bounds::<P::Asked>(asked, &self.program.asked_bounds(call, &levels)?)?;
        let request = encrypt::<P::Asked, K>(&self.holder, asked, &levels)?;
        let started = Instant::now();
        let answer = self.peer.call(call, &request)?;
        let waited = started.elapsed();
        let slots = self.holder.decrypt_all(&P::Answer::items(&answer))?.into_iter().map(Private::open_as_key_owner);
        Ok((P::Answer::with_items(&answer, slots.collect())?, waited))
    }

    /// The program.
    pub fn program(&self) -> &Arc<P> {
        &self.program
    }

    /// Its plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The key holder.
    pub fn holder(&self) -> &Arc<K> {
        &self.holder
    }

    /// The peer.
    pub fn peer(&self) -> &S {
        &self.peer
    }

    /// Bytes sent so far, without evaluation keys.
    pub fn traffic(&self) -> Traffic {
        self.peer.traffic()
    }
}

/// A record of slot vectors, encrypted at their levels.
///
/// # Errors
/// `WrongCount` for records of different shapes; an error for values that cannot be encrypted.
pub fn encrypt<R: Record, K: Encrypt>(
    holder: &K,
    slots: &R::Of<Vec<f64>>,
    levels: &R::Of<Level>,
) -> Result<R::Of<K::Fresh>> {
    R::check_shape(levels, slots)?;
    let vectors = R::items(slots).into_iter().zip(R::items(levels)).map(|(slots, &level)| (slots.as_slice(), level));
    R::with_items(slots, holder.encrypt_all(&vectors.collect::<Vec<_>>())?)
}
