//! Integer money: amounts in base units (wei, 10^-6 USDT, paise) and basis points.
//!
//! Not responsible for currencies' display, exchange rates or who owns what.
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

mod amount;
mod asset;
mod bps;

pub use amount::{Amount, AmountError};
pub use asset::{Asset, AssetError};
pub use bps::{Bps, BpsError};
