// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Authorizations} from "./Authorizations.sol";
import {Balances} from "./Balances.sol";

/// @notice Money that may still be taken back: deposits by reference, their sum per day, refunds and the sweep.
/// @dev Deposits that were not refunded and whose day is not swept sum up to `_escrowedUnits`; so do the unswept buckets.
abstract contract Escrow is Balances, Authorizations {
    using SafeCast for uint256;

    bytes32 internal constant REFUND_TYPEHASH = keccak256("Refund(bytes32 ref,address to,uint256 deadline)");

    /// @dev One slot.
    /// @param units of the asset; 56 bits of gwei are 72 million whole coins, half of all that exist
    struct Deposit {
        address user;
        uint56 units;
        bool refunded;
        uint32 refundableUntil;
    }

    /// @dev Last day whose bucket has been swept.
    uint32 internal _sweptThrough;

    mapping(bytes32 ref => Deposit) internal _deposits;
    /// @dev Units that mature at the end of a day.
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
        return (d.user, d.units * _unit(), d.refundableUntil, d.refunded);
    }

    /// @notice Sends an intake back to `to`, while `now <= refundableUntil`. The depositor only; never paused or frozen.
    /// @dev In order: `NotRefundable` (unknown), `WrongUser`, `ZeroAddress`, `NotRefundable` (over or refunded before),
    /// `TransferFailed`.
    function refund(bytes32 ref, address to) external nonReentrant {
        Deposit memory d = _depositOf(ref);
        if (d.user != msg.sender) revert ICustody.WrongUser(d.user, msg.sender);
        _refund(ref, d, to);
    }

    /// @notice The same by the depositor's signature, which is valid through `deadline`, however far that is. Anybody.
    /// @dev In order: `Expired`, `NotRefundable` (unknown), `InvalidSignature`, `ZeroAddress`, `NotRefundable` (over or refunded
    /// before), `TransferFailed`.
    function refundFor(ICustody.Refund calldata order, bytes calldata signature) external nonReentrant {
        if (block.timestamp > order.deadline) revert ICustody.Expired(order.deadline);
        Deposit memory d = _depositOf(order.ref);
        _checkSignature(keccak256(abi.encode(REFUND_TYPEHASH, order)), d.user, signature);
        _refund(order.ref, d, order.to);
    }

    /// @notice Releases at most `maxDays` day buckets, of days before today. Anybody.
    /// @dev Days without deposits count too. `NothingToSweep(day swept last)` when no day advances.
    function sweepMatured(uint256 maxDays) external nonReentrant {
        uint256 swept = _sweptThrough;
        uint256 pending = Math.min(block.timestamp / 1 days - 1 - swept, maxDays);
        if (pending == 0) revert ICustody.NothingToSweep(swept);

        uint256 through = swept + pending;
        uint256 units;
        for (uint256 day = swept + 1; day <= through; ++day) {
            units += _buckets[day];
            delete _buckets[day];
        }
        _sweptThrough = uint32(through);
        _escrowedUnits -= uint56(units);

        _record(2, abi.encode(ICustody.EscrowMatured.selector, through, SEQ, units * _unit()));
    }

    /// @dev `amount` is a positive whole number of units, `ref` unused.
    function _escrow(bytes32 ref, address user, uint256 amount, uint256 refundableUntil) internal {
        uint56 units = (amount / _unit()).toUint56();
        _deposits[ref] =
            Deposit({user: user, units: units, refunded: false, refundableUntil: refundableUntil.toUint32()});
        _buckets[refundableUntil / 1 days] += units;
        _escrowedUnits = (uint256(_escrowedUnits) + units).toUint56();
    }

    function _refund(bytes32 ref, Deposit memory d, address to) private {
        if (to == address(0)) revert ICustody.ZeroAddress();
        if (d.refunded || block.timestamp > d.refundableUntil) revert ICustody.NotRefundable(ref);

        uint256 amount = d.units * _unit();
        _deposits[ref].refunded = true;
        _buckets[uint256(d.refundableUntil) / 1 days] -= d.units;
        _escrowedUnits -= d.units;

        _record(3, abi.encode(ICustody.DepositRefunded.selector, ref, d.user, SEQ, to, amount));
        _send(to, amount);
    }

    function _depositOf(bytes32 ref) private view returns (Deposit memory d) {
        d = _deposits[ref];
        if (d.user == address(0)) revert ICustody.NotRefundable(ref);
    }
}
