// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ICustody} from "./interfaces/ICustody.sol";

/// @notice Sums over all users: what the contract holds for them, and what it ever paid. Not responsible for who gets what.
/// @dev The balance is at least escrow and credit together. It is never taken as exact: forced ether only adds.
abstract contract Balances is ICustody {
    // They share slots with each other and with the bucket of `Outflow`.
    /// @dev Deposits that may still be taken back.
    uint96 internal _escrowed;
    /// @dev Credits that were not withdrawn.
    uint96 internal _credited;
    /// @dev Everything that batches sent or credited.
    uint96 internal _pushed;
    /// @dev Everything that claims sent.
    uint96 internal _claimed;

    function totals() external view returns (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) {
        return (_pushed, _claimed, _credited, _escrowed);
    }

    /// @dev What belongs to no deposit and to no credit.
    function _free() internal view returns (uint256) {
        return address(this).balance - _escrowed - _credited;
    }

    /// @dev All gas, no returned data copied.
    function _send(address to, uint256 amount) internal {
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert ICustody.TransferFailed(to, amount);
    }
}
