//! Any function of encrypted vectors as a program.

use super::{Program, Rehearsal, Workspace};
use crate::{
    Level, Result,
    backend::{Bound, Chain, Circuit, Evaluate},
    record,
};

/// A function of packed vectors, for whoever needs no more than that: [`Whole`] makes a [`Program`] of it, with a plan,
/// the smallest secure parameters and the exact keys.
///
/// ```
/// use seal_nn::{
///     Result, Rotation,
///     backend::{Circuit, Evaluate, KeySwitching, SealEvaluator},
///     program::{Function, Vectors, Whole},
///     protocol::{Deployment, Session},
/// };
///
/// /// `x^2 y + rotate(x, 1)`.
/// struct Mine;
///
/// impl Function for Mine {
///     fn inputs(&self) -> usize {
///         2
///     }
///
///     fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
///         let product = c.multiply(&c.square(&inputs[0])?, &inputs[1])?;
///         Ok(vec![c.add(&product, &c.rotate(&inputs[0], Rotation(1))?)?])
///     }
/// }
///
/// let mine = Deployment::choose(&Default::default(), |_| Ok(Whole(Mine)))?;
/// assert_eq!((mine.parameters.poly_modulus_degree(), mine.plan.depth), (8192, 2));
/// assert_eq!(mine.plan.rotations(), [Rotation(1)]);
///
/// let (holder, keys) = mine.make_keys(KeySwitching::default())?;
/// let server = Circuit::new(SealEvaluator::new(&mine.parameters, &keys)?);
/// let mut session = Session::in_process(holder, server, mine.program.clone(), mine.plan.clone());
/// let answer = session.call(&(), &Vectors { vectors: vec![vec![2.0, 3.0], vec![0.5, 0.5]] })?;
/// assert!((answer.vectors[0][0] - 5.0).abs() < 1e-4); // 4 * 0.5 + 3
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub trait Function: Send + Sync {
    /// The number of vectors that it takes.
    fn inputs(&self) -> usize;

    /// A declared bound on the slots of an input, counted from 0. If every input has one, the plan finds parameters in which
    /// no result can wrap around, or refuses. Without one, nobody notices a result that does.
    ///
    /// ```
    /// use seal_nn::{
    ///     Result,
    ///     backend::{Bound, Circuit, Evaluate},
    ///     program::{Function, Whole},
    ///     protocol::Deployment,
    /// };
    ///
    /// /// The sum of 1024 numbers from -1 to 1.
    /// struct Total;
    ///
    /// impl Function for Total {
    ///     fn inputs(&self) -> usize {
    ///         1
    ///     }
    ///
    ///     fn bound(&self, _: usize) -> Option<Bound> {
    ///         Some(Bound::max_abs(1.0).with_live_slots(1024))
    ///     }
    ///
    ///     fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
    ///         Ok(vec![c.sum_slots(&inputs[0], 1024)?])
    ///     }
    /// }
    ///
    /// let total = Deployment::choose(&Default::default(), |_| Ok(Whole(Total)))?;
    /// // A sum takes no level, but at level 0 there is room for 64 at the usual scale.
    /// assert!(total.plan.chain.headroom_bits(total.plan.exit, total.plan.chain.scale(total.plan.exit), 256.0) > 0.0);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    fn bound(&self, _input: usize) -> Option<Bound> {
        None
    }

    /// Computes it.
    ///
    /// # Errors
    /// Any error of the circuit.
    fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>>;
}

/// A [`Function`] as a program of one round that keeps nothing.
pub struct Whole<F>(pub F);

/// Packed vectors.
#[derive(Clone, Debug)]
pub struct Vectors<T> {
    /// One element per vector.
    pub vectors: Vec<T>,
}
record!(Vectors { vectors: many });

impl<F: Function> Program for Whole<F> {
    type Part = ();
    type Call = ();
    type Kept = ();
    type Held = ();
    type Asked = Vectors<()>;
    type Answer = Vectors<()>;

    fn kept(&self, (): &(), _: Level, _: &Chain) -> Result<()> {
        Ok(())
    }

    fn asked(&self, (): &(), entry: Level, _: &Chain) -> Result<Vectors<Level>> {
        Ok(Vectors { vectors: vec![entry; self.0.inputs()] })
    }

    fn asked_bounds(&self, (): &(), levels: &Vectors<Level>) -> Result<Vectors<Option<Bound>>> {
        Ok(Vectors { vectors: (0..levels.vectors.len()).map(|input| self.0.bound(input)).collect() })
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: Vec::new(), calls: vec![()] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        (): &(),
        asked: &Vectors<E::Ciphertext>,
    ) -> Result<Vectors<E::Ciphertext>> {
        Ok(Vectors { vectors: self.0.run(workspace.circuit, &asked.vectors)? })
    }

    fn title(&self) -> String {
        "a function of encrypted vectors".into()
    }

    fn remedy(&self) -> &'static str {
        "a function of smaller depth, with fewer products one after the other"
    }
}
