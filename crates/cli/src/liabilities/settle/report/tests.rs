//! Tests of `report`.

use abi::ICustody;
use alloy::primitives::U256;
use alloy::sol_types::SolError;

use super::*;

#[test]
fn what_the_contract_refuses_has_a_code_and_only_a_stranger_concerns_one_part() {
    let (wanted, available) = (U256::from(2), U256::from(1));
    let root = B256::repeat_byte(1);
    for (error, code) in [
        (
            ICustody::InsufficientFunds { wanted, available }.abi_encode(),
            "insufficient_funds",
        ),
        (
            ICustody::OutflowCapReached { wanted, available }.abi_encode(),
            "outflow_cap_reached",
        ),
        (
            ICustody::NotRegistered {
                user: Address::repeat_byte(2),
            }
            .abi_encode(),
            "not_registered",
        ),
        (
            ICustody::RootUnknownOrImmature { root }.abi_encode(),
            "root_unknown",
        ),
        (ICustody::InvalidProof {}.abi_encode(), "refused"),
        (Vec::new(), "refused"),
    ] {
        let stop = Stop::of(&Revert::of(&error.into()));
        assert_eq!(stop.code, code);
        assert_eq!(stop.concerns_one_part(), code == "not_registered", "{code}");
    }
}
