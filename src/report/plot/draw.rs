//! From a plot to the text of an SVG file.

use std::io;

use plotters::{
    coord::{Shift, ranged1d::Ranged},
    prelude::*,
    style::{
        RGBAColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{Axis, Cell, Colour, Corner, Mark, Panel, Plot, Series};

type Backend<'a> = SVGBackend<'a>;
type Area<'a> = DrawingArea<Backend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, Backend<'b>, Cartesian2d<Axis, Axis>>;
type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<io::Error>>;

/// A family that every viewer of SVG has; nothing is measured or embedded here.
const FONT: &str = "sans-serif";
/// Height of a line of titles.
const TITLE: u32 = 26;
/// Left of a panel: numbers, or names.
const NUMBERS: u32 = 80;
const NAMES: u32 = 220;
/// Below a panel: numbers, or names that run downwards.
const NUMBERS_BELOW: u32 = 44;
const NAMES_BELOW: u32 = 150;
const RADIUS: i32 = 4;
/// More circles than these would merge: they are drawn smaller.
const MANY: usize = 60;
/// Okabe and Ito's.
const HUES: [RGBColor; 6] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

pub fn svg(plot: &Plot) -> Drawn<String> {
    let (width, height) = plot.panel_size;
    let width = width * plot.panels.len().max(1) as u32;
    let head = if plot.titles.is_empty() { 0 } else { TITLE * (plot.titles.len() as u32 + 1) };
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, (width, head + height)).into_drawing_area();
    root.fill(&WHITE)?;
    let (header, body) = root.split_vertically(head);
    let centre = Pos::new(HPos::Center, VPos::Center);
    for (i, title) in plot.titles.iter().enumerate() {
        let (size, y) = (if i == 0 { 22 } else { 17 }, TITLE as i32 * (i as i32 + 1));
        let style = (FONT, size).into_font().color(&BLACK).pos(centre);
        header.draw(&Text::new(title.as_str(), (width as i32 / 2, y), style))?;
    }
    for (area, panel) in body.split_evenly((1, plot.panels.len().max(1))).iter().zip(&plot.panels) {
        draw_panel(area, panel)?;
    }
    root.present()?;
    drop((root, header, body));
    Ok(text)
}

fn draw_panel(area: &Area, panel: &Panel) -> Drawn {
    let mut builder = ChartBuilder::on(area);
    if !panel.caption.is_empty() {
        builder.caption(&panel.caption, (FONT, 19));
    }
    let mut chart = builder
        .margin(12)
        .x_label_area_size(if panel.x.has_names() { NAMES_BELOW } else { NUMBERS_BELOW })
        .y_label_area_size(if panel.y.has_names() { NAMES } else { NUMBERS })
        .build_cartesian_2d(panel.x.clone(), panel.y.clone())?;
    let mut mesh = chart.configure_mesh();
    if panel.y.has_names() {
        mesh.x_labels(6);
    }
    mesh.light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(if panel.x.has_names() { 0.0 } else { 0.12 }))
        .x_desc(panel.x.name.as_str())
        .y_desc(panel.y.name.as_str())
        .x_label_formatter(&|x| if panel.x.has_names() { String::new() } else { panel.x.text(*x) })
        .y_label_formatter(&|y| panel.y.text(*y))
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .draw()?;
    if panel.x.has_names() {
        name_columns(area, &chart, &panel.x)?;
    }
    for series in &panel.series {
        draw_series(&mut chart, series, panel)?;
    }
    let Some(corner) = panel.legend else { return Ok(()) };
    chart
        .configure_series_labels()
        .position(match corner {
            Corner::UpperLeft => SeriesLabelPosition::UpperLeft,
            Corner::UpperRight => SeriesLabelPosition::UpperRight,
            Corner::LowerRight => SeriesLabelPosition::LowerRight,
        })
        .margin(12)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 14))
        .draw()
}

/// Names below their columns, downwards: the drawing library would centre them on the axis.
fn name_columns(area: &Area, chart: &Chart, x: &Axis) -> Drawn {
    const GAP: i32 = 8;
    let down = (FONT, 14).into_font().transform(FontTransform::Rotate90);
    let style = down.color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
    let (left, top) = area.get_base_pixel();
    let bottom = chart.plotting_area().get_y_axis_pixel_range().end - top + GAP;
    for column in x.key_points(usize::MAX) {
        let (middle, _) = chart.plotting_area().map_coordinate(&(column, 0.0));
        area.draw(&Text::new(x.text(column), (middle - left, bottom), style.clone()))?;
    }
    Ok(())
}

fn draw_series(chart: &mut Chart, series: &Series, panel: &Panel) -> Drawn {
    let seen = |&(x, y): &(f64, f64)| panel.x.holds(x) && panel.y.holds(y);
    let points = series.points.iter().copied();
    let ends = |sign: f64| {
        let pairs = points.clone().zip(&series.spread).filter(|(point, _)| seen(point));
        pairs.map(move |((x, y), spread)| (x, (y + sign * spread).max(panel.y.range.start).min(panel.y.range.end)))
    };
    let (colour, many) = (colour(series.colour), series.points.len() > MANY);
    if series.mark == Mark::Cells {
        return draw_cells(chart, series, colour);
    }
    let (points, spread) = (points.clone().filter(seen), !series.spread.is_empty());
    if let Mark::Line(width) = series.mark {
        if spread {
            let down: Vec<(f64, f64)> = ends(-1.0).collect();
            let around: Vec<(f64, f64)> = ends(1.0).chain(down.into_iter().rev()).collect();
            chart.draw_series([Polygon::new(around, colour.mix(0.15))])?;
        }
        let style = colour.stroke_width(width);
        let drawn = chart.draw_series(LineSeries::new(points, style))?;
        if !series.name.is_empty() {
            drawn.label(&series.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
        }
        return Ok(());
    }
    chart.draw_series(ends(-1.0).zip(ends(1.0)).map(|(low, high)| PathElement::new([low, high], colour)))?;
    let style = match series.mark {
        Mark::Dots => colour.filled(),
        _ => colour.stroke_width(if many { 1 } else { 2 }),
    };
    let radius = if many { RADIUS / 2 } else { RADIUS };
    let drawn = chart.draw_series(points.map(|point| Circle::new(point, radius, style)))?;
    if !series.name.is_empty() {
        drawn.label(&series.name).legend(move |(x, y)| Circle::new((x + 10, y), RADIUS, style));
    }
    Ok(())
}

fn draw_cells(chart: &mut Chart, series: &Series, colour: RGBAColor) -> Drawn {
    let centre = Pos::new(HPos::Center, VPos::Center);
    for (&(x, y), Cell { shade, text }) in series.points.iter().zip(&series.cells) {
        let corners = [(x - 0.5, y + 0.5), (x + 0.5, y - 0.5)];
        let shade = if shade.is_finite() { shade.clamp(0.0, 1.0) } else { 0.0 };
        chart.draw_series([Rectangle::new(corners, colour.mix(shade).filled())])?;
        chart.draw_series([Rectangle::new(corners, BLACK.mix(0.12))])?;
        let ink = if shade > 0.5 { WHITE } else { BLACK };
        let style = (FONT, 13).into_font().color(&ink).pos(centre);
        chart.draw_series([Text::new(text.clone(), (x, y), style)])?;
    }
    Ok(())
}

fn colour(colour: Colour) -> RGBAColor {
    match colour {
        Colour::Hue(hue) => HUES[hue % HUES.len()].to_rgba(),
        Colour::Grey(opacity) => BLACK.mix(opacity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(series: Vec<Series>) -> Plot {
        let (x, y) = (Axis::linear("step", 0.0..4.0), Axis::decades("loss", [0.1, 10.0]));
        let panel = Panel { caption: "a<b>&c".into(), x, y, series, legend: Some(Corner::UpperLeft) };
        Plot { file: "plot.svg", shows: "", titles: vec![], panel_size: (300, 200), panels: vec![panel] }
    }

    #[test]
    fn every_point_within_the_axes_is_drawn_and_every_name_stands_in_the_legend() -> Drawn {
        let points = [(1.0, 0.2), (2.0, f64::NAN), (3.0, 4.0), (3.5, 99.0), (f64::INFINITY, 1.0)];
        let marks = [Mark::Line(3), Mark::Rings, Mark::Dots];
        let series =
            marks.map(|mark| Series::new(format!("{mark:?}"), mark, Colour::Hue(3), points).with_spread([0.1; 5]));
        let text = svg(&plot(series.to_vec()))?;
        assert_eq!(text.matches("<circle").count(), 2 * (2 + 1), "rings and dots");
        assert_eq!(text.matches("<polygon").count(), 1, "the band around the line");
        for mark in marks {
            assert!(text.lines().any(|line| line.trim() == format!("{mark:?}")), "{mark:?} is not in\n{text}");
        }
        assert!(text.contains("a&lt;b&gt;&amp;c") && !text.contains("NaN"), "{text}");
        Ok(())
    }

    #[test]
    fn empty_and_impossible_plots_can_be_drawn() -> Drawn {
        let empty = Plot { panels: vec![], titles: vec!["only a title".into()], ..plot(vec![]) };
        assert!(svg(&empty)?.contains("only a title"));
        assert!(!svg(&plot(vec![]))?.contains("<circle"));
        let band = Series::new("band", Mark::Line(1), Colour::Grey(0.5), [(1.0, 1.0)]).with_spread([f64::NAN]);
        for y in [
            Axis::linear("y", 1.0..0.0),
            Axis::linear("y", f64::NAN..1.0),
            Axis::logarithmic("y", 0.5, -1.0..f64::INFINITY),
            Axis::decades("y", [f64::MAX]).with_room(400.0),
        ] {
            let mut plot = plot(vec![band.clone()]);
            plot.panels[0].y = y;
            svg(&plot)?;
        }
        Ok(())
    }
}
