//! Which mutant is on, by `MUTANT`; with `MUTANT_REACHED` every place that is reached is noted there once.
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

static ON: LazyLock<u32> = LazyLock::new(|| {
    std::env::var("MUTANT")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
});
static REACHED: LazyLock<Option<Mutex<(BTreeSet<u32>, std::fs::File)>>> = LazyLock::new(|| {
    // Several crates have a switch, and note in one file.
    let file = std::fs::File::options().append(true).open(std::env::var_os("MUTANT_REACHED")?).ok()?;
    Some(Mutex::new((BTreeSet::new(), file)))
});

/// The mutant that is on.
#[inline]
pub fn on(site: u32) -> u32 {
    if let Some(reached) = &*REACHED {
        let mut reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
        if reached.0.insert(site) {
            let _ = writeln!(reached.1, "{site}");
        }
    }
    *ON
}

/// What a function returns that promises an iterator and may return another one.
#[derive(Clone)]
pub enum Either<A, B> {
    /// The one that is further left.
    One(A),
    /// The others.
    Other(B),
}

impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for Either<A, B> {
    type Item = A::Item;

    fn next(&mut self) -> Option<A::Item> {
        match self {
            Self::One(one) => one.next(),
            Self::Other(other) => other.next(),
        }
    }
}

impl<A: DoubleEndedIterator, B: DoubleEndedIterator<Item = A::Item>> DoubleEndedIterator for Either<A, B> {
    fn next_back(&mut self) -> Option<A::Item> {
        match self {
            Self::One(one) => one.next_back(),
            Self::Other(other) => other.next_back(),
        }
    }
}
