// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Asset} from "./Asset.sol";

/// @notice Sums over all users: what the contract holds for them, and what it ever paid. Not responsible for who gets what.
/// @dev The balance is at least escrow and credit together. It is never taken as exact: what is forced in only adds.
/// Packed by who needs what at once: the first slot begins with the pause and is all that intakes, refunds and withdrawals write;
/// the second is all that claims write. Batches write both.
abstract contract Balances is Pausable, ICustody, Asset {
    /// @dev Deposits that may still be taken back, in units of the asset; 56 bits, as in a deposit.
    uint56 internal _escrowedUnits;
    /// @dev Credits that were not withdrawn.
    uint96 internal _credited;
    /// @dev Everything that batches sent or credited.
    uint96 internal _pushed;

    /// @dev Everything that claims sent, and that was sent or credited for leaves.
    uint96 internal _claimed;
    /// @dev How full the bucket of `Outflow` was at `_levelAt`.
    uint96 internal _level;
    uint32 internal _levelAt;
    /// @dev What had leaked of a further unit by then, in parts of a day.
    uint32 internal _leakRest;

    function totals() external view returns (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) {
        return (_pushed, _claimed, _credited, _escrowedUnits * _unit());
    }

    /// @dev What belongs to no deposit and to no credit; nothing after a loss outside of this contract, of a token.
    function _free() internal view returns (uint256) {
        (uint256 escrowed, uint256 credited) = (_escrowedUnits, _credited);
        uint256 owned = escrowed * _unit() + credited;
        uint256 balance = _balance();
        return balance > owned ? balance - owned : 0;
    }
}
