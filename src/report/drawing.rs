//! What the plots share.

use plotters::{coord::Shift, prelude::*};

use crate::error::DataError;

/// A family that every viewer of SVG has; nothing is measured or embedded here.
const FONT: &str = "sans-serif";

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Okabe and Ito's colours, which every kind of colour vision tells apart.
pub const COLOURS: [RGBColor; 6] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Draws on a white area of this size and returns the SVG file's text.
pub fn svg(size: (u32, u32), draw: impl Fn(&Area) -> Drawn) -> Result<String, DataError> {
    let mut text = String::new();
    let drawn = {
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        root.fill(&WHITE).and_then(|()| draw(&root)).and_then(|()| root.present())
    };
    drawn.map_err(|error| DataError::Plot { reason: error.to_string() })?;
    Ok(text)
}

/// Text of this size in the plots' font.
pub fn font(size: i32) -> (&'static str, i32) {
    (FONT, size)
}

/// The powers of ten around positive numbers; 1 to 10 when there is none.
pub fn decades(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let positive = values.into_iter().filter(|value| value.is_finite() && *value > 0.0);
    let (low, high) = positive.fold((f64::INFINITY, 0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high == 0.0 {
        return (1.0, 10.0);
    }
    let (low, high) = (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil()));
    (low, if high > low { high } else { 10.0 * low })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_hold_what_is_positive() {
        assert_eq!(decades([0.0, 3.0, 250.0, f64::NAN]), (1.0, 1000.0));
        assert_eq!(decades([100.0]), (100.0, 1000.0));
        assert_eq!(decades([]), (1.0, 10.0));
    }
}
