//! What a contract holds: the chain's own coin or one token. Each has a form of its own, with code of its own.
//!
//! Not responsible for what a token says of itself on its chain.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolValue;

use crate::bindings::{ICustody, deployable, deployable_token};

/// Decimals of the coins of EVM chains.
const COIN_DECIMALS: u8 = 18;

/// What a contract holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asset {
    /// The chain's own coin: `Custody`.
    Native,
    /// One token: `CustodyToken`.
    Token {
        /// The token's contract.
        address: Address,
        /// The token's own decimals: base units are counted by them, as limits are.
        decimals: u8,
    },
}

impl Asset {
    /// The token's contract, if it is a token.
    pub const fn token(&self) -> Option<Address> {
        match self {
            Self::Native => None,
            Self::Token { address, .. } => Some(*address),
        }
    }

    /// How many decimals a whole coin or token has.
    pub const fn decimals(&self) -> u8 {
        match self {
            Self::Native => COIN_DECIMALS,
            Self::Token { decimals, .. } => *decimals,
        }
    }

    /// Creation code of the form for this asset, with the constructor's arguments.
    pub fn creation_code(&self, config: &ICustody::Config) -> Bytes {
        let mut code = match self {
            Self::Native => deployable::Custody::BYTECODE.to_vec(),
            Self::Token { .. } => deployable_token::CustodyToken::BYTECODE.to_vec(),
        };
        code.extend(config.abi_encode());
        if let Some(token) = self.token() {
            code.extend(token.abi_encode());
        }
        code.into()
    }

    /// The form's code as the compiler gives it, every fixed value zero.
    pub(crate) fn template(&self) -> &'static [u8] {
        match self {
            Self::Native => &deployable::Custody::DEPLOYED_BYTECODE,
            Self::Token { .. } => &deployable_token::CustodyToken::DEPLOYED_BYTECODE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::development;

    #[test]
    fn the_token_is_the_last_word_of_its_forms_creation_code() {
        let (config, address) = (development::config(), Address::repeat_byte(7));
        let decimals = 6;
        let code = Asset::Token { address, decimals }.creation_code(&config);
        let (program, arguments) = code.split_at(code.len() - 15 * 32);
        assert_eq!(program, &deployable_token::CustodyToken::BYTECODE[..]);
        assert_eq!(arguments[..14 * 32], config.abi_encode());
        assert_eq!(arguments[14 * 32..], address.into_word()[..]);
        let native = Asset::Native.creation_code(&config);
        assert_eq!(
            native[..],
            [&deployable::Custody::BYTECODE[..], &config.abi_encode()].concat()
        );
    }

    #[test]
    fn a_coin_has_eighteen_decimals_and_a_token_its_own() {
        let address = Address::repeat_byte(7);
        assert_eq!(Asset::Native.decimals(), 18);
        assert_eq!(Asset::Token { address, decimals: 6 }.decimals(), 6);
    }
}
