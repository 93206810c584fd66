//! Identity of delayed operations.
//!
//! Not responsible for who may schedule which one, nor for what they do.

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;

use crate::bindings::ICustody;

/// The argument of an operation about an address.
#[must_use]
pub fn argument(address: Address) -> B256 {
    address.into_word()
}

/// Identity of an operation, as its events carry it and `operationEta` takes it.
#[must_use]
pub fn id(operation: ICustody::Operation, argument: B256, value: U256) -> B256 {
    keccak256((U256::from(u8::from(operation)), argument, value).abi_encode())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, hex};

    #[test]
    fn an_identity_covers_kind_argument_and_value_as_words() {
        let who = address!("00112233445566778899aabbccddeeff01020304");
        let words = hex!(
            "0000000000000000000000000000000000000000000000000000000000000002"
            "00000000000000000000000000112233445566778899aabbccddeeff01020304"
            "0000000000000000000000000000000000000000000000000000000000000007"
        );
        assert_eq!(
            id(ICustody::Operation::AddSigner, argument(who), U256::from(7)),
            keccak256(words)
        );
    }
}
