//! Charts as SVG, in the page's own ink, so that they follow light and dark.

use maud::{Markup, PreEscaped, html};
use plotters::chart::MeshStyle;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::evaluate::Interval;

use super::areas::AreaHistogram;
use super::lot_figures::TrendPoint;

/// Drawn in this colour, then said to be the page's ink.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";
/// Okabe and Ito's blue.
const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
const SIZE: (u32, u32) = (760, 260);
const TEXT_PX: u32 = 16;

/// What stands at a chart's axes.
#[derive(Debug, Clone)]
pub struct AxisNames {
    pub across: String,
    pub up: String,
}

/// Emergence of every hour or day with its exact interval; `label` writes the moments.
pub fn trend(points: &[TrendPoint], names: &AxisNames, label: impl Fn(&str) -> String) -> Markup {
    let drawn_points: Vec<(f64, f64, Interval)> = points
        .iter()
        .enumerate()
        .filter_map(|(i, point)| Some((i as f64, point.emergence.rate?, point.emergence.ci95?)))
        .collect();
    let low = drawn_points
        .iter()
        .map(|(_, _, doubt)| doubt.lo)
        .fold(1.0, f64::min);
    let floor = (low * 10.0).floor() / 10.0;
    let last = points.len().max(1) as f64 - 0.5;
    // between two moments stands no moment
    let moment = |x: &f64| {
        let at = (x.fract().abs() < 1e-6).then(|| points.get(*x as usize));
        at.flatten()
            .map_or_else(String::new, |point| label(&point.when))
    };
    drawn(names, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(-0.5..last, 100.0 * floor.min(0.9)..100.0)?;
        styled(&mut chart.configure_mesh(), names)
            .x_label_formatter(&moment)
            .x_labels(points.len().clamp(2, 6))
            .draw()?;
        for (x, share, doubt) in &drawn_points {
            let up = [(*x, 100.0 * doubt.lo), (*x, 100.0 * doubt.hi)];
            chart.draw_series(std::iter::once(PathElement::new(
                up,
                BLUE.mix(0.5).stroke_width(2),
            )))?;
            let dot = Circle::new((*x, 100.0 * share), 4, BLUE.filled());
            chart.draw_series(std::iter::once(dot))?;
        }
        Ok(())
    })
}

/// Colours of several lines: Okabe and Ito's blue, orange, purple and sky, and the page's ink.
const LINES: [RGBColor; 5] = [
    BLUE,
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0x56, 0xB4, 0xE9),
    INK,
];
/// Radius of a mark, px.
const MARK: i32 = 4;

/// Lines over the same moments, each with its own colour and mark: how much of what is allowed is used up, percent; a broad line
/// stands where it is all. A moment that has no values is left out of the lines.
pub fn used_up(
    moments: &[(String, Option<[f64; 5]>)],
    lines: &[String; 5],
    names: &AxisNames,
) -> Markup {
    let values = moments.iter().filter_map(|(_, shares)| *shares).flatten();
    let top = 100.0 * values.fold(1.2, f64::max).min(3.0);
    let last = moments.len().max(1) as f64 - 0.5;
    let moment = |x: &f64| {
        let at = (x.fract().abs() < 1e-6).then(|| moments.get(*x as usize));
        at.flatten()
            .map_or_else(String::new, |(when, _)| when.clone())
    };
    drawn(names, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(-0.5..last, 0.0..top)?;
        styled(&mut chart.configure_mesh(), names)
            .x_label_formatter(&moment)
            .y_label_formatter(&|y| format!("{y:.0}"))
            .x_labels(moments.len().clamp(2, 6))
            .draw()?;
        let limit = [(-0.5, 100.0), (last, 100.0)];
        chart.draw_series(std::iter::once(PathElement::new(
            limit,
            INK.stroke_width(3),
        )))?;
        for (k, (name, colour)) in lines.iter().zip(LINES).enumerate() {
            let points = moments.iter().enumerate();
            let points = points
                .filter_map(|(x, (_, shares))| Some((x as f64, (100.0 * (*shares)?[k]).min(top))));
            let points: Vec<(f64, f64)> = points.collect();
            chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
            let marks = points.iter().map(|at| mark(k, *at, colour));
            chart
                .draw_series(marks)?
                .label(name)
                .legend(move |at| mark(k, at, colour));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(("sans-serif", TEXT_PX).into_font().color(&INK))
            .draw()?;
        Ok(())
    })
}

/// The mark of one of several lines: discs, dots, triangles, crosses and rings are told apart without their colours.
fn mark<'a, C: Clone + 'static>(
    line: usize,
    at: C,
    colour: RGBColor,
) -> DynElement<'static, SVGBackend<'a>, C> {
    match line {
        0 => Circle::new(at, MARK, colour.filled()).into_dyn(),
        1 => Circle::new(at, MARK / 2, colour.filled()).into_dyn(),
        2 => TriangleMarker::new(at, MARK + 1, colour.filled()).into_dyn(),
        3 => Cross::new(at, MARK, colour.stroke_width(2)).into_dyn(),
        _ => Circle::new(at, MARK, colour.stroke_width(2)).into_dyn(),
    }
}

/// Plants by their canopy area.
pub fn areas(of: &AreaHistogram, names: &AxisNames) -> Markup {
    let most = of.counts.iter().copied().max().unwrap_or(0).max(1);
    let end = of.width_pitch2 * of.counts.len().max(1) as f64;
    drawn(names, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..end, 0.0..most as f64 * 1.05)?;
        styled(&mut chart.configure_mesh(), names)
            .x_label_formatter(&|x| format!("{x:.2}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .x_labels(8)
            .draw()?;
        for (step, count) in of.counts.iter().enumerate() {
            let from = step as f64 * of.width_pitch2;
            let corners = [(from, 0.0), (from + of.width_pitch2 * 0.94, *count as f64)];
            chart.draw_series(std::iter::once(Rectangle::new(corners, BLUE.filled())))?;
        }
        Ok(())
    })
}

/// Faint lines across, and the page's letters at both axes.
fn styled<'m, 'a, 'b, 's>(
    mesh: &'m mut Mesh<'a, 'b, 's>,
    names: &AxisNames,
) -> &'m mut Mesh<'a, 'b, 's> {
    mesh.disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.15))
        .axis_style(INK.mix(0.5))
        .label_style(("sans-serif", TEXT_PX).into_font().color(&INK))
        .y_labels(5)
        .x_desc(&names.across)
        .y_desc(&names.up)
}

type Mesh<'a, 'b, 's> = MeshStyle<'a, 'b, RangedCoordf64, RangedCoordf64, SVGBackend<'s>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The SVG of what is drawn; a chart that cannot be drawn is missing and said in the log.
fn drawn(names: &AxisNames, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Markup {
    let mut svg = String::new();
    let done = {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?))
    };
    if let Err(error) = done {
        tracing::error!("a chart cannot be drawn: {error}");
        return PreEscaped(String::new());
    }
    let said = format!("{}: {}", names.up, names.across);
    let start = format!(
        "<svg class=\"chart\" role=\"img\" aria-label=\"{}\"",
        html! { (said) }.into_string()
    );
    let of_the_page = svg.replace(INK_IN_SVG, "currentColor").replacen(
        "<svg width=\"760\" height=\"260\"",
        &start,
        1,
    );
    PreEscaped(of_the_page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::BinomialRate;

    fn names() -> AxisNames {
        AxisNames {
            across: "tray <1>".to_owned(),
            up: "%".to_owned(),
        }
    }

    #[test]
    fn a_chart_is_in_the_pages_ink_and_brings_no_style_of_its_own() {
        let point = |when: &str| TrendPoint {
            when: when.to_owned(),
            emergence: BinomialRate::of(180, 200),
        };
        let points = [point("2026-11-24T08"), point("2026-11-24T09")];
        let chart = trend(&points, &names(), str::to_owned).into_string();
        assert!(chart.starts_with("<svg class=\"chart\""), "{chart}");
        assert!(chart.contains("currentColor") && !chart.contains(INK_IN_SVG));
        assert!(
            !chart.contains("style=") && !chart.contains("<style"),
            "{chart}"
        );
        assert!(
            chart.contains("aria-label=\"%: tray &lt;1&gt;\""),
            "{chart}"
        );
        assert!(!chart.contains("<1>"), "words are escaped: {chart}");
        assert_eq!(chart.matches("<circle").count(), 2);
    }

    #[test]
    fn a_histogram_has_a_bar_for_every_step_that_holds_plants() {
        let of = AreaHistogram {
            trays: 1,
            plants: 3,
            width_pitch2: 0.05,
            counts: vec![1, 0, 2],
        };
        let bars = |chart: &str| chart.matches("#0072B2").count();
        assert_eq!(bars(&areas(&of, &names()).into_string()), 3);
        let none = areas(&AreaHistogram::default(), &names()).into_string();
        assert!(none.contains("<svg") && bars(&none) == 0, "{none}");
    }

    #[test]
    fn every_line_has_its_own_mark_and_a_look_that_saw_nothing_has_none() {
        let lines = ["scale", "focus", "exposure", "lamp", "<colour>"].map(str::to_owned);
        let looks = [
            ("24 Nov".to_owned(), Some([0.1, 0.2, 0.3, 0.4, 5.0])),
            ("25 Nov".to_owned(), None),
        ];
        let chart = used_up(&looks, &lines, &names()).into_string();
        // of the one look and of the legend: a disc, a dot and a ring each
        assert_eq!(chart.matches("<circle").count(), 6, "{chart}");
        assert!(
            chart.contains("&lt;colour&gt;") && !chart.contains("<colour>"),
            "{chart}"
        );
        assert!(!chart.contains("style="), "{chart}");
        assert!(
            used_up(&[], &lines, &names())
                .into_string()
                .contains("<svg")
        );
    }

    #[test]
    fn a_chart_of_nothing_is_drawn_too() {
        let chart = trend(&[], &names(), str::to_owned).into_string();
        assert!(chart.contains("<svg"));
    }
}
