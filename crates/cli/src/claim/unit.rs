//! The unit of what a contract holds: the coin's smallest, or a token's own.

use alloy::primitives::Address;
use anyhow::Context;
use chain::{At, ChainReader, TokenState};

/// In what amounts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// The chain's own coin.
    Coin,
    /// Base units of a token, and how many of its digits stand behind the point, if it says so.
    Token(Address, Option<u8>),
}

impl Unit {
    /// That of the reader's contract.
    pub(super) async fn of(reader: &ChainReader) -> anyhow::Result<Self> {
        let held = reader.held_token(At::Latest).await;
        let Some(token) = held.context("cannot read which asset the contract holds")? else {
            return Ok(Self::Coin);
        };
        let decimals = match reader.token_state(token, At::Latest).await? {
            TokenState::Token { decimals, .. } => Some(decimals),
            TokenState::Missing | TokenState::NoToken { .. } => None,
        };
        Ok(Self::Token(token, decimals))
    }

    /// An amount with its unit.
    pub(super) fn show(self, amount: u128) -> String {
        match self {
            Self::Coin => format!("{amount} wei"),
            Self::Token(token, Some(decimals)) => format!("{} of token {token}", point(amount, decimals)),
            Self::Token(token, None) => format!("{amount} base units of token {token}"),
        }
    }
}

/// The amount in whole ones, without zeros that say nothing.
fn point(amount: u128, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{amount:0>width$}", width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_the_unit_of_what_is_held() {
        let token = Address::repeat_byte(7);
        let named = format!("of token {token}");
        for (unit, amount, shown) in [
            (Unit::Coin, 18_000_000, "18000000 wei".to_owned()),
            (Unit::Token(token, Some(6)), 18_000_000, format!("18 {named}")),
            (
                Unit::Token(token, Some(6)),
                1_500_001,
                format!("1.500001 {named}"),
            ),
            (Unit::Token(token, Some(6)), 1, format!("0.000001 {named}")),
            (Unit::Token(token, Some(0)), 70, format!("70 {named}")),
            (
                Unit::Token(token, Some(40)),
                u128::MAX,
                format!("0.0{} {named}", u128::MAX),
            ),
            (Unit::Token(token, None), 70, format!("70 base units {named}")),
        ] {
            assert_eq!(unit.show(amount), shown);
        }
    }
}
