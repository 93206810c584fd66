//! R17: the chain advances and finalizes, and everything that follows it keeps up.

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Check, Severity, Verdict};

names::names! {
    /// A process that there is one of at a time.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Worker {
        /// Records the chain.
        Listener = "listener",
        /// Posts facts.
        Posting = "posting",
        /// Sends payouts.
        Settlement = "settlement",
    }
}

/// Whether someone does this work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerSeen {
    /// Which work.
    pub worker: Worker,
    /// Seconds since its lease ran out, or since it was looked for when nobody ever had it; 0 while someone has it.
    pub missing_seconds: u64,
}

/// The newest blocks of the endpoint that is ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadSeen {
    /// Height of the newest block.
    pub number: u64,
    /// Seconds since it was seen first.
    pub unchanged_seconds: u64,
    /// Seconds by which its timestamp is behind the clock.
    pub behind_seconds: u64,
    /// Height of the newest final block.
    pub finalized: u64,
    /// Seconds since that was seen first.
    pub finalized_unchanged_seconds: u64,
}

/// How far the listener came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedHead {
    /// Height of its newest block.
    pub number: u64,
    /// Height of its newest final block.
    pub finalized: u64,
    /// Seconds since it recorded anything.
    pub unchanged_seconds: u64,
}

/// What moves, or ought to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Seconds since any endpoint answered; 0 when one did now.
    pub unanswered_seconds: u64,
    /// The chain, if an endpoint answered.
    pub head: Option<HeadSeen>,
    /// The listener, once it began.
    pub recorded: Option<RecordedHead>,
    /// For how long the oldest entry of the inbox waits to be posted, in seconds.
    pub unposted_seconds: Option<u64>,
    /// Who does the work.
    pub workers: Vec<WorkerSeen>,
}

/// When people are alerted. All of them leave time within a minute: one round sees it, the next one confirms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessLimits {
    /// Seconds without a new block, or without an answer of any endpoint.
    pub halted_seconds: u64,
    /// Seconds by which the newest block's timestamp may be behind the clock.
    pub behind_seconds: u64,
    /// Seconds without a new final block, while there are new blocks.
    pub final_seconds: u64,
    /// Blocks between head and finality: slow.
    pub final_slow_blocks: u64,
    /// Blocks between head and finality: stalled, and new payouts must stop.
    pub final_stalled_blocks: u64,
    /// Seconds for which a process may be silent, or an entry may wait.
    pub silence_seconds: u64,
    /// Blocks by which the listener may be behind the head.
    pub recorded_behind_blocks: u64,
}

/// R17.
pub fn freshness(seen: &Progress, limits: &FreshnessLimits) -> Verdict {
    let mut out = Findings::of(Check::Freshness);
    chain(seen, limits, &mut out);
    if let Some(head) = seen.head {
        finality(head, limits, &mut out);
        if let Some(recorded) = seen.recorded {
            listener(head, recorded, limits, &mut out);
        }
    }
    if let Some(waited) = seen.unposted_seconds.filter(|age| *age > limits.silence_seconds) {
        let sides = at_most(limits.silence_seconds, waited);
        let detail = "seconds for which the oldest entry of the inbox waits to be posted";
        out.note_as(
            Severity::S2,
            "posting progress",
            sides,
            BreakCause::Silence,
            detail,
        );
    }
    for WorkerSeen {
        worker,
        missing_seconds,
    } in &seen.workers
    {
        if *missing_seconds > limits.silence_seconds {
            let sides = at_most(limits.silence_seconds, *missing_seconds);
            let detail = "seconds for which no process has held the lease for this work";
            out.note_as(Severity::S2, worker.name(), sides, BreakCause::Silence, detail);
        }
    }
    out.verdict()
}

fn chain(seen: &Progress, limits: &FreshnessLimits, out: &mut Findings) {
    if seen.unanswered_seconds > limits.halted_seconds {
        let sides = at_most(limits.halted_seconds, seen.unanswered_seconds);
        let detail = "seconds for which no endpoint has responded";
        return out.note_as(Severity::S2, "endpoints", sides, BreakCause::Endpoint, detail);
    }
    let Some(head) = seen.head else { return };
    if head.unchanged_seconds > limits.halted_seconds {
        let sides = at_most(limits.halted_seconds, head.unchanged_seconds);
        let detail = format!("seconds without a block after {}", head.number);
        out.note_as(Severity::S2, "chain", sides, BreakCause::Endpoint, &detail);
    } else if head.behind_seconds > limits.behind_seconds {
        let sides = at_most(limits.behind_seconds, head.behind_seconds);
        let detail = format!(
            "seconds by which the time of block {} is behind the clock",
            head.number
        );
        out.note_as(Severity::S2, "chain", sides, BreakCause::Endpoint, &detail);
    }
}

fn finality(head: HeadSeen, limits: &FreshnessLimits, out: &mut Findings) {
    let lag = head.number.saturating_sub(head.finalized);
    let severity = if lag >= limits.final_stalled_blocks {
        Severity::S1
    } else if lag >= limits.final_slow_blocks {
        Severity::S2
    } else {
        // A halted chain is reported already; its finality need not be.
        let moves = head.unchanged_seconds < limits.final_seconds;
        if moves && head.finalized_unchanged_seconds > limits.final_seconds {
            let sides = at_most(limits.final_seconds, head.finalized_unchanged_seconds);
            let detail = format!("seconds without a final block after {}", head.finalized);
            out.note_as(Severity::S2, "finality", sides, BreakCause::Endpoint, &detail);
        }
        return;
    };
    let sides = Sides(format!("less than {}", limits.final_slow_blocks), lag);
    let detail = format!(
        "blocks from the newest final one, {}, to the head",
        head.finalized
    );
    out.note_as(severity, "finality", sides, BreakCause::Endpoint, &detail);
}

fn listener(head: HeadSeen, recorded: RecordedHead, limits: &FreshnessLimits, out: &mut Findings) {
    let behind = head.number.saturating_sub(recorded.number);
    let stands_still =
        head.finalized > recorded.finalized && recorded.unchanged_seconds > limits.silence_seconds;
    if stands_still || behind > limits.recorded_behind_blocks {
        let sides = Sides(
            format!("block {}, final {}", head.number, head.finalized),
            format!(
                "block {}, final {}, for {} s",
                recorded.number, recorded.finalized, recorded.unchanged_seconds
            ),
        );
        let detail = "what the listener recorded, against what the endpoints have";
        out.note_as(
            Severity::S2,
            "listener progress",
            sides,
            BreakCause::Silence,
            detail,
        );
    }
}

fn at_most(limit: u64, actual: u64) -> Sides<String, u64> {
    Sides(format!("at most {limit}"), actual)
}
