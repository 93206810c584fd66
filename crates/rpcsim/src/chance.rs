//! Faults by chance: a function of seed, replica, method and count, so that the same run meets the same faults.

use std::time::Duration;

use crate::fault::Fault;

/// Rates are shares of this many requests.
const OF: u64 = 1_000;

/// The longest delay by chance. Longer than a block of the development chain, shorter than any client's patience.
const DELAY_MS_MAX: u64 = 600;

/// How far behind a node is by chance, at most.
const STALE_BLOCKS_MAX: u64 = 8;

/// Methods of the development node, with which a test steers it: they never fail.
const STEERING: [&str; 4] = ["anvil_", "evm_", "hardhat_", "txpool_"];

/// The method that sends a raw transaction.
const RAW: &str = "eth_sendRawTransaction";

/// What nodes say to a raw transaction that they do not want, or already have.
const WORDS: [fn() -> Fault; 6] = [
    Fault::already_known,
    Fault::accepted_already_known,
    Fault::nonce_too_low,
    Fault::underpriced,
    Fault::replacement_underpriced,
    Fault::pool_full,
];

/// How many of a thousand requests meet each fault. Those that do not apply to a method leave it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// The answer comes up to 0.6 s late.
    pub delay: u16,
    /// HTTP status 429.
    pub rate_limited: u16,
    /// HTTP status 500.
    pub server_error: u16,
    /// An error of JSON-RPC; to a raw transaction, one of the usual words.
    pub refuse: u16,
    /// The connection is closed, and the request not executed.
    pub drop_before: u16,
    /// The connection is closed, and the request executed.
    pub drop_after: u16,
    /// The answer is cut in half.
    pub truncate: u16,
    /// A read is answered as by a node up to eight blocks behind.
    pub stale: u16,
    /// No logs, no receipt.
    pub missing: u16,
    /// A raw transaction is promised, and lost.
    pub swallow: u16,
}

impl Rates {
    /// No faults.
    pub const NONE: Self = Self {
        delay: 0,
        rate_limited: 0,
        server_error: 0,
        refuse: 0,
        drop_before: 0,
        drop_after: 0,
        truncate: 0,
        stale: 0,
        missing: 0,
        swallow: 0,
    };

    /// A bad day of a public node: three requests of ten meet a fault.
    pub const BAD_DAY: Self = Self {
        delay: 60,
        rate_limited: 40,
        server_error: 20,
        refuse: 40,
        drop_before: 20,
        drop_after: 40,
        truncate: 20,
        stale: 40,
        missing: 20,
        swallow: 20,
    };

    /// Each rate with its fault; none where it does not apply to the request.
    fn each(self) -> [(u16, Draw); 10] {
        [
            (self.delay, |random, _| {
                Some(Fault::Delay(Duration::from_millis(
                    1 + random.below(DELAY_MS_MAX),
                )))
            }),
            (self.rate_limited, |_, _| Some(Fault::rate_limited())),
            (self.server_error, |_, _| Some(Fault::Status(500))),
            (self.refuse, |random, method| {
                Some(match method {
                    RAW => random.one_of(&WORDS)(),
                    _ => Fault::refuse("internal error"),
                })
            }),
            (self.drop_before, |_, _| Some(Fault::DropBefore)),
            (self.drop_after, |_, _| Some(Fault::DropAfter)),
            (self.truncate, |_, _| Some(Fault::Truncate)),
            (self.stale, |random, method| {
                (method != RAW).then(|| Fault::Stale(1 + random.below(STALE_BLOCKS_MAX)))
            }),
            (self.missing, |_, method| match method {
                "eth_getLogs" => Some(Fault::Empty),
                "eth_getTransactionReceipt" | "eth_getTransactionByHash" => Some(Fault::Null),
                _ => None,
            }),
            (self.swallow, |_, method| {
                (method == RAW).then_some(Fault::Swallow)
            }),
        ]
    }

    /// The sum, of a thousand.
    pub fn total(self) -> u64 {
        self.each().iter().map(|(rate, _)| u64::from(*rate)).sum()
    }
}

/// The fault of a request of this method.
type Draw = fn(&mut Random, &str) -> Option<Fault>;

/// The request that a decision is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nth<'a> {
    pub(crate) replica: usize,
    pub(crate) method: &'a str,
    /// How many requests of this method the replica had before.
    pub(crate) nth: u64,
}

/// The fault of this request, if it meets one.
pub(crate) fn decide(seed: u64, rates: Rates, request: Nth<'_>) -> Option<Fault> {
    if STEERING.iter().any(|prefix| request.method.starts_with(prefix)) {
        return None;
    }
    let mut random = Random::of(seed, request);
    let drawn = random.below(OF);
    let mut below = 0;
    let (_, draw) = rates.each().into_iter().find(|(rate, _)| {
        below += u64::from(*rate);
        drawn < below
    })?;
    draw(&mut random, request.method)
}

/// SplitMix64: a few bits well mixed are all that is needed.
struct Random(u64);

impl Random {
    fn of(seed: u64, request: Nth<'_>) -> Self {
        let mut random = Self(seed);
        random.absorb(request.replica as u64);
        for byte in request.method.bytes() {
            random.absorb(u64::from(byte));
        }
        random.absorb(request.nth);
        random
    }

    fn absorb(&mut self, word: u64) {
        self.0 = self.next() ^ word;
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The bias of the remainder does not matter here.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.below(choices.len() as u64);
        &choices[usize::try_from(index).expect("it is below a length")]
    }
}

#[cfg(test)]
mod tests;
