//! Insertions into a text that may nest, and where what was inserted came to lie. Not responsible for what is inserted.

use std::ops::Range;

use serde::Serialize;

/// Text around a range of the source: the outer one of two that begin or end together is collected first.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) range: Range<usize>,
    /// Text before the range. What belongs to one mutant alone bears its number.
    pub(crate) before: Vec<(Option<usize>, String)>,
    pub(crate) after: String,
}

/// A file with its switches.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Switched {
    #[serde(skip)]
    pub(crate) source: String,
    pub(crate) mutants: Vec<Alternative>,
    pub(crate) sites: Vec<Place>,
}

/// Where the replacement of a mutant lies, in bytes, and the site it belongs to.
#[derive(Debug, Serialize)]
pub(crate) struct Alternative {
    pub(crate) id: usize,
    pub(crate) site: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A site is named by its first mutant.
#[derive(Debug, Serialize)]
pub(crate) struct Place {
    pub(crate) site: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Inserts the sites and leaves out the ranges in `removed`.
pub(crate) fn apply(source: &str, sites: &[Site], removed: &[Range<usize>]) -> Switched {
    let ranges = sites.iter().map(|site| &site.range).chain(removed);
    let mut points: Vec<usize> = ranges.flat_map(|range| [range.start, range.end]).collect();
    points.extend([0, source.len()]);
    points.sort_unstable();
    points.dedup();
    let mut out = Switched::default();
    let mut open: Vec<(&Site, usize)> = Vec::new();
    for (point, next) in points.iter().zip(points.iter().skip(1).chain([&source.len()])) {
        while let Some((site, start)) = open.pop_if(|(site, _)| site.range.end == *point) {
            out.end(site, start);
        }
        for site in sites.iter().filter(|site| site.range.start == *point) {
            let start = out.begin(site);
            if site.range.is_empty() {
                out.end(site, start);
            } else {
                open.push((site, start));
            }
        }
        if !removed
            .iter()
            .any(|range| range.start <= *point && *next <= range.end)
        {
            out.source.push_str(source.get(*point..*next).unwrap_or_default());
        }
    }
    out
}

impl Switched {
    fn begin(&mut self, site: &Site) -> usize {
        let begins = self.source.len();
        for (id, text) in &site.before {
            let start = self.source.len();
            self.source.push_str(text);
            if let Some(id) = *id {
                let end = self.source.len();
                self.mutants.push(Alternative {
                    id,
                    site: site.name(),
                    start,
                    end,
                });
            }
        }
        begins
    }

    fn end(&mut self, site: &Site, start: usize) {
        self.source.push_str(&site.after);
        let end = self.source.len();
        self.sites.push(Place {
            site: site.name(),
            start,
            end,
        });
    }
}

impl Site {
    fn name(&self) -> usize {
        self.before.iter().find_map(|(id, _)| *id).unwrap_or_default()
    }
}
