// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustodyLeaves} from "./ICustodyLeaves.sol";

/// @title The same custody of one token instead of the chain's own coin
/// @notice Everything is as the agreed interface says, amounts are base units of the token, and
/// - no call carries value: `WrongValue(0, value)`;
/// - `register` and `retopup` take the amount from the sender's allowance. What arrives must be exact (`WrongValue(amount, received)`),
///   so a token that takes a fee of it is refused; a token that refuses is `TransferFailed` to this contract;
/// - `fund` takes what the sender has allowed, all of it;
/// - where the agreed interface says a whole number of gwei, here it is a whole number of the 8th decimal of the token, and any number
///   for a token of at most 8 decimals: `NotWholeGwei`;
/// - a batch has at most 50 entries.
/// @dev Only that the token does not revert and that this contract's balance changes by exactly what was sent counts, not what the token
/// returns. For lists that is checked once, at the end: `TransferFailed(token, sent)`.
interface ICustodyToken is ICustodyLeaves {
    function token() external view returns (address);
}
