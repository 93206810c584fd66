// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A thief with a key that can take, after a delay: the treasurer, the admin.
contract StolenAdminTest is StolenKeyTest {
    uint256 private constant THIEF_KEY = 0x7417EF;
    address private thiefSigner = vm.addr(THIEF_KEY);

    // ------------------------------------------------------------------ treasurer

    function test_the_treasurer_takes_nothing_when_a_guardian_cancels() public {
        _schedule(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        bytes32 id = _id(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        vm.warp(_now() + 3 days);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
    }

    function test_the_treasurer_whom_nobody_cancels_takes_what_is_promised_to_nobody_by_the_cap() public {
        _schedule(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        for (uint256 k; k < 27; ++k) {
            // Told apart by the recipient, who is always the thief.
            _schedule(ICustody.Operation.Treasury, _argument(_hand(k)), 5 ether);
        }
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, _now() + 3 days));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        uint256 taken = ROOM;
        for (uint256 k; k < 27; ++k) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.OutflowCapReached.selector, 5 ether, 0));
            vm.prank(TREASURER);
            custody.execute(ICustody.Operation.Treasury, _argument(_hand(k)), 5 ether);
            vm.warp(_now() + 3 hours);
            _executeOperation(ICustody.Operation.Treasury, _argument(_hand(k)), 5 ether);
            taken += 5 ether;
            if (k == 7) assertEq(taken, 70 ether, "seven eighths of the cap in a day");
        }
        assertEq(taken, UNPROMISED, "all that was promised to nobody");
        (uint256 funds,) = custody.available();
        assertEq(funds, 0, "and no more");
        _assertDepositsAndCreditsLeave();
        _assertAliceGetsHerDues();
    }

    function _hand(uint256 k) private pure returns (address) {
        return address(uint160(0x7417EF00 + k));
    }

    // ------------------------------------------------------------------ admin, at once

    function test_the_admin_at_once_only_stops() public {
        vm.startPrank(ADMIN);
        custody.pause();
        custody.lowerOutflowCap(FLOOR);
        custody.revokeSigner(signer);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        custody.revokeRole(SUBMITTER_ROLE, SUBMITTER);
        custody.revokeRole(FREEZER_ROLE, FREEZER);
        custody.revokeRole(TREASURER_ROLE, TREASURER);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, GUARDIAN_ROLE));
        custody.revokeRole(GUARDIAN_ROLE, GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, SUBMITTER_ROLE));
        custody.grantRole(SUBMITTER_ROLE, THIEF);
        vm.expectRevert(_unauthorized(ADMIN, FREEZER_ROLE));
        custody.freeze(ALICE, _now() + 1, "");
        vm.stopPrank();
        _assertDepositsAndCreditsLeave();
        _assertAliceGetsHerDues();
    }

    /// @dev The one thing that a guardian cannot stop is its own removal. Then nobody cancels, but the thief has to wait once more.
    function test_the_admin_needs_the_delay_twice_when_the_guardian_is_awake() public {
        uint256 begin = _now();
        _schedule(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        _schedule(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.startPrank(GUARDIAN);
        custody.cancel(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        vm.expectRevert(_unauthorized(GUARDIAN, ADMIN_ROLE));
        custody.cancel(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        vm.stopPrank();
        vm.warp(begin + 3 days);
        _executeOperation(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _operate(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        assertEq(_now() - begin, 6 days, "two delays");
        _assertAliceGetsHerDues();
        _assertDepositsAndCreditsLeave();
    }

    // ------------------------------------------------------------------ admin, after the delay

    /// @dev Three days, and one more for the false root. Alice has seen the operations announced, and did not claim.
    function test_the_admin_after_the_delay_takes_all_free_funds_when_no_guardian_cancels() public {
        uint256 begin = _now();
        _scheduleEverything();
        vm.warp(begin + 3 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, begin + 3 days));
        vm.prank(ADMIN);
        custody.execute(ICustody.Operation.AddSigner, _argument(thiefSigner), 0);
        vm.warp(begin + 3 days);
        _executeEverything();

        // At once: what is promised to nobody, for the cap is what the thief wants.
        ICustody.PayoutBatch memory b = _batch("all", UNPROMISED);
        bytes32[] memory payouts = _list(THIEF, UNPROMISED);
        bytes memory signature = _signBatch(THIEF_KEY, b, payouts);
        vm.prank(THIEF);
        custody.executeBatchPayouts(b, payouts, thiefSigner, signature);
        assertEq(THIEF.balance, UNPROMISED, "after three days");

        // A day later: what was promised, by a root that nobody can veto.
        ICustody.LiabilitiesRoot memory r = _rootOf(_single(THIEF, FREE + CREDIT), FREE + CREDIT);
        signature = _signRoot(THIEF_KEY, r);
        vm.prank(THIEF);
        custody.publishRoot(r, thiefSigner, signature);
        vm.warp(begin + 4 days);
        _claim(THIEF, FREE + CREDIT, r.root);
        assertEq(THIEF.balance, FREE, "after four days");
        _assertDepositsAndCreditsLeave();
    }

    function test_who_claims_within_the_delay_loses_nothing_to_the_admin() public {
        _scheduleEverything();
        _assertAliceGetsHerDues();
        vm.warp(_now() + 3 days);
        _executeEverything();
        (uint256 funds,) = custody.available();
        assertEq(funds, UNPROMISED, "all that is left to take");
    }

    /// @dev The admin may lower the cap at the same moment, and fill the bucket before it: then claims get half the floor per day.
    function test_the_admin_can_slow_claims_within_the_delay_to_half_the_floor_a_day() public {
        // A full bucket, of batches and claims alike.
        _execute(_batch("b1", ROOM), _list(BOB, CREDIT + ROOM));
        _claimAlice();
        assertEq(_paid(ALICE), BUCKET - ROOM, "the quarter that is kept for claims");
        uint256 begin = _now();
        vm.prank(ADMIN);
        custody.lowerOutflowCap(FLOOR);
        _scheduleEverything();
        for (uint256 k; k < 3; ++k) {
            vm.warp(_now() + 1 days);
            _claimAlice();
        }
        assertEq(_now() - begin, 3 days, "the delay");
        assertEq(_paid(ALICE) - (BUCKET - ROOM), 3 * FLOOR / 2, "half the floor a day");
    }

    /// @dev Freezing cannot outlast the delay: `maxFreeze` is shorter.
    function test_admin_and_freezer_cannot_keep_a_user_frozen_until_the_delay_is_over() public {
        _scheduleEverything();
        _freeze(ALICE, _now() + MAX_FREEZE);
        vm.warp(_now() + MAX_FREEZE);
        _claimAlice();
        assertEq(ALICE.balance, PROMISED, "two days before anything takes effect");
    }

    /// @dev Several raises may be announced together, and the cap lowered between them. But a bucket stays as full as it was, in
    /// proportion, so no cycle makes room: a day never sees more than the largest cap.
    function test_the_admin_who_announced_raises_moves_no_more_than_the_largest_cap_in_a_day(uint256 seed) public {
        uint256 highest = CAP + 3 * (seed % CAP) + 3;
        for (uint256 k = 1; k <= 3; ++k) {
            _schedule(ICustody.Operation.RaiseOutflowCap, 0, CAP + (highest - CAP) * k / 3);
        }
        vm.warp(_now() + 3 days);
        uint256 begin = _now();
        uint256 taken;
        for (uint256 k = 1; _now() <= begin + 1 days; ++k) {
            taken += _takeAllThereIs(k);
            if (k <= 3) {
                vm.prank(ADMIN);
                custody.lowerOutflowCap(FLOOR);
                _executeOperation(ICustody.Operation.RaiseOutflowCap, 0, CAP + (highest - CAP) * k / 3);
                taken += _takeAllThereIs(100 + k);
                vm.warp(_now() + (seed >> (8 * k)) % 4 hours);
            } else {
                vm.warp(_now() + 2 hours);
            }
        }
        assertTrue(taken <= highest, "the largest cap that there was");
        assertTrue(taken > ROOM, "and the thief did take");
    }

    function _takeAllThereIs(uint256 id) private returns (uint256 taken) {
        (uint256 funds, uint256 room) = custody.available();
        taken = funds < room ? funds : room;
        if (taken > 0) _execute(_batch(bytes32(id), taken), _list(THIEF, _paid(THIEF) + taken));
    }

    function _scheduleEverything() private {
        _schedule(ICustody.Operation.AddSigner, _argument(thiefSigner), 0);
        _schedule(ICustody.Operation.AddRootSigner, _argument(thiefSigner), 0);
        _schedule(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        _schedule(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _schedule(ICustody.Operation.RaiseOutflowCap, 0, 10_000 ether);
    }

    function _executeEverything() private {
        _executeOperation(ICustody.Operation.AddSigner, _argument(thiefSigner), 0);
        _executeOperation(ICustody.Operation.AddRootSigner, _argument(thiefSigner), 0);
        _executeOperation(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        _executeOperation(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _executeOperation(ICustody.Operation.RaiseOutflowCap, 0, 10_000 ether);
    }
}
