//! Plots as plain data: panels with series of points on two axes. They are drawn as SVG.

mod axis;
mod draw;
mod learning_curves;

pub use axis::Axis;
pub use learning_curves::{LearningCurve, LearningCurves};

use crate::error::DataError;

/// Panels side by side under a title.
///
/// ```
/// use seal_nn::report::{Axis, Colour, Corner, Mark, Panel, Plot, Series};
/// let points = vec![(1.0, 0.5), (2.0, 0.25), (3.0, f64::NAN)];
/// let plot = Plot {
///     file: "loss.svg",
///     shows: "Loss after each step",
///     titles: vec!["iris".into()],
///     panel_size: (500, 400),
///     panels: vec![Panel {
///         caption: "Loss".into(),
///         x: Axis::linear("step", 0.0..3.5),
///         y: Axis::linear("mean squared error", 0.0..1.0),
///         series: vec![Series::new("encrypted", Mark::Rings, Colour::ENCRYPTED, points)],
///         legend: Some(Corner::UpperRight),
///     }],
/// };
/// let svg = plot.to_svg()?;
/// assert_eq!(svg.matches("<circle").count(), 2 + 1); // two of the points, and the legend's
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plot {
    /// Name of its file: `training.svg`.
    pub file: &'static str,
    /// What it shows, for those who cannot see it.
    pub shows: &'static str,
    /// Lines above all panels, the first one larger.
    pub titles: Vec<String>,
    /// Width and height of each panel, in pixels.
    pub panel_size: (u32, u32),
    /// From left to right.
    pub panels: Vec<Panel>,
}

/// Series on two axes.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Above the panel; empty for none.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn; later series cover earlier ones.
    pub series: Vec<Series>,
    /// Where the names of the series stand; `None` for no legend.
    pub legend: Option<Corner>,
}

/// The corner of a panel in which its legend stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corner {
    /// At the upper left.
    UpperLeft,
    /// At the upper right.
    UpperRight,
    /// At the lower right.
    LowerRight,
}

/// Points that are drawn alike. Those beyond the axes are left out, and those that are not numbers.
#[derive(Clone, Debug)]
pub struct Series {
    /// What the legend calls it; empty for no entry.
    pub name: String,
    /// How a point is drawn.
    pub mark: Mark,
    /// Its colour.
    pub colour: Colour,
    /// `(x, y)`.
    pub points: Vec<(f64, f64)>,
    /// How far each point spreads up and down, within the axis: a band around a line, a bar through any other mark.
    /// Empty for no spread.
    pub spread: Vec<f64>,
    /// How each point looks in a heat map.
    pub cells: Vec<Cell>,
}

/// How the points of a series are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line of this width through all of them.
    Line(u32),
    /// Hollow circles, through which a line stays visible; small ones where there are many.
    Rings,
    /// Filled circles.
    Dots,
    /// The cells of a heat map, one unit wide and high, with the point in the middle.
    Cells,
}

/// How a cell of a heat map looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its opacity, 0 to 1.
    pub shade: f64,
    /// What stands in it.
    pub text: String,
}

/// The colour of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colour {
    /// One of Okabe and Ito's six, which every kind of colour vision tells apart; the seventh is the first again.
    Hue(usize),
    /// Black of this opacity, 0 to 1.
    Grey(f64),
}

impl Colour {
    /// What was computed under encryption.
    pub const ENCRYPTED: Colour = Colour::Hue(0);
    /// The same in the clear.
    pub const CLEAR: Colour = Colour::Hue(1);
}

impl Series {
    /// A series without spread.
    pub fn new(
        name: impl Into<String>,
        mark: Mark,
        colour: Colour,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Series {
        let points = points.into_iter().collect();
        Series { name: name.into(), mark, colour, points, spread: Vec::new(), cells: Vec::new() }
    }

    /// The cells of a heat map, on the axes of [`Axis::columns`] and [`Axis::cells`].
    pub fn cells(colour: Colour, cells: impl IntoIterator<Item = ((f64, f64), Cell)>) -> Series {
        let (points, cells): (Vec<_>, _) = cells.into_iter().unzip();
        Series { cells, ..Series::new("", Mark::Cells, colour, points) }
    }

    /// The same points with this spread of each.
    pub fn with_spread(self, spread: impl IntoIterator<Item = f64>) -> Series {
        Series { spread: spread.into_iter().collect(), ..self }
    }
}

impl Plot {
    /// The text of an SVG file.
    ///
    /// # Errors
    /// `DataError::Plot` when the drawing library refuses.
    pub fn to_svg(&self) -> Result<String, DataError> {
        draw::svg(self).map_err(|error| DataError::Plot { reason: error.to_string() })
    }
}
