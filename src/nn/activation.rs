//! Polynomial activations.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, Result, SetupError};

/// A quadratic or cubic `phi(z) = c_0 + c_1 z + c_2 z^2 + c_3 z^3`.
///
/// Under encryption it is evaluated in its normal form (docs/packing.md, "Activations"): with `u = z + shift`,
/// `phi = c (u^2 + constant)` in one level and one relinearisation, or `phi = c (u (u^2 + kappa) + constant)` in two
/// of each. The factor `c` costs nothing, because it is moved into plaintexts that are multiplied anyway.
///
/// ```
/// use seal_nn::nn::Activation;
/// let square: Activation = "square:0.75".parse()?;
/// assert_eq!(square.value(0.25), 1.0);
/// assert_eq!(square.derivative(0.25), 2.0);
/// let tanh: Activation = "tanh".parse()?;
/// assert!((tanh.value(0.5) - 0.5f64.tanh()).abs() < 0.15);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Activation {
    name: String,
    coefficients: [f64; 4],
}

/// `(z + 0.75)^2`.
impl Default for Activation {
    fn default() -> Activation {
        Activation { name: "square:0.75".into(), coefficients: [0.5625, 1.5, 1.0, 0.0] }
    }
}

impl Activation {
    /// `(z + shift)^2`, the default with shift 0.75.
    ///
    /// # Errors
    /// `BadActivation` unless the shift and its square are finite.
    pub fn shifted_square(shift: f64) -> Result<Activation> {
        Activation::named(format!("square:{shift}"), &[shift * shift, 2.0 * shift, 1.0])
    }

    /// The polynomial of the given coefficients, lowest first.
    ///
    /// # Errors
    /// `BadActivation` unless the coefficients are finite and the degree is 2 or 3. A lower degree cannot learn
    /// anything, and a higher one costs more levels than a training step has.
    pub fn polynomial(coefficients: &[f64]) -> Result<Activation> {
        let texts: Vec<String> = coefficients.iter().map(f64::to_string).collect();
        Activation::named(format!("poly:{}", texts.join(",")), coefficients)
    }

    /// The polynomial of degree 2 or 3 that is closest to `f` on `[-radius, radius]` in the mean square. This is the
    /// Legendre projection `sum_k (k + 1/2) <f, P_k> P_k`, integrated by Simpson's rule with 2,000 intervals.
    ///
    /// # Errors
    /// `BadActivation` for a degree other than 2 or 3, if the radius is not positive, or if the resulting polynomial is
    /// not finite or of a lower degree than 2.
    pub fn least_squares(name: &str, f: impl Fn(f64) -> f64, degree: usize, radius: f64) -> Result<Activation> {
        let name = format!("{name}:{degree}:{radius}");
        if !(2..=3).contains(&degree) {
            return Err(bad(&name, "the degree of its polynomial must be 2 or 3"));
        }
        if !(radius.is_finite() && radius > 0.0) {
            return Err(bad(&name, "the radius of its interval must be positive"));
        }
        // Monomial coefficients of P_0 ... P_3.
        const LEGENDRE: [[f64; 4]; 4] = [[1., 0., 0., 0.], [0., 1., 0., 0.], [-0.5, 0., 1.5, 0.], [0., -1.5, 0., 2.5]];
        let mut coefficients = [0.0; 4];
        for (k, polynomial) in LEGENDRE.iter().enumerate().take(degree + 1) {
            let projection = (k as f64 + 0.5) * simpson(|t| f(radius * t) * horner(polynomial, t));
            for (i, p) in polynomial.iter().enumerate() {
                coefficients[i] += projection * p / radius.powi(i as i32);
            }
        }
        // Coefficients that are zero by symmetry come out as rounding errors.
        let largest = coefficients.iter().fold(0f64, |m, c| m.max(c.abs()));
        coefficients.iter_mut().filter(|c| c.abs() < 1e-12 * largest).for_each(|c| *c = 0.0);
        Activation::named(name, &coefficients)
    }

    fn named(name: String, coefficients: &[f64]) -> Result<Activation> {
        let degree = coefficients.iter().rposition(|&c| c != 0.0).unwrap_or(0);
        if coefficients.iter().any(|c| !c.is_finite()) {
            return Err(bad(&name, "its coefficients must be finite"));
        }
        if !(2..=3).contains(&degree) {
            return Err(bad(&name, "its degree must be 2 or 3 (an odd function such as tanh has no quadratic fit)"));
        }
        let mut padded = [0.0; 4];
        padded[..=degree].copy_from_slice(&coefficients[..=degree]);
        Ok(Activation { name, coefficients: padded })
    }

    /// `phi(z)`.
    pub fn value(&self, z: f64) -> f64 {
        horner(&self.coefficients, z)
    }

    /// `phi'(z)`.
    pub fn derivative(&self, z: f64) -> f64 {
        let [_, c1, c2, c3] = self.coefficients;
        horner(&[c1, 2.0 * c2, 3.0 * c3], z)
    }

    /// 2 or 3.
    pub fn degree(&self) -> usize {
        if self.coefficients[3] == 0.0 { 2 } else { 3 }
    }

    /// The coefficients of the powers of `z` up to the degree, lowest first.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients[..=self.degree()]
    }

    /// The normal form.
    pub fn normal_form(&self) -> NormalForm {
        let [c0, c1, c2, c3] = self.coefficients;
        if c3 == 0.0 {
            let shift = c1 / (2.0 * c2);
            NormalForm { leading: c2, shift, kappa: None, constant: c0 / c2 - shift * shift }
        } else {
            let shift = c2 / (3.0 * c3);
            let kappa = c1 / c3 - 3.0 * shift * shift;
            NormalForm { leading: c3, shift, kappa: Some(kappa), constant: c0 / c3 - shift * (shift * shift + kappa) }
        }
    }
}

/// `c (u^2 + constant)`, or with a kappa `c (u (u^2 + kappa) + constant)`, where `u = z + shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalForm {
    /// `c`, which is not zero.
    pub leading: f64,
    /// Added to z at the start.
    pub shift: f64,
    /// Present for cubics only.
    pub kappa: Option<f64>,
    /// Added at the end.
    pub constant: f64,
}

fn bad(activation: &str, reason: &str) -> Error {
    SetupError::BadActivation { activation: activation.into(), reason: reason.into() }.into()
}

fn horner(coefficients: &[f64], z: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * z + c)
}

/// The integral over `[-1, 1]`.
fn simpson(f: impl Fn(f64) -> f64) -> f64 {
    const INTERVALS: usize = 2000;
    let step = 2.0 / INTERVALS as f64;
    let weight = |i: usize| match i {
        0 | INTERVALS => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=INTERVALS).map(|i| weight(i) * f(i as f64 * step - 1.0)).sum::<f64>() * step / 3.0
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl TryFrom<String> for Activation {
    type Error = Error;

    fn try_from(text: String) -> Result<Activation> {
        text.parse()
    }
}

impl From<Activation> for String {
    fn from(activation: Activation) -> String {
        activation.to_string()
    }
}

/// `square[:shift]`, `poly:c0,c1,c2[,c3]`, `sigmoid[:degree[:radius]]`, `tanh[:3[:radius]]`, `swish[:degree[:radius]]`.
impl FromStr for Activation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Activation> {
        const FORMS: &str = "use square[:shift], poly:c0,c1,c2[,c3], sigmoid[:degree[:radius]], tanh[:3[:radius]] or \
                             swish[:degree[:radius]]";
        let unreadable = || bad(text, FORMS);
        let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        let separator = if kind == "poly" { ',' } else { ':' };
        // A number that is left out is an error: poly:1,,2,3 is not poly:1,2,3.
        let parts = rest.into_iter().flat_map(|rest| rest.split(separator));
        let numbers: Vec<f64> =
            parts.map(|part| part.trim().parse().map_err(|_| unreadable())).collect::<Result<_>>()?;
        let fitted = |f: fn(f64) -> f64, degree: f64, radius: f64| {
            let degree = numbers.first().copied().unwrap_or(degree);
            if numbers.len() > 2 || ![2.0, 3.0].contains(&degree) {
                return Err(bad(text, "the degree of its polynomial must be 2 or 3"));
            }
            Activation::least_squares(kind, f, degree as usize, numbers.get(1).copied().unwrap_or(radius))
        };
        match kind {
            "square" if numbers.len() <= 1 => Activation::shifted_square(numbers.first().copied().unwrap_or(0.75)),
            "poly" if (3..=4).contains(&numbers.len()) => Activation::polynomial(&numbers),
            "sigmoid" => fitted(sigmoid, 3.0, 8.0),
            "tanh" => fitted(f64::tanh, 3.0, 3.0),
            "swish" => fitted(|z| z * sigmoid(z), 2.0, 4.0),
            _ => Err(unreadable()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_forms_are_the_polynomial() {
        for coefficients in
            [&[0.3, -1.5, -0.25][..], &[0.5, 0.2, 0.4, -0.01], &[0.0, 1.0, 0.0, 2.0], &[1.0, 2.0, 3.0, 0.0]]
        {
            let phi = Activation::polynomial(coefficients).unwrap();
            let form = phi.normal_form();
            for z in [-3.0, -0.5, 0.0, 0.7, 2.0] {
                let u = z + form.shift;
                let inner = form.kappa.map_or(u * u, |kappa| u * (u * u + kappa));
                assert!(
                    (form.leading * (inner + form.constant) - phi.value(z)).abs() < 1e-9,
                    "{coefficients:?} at {z}"
                );
                let slope = (phi.value(z + 1e-6) - phi.value(z - 1e-6)) / 2e-6;
                assert!((phi.derivative(z) - slope).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn least_squares_finds_polynomials_again_and_leaves_an_orthogonal_error() {
        let cubic = |z: f64| 1.0 - 2.0 * z + 0.5 * z * z + 0.25 * z * z * z;
        let fitted = Activation::least_squares("cubic", cubic, 3, 2.0).unwrap();
        for z in [-2.0, -1.0, 0.3, 1.9] {
            assert!((fitted.value(z) - cubic(z)).abs() < 1e-9);
        }
        let radius = 4.0;
        let swish: Activation = "swish:2:4".parse().unwrap();
        for power in 0..=2 {
            let moment = simpson(|t| (swish.value(radius * t) - radius * t * sigmoid(radius * t)) * t.powi(power));
            assert!(moment.abs() < 1e-9, "t^{power}: {moment}");
        }
    }

    #[test]
    fn text_forms() {
        for good in [
            "square",
            "square:0.5",
            "poly:0,1,2",
            "poly:0,1,2,3",
            "sigmoid",
            "sigmoid:3:6",
            "tanh",
            "tanh:3:2",
            "swish",
        ] {
            let phi: Activation = good.parse().unwrap();
            assert_eq!(phi.to_string().parse::<Activation>().unwrap().value(0.3), phi.value(0.3), "{good}");
        }
        for wrong in [
            "",
            "relu",
            "square:x",
            "square:1:2",
            "poly:1,2",
            "poly:1,2,0",
            "poly:1,,2,3",
            "poly:1,2,3,",
            "poly:,1,2,3",
            "poly:1:2:3",
            "square:",
            "tanh::3",
            "sigmoid:5",
            "tanh:2",
            "tanh:3:-1",
            "square:inf",
        ] {
            let refused = matches!(wrong.parse::<Activation>(), Err(Error::Setup(SetupError::BadActivation { .. })));
            assert!(refused, "{wrong}");
        }
    }
}
