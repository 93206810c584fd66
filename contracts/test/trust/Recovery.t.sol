// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A false root that nobody vetoed, a thief who claims whenever anything can be claimed, and the way back. What the thief gains
/// is counted in the cap `C` and in the floor `F`.
contract RecoveryTest is StolenKeyTest {
    uint256 private constant FALSE_TOTAL = FREE + CREDIT;
    uint256 private constant NEW_KEY = 0x6E77;
    address private constant NEW_SUBMITTER = address(0xAD0055);
    address private immutable NEW_ROOT_SIGNER = vm.addr(NEW_KEY);

    // ------------------------------------------------------------------ the way back

    function test_a_thief_who_is_first_gains_half_the_cap_and_then_half_the_floor_a_day() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _take(root, FALSE_TOTAL);
        assertEq(THIEF.balance, CAP / 2, "C/2 in the first second");
        _recover(root);
        _assertAbout(THIEF.balance, CAP / 2 + 3 * FLOOR / 2, "C/2 + F/2 a day");
    }

    function test_a_guardian_who_is_first_leaves_the_thief_half_the_floor_at_once_and_half_a_day() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _recover(root);
        _assertAbout(THIEF.balance, FLOOR / 2 + 3 * FLOOR / 2, "F/2 + F/2 a day");
    }

    /// @dev What the way back is for: without it the thief has the whole of the free funds in the same time.
    function test_without_the_way_back_the_thief_gains_two_caps_in_the_delay() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _takeEveryHourUntil(root, _now() + 3 days);
        _assertAbout(THIEF.balance, CAP / 2 + 3 * CAP / 2, "C/2 + C/2 a day");
    }

    /// @dev Between retirement and the next root, what the thief took counts as claimed against the former root, which so reserves less. So
    /// the honest root is published in the same minute, before any batch.
    function test_the_former_root_reserves_too_little_until_the_honest_one_is_published() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _take(root, FALSE_TOTAL);
        _announce(root);
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.RetireRoot, root, 0);
        (uint256 funds,) = custody.available();
        assertEq(funds, FREE - CAP / 2, "Alice's dues with them");
        _executeNewKeys();
        _publishHonest();
        (funds,) = custody.available();
        assertEq(funds, FREE - CAP / 2 - PROMISED - 1 ether, "without Alice's dues and Bob's");
    }

    /// @dev What was stolen counts as paid, and a root covers at least what was paid; without the thief's leaf there is no such root.
    function test_the_honest_root_names_what_was_stolen() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _take(root, FALSE_TOTAL);
        _operate(ICustody.Operation.RetireRoot, root, 0);
        (bytes32 without, uint256 total) = _aliceAndBob(PROMISED, CREDIT + 1);
        _expectPublishRevert(_rootOf(without, total), abi.encodeWithSelector(ICustody.RootNotMonotone.selector));
        _publish(_rootOf(_honest()));
    }

    /// @dev A part of a leaf of a root that is false cannot become a credit, which no retirement would reach.
    function test_a_frozen_thief_gains_nothing_by_leaves() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _freeze(THIEF, _now() + MAX_FREEZE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, THIEF));
        custody.settleLeaves(root, _list(THIEF, FALSE_TOTAL), new ICustody.SumNode[](0));
        assertEq(_credit(THIEF), 0, "no credit");
    }

    /// @dev The whole way, and what is right at its end.
    function _recover(bytes32 root) private {
        uint256 discovered = _now();
        _answer();
        _announce(root);
        _takeEveryHourUntil(root, discovered + 3 days);

        _executeOperation(ICustody.Operation.RetireRoot, root, 0);
        _executeNewKeys();
        _executeOperation(ICustody.Operation.RaiseOutflowCap, 0, CAP);
        (bytes32 honest,) = _aliceAndBob(PROMISED, CREDIT);
        (bytes32 latest, uint256 total,,) = custody.latestRoot();
        assertEq(latest, honest, "the honest root is the latest again");
        assertEq(total, PROMISED + CREDIT, "with its total");
        _expectClaimRevert(
            THIEF, FALSE_TOTAL, root, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root)
        );

        _publishHonest();
        uint256 stolen = THIEF.balance;
        (uint256 funds,) = custody.available();
        assertEq(funds, UNPROMISED - stolen - 1 ether, "what was stolen is the operator's loss");
        vm.warp(_now() + 1 days);
        _executeBy(NEW_SUBMITTER, _batch("again", 1 ether), _list(BOB, CREDIT + 1 ether));
        _assertAliceGetsHerDues();
        assertEq(THIEF.balance, stolen, "the thief gets nothing more");
        assertEq(_credit(BOB), CREDIT, "credits stay");
    }

    // ------------------------------------------------------------------ many false roots

    /// @dev The three known ones are all false then. The honest root stays claimable, but reserves nothing, and the next total may be any
    /// that covers what was paid.
    function test_three_false_roots_push_the_honest_one_out_of_memory_but_not_out_of_reach() public {
        bytes32[3] memory roots;
        for (uint256 k; k < 3; ++k) {
            roots[k] = _publishFalse(k);
            vm.warp(_now() + 1 days);
        }
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(FLOOR);
        for (uint256 k; k < 3; ++k) {
            _schedule(ICustody.Operation.RetireRoot, roots[k], 0);
        }
        vm.warp(_now() + 3 days);
        for (uint256 k = 3; k > 0; --k) {
            (bytes32 newest,,,) = custody.latestRoot();
            assertEq(newest, roots[k - 1], "one after the other");
            _executeOperation(ICustody.Operation.RetireRoot, roots[k - 1], 0);
        }
        (bytes32 latest, uint256 total,,) = custody.latestRoot();
        assertEq(latest, 0, "none is known");
        assertEq(total, 0, "nothing is promised by it");
        (uint256 funds,) = custody.available();
        assertEq(funds, FREE + 2 ether, "nothing is reserved: this is what is lost");
        (bytes32 honest, uint256 before) = _aliceAndBob(PROMISED, CREDIT);
        (total,) = custody.liabilities(honest);
        assertEq(total, before, "the honest root is not forgotten by its users");
        _publish(_rootOf(_honest()));
        (funds,) = custody.available();
        assertEq(funds, UNPROMISED + 1 ether, "reserved again");
        _assertAliceGetsHerDues();
    }

    function test_two_false_roots_leave_the_honest_one_in_memory() public {
        bytes32 first = _publishFalse(0);
        vm.warp(_now() + 1 days);
        bytes32 second = _publishFalse(1);
        vm.warp(_now() + 1 days);
        _schedule(ICustody.Operation.RetireRoot, first, 0);
        _operate(ICustody.Operation.RetireRoot, second, 0);
        // In the wrong order, even.
        (bytes32 latest,,,) = custody.latestRoot();
        assertEq(latest, first, "the one before");
        _executeOperation(ICustody.Operation.RetireRoot, first, 0);
        (bytes32 honest,) = _aliceAndBob(PROMISED, CREDIT);
        (latest,,,) = custody.latestRoot();
        assertEq(latest, honest, "the honest one");
    }

    // ------------------------------------------------------------------ with another key stolen

    function test_the_admin_vetoes_when_the_guardian_is_stolen() public {
        bytes32 root = _publishFalse(0);
        vm.prank(ADMIN);
        custody.vetoRoot(root);
        vm.warp(_now() + 1 days);
        _expectClaimRevert(
            THIEF, FALSE_TOTAL, root, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root)
        );
        (bytes32 honest,) = _aliceAndBob(PROMISED, CREDIT);
        (bytes32 latest,,,) = custody.latestRoot();
        assertEq(latest, honest, "as if it had never been");
    }

    /// @dev It cancels the retirement, until it is removed: two delays, at the floor.
    function test_a_stolen_guardian_doubles_the_days_at_the_floor() public {
        bytes32 root = _publishFalse(0);
        vm.warp(_now() + 1 days);
        _take(root, FALSE_TOTAL);
        uint256 begin = _now();
        vm.prank(ADMIN);
        custody.lowerOutflowCap(FLOOR);
        _schedule(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _schedule(ICustody.Operation.RetireRoot, root, 0);
        vm.prank(GUARDIAN);
        custody.cancel(ICustody.Operation.RetireRoot, root, 0);
        _takeEveryHourUntil(root, begin + 3 days);
        _executeOperation(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _schedule(ICustody.Operation.RetireRoot, root, 0);
        _takeEveryHourUntil(root, begin + 6 days);
        _executeOperation(ICustody.Operation.RetireRoot, root, 0);
        _assertAbout(THIEF.balance, CAP / 2 + 6 * FLOOR / 2, "C/2 + F/2 a day, twice as long");
    }

    /// @dev A freeze is shorter than the veto delay.
    function test_a_victim_who_is_frozen_claims_before_the_false_root_matures() public {
        bytes32 root = _publishFalse(0);
        _freeze(ALICE, _now() + MAX_FREEZE);
        vm.warp(_now() + MAX_FREEZE);
        _expectClaimRevert(
            THIEF, FALSE_TOTAL, root, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root)
        );
        _claimAlice();
        assertEq(ALICE.balance, PROMISED, "before the thief");
    }

    // ------------------------------------------------------------------ announced too early

    function test_a_retirement_cannot_be_announced_before_users_could_claim() public {
        (bytes32 root, uint256 total) = _aliceAndBob(PROMISED + 1, CREDIT);
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root);
        vm.prank(ADMIN);
        vm.expectRevert(error_);
        custody.schedule(ICustody.Operation.RetireRoot, root, 0);
        _publish(_rootOf(root, total));
        vm.warp(_now() + 1 days - 1);
        vm.prank(ADMIN);
        vm.expectRevert(error_);
        custody.schedule(ICustody.Operation.RetireRoot, root, 0);
        vm.warp(_now() + 1);
        _schedule(ICustody.Operation.RetireRoot, root, 0);
    }

    function test_what_a_key_announced_long_ago_is_void() public {
        _schedule(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        uint256 last = _now() + 3 days + 14 days;
        vm.warp(last + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.Expired.selector, last));
        vm.prank(TREASURER);
        custody.execute(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        assertEq(THIEF.balance, 0, "nothing");
    }

    /// @dev The thief of the treasurer's key announced it; the key is revoked, and another treasurer takes its place.
    function test_what_a_revoked_key_announced_is_void() public {
        _schedule(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        _schedule(ICustody.Operation.AddTreasurer, _argument(BOB), 0);
        vm.prank(ADMIN);
        custody.revokeRole(TREASURER_ROLE, TREASURER);
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.AddTreasurer, _argument(BOB), 0);
        bytes32 id = _id(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        assertEq(custody.operationEta(id), 0, "as if never announced");
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotScheduled.selector, id));
        vm.prank(BOB);
        custody.execute(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
    }

    /// @dev Who is stolen is the admin, who moves nothing before the delay. Lowering the cap would slow the users only.
    function test_against_a_stolen_admin_the_cap_is_not_lowered() public {
        (bytes32 root, uint256 total) = _aliceAndBob(190 ether, CREDIT);
        _publish(_rootOf(root, total));
        vm.warp(_now() + 1 days);
        uint256 state = vm.snapshotState();
        assertEq(_leave(root), CAP / 2 + 3 * CAP / 2, "two caps within the delay");
        vm.revertToState(state);
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(FLOOR);
        assertEq(_leave(root), FLOOR / 2 + 3 * FLOOR / 2, "two floors");
    }

    function _leave(bytes32 root) private returns (uint256) {
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode(_single(BOB, CREDIT), CREDIT);
        custody.claim(ALICE, 190 ether, root, proof);
        for (uint256 k; k < 24; ++k) {
            vm.warp(_now() + 3 hours);
            custody.claim(ALICE, 190 ether, root, proof);
        }
        return _paid(ALICE);
    }

    // ------------------------------------------------------------------ steps

    function _publishFalse(uint256 k) private returns (bytes32 root) {
        // Roots are told apart by what the leaf promises; each is funded.
        _fundMore(k);
        root = _single(THIEF, FALSE_TOTAL + k * 1 ether);
        _publish(_rootOf(root, FALSE_TOTAL + k * 1 ether));
    }

    function _fundMore(uint256 k) private {
        if (k > 0) vm.deal(address(custody), address(custody).balance + 1 ether);
    }

    function _take(bytes32 root, uint256 total) private {
        try custody.claim(THIEF, total, root, new ICustody.SumNode[](0)) {} catch {}
    }

    /// @dev Also in the second in which the operators act, before them.
    function _takeEveryHourUntil(bytes32 root, uint256 end) private {
        _take(root, FALSE_TOTAL);
        while (_now() < end) {
            vm.warp(_now() + 1 hours);
            _take(root, FALSE_TOTAL);
        }
    }

    /// @dev At once: the cap, and the keys.
    function _answer() private {
        vm.startPrank(GUARDIAN);
        custody.lowerOutflowCap(FLOOR);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        vm.stopPrank();
        vm.prank(ADMIN);
        custody.revokeRole(SUBMITTER_ROLE, SUBMITTER);
    }

    function _announce(bytes32 root) private {
        _schedule(ICustody.Operation.RetireRoot, root, 0);
        _schedule(ICustody.Operation.AddRootSigner, _argument(NEW_ROOT_SIGNER), 0);
        _schedule(ICustody.Operation.AddSubmitter, _argument(NEW_SUBMITTER), 0);
        _schedule(ICustody.Operation.RaiseOutflowCap, 0, CAP);
    }

    function _executeNewKeys() private {
        _executeOperation(ICustody.Operation.AddRootSigner, _argument(NEW_ROOT_SIGNER), 0);
        _executeOperation(ICustody.Operation.AddSubmitter, _argument(NEW_SUBMITTER), 0);
    }

    /// @dev What was stolen is what the thief was paid: a leaf that owes nothing.
    function _honest() private view returns (SumTreeBuilder.Leaf[] memory leaves) {
        leaves = new SumTreeBuilder.Leaf[](_paid(THIEF) > 0 ? 3 : 2);
        leaves[0] = SumTreeBuilder.Leaf(ALICE, PROMISED);
        leaves[1] = SumTreeBuilder.Leaf(BOB, CREDIT + 1 ether);
        if (leaves.length == 3) leaves[2] = SumTreeBuilder.Leaf(THIEF, _paid(THIEF));
    }

    function _publishHonest() private {
        ICustody.LiabilitiesRoot memory r = _rootOf(_honest());
        bytes memory signature = _signRoot(NEW_KEY, r);
        vm.prank(NEW_SUBMITTER);
        custody.publishRoot(r, NEW_ROOT_SIGNER, signature);
    }

    function _executeBy(address submitter, ICustody.PayoutBatch memory b, bytes32[] memory payouts) private {
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.prank(submitter);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    /// @dev Leaks are rounded down, once for each hour.
    function _assertAbout(uint256 actual, uint256 expected, string memory what) private pure {
        assertTrue(actual <= expected && actual + 1000 > expected, what);
    }
}
