//! What is kept beside the sponsors, so that common questions read little memory.

use ledger::UserId;

/// Uplines of a line: a cache line. The sixteenth upline of many is the same, so its own line is at hand.
const NEAREST: usize = 16;

/// Nearest first; `None` above the last.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Nearest([Option<UserId>; NEAREST]);

/// The directs of users, and their sponsors.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    lines: Vec<Link>,
    pub(super) sponsors: Vec<Option<UserId>>,
}

/// The latest direct of a user, and the direct of the same sponsor before the user.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    last_direct: Option<UserId>,
    previous: Option<UserId>,
}

/// The next user joins under a sponsor who joined before.
pub(super) fn append(lines: &mut Vec<Nearest>, sponsor: Option<UserId>) {
    let mut line = Nearest::default();
    if let Some(sponsor) = sponsor {
        let above = lines.get(sponsor.index()).copied().unwrap_or_default();
        let uplines = std::iter::once(Some(sponsor)).chain(above.0);
        for (slot, upline) in line.0.iter_mut().zip(uplines) {
            *slot = upline;
        }
    }
    lines.push(line);
}

/// The uplines of a user, nearest first.
pub(super) fn fill(lines: &[Nearest], user: UserId, into: &mut [Option<UserId>]) {
    let mut below = Some(user);
    for slots in into.chunks_mut(NEAREST) {
        let line = below.and_then(|below| lines.get(below.index()));
        let nearest = line.copied().unwrap_or_default();
        for (slot, upline) in slots.iter_mut().zip(nearest.0) {
            *slot = upline;
        }
        below = nearest.0.last().copied().flatten();
    }
}

impl Links {
    /// The next user joins under a sponsor who joined before.
    pub(super) fn join(&mut self, user: UserId, sponsor: Option<UserId>) {
        let above = sponsor.and_then(|sponsor| self.lines.get_mut(sponsor.index()));
        let previous = above.and_then(|above| above.last_direct.replace(user));
        self.lines.push(Link {
            last_direct: None,
            previous,
        });
        self.sponsors.push(sponsor);
    }

    /// The directs of a user, latest first.
    pub(super) fn directs(&self, user: UserId) -> impl Iterator<Item = UserId> + '_ {
        let last = self.lines.get(user.index()).and_then(|line| line.last_direct);
        std::iter::successors(last, |direct| self.lines.get(direct.index())?.previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_cache_line() {
        assert_eq!((size_of::<Nearest>(), size_of::<Link>()), (64, 8));
    }
}
