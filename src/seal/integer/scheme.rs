//! The two schemes.

use crate::seal::SchemeType;

/// Brakerski/Fan-Vercauteren: the message is in the high bits, `c_0 + c_1 s = floor(q/t) m + e`. Noise grows by a
/// similar factor in every product at every level; switching the modulus only makes ciphertexts smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bfv {}

/// Brakerski/Gentry/Vaikuntanathan: the message is in the low bits, `c_0 + c_1 s = m + t e`. Noise is multiplied in a
/// product, and switching the modulus after each product keeps it small. It is faster than [`Bfv`] for deep circuits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bgv {}

/// [`Bfv`] or [`Bgv`]: a type parameter of everything in this module, so that objects of the two cannot be mixed.
pub trait IntegerScheme: SchemeType {}

impl IntegerScheme for Bfv {}

impl IntegerScheme for Bgv {}
