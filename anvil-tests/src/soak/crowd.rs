//! A contract that pays custody many times in one transaction, so that a soak has many events.

use abi::ICustody;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};

/// Gas of one payment, with room to spare.
const PAYMENT_GAS: u64 = 30_000;
/// Gas of the rest of a transaction.
const BASE_GAS: u64 = 100_000;

/// The contract's code: of the three words it is called with, it sends the third to the first so often as the second says, by
/// `fund()`, and reverts when one of them is refused.
pub(super) fn code() -> Vec<u8> {
    let mut code = vec![0x63];
    code.extend(ICustody::fundCall::SELECTOR);
    // PUSH1 224, SHL, PUSH0, MSTORE, PUSH1 32, CALLDATALOAD: how often is left.
    code.extend([0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 0x20, 0x35]);
    // 13: JUMPDEST, DUP1, ISZERO, PUSH1 42, JUMPI: nothing is left.
    code.extend([0x5b, 0x80, 0x15, 0x60, 0x2a, 0x57]);
    // PUSH0, PUSH0, PUSH1 4, PUSH0, PUSH1 64, CALLDATALOAD, PUSH0, CALLDATALOAD, GAS, CALL.
    code.extend([
        0x5f, 0x5f, 0x60, 0x04, 0x5f, 0x60, 0x40, 0x35, 0x5f, 0x35, 0x5a, 0xf1,
    ]);
    // ISZERO, PUSH1 44, JUMPI: refused.
    code.extend([0x15, 0x60, 0x2c, 0x57]);
    // PUSH1 1, SWAP1, SUB, PUSH1 13, JUMP.
    code.extend([0x60, 0x01, 0x90, 0x03, 0x60, 0x0d, 0x56]);
    // 42: JUMPDEST, STOP. 44: JUMPDEST, PUSH0, PUSH0, REVERT.
    code.extend([0x5b, 0x00, 0x5b, 0x5f, 0x5f, 0xfd]);
    code
}

/// The call for so many payments of so much each.
pub(super) fn call(custody: Address, times: u64, each: U256) -> Bytes {
    (custody, U256::from(times), each).abi_encode().into()
}

/// Gas for so many payments.
pub(super) const fn gas(times: u64) -> u64 {
    BASE_GAS + times * PAYMENT_GAS
}
