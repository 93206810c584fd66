//! How long something took: by the clock on the wall, and of it on a processor. Benchmarks of one core run on machines that
//! others use too, and only the second says what a core of one's own would need.

use std::time::{Duration, Instant};

/// Runs from [`start`](Self::start).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    start: Instant,
    on_processor: Option<f64>,
}

/// Seconds of something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds {
    /// That went by.
    pub(crate) wall: f64,
    /// In which this thread ran; those that went by where the system does not tell.
    pub(crate) cpu: f64,
}

impl Stopwatch {
    /// Now.
    pub(crate) fn start() -> Self {
        let on_processor = on_processor();
        Self {
            start: Instant::now(),
            on_processor,
        }
    }

    /// Since the start.
    pub(crate) fn stop(self) -> Seconds {
        let wall = self.start.elapsed().as_secs_f64();
        let cpu = on_processor().zip(self.on_processor);
        Seconds {
            wall,
            cpu: cpu.map_or(wall, |(now, before)| now - before),
        }
    }
}

impl Seconds {
    /// The less of each, over two runs of the same.
    pub(crate) const fn best(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
        }
    }

    /// What nothing is worse than.
    pub(crate) const WORST: Self = Self {
        wall: f64::INFINITY,
        cpu: f64::INFINITY,
    };
}

/// Seconds in which this thread ran so far.
fn on_processor() -> Option<f64> {
    // Linux books the time of a thread when it leaves the processor.
    std::thread::sleep(Duration::from_micros(1));
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds).as_secs_f64())
}
