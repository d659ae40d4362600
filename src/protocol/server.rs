//! The party that computes without a secret key.

use std::sync::Arc;

use super::{Peer, Traffic};
use crate::{
    CircuitError, Level, RequestError, Result,
    backend::{Circuit, Evaluate, Tallies},
    program::{
        Alone, Checkpoints, Kept, NoCheckpoints, NoRefresh, Of, Plan, Program, Record, Refresh, Team, Workspace,
        declare_bounds,
    },
};

/// Runs a program: it keeps the parts of the data that the client sends, and answers calls. In this process it is the
/// [`Peer`] of the client.
///
/// It is made from an evaluating backend, which for SEAL is made from parameters and evaluation keys:
///
/// ```compile_fail
/// # use std::sync::Arc;
/// # use seal_nn::{backend::{Circuit, SealKeyHolder}, program::Plan, protocol::Server};
/// # use seal_nn::nn::{layout::Merged, training::Training};
/// fn leak(holder: SealKeyHolder, program: Training<Merged>, plan: Plan) {
///     let circuit = Circuit::new(holder); // `SealKeyHolder` does not implement `Evaluate`
///     let _ = Server::new(Arc::new(circuit), Arc::new(program), plan);
/// }
/// ```
pub struct Server<E: Evaluate, P: Program> {
    circuit: Arc<Circuit<E>>,
    program: Arc<P>,
    plan: Plan,
    refresh: Box<dyn Refresh<E> + Send>,
    team: Arc<dyn Team<E>>,
    checkpoints: Box<dyn Checkpoints<E> + Send>,
    kept: Vec<Kept<P, E::Ciphertext>>,
    held: Option<Of<P::Held, E::Ciphertext>>,
    traffic: Traffic,
}

impl<E: Evaluate, P: Program> Server<E, P> {
    /// A server for a program according to its plan. Several programs may share a circuit.
    pub fn new(circuit: Arc<Circuit<E>>, program: Arc<P>, plan: Plan) -> Self {
        let (kept, held, traffic) = (Vec::new(), None, Traffic::default());
        let (refresh, team, checkpoints) = (Box::new(NoRefresh), Arc::new(Alone), Box::new(NoCheckpoints));
        Server { circuit, program, plan, refresh, team, checkpoints, kept, held, traffic }
    }

    /// The same server, with a way to restore the levels of values within a call.
    pub fn with_refresh(self, refresh: impl Refresh<E> + Send + 'static) -> Self {
        Server { refresh: Box::new(refresh), ..self }
    }

    /// The same server as a member of a team that runs the program together.
    pub fn with_team(self, team: Arc<dyn Team<E>>) -> Self {
        Server { team, ..self }
    }

    /// Notes a part of the data that another member of the team keeps.
    pub fn keep_elsewhere(&mut self, part: P::Part) {
        self.kept.push(Kept::elsewhere(part));
    }

    /// Has later calls leave what they have reached, and go on from there.
    pub fn set_checkpoints(&mut self, checkpoints: impl Checkpoints<E> + Send + 'static) {
        self.checkpoints = Box::new(checkpoints);
    }

    /// The circuit, which counts and times its operations.
    pub fn circuit(&self) -> &Arc<Circuit<E>> {
        &self.circuit
    }

    /// The program.
    pub fn program(&self) -> &Arc<P> {
        &self.program
    }

    /// The parts of the data that were sent.
    pub fn kept(&self) -> &[Kept<P, E::Ciphertext>] {
        &self.kept
    }

    /// Expands what was sent, and checks it against the planned levels. Expanding a seeded ciphertext takes as long as
    /// a rotation.
    fn receive<R: Record>(&self, sent: &Of<R, E::Fresh>, planned: &Of<R, Level>) -> Result<Of<R, E::Ciphertext>> {
        R::check_shape(planned, sent)?;
        let backend = self.circuit.backend();
        let received = R::par_try_map(sent, |fresh| backend.receive(fresh))?;
        for (x, &expected) in R::items(&received).into_iter().zip(R::items(planned)) {
            let (actual, scale) = (backend.level(x), backend.scale(x));
            if actual != expected {
                return Err(RequestError::UnplannedLevel { expected, actual }.into());
            }
            let expected = self.circuit.chain().scale(actual);
            if scale != expected {
                return Err(CircuitError::ScaleMismatch { op: "a message", expected, actual: scale }.into());
            }
        }
        Ok(received)
    }

    fn bytes_of<R: Record>(&self, sent: &Of<R, E::Fresh>) -> usize {
        R::items(sent).into_iter().map(|fresh| self.circuit.backend().fresh_bytes(fresh)).sum()
    }
}

impl<E: Evaluate, P: Program> Peer<P> for Server<E, P> {
    type Fresh = E::Fresh;
    type Ciphertext = E::Ciphertext;

    fn terms(&self) -> Option<String> {
        Some(self.program.terms())
    }

    /// # Errors
    /// `WrongCount`, `UnplannedLevel` or `ScaleMismatch` for ciphertexts that do not match the plan; any error of the
    /// program or of the backend.
    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, E::Fresh>) -> Result<()> {
        let planned = self.program.kept(part, self.plan.entry, &self.plan.chain)?;
        let received = self.receive::<P::Kept>(data, &planned)?;
        let bounds = self.program.kept_bounds(part, &planned)?;
        let data_received = declare_bounds::<E, P::Kept>(&self.circuit, received, &bounds)?;
        self.traffic.client_to_server += self.bytes_of::<P::Kept>(data);
        self.kept.push(Kept::new(part.clone(), data_received));
        Ok(())
    }

    fn forget(&mut self) -> Result<()> {
        self.kept.clear();
        Ok(())
    }

    /// # Errors
    /// `WrongCount`, `UnplannedLevel` or `ScaleMismatch` for ciphertexts that do not match the plan; any error of the
    /// program or of the circuit.
    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, E::Fresh>) -> Result<Of<P::Answer, E::Ciphertext>> {
        let planned = self.program.asked(call, self.plan.entry, &self.plan.chain)?;
        let received = self.receive::<P::Asked>(asked, &planned)?;
        let bounds = self.program.asked_bounds(call, &planned)?;
        let received = declare_bounds::<E, P::Asked>(&self.circuit, received, &bounds)?;
        self.traffic.client_to_server += self.bytes_of::<P::Asked>(asked);
        let workspace = Workspace {
            circuit: &self.circuit,
            kept: &self.kept,
            held: &mut self.held,
            refresh: self.refresh.as_mut(),
            team: self.team.as_ref(),
            checkpoints: self.checkpoints.as_mut(),
        };
        let answer = self.program.run(workspace, call, &received)?;
        for x in P::Answer::items(&answer) {
            self.traffic.server_to_client += self.circuit.backend().ciphertext_bytes(x)?;
        }
        Ok(answer)
    }

    fn traffic(&self) -> Traffic {
        self.traffic
    }

    fn operations(&mut self) -> Tallies {
        self.circuit.meter().take()
    }
}
