//! [`Lineage`]: the nearest uplines of every user side by side, so that a walk up a sponsor line waits for memory a
//! few times and not at every upline.
//!
//! It says nothing that the sponsors do not say, and who brought someone in never changes. Not responsible for what
//! else is known of uplines.

use ledger::UserId;

/// Uplines of a line: a cache line. The sixteenth upline of many is the same, so its own line is at hand.
const NEAREST: usize = 16;

/// The nearest uplines of users. Any two are equal: it only remembers what follows from the sponsors.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// By `UserId::get() - 1`.
    lines: Vec<Line>,
}

/// Nearest first; `None` above the last.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line([Option<UserId>; NEAREST]);

impl Lineage {
    /// How many users are known: those with the first ids.
    #[must_use]
    pub const fn user_count(&self) -> usize {
        self.lines.len()
    }

    /// The next user joins. A sponsor who is not older counts as none.
    pub fn join(&mut self, sponsor: Option<UserId>) {
        let known = sponsor.and_then(|sponsor| Some((sponsor, self.lines.get(index(sponsor))?)));
        let line = known.map_or_else(Line::default, |(sponsor, above)| {
            let mut line = Line::default();
            let uplines = std::iter::once(Some(sponsor)).chain(above.0);
            for (slot, upline) in line.0.iter_mut().zip(uplines) {
                *slot = upline;
            }
            line
        });
        self.lines.push(line);
    }

    /// The uplines of a user, nearest first, into as many slots as there are; `None` above the last.
    pub fn above(&self, user: UserId, into: &mut [Option<UserId>]) {
        let mut below = Some(user);
        for slots in into.chunks_mut(NEAREST) {
            let line = below.and_then(|below| self.lines.get(index(below)));
            let nearest = line.copied().unwrap_or_default();
            for (slot, upline) in slots.iter_mut().zip(nearest.0) {
                *slot = upline;
            }
            below = nearest.0.last().copied().flatten();
        }
    }
}

impl PartialEq for Lineage {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lineage {}

fn index(user: UserId) -> usize {
    usize::try_from(user.get())
        .unwrap_or(usize::MAX)
        .saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_cache_line() {
        assert_eq!(size_of::<Line>(), 64);
    }

    #[test]
    fn uplines_are_those_of_a_walk_from_sponsor_to_sponsor() {
        // Two long lines beside each other, and a few who have no sponsor.
        let sponsor_of = |number: u32| UserId::new(if number % 50 < 2 { 0 } else { number - 2 });
        let mut lineage = Lineage::default();
        for number in 1..=200 {
            lineage.join(sponsor_of(number));
        }
        for number in 1..=200 {
            for wanted in [1, 15, 16, 17, 20, 32, 33] {
                let mut found = vec![UserId::new(77); wanted];
                lineage.above(UserId::new(number).unwrap(), &mut found);
                let mut below = UserId::new(number);
                for upline in found {
                    below = below.and_then(|below| sponsor_of(below.get()));
                    assert_eq!(upline, below, "{wanted} above {number}");
                }
            }
        }
    }

    #[test]
    fn a_sponsor_who_is_not_older_counts_as_none() {
        let mut lineage = Lineage::default();
        lineage.join(UserId::new(1));
        lineage.join(UserId::new(9));
        let mut found = [UserId::new(7); 3];
        for number in [1, 2, 3] {
            lineage.above(UserId::new(number).unwrap(), &mut found);
            assert_eq!(found, [None; 3]);
        }
        assert_eq!(lineage.user_count(), 2);
    }
}
