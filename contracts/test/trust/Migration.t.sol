// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice From one contract to its successor: users are enrolled by anybody, money moves by the treasury, what was promised in the old
/// contract is claimed there.
contract MigrationTest is StolenKeyTest {
    CustodyHarness private old;
    CustodyHarness private next;

    function setUp() public override {
        super.setUp();
        old = custody;
        ICustody.Config memory c = _config();
        c.predecessor = address(old);
        next = _deploy(c);
    }

    function test_users_are_paid_by_the_successor_without_registering_again() public {
        vm.startPrank(STRANGER);
        next.enrol(ALICE);
        next.enrol(BOB);
        vm.stopPrank();
        _moveSurplus();
        custody = next;
        _execute(_batch("first", 3 ether), _list(ALICE, 1 ether, BOB, 2 ether));
        assertEq(ALICE.balance, 1 ether, "Alice, whose paid begins anew");
        assertEq(BOB.balance, 2 ether, "Bob");
        uint256 leaf = 4 ether;
        bytes32 root = _mature(ALICE, leaf);
        _claim(ALICE, leaf, root);
        assertEq(ALICE.balance, leaf, "claims, too");
    }

    /// @dev No intake and no batch any more in the old one: it is paused after its last root, and users leave it in their own time.
    function test_old_claims_credits_and_deposits_go_on_in_the_old_contract() public {
        next.enrol(ALICE);
        next.enrol(BOB);
        _moveSurplus();
        vm.prank(GUARDIAN);
        old.pause();
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
        (uint256 paid,, uint256 until) = next.account(ALICE);
        assertEq(paid, 0, "nothing of it is counted in the successor");
        assertEq(until, 2, "where she is enrolled");
    }

    function test_nobody_is_enrolled_who_was_unknown_or_twice() public {
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER));
        next.enrol(STRANGER);
        next.enrol(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
        next.enrol(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRegistered.selector, ALICE));
        old.enrol(ALICE);
    }

    /// @dev A freeze does not move: who is frozen there is frozen here by this freezer only.
    function test_freezes_stay_behind_and_enrolled_users_may_register_once() public {
        _freeze(ALICE, _now() + MAX_FREEZE);
        next.enrol(ALICE);
        custody = next;
        _registered(ALICE);
        ICustody.Intake memory again = _intake(ALICE, "again");
        _expectRegisterRevert(again, abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE));
        (,, uint256 until) = next.account(ALICE);
        assertEq(until, 1, "registered, and not frozen");
    }

    /// @dev A room under the cap at a time, as the treasury pays.
    function _moveSurplus() private {
        for (uint256 k; k < 2; ++k) {
            _schedule(ICustody.Operation.Treasury, _argument(address(uint160(0xC0FFEE + k))), 20 ether);
        }
        vm.warp(_now() + 3 days);
        for (uint256 k; k < 2; ++k) {
            address carrier = address(uint160(0xC0FFEE + k));
            _executeOperation(ICustody.Operation.Treasury, _argument(carrier), 20 ether);
            vm.prank(carrier);
            next.fund{value: 20 ether}();
            vm.warp(_now() + 1 days);
        }
        (uint256 funds,) = next.available();
        assertEq(funds, 40 ether, "the successor's own");
    }
}
