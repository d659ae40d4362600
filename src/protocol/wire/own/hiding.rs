//! What is done to answers before they leave: nothing but the logits is to be read from them.

use std::f64::consts::PI;

use crate::{
    Level, Result,
    backend::Chain,
    error::SessionError,
    program::Plan,
    protocol::parameters::FLOODED_SCALE_BITS,
    seal::{Ciphertext, CiphertextFlood, Context, Encryptor, Evaluator, PublicKey},
};

/// The noise that is added to each answer of a server's own model, and what it leaves of the logits. It follows from the
/// plan, so both parties know it.
///
/// A logit is a number in a ciphertext with the scale `D` (50 bits or somewhat less). The noise has the deviation
/// `D 2^-10 / (6 sqrt(N/2))` in each coefficient, which leaves logits of size 1 ten bits: six deviations in the real part of
/// a slot.
///
/// ```
/// use seal_nn::{nn::head::HeadShape, protocol::{Deployment, wire::Hiding}};
/// let shape = HeadShape { widths: vec![4, 3], activation: None, soft_argmax: None };
/// let deployment = Deployment::of_server_model(&shape, "iris", &Default::default())?;
/// let hiding = Hiding::of(&deployment.plan)?;
/// assert_eq!((hiding.noise_bits() as u32, hiding.precision_bits()), (31, 10));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hiding {
    /// Standard deviation of a coefficient.
    deviation: f64,
    /// Of an answer.
    scale: f64,
    slots: usize,
}

/// Bits that logits of size 1 keep. Classes are told apart by fewer.
const PRECISION_BITS: u32 = 10;
/// Deviations that an error stays below, all but once in half a billion.
const DEVIATIONS: f64 = 6.0;

impl Hiding {
    /// Of the answers of a plan.
    ///
    /// # Errors
    /// `TooLittleRoom` for scales below 44 bits at any level: noise that leaves ten bits would hide little.
    pub fn of(plan: &Plan) -> Result<Hiding> {
        let Plan { chain, exit, .. } = plan;
        let smallest = (0..=chain.top().0).map(|level| chain.scale(Level(level))).fold(f64::INFINITY, f64::min);
        // Primes are somewhat below their bits, and scales follow.
        let (least, actual) = (f64::from(FLOODED_SCALE_BITS) - 0.5, smallest.log2());
        if actual < least {
            return Err(SessionError::TooLittleRoom { least, actual }.into());
        }
        let (scale, slots) = (chain.scale(*exit), chain.slots());
        let error = f64::from(PRECISION_BITS).exp2().recip();
        // The real part of a slot is a sum of N coefficients with factors of mean square 1/2.
        let deviation = scale * error / (DEVIATIONS * (slots as f64).sqrt());
        Ok(Hiding { deviation: deviation.min(CiphertextFlood::LARGEST_DEVIATION), scale, slots })
    }

    /// The standard deviation of the noise in each coefficient, in bits.
    pub fn noise_bits(&self) -> f64 {
        self.deviation.log2()
    }

    /// The bits that logits of size 1 keep.
    pub fn precision_bits(&self) -> u32 {
        PRECISION_BITS
    }

    /// The standard deviation of the noise in a logit.
    pub fn logit_deviation(&self) -> f64 {
        self.deviation * (self.slots as f64).sqrt() / self.scale
    }

    /// The statistical distance, as bits `b` of `2^-b`, between answers of so many ciphertexts with a circuit's noise, whose
    /// standard deviation in a logit is estimated, and answers without it. It shrinks by half a bit whenever the number of
    /// ciphertexts doubles, so it is no security parameter: 40 bits would take all of the logits' precision.
    pub fn hidden_bits(&self, circuit_deviation: f64, ciphertexts: usize) -> f64 {
        // Two normal distributions whose means are e apart are e / (sqrt(2 pi) sigma) from each other, and in all
        // coefficients together e is sqrt(N) times the deviation of one.
        let coefficients = (2 * self.slots * ciphertexts.max(1)) as f64;
        let ratio = circuit_deviation / self.logit_deviation();
        -(ratio * (coefficients / (2.0 * PI)).sqrt()).log2()
    }
}

/// Hides the answers of a session.
pub(in crate::protocol::wire) struct Hider {
    encryptor: Encryptor,
    evaluator: Evaluator,
    flood: CiphertextFlood,
}

impl Hider {
    /// For the client with this public key.
    pub fn new(hiding: Hiding, context: &Context, key: &PublicKey) -> Result<Hider> {
        Ok(Hider {
            encryptor: Encryptor::with_public_key(context, key)?,
            evaluator: Evaluator::new(context)?,
            flood: CiphertextFlood::new(context, hiding.deviation)?,
        })
    }

    /// The same values in a ciphertext whose components are fresh, with noise on top: both components of an answer are
    /// combinations of those of the request, from which the weights could be read.
    pub fn hide(&self, x: &Ciphertext) -> Result<Ciphertext> {
        let mut hidden = self.encryptor.encrypt_zero(x.level(), x.scale())?;
        self.evaluator.add_inplace(&mut hidden, x)?;
        self.flood.add_inplace(&mut hidden)?;
        Ok(hidden)
    }
}

/// The bytes by which a public key makes the keys of a session longer.
pub(in crate::protocol::wire) fn public_key_bytes(chain: &Chain) -> usize {
    // What a container has before each object.
    const ENTRY_BYTES: usize = 4 + 8 + 4;
    ENTRY_BYTES + chain.public_key_bytes()
}
