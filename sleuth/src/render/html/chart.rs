//! Pictures of counts, drawn without a script.

use maud::{Markup, html};

use super::tone::{Kind, Tone};

/// Shares of a whole, as one bar with its legend.
pub(super) fn shares(title: &str, kinds: &[Kind]) -> Markup {
    let total: usize = kinds.iter().map(|kind| kind.count).sum();
    let said: Vec<String> = kinds.iter().map(|kind| format!("{} {}", kind.count, kind.word)).collect();
    let counts: Vec<(Tone, usize)> = kinds.iter().map(|kind| (kind.tone, kind.count)).collect();
    html! {
        figure.chart {
            figcaption { (title) }
            svg.shares viewBox="0 0 1000 28" preserveAspectRatio="none" role="img" aria-labelledby="shares-title shares-desc" {
                title id="shares-title" { (title) }
                desc id="shares-desc" { (said.join(", ")) }
                rect.empty x="0" y="0" width="1000" height="28" {}
                @for (tone, before, count) in stacked(&counts).filter(|(_, _, count)| *count > 0) {
                    rect class=(tone.class()) x=(part(before, total)) y="0" width=(part(count, total)) height="28" {}
                }
            }
            ul.legend {
                @for kind in kinds {
                    li class=(kind.tone.class()) { b { (kind.count) } " " (kind.word) }
                }
            }
        }
    }
}

/// Thousandths of the width of a bar.
fn part(count: usize, total: usize) -> usize {
    (count * 1000).checked_div(total).unwrap_or(0)
}

/// A bar of a histogram.
#[derive(Debug, Clone, Default)]
pub(super) struct Bar {
    /// What is counted.
    pub(super) label: String,
    /// How many of each tone, the worst first.
    pub(super) counts: Vec<(Tone, usize)>,
}

impl Bar {
    /// An empty one.
    pub(super) const fn new(label: String) -> Self {
        Self { label, counts: Vec::new() }
    }

    pub(super) fn add(&mut self, tone: Tone) {
        match self.counts.iter_mut().find(|(known, _)| *known == tone) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((tone, 1)),
        }
        self.counts.sort_unstable_by_key(|(tone, _)| *tone);
    }

    fn total(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// A line across a histogram, at so many bars from the left.
pub(super) struct Limit {
    pub(super) at: f64,
    pub(super) label: String,
}

// In units of the picture, which is as wide as there is room.
const WIDTH: f64 = 460.0;
const TOP: f64 = 34.0;
const FLOOR: f64 = 150.0;
const HEIGHT: f64 = 172.0;

/// How many there are of which age.
pub(super) fn histogram(title: &str, bars: &[Bar], limit: Option<&Limit>) -> Markup {
    let said: Vec<String> = bars.iter().map(|bar| format!("{}: {}", bar.label, bar.total())).collect();
    let most = bars.iter().map(Bar::total).max().unwrap_or(0).max(1);
    let step = WIDTH / units(bars.len().max(1));
    let height = |count: usize| (FLOOR - TOP) * units(count) / units(most);
    html! {
        figure.chart {
            figcaption { (title) }
            svg.histogram viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="ages-title ages-desc" {
                title id="ages-title" { (title) }
                desc id="ages-desc" { (said.join(", ")) @if let Some(limit) = limit { "; " (limit.label) } }
                line.floor x1="0" x2=(WIDTH) y1=(FLOOR) y2=(FLOOR) {}
                @for (index, bar) in bars.iter().enumerate() {
                    @let left = step * units(index);
                    @for (tone, bottom, count) in stacked(&bar.counts) {
                        rect class=(tone.class()) x=(rounded(left + 2.0)) width=(rounded(step - 4.0))
                            y=(rounded(FLOOR - height(bottom + count))) height=(rounded(height(count))) rx="2" {}
                    }
                    @if bar.total() > 0 {
                        text.count x=(rounded(left + step / 2.0)) y=(rounded(FLOOR - height(bar.total()) - 4.0)) {
                            (bar.total())
                        }
                    }
                    text.label x=(rounded(left + step / 2.0)) y=(FLOOR + 16.0) { (bar.label) }
                }
                @if let Some(limit) = limit {
                    @let x = (step * limit.at).clamp(0.0, WIDTH);
                    line.limit x1=(rounded(x)) x2=(rounded(x)) y1="16" y2=(FLOOR) {}
                    text.limit class=[(x > WIDTH / 2.0).then_some("end")] x=(rounded(x)) y="11" { (limit.label) }
                }
            }
        }
    }
}

/// The parts of a bar: tone, what comes before it, and how many. The worst come first.
fn stacked(counts: &[(Tone, usize)]) -> impl Iterator<Item = (Tone, usize, usize)> {
    counts.iter().scan(0, |before, (tone, count)| {
        let start = *before;
        *before += count;
        Some((*tone, start, *count))
    })
}

/// A count as a length. Beyond four thousand millions nobody sees a difference.
fn units(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A tenth of a unit is finer than any screen.
fn rounded(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}
