//! What the client takes out of the circuit, exactly.

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate};

use crate::{
    Result, SetupError,
    nn::{
        Activation,
        head::{Dense, check_chain},
        shapes::{check_finite, check_shape},
    },
};

/// A quadratic activation as a bare square: `phi(u) = c ((u + s)^2 + k)`, with everything but the square moved into the
/// numbers around it.
///
/// With `w = sqrt(|c|)`, the client sends `W' = w W` and on the constant input `w (b + s)`, and `V' = sign(c) V`. Then
/// the server's `h' = w (u + s)` and `a' = h'^2` give
///
/// - logits `a' V' + c k sum V + b_2`,
/// - `dV = sign(c) a'^T e + c k 1^T e`, `db_2` the sum of `e`,
/// - `dW = 2 w x^T ((e V') h')`, because the slope of `phi` is `2 sign(c) w h'`.
///
/// Factors that are powers of two can be taken out besides, and change nothing but the size of the numbers that are
/// encrypted: of `V`, when logits grow, and of the errors, which become small while the noise stays as it is.
///
/// ```
/// use ndarray::array;
/// use seal_nn::nn::{head::Dense, split::SquareFolding};
/// let folding = SquareFolding::new(&"poly:0,1,0.5".parse()?)?;
/// let dense = |w: f64, b: f64| Dense { weights: array![[w]], bias: array![b] };
/// let folded = folding.fold(&[dense(2.0, 1.0), dense(3.0, 0.5)], 0)?;
/// // u = 2 x + 1 = 5 for x = 2; phi(5) = 17.5; the server squares what it makes of W' and the input with its constant.
/// let h = folded.first()[[0, 0]] * 2.0 + folded.first()[[0, 1]];
/// let logits = folded.logits(array![[h * h * folded.second()[[0, 0]]]])?;
/// assert!((logits[[0, 0]] - (17.5 * 3.0 + 0.5)).abs() < 1e-12);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquareFolding {
    /// `w = sqrt(|c|)`.
    root: f64,
    /// The sign of `c`.
    sign: f64,
    /// `s`.
    shift: f64,
    /// `c k`.
    constant: f64,
}

/// Weights as they are sent, and how to read what comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    first: Array2<f64>,
    second: Array2<f64>,
    /// What is added to the logits.
    offset: Array1<f64>,
    /// `2^exponent`.
    scale: f64,
    folding: SquareFolding,
}

impl SquareFolding {
    /// The folding of a quadratic activation.
    ///
    /// # Errors
    /// `BadActivation` for a polynomial of another degree, which is not a square.
    pub fn new(activation: &Activation) -> Result<SquareFolding> {
        let form = activation.normal_form();
        if form.kappa.is_some() {
            let reason = "a split step squares: use a polynomial of degree 2, such as poly:0,1,0.5".into();
            return Err(SetupError::BadActivation { activation: activation.to_string(), reason }.into());
        }
        let (root, sign) = (form.leading.abs().sqrt(), form.leading.signum());
        Ok(SquareFolding { root, sign, shift: form.shift, constant: form.leading * form.constant })
    }

    /// The weights of both layers as they are sent, with the second ones divided by `2^exponent`.
    ///
    /// # Errors
    /// `WrongShape` unless there are two layers that match; `OutOfBounds` if they have no inputs or outputs; `NotFinite` for
    /// an exponent of which no `f64` is a power.
    pub fn fold(&self, layers: &[Dense], exponent: i32) -> Result<Folded> {
        let [hidden, output] = layers else { return Err(wrong_layers((2, 1), (layers.len(), 1))) };
        check_chain(layers)?;
        let [scale, inverse] = [exponent, exponent.saturating_neg()].map(|exponent| 2f64.powi(exponent));
        check_finite("the power of two for the second weights, or its inverse,", &[scale, inverse])?;
        let constant = (&hidden.bias + self.shift).insert_axis(Axis(1));
        let first = concatenate(Axis(1), &[hidden.weights.view(), constant.view()])
            .map_err(|_| wrong_layers(hidden.weights.dim(), (hidden.bias.len(), 1)))?;
        Ok(Folded {
            first: first * self.root,
            second: &output.weights * (self.sign * inverse),
            offset: &output.bias + &(output.weights.sum_axis(Axis(1)) * self.constant),
            scale,
            folding: *self,
        })
    }
}

impl Folded {
    /// `W'`, `units x (inputs + 1)`: the constant input is the last.
    pub fn first(&self) -> &Array2<f64> {
        &self.first
    }

    /// `V'` times `2^-exponent`, `outputs x units`.
    pub fn second(&self) -> &Array2<f64> {
        &self.second
    }

    /// The logits (`samples x outputs`), from the server's products summed over the units.
    ///
    /// # Errors
    /// `WrongShape` for products of other outputs.
    pub fn logits(&self, products: Array2<f64>) -> Result<Array2<f64>> {
        check_shape("the products of the logits", (products.nrows(), self.offset.len()), products.dim())?;
        Ok(products * self.scale + &self.offset)
    }

    /// The gradients of both layers, from the server's products `x^T d` (`units x inputs + 1`) and `a^T e`
    /// (`outputs x units`) for errors that were sent multiplied by `boost`.
    ///
    /// # Errors
    /// `WrongShape` for products or errors of another network; `NotFinite` if `boost` or its inverse is not finite.
    pub fn gradients(&self, products: [Array2<f64>; 2], errors: ArrayView2<f64>, boost: f64) -> Result<Vec<Dense>> {
        let SquareFolding { root, sign, constant, .. } = self.folding;
        let [first, second] = products;
        check_shape("the products of the first gradient", self.first.dim(), first.dim())?;
        check_shape("the products of the second gradient", self.second.dim(), second.dim())?;
        check_shape("the errors", (errors.nrows(), self.offset.len()), errors.dim())?;
        check_finite("the factor of the errors, or its inverse,", &[boost, 1.0 / boost])?;
        let first = first * (2.0 * root * self.scale / boost);
        let inputs = first.ncols() - 1;
        let bias = errors.sum_axis(Axis(0));
        let second = second * (sign / boost) + &(&bias * constant).insert_axis(Axis(1));
        let hidden =
            Dense { weights: first.slice(ndarray::s![.., ..inputs]).to_owned(), bias: first.column(inputs).to_owned() };
        Ok(vec![hidden, Dense { weights: second, bias }])
    }
}

fn wrong_layers(expected: (usize, usize), actual: (usize, usize)) -> crate::Error {
    SetupError::WrongShape { what: "the weights of a split step", expected, actual }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::learning::{random_layers, reference};

    /// Every quadratic, also one that opens downwards, with any power of two taken out: logits and gradients are those of
    /// the network, computed as the server does.
    #[test]
    fn folding_is_exact() {
        let layers = random_layers(&[3, 4, 2], 1).unwrap();
        let x = Array2::from_shape_fn((5, 3), |(i, j)| ((i * 3 + j) as f64).sin());
        let inputs = concatenate(Axis(1), &[x.view(), Array2::ones((5, 1)).view()]).unwrap();
        let errors = Array2::from_shape_fn((5, 2), |(i, j)| ((i + 2 * j) as f64).cos());
        for (activation, exponent, boost) in
            [("poly:0,1,0.5", 0, 1.0), ("square:0.75", 3, 4.0), ("poly:0.3,-1.5,-0.25", -2, 0.5)]
        {
            let activation: Activation = activation.parse().unwrap();
            let folded = SquareFolding::new(&activation).unwrap().fold(&layers, exponent).unwrap();
            let h = inputs.dot(&folded.first.t());
            let a = &h * &h;
            let logits = folded.logits(a.dot(&folded.second.t())).unwrap();
            let d = (&errors * boost).dot(&folded.second) * &h;
            let products = [d.t().dot(&inputs), (&errors * boost).t().dot(&a)];
            let gradients = folded.gradients(products, errors.view(), boost).unwrap();
            let expected = reference::gradients(&activation, &layers, x.view(), &errors).unwrap();
            let apart = |a: &Array2<f64>, b: &Array2<f64>| (a - b).iter().fold(0f64, |m, d| m.max(d.abs()));
            // Some dozen roundings of 2^-53 of numbers below 10.
            let expected_logits = reference::logits(&activation, &layers, x.view()).unwrap();
            assert!(apart(&logits, &expected_logits) < 1e-13, "{activation}");
            for (a, b) in gradients.iter().zip(&expected) {
                assert!(apart(&a.weights, &b.weights) < 1e-13, "{activation}");
                assert!((&a.bias - &b.bias).iter().all(|d| d.abs() < 1e-13), "{activation}");
            }
        }
    }

    #[test]
    fn what_is_no_square_or_no_network_is_refused() {
        assert!(SquareFolding::new(&"tanh".parse().unwrap()).is_err());
        let folding = SquareFolding::new(&"square:0.5".parse().unwrap()).unwrap();
        let layers = random_layers(&[3, 4, 2], 1).unwrap();
        assert!(folding.fold(&layers[..1], 0).is_err());
        let other = random_layers(&[3, 5, 2], 1).unwrap();
        assert!(folding.fold(&[layers[0].clone(), other[1].clone()], 0).is_err());
    }
}
