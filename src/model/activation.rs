//! The activation between the layers of a model.

use std::{fmt, str::FromStr};

use ndarray::{Array2, ArrayView2};

use crate::{
    Error, Result, SetupError,
    nn::{
        Activation,
        head::{Dense, HeadActivation, HeadShape},
        learning::reference,
        polynomial::Polynomial,
    },
};

/// The activation between the layers of a model, with a name by which it is read again.
#[derive(Clone, Debug, PartialEq)]
pub enum HiddenActivation {
    /// `max(0, z)`, which only the client can compute: inference takes a round trip per layer.
    Relu,
    /// A polynomial, which the server computes.
    Polynomial(Activation),
}

impl HiddenActivation {
    /// The polynomial.
    ///
    /// # Errors
    /// `BadActivation` if it is none.
    pub fn polynomial(&self) -> Result<&Activation> {
        match self {
            HiddenActivation::Polynomial(activation) => Ok(activation),
            HiddenActivation::Relu => {
                let reason = "it has no form that a server computes on encrypted values: train with a polynomial, such \
                              as poly:0,1,0.5";
                Err(SetupError::BadActivation { activation: self.to_string(), reason: reason.into() }.into())
            }
        }
    }

    /// The same for a [`Head`](crate::nn::head::Head).
    ///
    /// # Errors
    /// Those of [`Polynomial::from_coefficients`].
    pub fn for_head(&self) -> Result<HeadActivation> {
        Ok(match self {
            HiddenActivation::Relu => HeadActivation::Relu,
            HiddenActivation::Polynomial(activation) => {
                HeadActivation::Polynomial(Polynomial::from_coefficients(activation.coefficients())?)
            }
        })
    }

    /// The shape of a head of layers of these widths with this activation.
    ///
    /// # Errors
    /// Those of [`for_head`](HiddenActivation::for_head), and of a shape that has no encrypted form.
    pub fn head_shape(&self, widths: &[usize]) -> Result<HeadShape> {
        let activation = match (widths.len(), self.for_head()?) {
            (3.., HeadActivation::Polynomial(polynomial)) => Some(polynomial),
            _ => None,
        };
        let shape = HeadShape { widths: widths.to_vec(), activation, soft_argmax: None };
        shape.check()?;
        Ok(shape)
    }

    /// The outputs of layers with this activation between them, in the clear.
    pub(super) fn outputs(&self, layers: &[Dense], x: ArrayView2<f64>) -> Result<Array2<f64>> {
        match self {
            HiddenActivation::Relu => reference::logits(&HeadActivation::Relu, layers, x),
            HiddenActivation::Polynomial(activation) => reference::logits(activation, layers, x),
        }
    }
}

impl From<Activation> for HiddenActivation {
    fn from(activation: Activation) -> HiddenActivation {
        HiddenActivation::Polynomial(activation)
    }
}

impl fmt::Display for HiddenActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HiddenActivation::Relu => f.write_str("relu"),
            HiddenActivation::Polynomial(activation) => activation.fmt(f),
        }
    }
}

/// `relu`, or a polynomial as [`Activation`] reads it.
impl FromStr for HiddenActivation {
    type Err = Error;

    fn from_str(text: &str) -> Result<HiddenActivation> {
        match text {
            "relu" => Ok(HiddenActivation::Relu),
            _ => Ok(text.parse::<Activation>()?.into()),
        }
    }
}
