//! The two schemes.

use std::fmt::Debug;

use crate::seal::Scheme;

/// Brakerski/Fan-Vercauteren: the message is in the high bits, `c_0 + c_1 s = floor(q/t) m + e`. Noise grows by a
/// similar factor in every product at every level; switching the modulus only makes ciphertexts smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bfv {}

/// Brakerski/Gentry/Vaikuntanathan: the message is in the low bits, `c_0 + c_1 s = m + t e`. Noise is multiplied in a
/// product, and switching the modulus after each product keeps it small. It is faster than [`Bfv`] for deep circuits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bgv {}

/// [`Bfv`] or [`Bgv`]: a type parameter of everything in this module, so that objects of the two cannot be mixed.
pub trait IntegerScheme: sealed::Sealed + Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The scheme's name.
    const NAME: &'static str;
}

impl IntegerScheme for Bfv {
    const NAME: &'static str = "BFV";
}

impl IntegerScheme for Bgv {
    const NAME: &'static str = "BGV";
}

pub(super) mod sealed {
    use super::{Bfv, Bgv, Scheme};

    pub trait Sealed {
        /// Its name in data.
        const SCHEME: Scheme;
    }

    impl Sealed for Bfv {
        const SCHEME: Scheme = Scheme::Bfv;
    }

    impl Sealed for Bgv {
        const SCHEME: Scheme = Scheme::Bgv;
    }
}
