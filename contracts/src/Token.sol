// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ICustodyLeaves} from "./interfaces/ICustodyLeaves.sol";
import {ICustodyToken} from "./interfaces/ICustodyToken.sol";
import {Payouts} from "./Payouts.sol";

/// @notice The asset is one token, also one that returns nothing, or `false` although it paid (USDT on TRON).
/// @dev The token is trusted to keep its own books, not to answer well: what it returns is never read but for balances. Its calls
/// back, to whomever, find the guard. A token that takes more than it is told to, or whose balances change by themselves, is none
/// for this contract.
abstract contract Token is ICustodyToken, Payouts {
    /// @dev Below the 16,777,216 gas that a transaction may have when all recipients burn what they are given: 50 times 200,000
    /// and what crediting costs.
    uint256 internal constant MAX_BATCH = 50;
    /// @dev About half as much again as the dearest known transfer, to a new holder of USDT on TRON while its factor is highest.
    uint256 internal constant RECIPIENT_GAS = 200_000;
    /// @dev A call never gets more than 63/64 of what is left (EIP-150). Whoever was given less than `RECIPIENT_GAS` leaves
    /// less than this behind, even when it gives all of it back.
    uint256 internal constant MIN_GAS_AFTER_FAILURE = 204_000;
    /// @dev In 56 bits, 720 million whole tokens fit into a deposit, or more of a token of fewer decimals.
    uint256 internal constant UNIT_DECIMALS = 8;

    address private immutable _TOKEN;
    uint256 private immutable _UNIT;
    uint256 private immutable _LEAST_FUNDING;

    /// @dev Fails for what is no token: it must know its decimals.
    constructor(address token_) {
        uint256 decimals = IERC20Metadata(token_).decimals();
        _TOKEN = token_;
        _UNIT = decimals > UNIT_DECIMALS ? 10 ** (decimals - UNIT_DECIMALS) : 1;
        _LEAST_FUNDING = decimals == 0 ? 1 : 10 ** (decimals - 1);
    }

    function token() external view returns (address) {
        return _TOKEN;
    }

    function _maxBatch() internal pure override returns (uint256) {
        return MAX_BATCH;
    }

    function _minGasAfterFailure() internal pure override returns (uint256) {
        return MIN_GAS_AFTER_FAILURE;
    }

    function _unit() internal view override returns (uint256) {
        return _UNIT;
    }

    function _leastFunding() internal view override returns (uint256) {
        return _LEAST_FUNDING;
    }

    function _balance() internal view override returns (uint256) {
        return IERC20(_TOKEN).balanceOf(address(this));
    }

    function _checkValue(uint256) internal view override {
        if (msg.value != 0) revert ICustody.WrongValue(0, msg.value);
    }

    function _offered() internal view override returns (uint256) {
        _checkValue(0);
        return IERC20(_TOKEN).allowance(msg.sender, address(this));
    }

    function _collect(address from, uint256 amount) internal override {
        uint256 before = _balance();
        if (!_call(abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)), gasleft())) {
            revert ICustody.TransferFailed(address(this), amount);
        }
        uint256 received = _balance() - before;
        if (received != amount) revert ICustody.WrongValue(amount, received);
    }

    function _send(address to, uint256 amount) internal override {
        uint256 before = _balance();
        if (!_call(abi.encodeCall(IERC20.transfer, (to, amount)), gasleft()) || _balance() + amount != before) {
            revert ICustody.TransferFailed(to, amount);
        }
    }

    /// @dev One comparison for the whole list is cheaper than one for each recipient. It fails for a token that refuses without
    /// reverting, and when a recipient gives something back meanwhile; those entries must be left to claims.
    function _payAll(Cause memory cause, bytes32[] memory words, Outcome memory outcome) internal override {
        uint256 before = _balance();
        _payList(cause, words, outcome);
        uint256 sent = outcome.paid - outcome.credited;
        if (_balance() + sent != before) revert ICustody.TransferFailed(_TOKEN, sent);
    }

    function _payStretch(Cause memory cause, Progress memory progress) internal override returns (int256 due) {
        for (; progress.at < progress.end; progress.at += 0x20) {
            bytes32 entry;
            // Memory-safe: reads the word at `at`.
            assembly ("memory-safe") {
                entry := mload(mload(progress))
            }
            address user = address(bytes20(entry));
            Account memory a = _account(user);
            due = int256(uint256(uint96(uint256(entry)))) - int256(uint256(a.paid));
            if (uint160(user) <= progress.previous || due <= 0) return due;
            if (a.frozenUntil == 0 || a.frozenUntil > block.timestamp) return due;
            uint256 amount = uint256(due);
            _account(user).paid = uint96(uint256(entry));
            if (!_call(abi.encodeCall(IERC20.transfer, (user, amount)), RECIPIENT_GAS)) return due;
            // Memory-safe: writes the word at `at`.
            assembly ("memory-safe") {
                mstore(mload(progress), or(shl(96, user), amount))
            }
            if (cause.leaves) emit ICustodyLeaves.LeafPaid(cause.id, user, amount);
            else emit ICustody.PayoutExecuted(cause.id, user, amount);
            progress.sent += amount;
            progress.previous = uint160(user);
        }
    }

    /// @dev No returned data is copied.
    function _call(bytes memory data, uint256 gas_) internal returns (bool success) {
        address token_ = _TOKEN;
        assembly ("memory-safe") {
            success := call(gas_, token_, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
