//! The two parties of an encrypted calibration: the client has the secret key, logits and labels, the server computes.

use ndarray::Array2;

use super::ring::smallest_ring;
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::{
        CalibrationPlan, CalibrationProgram, CalibrationSpec, CalibrationState, EncryptedLogits, Fit, largest_spread,
    },
    seal::Parameters,
};

/// A calibration of both parties in one process, step by step: after each the client decrypts what was learned, checks
/// that logits stay in the promised range, and encrypts it anew.
pub struct CalibrationSession<K, E: Evaluate> {
    holder: K,
    circuit: Circuit<E>,
    program: CalibrationProgram,
    spec: CalibrationSpec,
    plan: CalibrationPlan,
    data: EncryptedLogits<E::Ciphertext>,
    spread: f64,
    state: CalibrationState<Vec<f64>>,
    steps: usize,
}

impl<K, E> CalibrationSession<K, E>
where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    /// Encrypts the logits (`samples x classes`) and labels of validation samples for the server.
    ///
    /// # Errors
    /// `WrongShape` for other numbers of them than the program's; values that cannot be encoded.
    pub fn new(
        holder: K,
        backend: E,
        spec: &CalibrationSpec,
        logits: &Array2<f64>,
        labels: &[usize],
    ) -> Result<CalibrationSession<K, E>> {
        let (expected, actual) = ((labels.len(), spec.classes), logits.dim());
        if expected != actual {
            return Err(SetupError::WrongShape { what: "validation logits", expected, actual }.into());
        }
        let circuit = Circuit::new(backend);
        let program = CalibrationProgram::new(spec, labels.len(), circuit.slots())?;
        let plan = CalibrationPlan::new(&program)?;
        let [logits_packed, labels_packed] = program.pack(logits.view(), labels);
        let send = |values: &[f64]| circuit.backend().receive(&holder.encrypt(values, plan.entry)?);
        let data = EncryptedLogits { logits: send(&logits_packed)?, labels: send(&labels_packed)? };
        let state = program.start();
        let spread = largest_spread(logits);
        Ok(CalibrationSession { holder, circuit, program, spec: spec.clone(), plan, data, spread, state, steps: 0 })
    }

    /// What is learned so far.
    pub fn fit(&self) -> Fit {
        self.program.fit(&self.state)
    }

    /// One step, and the client's look at it.
    ///
    /// # Errors
    /// `LeftRange`; what circuit and decryption refuse.
    pub fn step(&mut self) -> Result<Fit> {
        let sent = self.sent_state()?;
        let after = self.program.step(&self.circuit, &self.data, &sent)?;
        let open = |x: &E::Ciphertext| Ok::<_, crate::Error>(self.holder.decrypt(x)?.open_as_key_owner());
        let pair = |[a, b]: &[E::Ciphertext; 2]| Ok::<_, crate::Error>([open(a)?, open(b)?]);
        let opened = CalibrationState { gamma: pair(&after.gamma)?, bias: after.bias.as_ref().map(pair).transpose()? };
        self.state = self.program.unpack_state(opened)?;
        self.steps += 1;
        let fit = self.fit();
        self.spec.check(&fit, self.spread, self.steps)?;
        Ok(fit)
    }

    /// The probabilities that the server computes with what is learned so far, as the client decrypts them: `samples x
    /// classes`.
    ///
    /// # Errors
    /// What circuit and decryption refuse.
    pub fn probabilities(&self) -> Result<Array2<f64>> {
        let p = self.program.probabilities(&self.circuit, &self.data, &self.sent_state()?)?;
        self.program.unpack_probabilities(self.holder.decrypt(&p)?.open_as_key_owner())
    }

    fn sent_state(&self) -> Result<CalibrationState<E::Ciphertext>> {
        let packed = self.program.pack_state(&self.state);
        let send = |values: &Vec<f64>| self.circuit.backend().receive(&self.holder.encrypt(values, self.plan.entry)?);
        let pair = |[a, b]: &[Vec<f64>; 2]| Ok::<_, crate::Error>([send(a)?, send(b)?]);
        Ok(CalibrationState { gamma: pair(&packed.gamma)?, bias: packed.bias.as_ref().map(pair).transpose()? })
    }
}

/// The smallest ring at 128-bit security in which a calibration of so many samples fits.
///
/// # Errors
/// `NoParameters` when none holds it.
pub fn choose_calibration(spec: &CalibrationSpec, samples: usize) -> Result<(Parameters, CalibrationPlan)> {
    let plan = |slots| {
        let plan = CalibrationPlan::new(&CalibrationProgram::new(spec, samples, slots)?)?;
        Ok((plan.depth, plan))
    };
    smallest_ring(None, plan, |error| matches!(error, SetupError::BadSetting { .. }))
}
