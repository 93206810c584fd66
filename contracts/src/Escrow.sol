// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Balances} from "./Balances.sol";
import {Roles} from "./Roles.sol";

/// @notice Money that may still be taken back: deposits by reference, their sum per day, refunds and the sweep.
/// @dev Deposits that were not refunded and whose day is not swept sum up to `_escrowed`; so do the unswept buckets.
abstract contract Escrow is Roles, Balances {
    using SafeCast for uint256;

    /// @dev One slot.
    /// @param amountGwei 56 bits hold 72 million whole units, half of all that exist
    struct Deposit {
        address user;
        uint56 amountGwei;
        bool refunded;
        uint32 refundableUntil;
    }

    /// @dev Last day whose bucket has been swept.
    uint32 internal _sweptThrough;

    mapping(bytes32 ref => Deposit) internal _deposits;
    mapping(uint256 day => uint256) internal _buckets;

    constructor() {
        // A deposit's day is never before the day of its intake, so earlier days are empty.
        _sweptThrough = uint32(block.timestamp / 1 days - 1);
    }

    /// @return user who paid; zero for an unknown reference
    function deposit(bytes32 ref)
        external
        view
        returns (address user, uint256 amount, uint256 refundableUntil, bool refunded)
    {
        Deposit storage d = _deposits[ref];
        return (d.user, uint256(d.amountGwei) * 1 gwei, d.refundableUntil, d.refunded);
    }

    /// @notice Sends an intake back to `to`, while `now <= refundableUntil`. The depositor only; never paused or frozen.
    /// @dev In order: `NotRefundable` (unknown), `WrongUser`, `ZeroAddress`, `NotRefundable` (over or refunded before).
    function refund(bytes32 ref, address to) external nonReentrant {
        Deposit memory d = _deposits[ref];
        if (d.user == address(0)) revert ICustody.NotRefundable(ref);
        if (d.user != msg.sender) revert ICustody.WrongUser(d.user, msg.sender);
        if (to == address(0)) revert ICustody.ZeroAddress();
        if (d.refunded || block.timestamp > d.refundableUntil) revert ICustody.NotRefundable(ref);

        uint256 amount = uint256(d.amountGwei) * 1 gwei;
        _deposits[ref].refunded = true;
        _buckets[uint256(d.refundableUntil) / 1 days] -= amount;
        _escrowed -= uint96(amount);

        _record(3, abi.encode(ICustody.DepositRefunded.selector, ref, d.user, SEQ, to, amount));
        _send(to, amount);
    }

    /// @notice Releases at most `maxDays` day buckets, of days before today. Anybody.
    /// @dev Days without deposits count too. `NothingToSweep(day swept last)` when no day advances.
    function sweepMatured(uint256 maxDays) external nonReentrant {
        uint256 swept = _sweptThrough;
        uint256 pending = block.timestamp / 1 days - 1 - swept;
        if (pending > maxDays) pending = maxDays;
        if (pending == 0) revert ICustody.NothingToSweep(swept);

        uint256 through = swept + pending;
        uint256 amount;
        for (uint256 day = swept + 1; day <= through; ++day) {
            amount += _buckets[day];
            delete _buckets[day];
        }
        _sweptThrough = uint32(through);
        _escrowed -= uint96(amount);

        _record(2, abi.encode(ICustody.EscrowMatured.selector, through, SEQ, amount));
    }

    /// @dev `amount` is a positive whole number of gwei, `ref` unused.
    function _escrow(bytes32 ref, address user, uint256 amount, uint256 refundableUntil) internal {
        _deposits[ref] = Deposit({
            user: user,
            amountGwei: (amount / 1 gwei).toUint56(),
            refunded: false,
            refundableUntil: refundableUntil.toUint32()
        });
        _buckets[refundableUntil / 1 days] += amount;
        _escrowed += uint96(amount);
    }
}
