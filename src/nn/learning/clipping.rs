//! Gradient clipping.

/// Scales a gradient whose Euclidean norm is above `most` down to that norm, and returns the norm that it had (Pascanu et
/// al. 2013).
///
/// ```
/// use seal_nn::nn::learning::clip_norm;
/// let mut gradient = [3.0, 4.0];
/// assert_eq!(clip_norm(&mut gradient, 1.0), 5.0);
/// assert_eq!(gradient, [0.6000000000000001, 0.8]);
/// ```
pub fn clip_norm(gradient: &mut [f64], most: f64) -> f64 {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if norm > most {
        gradient.iter_mut().for_each(|g| *g *= most / norm);
    }
    norm
}
