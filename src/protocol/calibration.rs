//! The two parties of an encrypted calibration: the client has the secret key, logits and labels, the server computes.

use std::sync::Arc;

use ndarray::Array2;

use super::{Client, Deployment, ParameterRequest, Peer, Server, Session};
use crate::{
    PackingError, Result,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::{
        calibration::{
            CalibrationAnswer, CalibrationCall, CalibrationProgram, CalibrationSpec, CalibrationState, EncryptedLogits,
            Fit,
        },
        head::largest_spread,
    },
};

/// A calibration in steps. After each step the client decrypts what was learned, checks that logits stay in the
/// promised range, and encrypts it again.
pub struct CalibrationSession<K, S> {
    client: Calibrator,
    session: Session<K, S, CalibrationProgram>,
}

/// The client.
struct Calibrator {
    program: Arc<CalibrationProgram>,
    spread: f64,
    state: CalibrationState<Vec<f64>>,
    steps: usize,
}

impl Client<CalibrationProgram> for Calibrator {
    fn ask(&self) -> Result<(CalibrationCall, CalibrationState<Vec<f64>>)> {
        Ok((CalibrationCall::Step, self.program.pack_state(&self.state)?))
    }

    /// # Errors
    /// `LeftRange` if logits leave the promised range.
    fn absorb(&mut self, answer: CalibrationAnswer<Vec<f64>>) -> Result<()> {
        let CalibrationAnswer::State(state) = answer else { return Err(other_answer().into()) };
        self.state = self.program.unpack_state(state)?;
        self.steps += 1;
        self.program.spec().check(&self.program.fit(&self.state), self.spread, self.steps)
    }
}

fn other_answer() -> PackingError {
    PackingError::WrongCount { what: "an answer of another call".into(), expected: 1, actual: 0 }
}

impl Deployment<CalibrationProgram> {
    /// The smallest ring at 128-bit security in which a calibration with this number of samples fits.
    ///
    /// # Errors
    /// `NoParameters` if none fits.
    pub fn of_calibration(spec: &CalibrationSpec, samples: usize, request: &ParameterRequest) -> Result<Self> {
        Deployment::choose(request, |slots| CalibrationProgram::new(spec, samples, slots))
    }
}

impl<K, E> CalibrationSession<K, Server<E, CalibrationProgram>>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
{
    /// Both parties in this process, on the logits (`samples x classes`) and labels of validation samples.
    ///
    /// # Errors
    /// As [`CalibrationSession::new`].
    pub fn in_process(
        deployment: &Deployment<CalibrationProgram>,
        holder: K,
        circuit: Circuit<E>,
        logits: &Array2<f64>,
        labels: &[usize],
    ) -> Result<Self> {
        let Deployment { program, plan, .. } = deployment.clone();
        CalibrationSession::new(Session::in_process(holder, circuit, program, plan), logits, labels)
    }
}

impl<K, S> CalibrationSession<K, S>
where
    S: Peer<CalibrationProgram>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// Encrypts the logits (`samples x classes`) and labels of validation samples for the server.
    ///
    /// # Errors
    /// `WrongShape` or `WrongCount` for another number of logits or labels than in the program; `UnknownLabel` for a label
    /// that is not a class; an error for values that cannot be
    /// encoded; any error of the peer.
    pub fn new(mut session: Session<K, S, CalibrationProgram>, logits: &Array2<f64>, labels: &[usize]) -> Result<Self> {
        let program = session.program().clone();
        let [logits_packed, labels_packed] = program.pack(logits.view(), labels)?;
        session.keep(&(), &EncryptedLogits { logits: logits_packed, labels: labels_packed })?;
        let (state, spread) = (program.start(), largest_spread(logits));
        Ok(CalibrationSession { client: Calibrator { program, spread, state, steps: 0 }, session })
    }

    /// The parameters learned so far.
    pub fn fit(&self) -> Fit {
        self.client.program.fit(&self.client.state)
    }

    /// One step, after which the client checks the result.
    ///
    /// # Errors
    /// `LeftRange` if logits leave the promised range; any error of the peer or of decryption.
    pub fn step(&mut self) -> Result<Fit> {
        self.session.exchange(&mut self.client)?;
        Ok(self.fit())
    }

    /// The decrypted probabilities that the server computes with the parameters learned so far, `samples x classes`.
    ///
    /// # Errors
    /// Any error of the peer or of decryption.
    pub fn probabilities(&mut self) -> Result<Array2<f64>> {
        let packed = self.client.program.pack_state(&self.client.state)?;
        match self.session.call(&CalibrationCall::Probabilities, &packed)? {
            CalibrationAnswer::Probabilities(slots) => self.client.program.unpack_probabilities(slots),
            CalibrationAnswer::State(_) => Err(other_answer().into()),
        }
    }
}
