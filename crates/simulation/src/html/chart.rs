//! The pictures of the page, as inline SVG. Floats are places on the picture; money is read from its decimal text.

use std::error::Error;

use money::Amount;
use plotters::prelude::*;
use thiserror::Error;

use super::text::escape;
use crate::Report;
use crate::report::{Cohort, MonthRow};

const SIZE: (u32, u32) = (860, 340);
/// Dark enough on paper, different for people who do not see all colours.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 90, 156),
    RGBColor(200, 80, 0),
    RGBColor(0, 130, 90),
    RGBColor(150, 30, 110),
    RGBColor(110, 110, 110),
    RGBColor(190, 150, 0),
];

/// Letters on pictures, in pixels of a picture as wide as [`SIZE`].
const LETTERS: (&str, u32) = ("sans-serif", 14);

/// A picture could not be drawn.
#[derive(Debug, Error)]
#[error("cannot draw a chart: {0}")]
pub struct ChartError(String);

/// A named line over the months.
struct Line {
    name: &'static str,
    points: Vec<(u32, f64)>,
}

/// A picture with its words.
pub(super) fn figure(svg: &str, caption: &str) -> String {
    let caption = escape(caption);
    format!(
        "<figure role=\"img\" aria-label=\"{caption}\">\n{svg}<figcaption>{caption}</figcaption>\n</figure>\n"
    )
}

/// What each tenth of everyone received, beside what was paid on average.
pub(super) fn deciles(report: &Report) -> Result<String, ChartError> {
    let all = &report.everybody;
    let values = all.deciles.map(|amount| units(report, amount));
    let paid = units(report, super::text::average(all.paid_in, all.users));
    let bars = (1u32..).zip(values);
    let top = values.into_iter().fold(paid, f64::max);
    draw(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(44)
            .y_label_area_size(100)
            .build_cartesian_2d((1u32..9u32).into_segmented(), 0f64..under_legend(top))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .label_style(LETTERS)
            .axis_desc_style(LETTERS)
            .y_label_formatter(&|value| height(*value))
            .x_desc("tenths of all participants, from those who received least")
            .y_desc(report.asset.code())
            .x_label_formatter(&|at| match at {
                SegmentValue::CenterOf(tenth) => tenth.to_string(),
                SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
            })
            .draw()?;
        let bars = Histogram::vertical(&chart)
            .style(colour(0).filled())
            .margin(12)
            .data(bars);
        chart.draw_series(bars)?.label("received at most").legend(mark(0));
        let line = [(SegmentValue::Exact(1), paid), (SegmentValue::Last, paid)];
        let line = LineSeries::new(line, colour(1).stroke_width(2));
        chart.draw_series(line)?.label("paid on average").legend(mark(1));
        chart
            .configure_series_labels()
            .label_font(LETTERS)
            .margin(8)
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(colour(4))
            .draw()?;
        Ok(())
    })
}

/// Arrivals by month.
pub(super) fn joined(report: &Report) -> Result<String, ChartError> {
    let last = last_month(report);
    let top = report.months.iter().map(|row| row.joined).max().unwrap_or(0);
    draw(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(44)
            .y_label_area_size(100)
            .build_cartesian_2d((1u32..last).into_segmented(), 0f64..above(f64::from(top)))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .label_style(LETTERS)
            .axis_desc_style(LETTERS)
            .y_label_formatter(&|value| height(*value))
            .x_desc("month of joining")
            .y_desc("people")
            .x_labels(MONTHS_NAMED)
            .x_label_formatter(&|at| match at {
                SegmentValue::CenterOf(month) => report.month_name(*month),
                SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
            })
            .draw()?;
        let bars = report.months.iter().map(|row| (row.month, f64::from(row.joined)));
        chart.draw_series(
            Histogram::vertical(&chart)
                .style(colour(0).filled())
                .margin(1)
                .data(bars),
        )?;
        Ok(())
    })
}

/// Shares of each month's newcomers, in percent.
pub(super) fn shares(report: &Report) -> Result<String, ChartError> {
    let line = |name, share: fn(&Cohort) -> u64| Line {
        name,
        points: report
            .cohorts
            .iter()
            .map(|cohort| (cohort.month, percent(share(cohort))))
            .collect(),
    };
    let lines_ = [
        line("less than paid", |cohort| cohort.little.below_paid_in_bps),
        line("nothing", |cohort| cohort.little.zero_bps),
    ];
    // Shares grow with later months, sums with every month: the words stand where no line is.
    let legend = SeriesLabelPosition::LowerRight;
    lines(report, &lines_, 100.0, ("month of joining", "percent"), legend)
}

/// What is owed to whom.
pub(super) fn balances(report: &Report) -> Result<String, ChartError> {
    let has_funds = report.has_components();
    let line = |name, of: fn(&MonthRow) -> Amount| Line {
        name,
        points: report
            .months
            .iter()
            .map(|row| (row.month, units(report, of(row))))
            .collect(),
    };
    let lines_ = [
        line("available to users", |row| row.available),
        line("held", |row| sum(&[row.held_for_users, row.held_for_others])),
        line("company", |row| row.company),
        line("not paid to anybody", MonthRow::breakage_total),
        // A plan has either pools or funds.
        if has_funds {
            line("in funds", MonthRow::funds_total)
        } else {
            line("residual", |row| row.residual)
        },
        if has_funds {
            line("wallets and deferred", |row| sum(&[row.wallets, row.deferred]))
        } else {
            line("reserved by users", MonthRow::reserves_total)
        },
    ];
    let highest = lines_
        .iter()
        .flat_map(|line| &line.points)
        .map(|(_, value)| *value);
    let top = highest.fold(0.0, f64::max);
    let axes = ("end of month", report.asset.code());
    lines(report, &lines_, above(top), axes, SeriesLabelPosition::UpperLeft)
}

fn lines(
    report: &Report,
    lines: &[Line],
    top: f64,
    (months, unit): (&str, &str),
    legend: SeriesLabelPosition,
) -> Result<String, ChartError> {
    // An axis from a month to the same month has no length.
    let last = last_month(report).max(2);
    draw(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(44)
            .y_label_area_size(100)
            .build_cartesian_2d(1u32..last, 0f64..top)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .label_style(LETTERS)
            .axis_desc_style(LETTERS)
            .y_label_formatter(&|value| height(*value))
            .x_desc(months)
            .y_desc(unit)
            .x_labels(MONTHS_NAMED)
            .x_label_formatter(&|month| report.month_name(*month))
            .draw()?;
        for (number, line) in lines.iter().enumerate() {
            let series = LineSeries::new(line.points.iter().copied(), colour(number).stroke_width(2));
            chart.draw_series(series)?.label(line.name).legend(mark(number));
        }
        chart
            .configure_series_labels()
            .label_font(LETTERS)
            .margin(8)
            .position(legend)
            .background_style(WHITE.mix(0.85))
            .border_style(colour(4))
            .draw()?;
        Ok(())
    })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw(paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn Error>>) -> Result<String, ChartError> {
    let mut svg = String::new();
    let painted = {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        paint(&area).and_then(|()| Ok(area.present()?))
    };
    painted.map_err(|error| ChartError(error.to_string()))?;
    // Inline SVG needs no namespace, and the page names no other place at all.
    Ok(svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""))
}

type Key = fn((i32, i32)) -> Rectangle<(i32, i32)>;

/// The mark of a series in the legend.
fn mark(number: usize) -> Key {
    const fn at((x, y): (i32, i32)) -> [(i32, i32); 2] {
        [
            (x, y.saturating_sub(4)),
            (x.saturating_add(14), y.saturating_add(4)),
        ]
    }
    match number {
        0 => |place| Rectangle::new(at(place), colour(0).filled()),
        1 => |place| Rectangle::new(at(place), colour(1).filled()),
        2 => |place| Rectangle::new(at(place), colour(2).filled()),
        3 => |place| Rectangle::new(at(place), colour(3).filled()),
        4 => |place| Rectangle::new(at(place), colour(4).filled()),
        _ => |place| Rectangle::new(at(place), colour(5).filled()),
    }
}

fn colour(number: usize) -> RGBColor {
    COLOURS.get(number).copied().unwrap_or(BLACK)
}

fn last_month(report: &Report) -> u32 {
    report.months.last().map_or(1, |row| row.month)
}

/// Months of which an axis says the name.
const MONTHS_NAMED: usize = 8;

/// A figure on an axis, thousands apart, without a fraction of nothing.
fn height(value: f64) -> String {
    let text = format!("{value:.2}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", super::text::thousands(whole))
}

/// Room above the highest value for two words of a legend.
#[expect(clippy::float_arithmetic, reason = "the height of a picture, not money")]
fn under_legend(top: f64) -> f64 {
    above(top) * 1.3
}

/// Room above the highest value, and some height for nothing.
#[expect(clippy::float_arithmetic, reason = "the height of a picture, not money")]
fn above(top: f64) -> f64 {
    if top > 0.0 { top * 1.08 } else { 1.0 }
}

#[expect(clippy::float_arithmetic, reason = "the height of a point, not money")]
fn percent(bps: u64) -> f64 {
    f64::from(u32::try_from(bps).unwrap_or(u32::MAX)) / 100.0
}

/// An amount as a height.
fn units(report: &Report, amount: Amount) -> f64 {
    report.asset.display_amount(amount).parse().unwrap_or(0.0)
}

fn sum(amounts: &[Amount]) -> Amount {
    Amount::sum_of(amounts.iter().copied()).unwrap_or(Amount::ZERO)
}
