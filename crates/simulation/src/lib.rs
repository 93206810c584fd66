//! What a compensation plan does to people who behave as assumed: arrivals, sponsors and retopups by a seed, every
//! fact applied by [`plan::State`], every participant counted.
//!
//! The same plan, parameters and seed give the same report on every machine: integers only, and a generator that a
//! specification fixes. Not responsible for what people will really do: a report states its assumptions first, and
//! says nothing about anyone's future. No clock, files or network.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

pub mod books;
pub mod chance;
pub mod comparison;
pub mod driver;
pub mod growth;
pub mod html;
pub mod parameters;
pub mod report;
pub mod run;
pub mod sponsors;
pub mod tape;
mod text;

pub use books::Books;
pub use comparison::{Comparison, Difference};
pub use driver::Driver;
pub use parameters::{Behaviour, Growth, ParameterError, Parameters, SponsorChoice};
pub use report::Report;
pub use run::{SimulationError, simulate, simulate_and_record, simulate_with};
