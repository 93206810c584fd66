//! The proxy in front of a real node: each fault as a client sees it, and what the real node knows of it.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails where it stands")]

mod chance;
mod faults;
mod pool;
mod views;
mod world;
