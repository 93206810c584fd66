// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A false root became mature, since nobody vetoed it, and its thief claims in every hour. What the runbook does, and what the
/// thief has in the end, in caps and floors.
contract RecoveryTest is StolenKeyTest {
    uint256 private constant DELAY = 3 days;

    /// @dev Who finds the root when it is mature: the cap is lowered at once, and the root retired after the delay.
    function test_a_false_root_is_retired_and_the_thief_has_half_a_floor_and_a_floor_a_day() public {
        bytes32 honest = _latest();
        bytes32 lie = _falseRoot(0);
        vm.startPrank(GUARDIAN);
        custody.lowerOutflowCap(FLOOR);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        vm.stopPrank();
        _schedule(ICustody.Operation.RetireRoot, lie, 0);
        _schedule(ICustody.Operation.RaiseOutflowCap, 0, CAP);
        _schedule(ICustody.Operation.AddRootSigner, _argument(vm.addr(THIRD_KEY)), 0);
        (uint256 funds,) = custody.available();
        assertEq(funds, 0, "all is reserved for the false root");
        uint256 taken = _claimHourly(lie, DELAY);
        // Half a floor is in the bucket at once, and it leaks half a floor a day, rounded down each hour.
        assertTrue(taken <= FLOOR / 2 + 3 * FLOOR / 2, "two floors in three days");
        assertTrue(taken > 2 * FLOOR - 0.01 ether, "which the thief does get");
        _executeOperation(ICustody.Operation.RetireRoot, lie, 0);
        _executeOperation(ICustody.Operation.RaiseOutflowCap, 0, CAP);
        _executeOperation(ICustody.Operation.AddRootSigner, _argument(vm.addr(THIRD_KEY)), 0);
        _expectClaimRevert(
            THIEF, FREE + CREDIT, lie, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, lie)
        );
        assertEq(_latest(), honest, "the honest root is the newest again");
        (funds,) = custody.available();
        // What the thief claimed counts against what the honest root still owes, until the next one says it anew.
        assertEq(funds, UNPROMISED, "what no root promises can be spent again");
        _publishHonest(PROMISED + CREDIT + taken);
        (funds,) = custody.available();
        assertEq(funds, UNPROMISED - taken, "Alice's dues are reserved in full again");
        vm.warp(_now() + 1 days);
        _assertAliceGetsHerDues();
        _execute(_batch("batches run", 1 ether), _list(BOB, CREDIT + 1 ether));
        _assertDepositsAndCreditsLeave();
    }

    /// @dev Nobody lowers the cap: the price of each hour.
    function test_without_lowering_the_cap_the_thief_has_half_a_cap_and_half_a_cap_a_day() public {
        bytes32 lie = _falseRoot(0);
        _schedule(ICustody.Operation.RetireRoot, lie, 0);
        uint256 taken = _claimHourly(lie, DELAY);
        assertTrue(taken <= CAP / 2 + 3 * CAP / 2 && taken > 2 * CAP - 0.01 ether, "two caps in three days");
    }

    function test_who_is_frozen_turns_no_leaf_of_it_into_a_credit() public {
        bytes32 lie = _falseRoot(0);
        _freeze(THIEF, _now() + MAX_FREEZE);
        _expectClaimRevert(
            THIEF,
            FREE + CREDIT,
            lie,
            abi.encodeWithSelector(ICustody.UserIsFrozen.selector, THIEF, _now() + MAX_FREEZE)
        );
        bytes32[] memory leaves = _list(THIEF, FREE + CREDIT);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, THIEF));
        custody.settleLeaves(lie, leaves, new ICustody.SumNode[](0));
        assertEq(_credit(THIEF) + _paid(THIEF), 0, "nothing");
    }

    /// @dev Frozen victims are free before the root matures in whose favour they were frozen.
    function test_the_freezer_keeps_nobody_from_claiming_before_a_false_root_matures() public {
        _freeze(ALICE, _now() + MAX_FREEZE);
        _publish(_lie());
        vm.warp(_now() + MAX_FREEZE);
        _assertAliceGetsHerDues();
    }

    function test_the_admin_vetoes_what_a_stolen_guardian_does_not() public {
        ICustody.LiabilitiesRoot memory lie = _lie();
        _publish(lie);
        vm.prank(ADMIN);
        custody.vetoRoot(lie.root);
        vm.warp(_now() + 1 days);
        _expectClaimRevert(
            THIEF, FREE + CREDIT, lie.root, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, lie.root)
        );
    }

    /// @dev Three false roots, one after the other, and the contract knows the honest one no more. It can be claimed against all the
    /// same; only what it reserves is gone until the next honest root, which is published with the retirement.
    function test_three_false_roots_forget_the_honest_one_which_stays_good() public {
        bytes32 honest = _latest();
        bytes32[3] memory lies;
        for (uint256 k; k < 3; ++k) {
            lies[k] = _falseRoot(k);
        }
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(FLOOR);
        for (uint256 k; k < 3; ++k) {
            _schedule(ICustody.Operation.RetireRoot, lies[k], 0);
        }
        vm.warp(_now() + DELAY);
        for (uint256 k; k < 3; ++k) {
            _executeOperation(ICustody.Operation.RetireRoot, lies[k], 0);
        }
        assertEq(_latest(), bytes32(0), "none is known");
        (uint256 funds,) = custody.available();
        assertEq(funds, FREE, "nothing is reserved");
        (uint256 total,) = custody.liabilities(honest);
        assertEq(total, PROMISED + CREDIT, "the honest root stands");
        _publishHonest(PROMISED + CREDIT);
        (funds,) = custody.available();
        assertEq(funds, UNPROMISED, "reserved again, before it is mature");
        _claimAlice();
        assertEq(_paid(ALICE), FLOOR / 2, "and claimed against meanwhile");
    }

    /// @dev No announcement reaches a root that its users have not had the whole delay to claim against.
    function test_nothing_is_retired_without_the_whole_delay_after_it_was_mature() public {
        ICustody.LiabilitiesRoot memory next = _rootOf("next", PROMISED + CREDIT);
        vm.expectRevert(abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, next.root));
        vm.prank(ADMIN);
        custody.schedule(ICustody.Operation.RetireRoot, next.root, 0);
        _publish(next);
        vm.warp(_now() + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, next.root));
        vm.prank(ADMIN);
        custody.schedule(ICustody.Operation.RetireRoot, next.root, 0);
        vm.warp(_now() + 1);
        _schedule(ICustody.Operation.RetireRoot, next.root, 0);
    }

    // ------------------------------------------------------------------ tools

    uint256 private constant THIRD_KEY = 0x7417D;

    /// @dev Promises the thief all there is.
    function _lie() private view returns (ICustody.LiabilitiesRoot memory) {
        uint256 promised = FREE + CREDIT;
        return _rootOf(_single(THIEF, promised), promised);
    }

    function _falseRoot(uint256 k) private returns (bytes32) {
        ICustody.LiabilitiesRoot memory r = k == 0 ? _lie() : _rootOf(keccak256(abi.encode("false", k)), FREE + CREDIT);
        _publish(r);
        vm.warp(_now() + 1 days);
        return r.root;
    }

    function _claimHourly(bytes32 lie, uint256 time) private returns (uint256 taken) {
        uint256 end = _now() + time;
        while (true) {
            try custody.claim(THIEF, FREE + CREDIT, lie, new ICustody.SumNode[](0)) {} catch {}
            if (_now() >= end) return _paid(THIEF);
            vm.warp(_now() + 1 hours);
        }
    }

    /// @dev Signed by whoever may sign roots now.
    function _publishHonest(uint256 total) private {
        ICustody.LiabilitiesRoot memory r = _rootOf(keccak256(abi.encode("honest", total)), total);
        if (custody.isRootSigner(vm.addr(ROOT_SIGNER_KEY))) return _publish(r);
        bytes memory signature = _signRoot(THIRD_KEY, r);
        vm.prank(SUBMITTER);
        custody.publishRoot(r, vm.addr(THIRD_KEY), signature);
    }

    function _latest() private view returns (bytes32 root) {
        (root,,,) = custody.latestRoot();
    }
}
