//! The client of an inference on columns: whole files for a server that knows the weights.

use std::{sync::Arc, time::Duration};

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::{Classified, Classify, Deployment, Infer, ParameterRequest, Peer, Server, Session, Traffic};
use crate::{
    Result,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::{
        columns::ColumnInference,
        head::{Head, HeadShape},
    },
};

/// The party that holds the secret key and the samples, with a peer that knows the weights.
///
/// ```
/// use ndarray::array;
/// use seal_nn::{
///     nn::head::{Dense, Head, HeadActivation},
///     protocol::{ColumnSession, Deployment, Infer},
/// };
/// let first = Dense { weights: array![[0.5, -1.0], [1.0, 0.25]], bias: array![0.1, 0.0] };
/// let last = Dense { weights: array![[1.0, -0.5]], bias: array![0.2] };
/// let head = Head::two_layers(first, HeadActivation::quadratic(), last)?;
/// let deployment = Deployment::of_columns(&head, &Default::default())?;
/// // 4096 samples at a time, and not one rotation.
/// assert_eq!((deployment.program.batch(), deployment.plan.operations.rotations()), (4096, 0));
///
/// let (holder, circuit) = deployment.in_the_clear(None);
/// let mut session = ColumnSession::in_process(&deployment, holder, circuit);
/// let x = array![[1.0, 2.0], [0.5, -0.5], [0.0, 0.0]];
/// assert!((session.outputs(x.view())? - head.logits(x.view())?).iter().all(|d| d.abs() < 1e-8));
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct ColumnSession<K, S> {
    session: Session<K, S, ColumnInference>,
}

impl Deployment<ColumnInference> {
    /// The smallest ring at 128-bit security in which the levels of a head fit, for a server that knows the head.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation has no encrypted form; `NoParameters` if no ring fits.
    pub fn of_columns(head: &Head, request: &ParameterRequest) -> Result<Self> {
        Deployment::choose(request, |slots| ColumnInference::known(head, slots))
    }

    /// The same for a head with what its shape ends with, such as a soft-argmax.
    ///
    /// # Errors
    /// `WrongHeadShape` for a head of another shape; `NoParameters` if no ring fits.
    pub fn of_head_columns(shape: &HeadShape, head: &Head, request: &ParameterRequest) -> Result<Self> {
        Deployment::choose(request, |slots| ColumnInference::of_shape(shape, head, slots))
    }

    /// The smallest ring at 128-bit security in which the levels of a server's own model fit, with room for the noise that
    /// hides it: for the client, who knows the shape and the name.
    ///
    /// # Errors
    /// `BadHeadShape` for a shape that no head has; `NoParameters` if no ring fits.
    pub fn of_server_model(shape: &HeadShape, name: &str, request: &ParameterRequest) -> Result<Self> {
        Deployment::choose(request, |slots| Ok(ColumnInference::unknown(shape, slots)?.of_server(name)))
    }
}

impl<K, E> ColumnSession<K, Server<E, ColumnInference>>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
{
    /// Both parties in this process.
    pub fn in_process(deployment: &Deployment<ColumnInference>, holder: K, circuit: Circuit<E>) -> Self {
        let Deployment { program, plan, .. } = deployment.clone();
        ColumnSession::new(Session::in_process(holder, circuit, program, plan))
    }
}

impl<K, S> ColumnSession<K, S>
where
    S: Peer<ColumnInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session with a peer.
    pub fn new(session: Session<K, S, ColumnInference>) -> Self {
        ColumnSession { session }
    }

    /// The exchange with the peer.
    pub fn session(&self) -> &Session<K, S, ColumnInference> {
        &self.session
    }

    /// The scores of up to a block of samples, and how long the peer took.
    fn timed_scores(&mut self, x: ArrayView2<f64>) -> Result<(Array2<f64>, Duration)> {
        let program: Arc<ColumnInference> = self.session.program().clone();
        let (last, mut waited) = (program.calls() - 1, Duration::ZERO);
        // Probabilities have no room to leave, and logits beyond their range show in them (`Classified::garbage`).
        if program.is_known() && program.shape().soft_argmax.is_none() {
            self.session.check_room(&[], program.calls(), |call| Ok((call, program.pack(x, call)?)))?;
        }
        for call in 0..last {
            waited += self.session.timed_call(&call, &program.pack(x, call)?)?.1;
        }
        let (answer, more) = self.session.timed_call(&last, &program.pack(x, last)?)?;
        Ok((program.unpack(&answer, x.nrows())?, waited + more))
    }
}

impl<K, S> Infer for ColumnSession<K, S>
where
    S: Peer<ColumnInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    fn batch(&self) -> usize {
        self.session.program().batch()
    }

    fn outputs_per_sample(&self) -> usize {
        self.session.program().shape().classes()
    }

    fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        Ok(self.timed_scores(x)?.0)
    }

    fn traffic(&self) -> Traffic {
        self.session.traffic()
    }
}

impl<K, S> Classify for ColumnSession<K, S>
where
    S: Peer<ColumnInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// The client computes the positions, from the probabilities of all classes; there are none for probabilities that
    /// need not sum to 1.
    fn classify(&mut self, x: ArrayView2<f64>) -> Result<(Classified, f64)> {
        let (scores, waited) = self.timed_scores(x)?;
        let shape = self.session.program().shape();
        let last = shape.soft_argmax.as_ref().filter(|last| last.approximation.sums_to_one());
        let position = |p: ArrayView1<f64>| last.map(|last| last.layer.position(&p.to_vec()));
        let positions = scores.rows().into_iter().filter_map(position).collect::<Result<_>>()?;
        Ok((Classified::new(shape, scores, positions), waited.as_secs_f64()))
    }
}
