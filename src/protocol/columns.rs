//! The client of an inference on columns: whole files for a server that knows the weights.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::{Deployment, Infer, ParameterRequest, Peer, Server, Session, Traffic};
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
        let program: Arc<ColumnInference> = self.session.program().clone();
        let last = program.calls() - 1;
        for call in 0..last {
            self.session.call(&call, &program.pack(x, call)?)?;
        }
        let answer = self.session.call(&last, &program.pack(x, last)?)?;
        program.unpack(&answer, x.nrows())
    }

    fn traffic(&self) -> Traffic {
        self.session.traffic()
    }
}
