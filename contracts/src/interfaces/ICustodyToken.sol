// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustodyLeaves} from "./ICustodyLeaves.sol";

/// @title The same custody of one token instead of the chain's own coin
/// @notice Everything is as the agreed interface says, amounts are base units of the token, and
/// - no call carries value: `WrongValue(0, value)`;
/// - `register` and `retopup` take the amount from the user's allowance. What arrives must be exact (`WrongValue(amount, received)`),
///   so a token that takes a fee of it is refused; a token that refuses is `TransferFailed` to this contract;
/// - `fund` takes what the sender has allowed, all of it, at least a tenth of a token;
/// - where the agreed interface says a whole number of gwei, here it is a whole number of the 8th decimal of the token, and any number
///   for a token of at most 8 decimals: `NotWholeGwei`;
/// - a batch has at most 50 entries.
/// @dev Only that the token does not revert and that this contract's balance changes by exactly what was sent counts, not what the token
/// returns. For lists that is checked once, at the end: `TransferFailed(token, sent)`.
interface ICustodyToken is ICustodyLeaves {
    /// @notice The user's signature of an allowance (EIP-2612) for this contract.
    /// @param value what is allowed; the intake's amount or more
    /// @param deadline zero for no permit: the allowance is there already
    struct Permit {
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function token() external view returns (address);

    /// @notice Registers the intake's user, who signed it, with the user's tokens; anybody may send it.
    /// @dev As `register`. The user signs `RegistrationConsent`, the intake's fields under their own type, so that an authorization
    /// of the operator never passes for the user's consent: `InvalidSignature`. A permit that the token refuses is no error by
    /// itself, since anybody may have used it before; what counts is the allowance.
    function registerFor(
        Intake calldata intake,
        address signer,
        bytes calldata signature,
        bytes calldata consent,
        Permit calldata permit
    ) external;

    /// @notice The same for a registered user's further payment; the user signs `RetopupConsent`.
    function retopupFor(
        Intake calldata intake,
        address signer,
        bytes calldata signature,
        bytes calldata consent,
        Permit calldata permit
    ) external;
}
