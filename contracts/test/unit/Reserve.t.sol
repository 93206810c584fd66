// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice What published roots still owe is spent by claims only.
contract ReserveTest is SettlementTest {
    uint256 private constant FUNDS = 100 ether;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
    }

    function test_batches_and_treasury_spend_only_what_no_root_owes() public {
        _schedule(ICustody.Operation.Treasury, _argument(TREASURER), 70 ether);
        _schedule(ICustody.Operation.Treasury, _argument(TREASURER), 70 ether + 1);
        vm.warp(_now() + 3 days);
        _publish(_rootOf(_single(ALICE, 30 ether), 30 ether));
        _assertAvailable(70 ether);
        bytes memory error_ = abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 70 ether + 1, 70 ether);
        _expectBatchRevert(_batch("b1", 70 ether + 1), _list(BOB, 1 ether), error_);
        vm.expectRevert(error_);
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(TREASURER), 70 ether + 1);
        _executeOperation(ICustody.Operation.Treasury, _argument(TREASURER), 70 ether);
        _assertAvailable(0);
        vm.warp(_now() + 1 days);
        _claim(ALICE, 30 ether, _single(ALICE, 30 ether));
        assertEq(address(custody).balance, 2 * PRICE, "escrow is left");
    }

    function test_a_batch_that_pays_what_a_root_owes_does_not_lower_the_reserve() public {
        bytes32 root = _mature(ALICE, 30 ether);
        _execute(_batch("b1", 30 ether), _list(ALICE, 30 ether));
        _assertAvailable(40 ether);
        // Only a later root knows that it was paid.
        _publish(_rootOf("r2", 30 ether));
        vm.warp(_now() + 1 days);
        _assertAvailable(70 ether);
        _expectClaimRevert(ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }

    function test_claims_lower_it() public {
        bytes32 root = _mature(ALICE, 30 ether);
        _claim(ALICE, 30 ether, root);
        _assertAvailable(70 ether);
        _execute(_batch("b1", 70 ether), _list(BOB, 70 ether));
    }

    function test_claims_before_a_root_was_published_do_not_count_for_it() public {
        bytes32 root = _mature(ALICE, 30 ether);
        _claim(ALICE, 30 ether, root);
        // Of 50, 30 were claimed: 20 are owed.
        _publish(_rootOf(_single(ALICE, 50 ether), 50 ether));
        _assertAvailable(50 ether);
    }

    function test_the_larger_of_the_newest_mature_and_the_immature_root_counts() public {
        bytes32 first = _mature(ALICE, 30 ether);
        _execute(_batch("b1", 25 ether), _list(ALICE, 25 ether));
        // The second owes 10 more than was paid in all, the first still 30.
        _publish(_rootOf("r2", 35 ether));
        _assertAvailable(45 ether);
        vm.warp(_now() + 1 days - 1);
        _assertAvailable(45 ether);
        vm.warp(_now() + 1);
        _assertAvailable(65 ether);
        _publish(_rootOf("r3", 60 ether));
        _assertAvailable(40 ether);
        vm.prank(GUARDIAN);
        custody.vetoRoot("r3");
        _assertAvailable(65 ether);
        // The older root is claimable still, out of what the newer one reserves.
        _claim(ALICE, 30 ether, first);
        _assertAvailable(65 ether);
    }

    function test_a_veto_restores_the_reserve_of_the_root_before() public {
        _mature(ALICE, 30 ether);
        _execute(_batch("b1", 25 ether), _list(ALICE, 25 ether));
        _publish(_rootOf("r2", 35 ether));
        vm.prank(GUARDIAN);
        custody.vetoRoot("r2");
        _assertAvailable(45 ether);
        vm.warp(_now() + 30 days);
        _assertAvailable(45 ether);
    }

    function test_more_claims_than_the_newest_root_owes_leave_a_reserve_of_nothing() public {
        bytes32 old = _mature(ALICE, 30 ether);
        _execute(_batch("b1", 30 ether), _list(BOB, 30 ether));
        // False: it forgets what Alice is entitled to.
        _publish(_rootOf("r2", 30 ether));
        vm.warp(_now() + 1 days);
        _assertAvailable(70 ether);
        _claim(ALICE, 30 ether, old);
        _assertAvailable(40 ether);
    }

    function test_after_an_outside_loss_nothing_is_available() public {
        _mature(ALICE, 30 ether);
        vm.deal(address(custody), 2 * PRICE + 29 ether);
        _assertAvailable(0);
        _expectBatchRevert(
            _batch("b1", 1), _list(BOB, 1), abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 1, 0)
        );
    }

    function test_forced_ether_is_free_funds() public {
        vm.deal(address(custody), address(custody).balance + 7 ether);
        _assertAvailable(FUNDS + 7 ether);
        _execute(_batch("b1", FUNDS + 7 ether), _list(BOB, FUNDS + 7 ether));
    }

    function test_matured_escrow_is_free_funds() public {
        vm.warp(START + 15 days);
        custody.sweepMatured(100);
        _assertAvailable(FUNDS + 2 * PRICE);
    }

    function _assertAvailable(uint256 expected) private view {
        (uint256 funds,) = custody.available();
        assertEq(funds, expected, "available");
    }
}
