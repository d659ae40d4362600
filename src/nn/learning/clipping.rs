//! Gradient clipping.

/// Scales a gradient whose Euclidean norm is above `most` down to that norm, and returns the norm that it had (Pascanu et
/// al. 2013). A gradient whose norm is not finite stays as it is.
pub(super) fn clip_norm(gradient: &mut [f64], most: f64) -> f64 {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if norm > most && norm.is_finite() {
        gradient.iter_mut().for_each(|g| *g *= most / norm);
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_is_shortened() {
        let clipped = |most: f64| {
            let mut gradient = [3.0, 4.0];
            (clip_norm(&mut gradient, most), gradient)
        };
        assert_eq!(clipped(1.0), (5.0, [0.6000000000000001, 0.8]));
        assert_eq!(clipped(6.0), (5.0, [3.0, 4.0]));
    }
}
