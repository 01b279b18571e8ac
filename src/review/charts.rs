//! Charts as SVG, in the page's own ink, so that they follow light and dark.

use maud::{Markup, PreEscaped};
use plotters::prelude::*;

use crate::evaluate::{Interval, clopper_pearson};

use super::lot_figures::{Areas, TrayEmergence};

/// Drawn in this colour, then said to be the page's ink.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";
/// Okabe and Ito's blue and bluish green.
const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);
const SIZE: (u32, u32) = (760, 260);
const TEXT_PX: u32 = 16;

/// What stands at a chart's axes.
#[derive(Debug, Clone)]
pub struct AxisNames {
    pub across: String,
    pub up: String,
}

/// Emergence of every tray in the order in which they passed, with its exact interval.
pub fn trend(trays: &[TrayEmergence], names: &AxisNames) -> Markup {
    let points: Vec<(f64, f64, Interval)> = trays
        .iter()
        .enumerate()
        .filter(|(_, tray)| tray.decided > 0)
        .map(|(i, tray)| {
            let share = tray.occupied as f64 / tray.decided as f64;
            (
                i as f64 + 1.0,
                share,
                clopper_pearson(tray.occupied, tray.decided),
            )
        })
        .collect();
    let low = points
        .iter()
        .map(|(_, _, doubt)| doubt.lo)
        .fold(1.0, f64::min);
    let floor = (low * 10.0).floor() / 10.0;
    let last = trays.len() as f64 + 0.5;
    drawn(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.5..last.max(1.5), 100.0 * floor.min(0.9)..100.0)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK.mix(0.5))
            .label_style(("sans-serif", TEXT_PX).into_font().color(&INK))
            .x_label_formatter(&|x| format!("{x:.0}"))
            .x_labels(trays.len().clamp(2, 10))
            .y_labels(5)
            .x_desc(&names.across)
            .y_desc(&names.up)
            .draw()?;
        for (x, share, doubt) in &points {
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

/// How many plants have which canopy area.
pub fn histogram(areas: &Areas, names: &AxisNames) -> Markup {
    let most = areas.bins.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = areas.largest / areas.bins.len().max(1) as f64;
    drawn(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..areas.largest, 0.0..most * 1.05)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK.mix(0.5))
            .label_style(("sans-serif", TEXT_PX).into_font().color(&INK))
            .x_label_formatter(&|x| format!("{x:.2}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .y_labels(5)
            .x_desc(&names.across)
            .y_desc(&names.up)
            .draw()?;
        chart.draw_series(areas.bins.iter().enumerate().map(|(i, plants)| {
            let (from, to) = (i as f64 * width, (i as f64 + 0.9) * width);
            Rectangle::new([(from, 0.0), (to, *plants as f64)], GREEN.filled())
        }))?;
        Ok(())
    })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The SVG of what is drawn; a chart that cannot be drawn is missing and said in the log.
fn drawn(draw: impl FnOnce(&Area<'_>) -> Drawn) -> Markup {
    let mut svg = String::new();
    let done = {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?))
    };
    if let Err(error) = done {
        tracing::error!("a chart cannot be drawn: {error}");
        return PreEscaped(String::new());
    }
    let of_the_page = svg.replace(INK_IN_SVG, "currentColor").replacen(
        "<svg width=\"760\" height=\"260\"",
        "<svg class=\"chart\" role=\"img\"",
        1,
    );
    PreEscaped(of_the_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> AxisNames {
        AxisNames {
            across: "tray <1>".to_owned(),
            up: "%".to_owned(),
        }
    }

    #[test]
    fn a_chart_is_in_the_pages_ink_and_brings_no_style_of_its_own() {
        let tray = TrayEmergence {
            occupied: 180,
            decided: 200,
        };
        let chart = trend(&[tray, tray], &names()).into_string();
        assert!(chart.starts_with("<svg class=\"chart\""), "{chart}");
        assert!(chart.contains("currentColor") && !chart.contains(INK_IN_SVG));
        assert!(
            !chart.contains("style=") && !chart.contains("<style"),
            "{chart}"
        );
        assert!(!chart.contains("<1>"), "words are escaped: {chart}");
        assert_eq!(chart.matches("<circle").count(), 2);
    }

    #[test]
    fn charts_of_nothing_are_drawn_too() {
        assert!(trend(&[], &names()).into_string().contains("<svg"));
        let of_one = Areas {
            plants: 1,
            mean: 0.2,
            variation: None,
            bins: vec![0, 1],
            largest: 0.2,
        };
        assert!(histogram(&of_one, &names()).into_string().contains("<rect"));
    }
}
