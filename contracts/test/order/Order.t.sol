// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Steps} from "../Steps.sol";

/// @notice Every order of six steps, for lists of steps that get into each other's way. Any order of many: `fuzz/Order.t.sol`.
contract OrderTest is Steps {
    uint256 private constant LENGTH = 6;
    uint256 private constant ORDERS = 720;

    /// @dev Undoes everything that a play changed.
    error Played();

    function test_batches_retries_claims_and_leaves() public {
        _playAll(
            [
                Step.FirstBatch,
                Step.FirstBatchAgain,
                Step.SecondBatch,
                Step.ClaimFirstRoot,
                Step.LeavesOfFirstRoot,
                Step.Withdraw
            ]
        );
    }

    function test_freezes_between_payments_and_withdrawals() public {
        _playAll(
            [Step.SecondBatch, Step.Freeze, Step.Unfreeze, Step.ClaimFirstRoot, Step.LeavesOfFirstRoot, Step.Withdraw]
        );
    }

    function test_a_root_that_is_published_vetoed_or_matures() public {
        _playAll(
            [
                Step.PublishSecondRoot,
                Step.VetoSecondRoot,
                Step.Wait,
                Step.ClaimSecondRoot,
                Step.FirstBatch,
                Step.LeavesOfSecondRoot
            ]
        );
    }

    function test_a_root_that_is_replaced_by_another() public {
        _playAll(
            [
                Step.PublishSecondRoot,
                Step.PublishThirdRoot,
                Step.Wait,
                Step.Wait,
                Step.LeavesOfSecondRoot,
                Step.LeavesOfThirdRoot
            ]
        );
    }

    function test_a_root_that_is_retired_when_another_is_there() public {
        _playAll(
            [
                Step.RetireFirstRoot,
                Step.PublishSecondRoot,
                Step.Wait,
                Step.ClaimFirstRoot,
                Step.LeavesOfFirstRoot,
                Step.SecondBatch
            ]
        );
    }

    function test_a_refund_and_a_cancelled_batch() public {
        _playAll([Step.Refund, Step.CancelFirstBatch, Step.FirstBatch, Step.Freeze, Step.ClaimFirstRoot, Step.Withdraw]);
    }

    function play(Step[LENGTH] calldata steps) external {
        for (uint256 k; k < LENGTH; ++k) {
            _take(steps[k]);
        }
        _finish();
        revert Played();
    }

    function _playAll(Step[LENGTH] memory steps) private {
        for (uint256 order; order < ORDERS; ++order) {
            Step[LENGTH] memory list = _ordered(steps, order);
            try this.play(list) {
                revert("a play ends by being undone");
            } catch (bytes memory error_) {
                if (bytes4(error_) != Played.selector) _fail(order, error_);
            }
            // The clock is not undone.
            vm.warp(BEGIN);
        }
    }

    function _fail(uint256 order, bytes memory error_) private pure {
        revert(string.concat("order ", vm.toString(order), ": ", string(error_)));
    }

    /// @dev The digits of `order` in the system of factorials say which of the remaining steps comes next.
    function _ordered(Step[LENGTH] memory steps, uint256 order) private pure returns (Step[LENGTH] memory list) {
        bool[LENGTH] memory taken;
        uint256 weight = ORDERS;
        for (uint256 k; k < LENGTH; ++k) {
            weight /= LENGTH - k;
            uint256 skip = (order / weight) % (LENGTH - k);
            uint256 at;
            for (;; ++at) {
                if (taken[at]) continue;
                if (skip == 0) break;
                --skip;
            }
            taken[at] = true;
            list[k] = steps[at];
        }
    }
}
