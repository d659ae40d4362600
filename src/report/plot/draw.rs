//! From a plot to the text of an SVG file.

use std::io;

use plotters::{
    coord::Shift,
    prelude::*,
    style::{
        RGBAColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{Axis, Colour, Corner, Mark, Panel, Plot, Series};

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
    // Half a line above and below the titles.
    let head = if plot.titles.is_empty() { 0 } else { TITLE * (plot.titles.len() as u32 + 1) / 2 * 2 };
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
        .x_label_area_size(44)
        .y_label_area_size(if panel.y.has_names() { NAMES } else { NUMBERS })
        .build_cartesian_2d(panel.x.clone(), panel.y.clone())?;
    let mut mesh = chart.configure_mesh();
    if panel.y.has_names() {
        mesh.x_labels(6);
    }
    mesh.light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc(panel.x.name.as_str())
        .y_desc(panel.y.name.as_str())
        .x_label_formatter(&|x| panel.x.text(*x))
        .y_label_formatter(&|y| panel.y.text(*y))
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .draw()?;
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

fn draw_series(chart: &mut Chart, series: &Series, panel: &Panel) -> Drawn {
    let seen = |&(x, y): &(f64, f64)| panel.x.holds(x) && panel.y.holds(y);
    let points = series.points.iter().copied();
    let ends = |sign: f64| {
        let pairs = points.clone().zip(&series.spread).filter(|(point, _)| seen(point));
        pairs.map(move |((x, y), spread)| (x, (y + sign * spread).clamp(panel.y.range.start, panel.y.range.end)))
    };
    let (colour, many) = (colour(series.colour), series.points.len() > MANY);
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
    fn nothing_at_all_can_be_drawn() -> Drawn {
        let empty = Plot { panels: vec![], titles: vec!["only a title".into()], ..plot(vec![]) };
        assert!(svg(&empty)?.contains("only a title"));
        assert!(!svg(&plot(vec![]))?.contains("<circle"));
        Ok(())
    }
}
