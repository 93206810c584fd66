//! What a revert means for a message: whether it is temporary, and the stable code shown to users.

use abi::ICustody::ICustodyErrors;
use chain::Revert;

/// Whether the contract may take the message later, without anyone signing again: what is missing is money or room under the
/// outflow cap.
pub fn is_passing(revert: &Revert) -> bool {
    let Revert::Custody(error) = revert else {
        return false;
    };
    matches!(
        error.as_ref(),
        ICustodyErrors::InsufficientFunds(_) | ICustodyErrors::OutflowCapReached(_)
    )
}

/// The contract's error as a code: its name in lower case, words joined by `_`.
pub fn code(revert: &Revert) -> String {
    let mut code = String::new();
    for letter in revert.name().chars().filter(char::is_ascii_alphanumeric) {
        if letter.is_ascii_uppercase() && !code.is_empty() {
            code.push('_');
        }
        code.push(letter.to_ascii_lowercase());
    }
    if code.is_empty() {
        "reverted".to_owned()
    } else {
        code
    }
}

#[cfg(test)]
mod tests {
    use abi::ICustody;
    use alloy::primitives::{Address, B256, Bytes, U256};
    use alloy::sol_types::SolError;

    use super::*;

    #[test]
    fn only_missing_money_and_room_pass_by_themselves() {
        let funds = ICustody::InsufficientFunds {
            wanted: U256::ONE,
            available: U256::ZERO,
        };
        let cap = ICustody::OutflowCapReached {
            wanted: U256::ONE,
            available: U256::ZERO,
        };
        for data in [funds.abi_encode(), cap.abi_encode()] {
            assert!(is_passing(&Revert::of(&data.into())));
        }
        let refunded = ICustody::NotRefundable { r#ref: B256::ZERO };
        let nothing = ICustody::NothingDue { user: Address::ZERO };
        for data in [refunded.abi_encode(), nothing.abi_encode(), Vec::new()] {
            assert!(!is_passing(&Revert::of(&data.into())));
        }
    }

    #[test]
    fn a_code_is_the_name_of_the_contracts_error() {
        let refunded = ICustody::NotRefundable { r#ref: B256::ZERO };
        assert_eq!(code(&Revert::of(&refunded.abi_encode().into())), "not_refundable");
        let unknown = code(&Revert::of(&Bytes::new()));
        assert!(
            !unknown.is_empty()
                && unknown
                    .bytes()
                    .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        );
    }
}
