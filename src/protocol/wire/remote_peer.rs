//! The far side of a session, from the client's view.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Channel, Described, message_from_bytes, message_to_bytes};
use crate::{
    CircuitError, Error, Level, RequestError, Result,
    backend::{Circuit, Evaluate, KeyHolder, PlanCiphertext, PlanEvaluator},
    program::{Of, Program, Record, Refresh},
    protocol::{Deployment, Peer, Server, Session, Traffic},
    seal::{Ciphertext, Context, Seeded},
};

/// The [`Peer`] behind a [`Channel`]. It plans every answer beside the server, and takes none with other ciphertexts.
pub struct RemotePeer<P: Described, C> {
    channel: Arc<Mutex<C>>,
    number: usize,
    deployment: Deployment<P>,
    context: Context,
    /// Computes levels and scales only.
    planned: Server<PlanEvaluator, P>,
    /// The planned answers to calls of each [`kind`](crate::program::Program::kind).
    known: HashMap<u64, Arc<Of<P::Answer, PlanCiphertext>>>,
    /// The calls of this exchange whose answers were known, so that they were not planned again.
    skipped: Vec<Asked<P>>,
    traffic: Traffic,
}

/// A call, and the levels of its request.
type Asked<P> = (<P as Program>::Call, Of<<P as Program>::Asked, Level>);

/// Scales are computed here and there in another order.
const SCALE_TOLERANCE: f64 = 1e-9;

impl<P: Described, C: Channel> RemotePeer<P, C> {
    /// The program of this number, counted from 0, of the session to which a channel leads.
    ///
    /// # Errors
    /// An error of SEAL if it rejects the parameters.
    pub fn new(channel: &Arc<Mutex<C>>, number: usize, deployment: &Deployment<P>) -> Result<Self> {
        let Deployment { program, plan, parameters, .. } = deployment;
        let circuit = Arc::new(Circuit::new(PlanEvaluator::new(plan.chain.clone())));
        Ok(RemotePeer {
            channel: channel.clone(),
            number,
            context: Context::new(parameters)?,
            planned: Server::new(circuit, program.clone(), plan.clone()),
            deployment: deployment.clone(),
            known: HashMap::new(),
            skipped: Vec::new(),
            traffic: Traffic::default(),
        })
    }

    /// The same with a server that refreshes by itself, which is planned too.
    pub fn with_refresh(self, refresh: impl Refresh<PlanEvaluator> + Send + 'static) -> Self {
        RemotePeer { planned: self.planned.with_refresh(refresh), ..self }
    }

    fn on_channel<T>(&self, send: impl FnOnce(&mut C) -> Result<T>) -> Result<T> {
        send(&mut self.channel.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn inputs<R: Record>(&self, levels: &R::Of<Level>) -> Result<R::Of<PlanCiphertext>> {
        R::try_map(levels, |&level| Ok(self.planned.circuit().backend().input(level)))
    }

    /// The answer to a call, without its residues. Planning one takes milliseconds, which small steps would notice.
    fn plan(&mut self, call: &P::Call, levels: Of<P::Asked, Level>) -> Result<Arc<Of<P::Answer, PlanCiphertext>>> {
        if self.deployment.program.begins(call) {
            self.skipped.clear();
        }
        let kind = self.deployment.program.kind(call);
        if let Some(known) = kind.and_then(|kind| self.known.get(&kind)) {
            let known = known.clone();
            self.skipped.push((call.clone(), levels));
            return Ok(known);
        }
        // It may need what the server holds since those before it.
        for (earlier, levels) in std::mem::take(&mut self.skipped) {
            let inputs = self.inputs::<P::Asked>(&levels)?;
            self.planned.call(&earlier, &inputs)?;
        }
        let inputs = self.inputs::<P::Asked>(&levels)?;
        let planned = Arc::new(self.planned.call(call, &inputs)?);
        self.known.extend(kind.map(|kind| (kind, planned.clone())));
        Ok(planned)
    }

    /// Reads an answer of which everything is known but the residues.
    fn read(&self, bytes: &[u8], expected: &Of<P::Answer, PlanCiphertext>) -> Result<Of<P::Answer, Ciphertext>> {
        let plan = self.planned.circuit().backend();
        let levels = P::Answer::try_map(expected, |x| Ok::<_, Error>(plan.level(x)))?;
        let size = |level| plan.chain().wire_ciphertext_bytes(level);
        let ((), answer) =
            message_from_bytes::<P::Answer, (), Ciphertext>(&self.context, bytes, |()| Ok(levels), size)?;
        for (x, expected) in P::Answer::items(&answer).into_iter().zip(P::Answer::items(expected)) {
            let (expected, scale) = (plan.level(expected), plan.scale(expected));
            let actual = x.level();
            if actual != expected {
                return Err(RequestError::UnplannedLevel { expected, actual }.into());
            }
            let actual = x.scale();
            if (actual / scale - 1.0).abs() > SCALE_TOLERANCE {
                return Err(CircuitError::ScaleMismatch { op: "an answer", expected: scale, actual }.into());
            }
        }
        Ok(answer)
    }
}

impl<K, P, C> Session<K, RemotePeer<P, C>, P>
where
    P: Described,
    C: Channel,
    K: KeyHolder<Fresh = Seeded<Ciphertext>, Ciphertext = Ciphertext>,
{
    /// A session with the first program behind a channel, which is usually the only one.
    ///
    /// # Errors
    /// An error of SEAL if it rejects the parameters.
    pub fn on_channel(deployment: &Deployment<P>, holder: K, channel: C) -> Result<Self> {
        let Deployment { program, plan, .. } = deployment;
        let peer = RemotePeer::new(&Arc::new(Mutex::new(channel)), 0, deployment)?;
        Session::new(Arc::new(holder), peer, program.clone(), plan.clone())
    }
}

impl<P: Described, C: Channel> Peer<P> for RemotePeer<P, C> {
    type Fresh = Seeded<Ciphertext>;
    type Ciphertext = Ciphertext;

    /// # Errors
    /// Any error of the channel or of the program.
    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, Self::Fresh>) -> Result<()> {
        let Deployment { program, plan, .. } = &self.deployment;
        let levels = program.kept(part, plan.entry, &plan.chain)?;
        let message = message_to_bytes::<P::Kept, _, _>(part, data)?;
        let inputs = self.inputs::<P::Kept>(&levels)?;
        let bytes = message.len();
        self.on_channel(|channel| channel.keep(self.number, message))?;
        self.traffic.client_to_server += bytes;
        self.planned.keep(part, &inputs)
    }

    fn forget(&mut self) -> Result<()> {
        self.on_channel(|channel| channel.forget(self.number))?;
        self.planned.forget()
    }

    /// # Errors
    /// `Length`, `UnplannedLevel` or `ScaleMismatch` for an answer that does not match the plan; what the loader of
    /// ciphertexts refuses; any error of the channel or of the program.
    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, Self::Fresh>) -> Result<Of<P::Answer, Ciphertext>> {
        let Deployment { program, plan, .. } = &self.deployment;
        let levels = program.asked(call, plan.entry, &plan.chain)?;
        let begins = program.begins(call);
        let message = message_to_bytes::<P::Asked, _, _>(call, asked)?;
        let expected = self.plan(call, levels)?;
        let bytes = message.len();
        let answer = self.on_channel(|channel| channel.call(self.number, begins, message))?;
        self.traffic.client_to_server += bytes;
        self.traffic.server_to_client += answer.len();
        self.read(&answer, &expected)
    }

    fn traffic(&self) -> Traffic {
        self.traffic
    }
}
