// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Vm} from "../Vm.sol";

/// @notice Which roots can be published, vetoed and retired. What they reserve: `Reserve.t.sol`.
contract RootTest is SettlementTest {
    uint256 private constant FUNDS = 100 ether;
    uint256 private constant VETO = 1 days;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(ALICE);
    }

    function test_a_published_root_is_the_latest_and_one_entry() public {
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 10 ether);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _publish(r);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "logs");
        assertEq(logs[0].topics[1], "r1", "root");
        assertEq(
            keccak256(logs[0].data),
            keccak256(abi.encode(uint256(before.seq) + 1, 10 ether, uint256(before.seq), START + VETO)),
            "data"
        );
        (bytes32 root, uint256 total, uint256 asOfSeq, uint256 from) = custody.latestRoot();
        assertEq(root, "r1", "latest root");
        assertEq(total, 10 ether, "latest total");
        assertEq(asOfSeq, before.seq, "latest asOfSeq");
        assertEq(from, START + VETO, "latest claimable from");
        (total, from) = custody.liabilities("r1");
        assertEq(total, 10 ether, "total");
        assertEq(from, START + VETO, "claimable from");
        (total, from) = custody.liabilities("r2");
        assertEq(total + from, 0, "an unknown root");
    }

    function test_before_the_first_root_there_is_none() public view {
        (bytes32 root, uint256 total, uint256 asOfSeq, uint256 from) = custody.latestRoot();
        assertEq(root, bytes32(0), "root");
        assertEq(total + asOfSeq + from, 0, "rest");
    }

    // ------------------------------------------------------------------ who and when

    function test_only_a_submitter_publishes_with_a_signer_of_roots() public {
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 1);
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        address[4] memory others = [ADMIN, GUARDIAN, rootSigner, STRANGER];
        for (uint256 k; k < 4; ++k) {
            vm.expectRevert(_unauthorized(others[k], SUBMITTER_ROLE));
            vm.prank(others[k]);
            custody.publishRoot(r, rootSigner, signature);
        }
        bytes memory other = _signRoot(SIGNER_KEY, r);
        vm.startPrank(SUBMITTER);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer));
        custody.publishRoot(r, signer, other);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        custody.publishRoot(r, rootSigner, other);
        vm.stopPrank();
        vm.prank(GUARDIAN);
        custody.revokeSigner(rootSigner);
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.InvalidSigner.selector, rootSigner));
    }

    function test_the_signature_covers_every_field() public {
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 1 ether);
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        for (uint256 k; k < 5; ++k) {
            ICustody.LiabilitiesRoot memory c = abi.decode(abi.encode(r), (ICustody.LiabilitiesRoot));
            if (k == 0) c.root = "r2";
            else if (k == 1) c.total += 1;
            else if (k == 2) c.asOfSeq -= 1;
            else if (k == 3) c.validAfter += 1;
            else c.deadline += 1;
            vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
            vm.prank(SUBMITTER);
            custody.publishRoot(c, vm.addr(ROOT_SIGNER_KEY), signature);
        }
    }

    function test_not_while_paused_and_only_in_its_window() public {
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 1);
        (r.validAfter, r.deadline) = (START + 10, START + 20);
        vm.warp(START + 9);
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.NotYetValid.selector, START + 10));
        vm.warp(START + 21);
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.Expired.selector, START + 20));
        vm.warp(START + 20);
        vm.prank(GUARDIAN);
        custody.pause();
        _expectPublishRevert(r, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(ADMIN);
        custody.unpause();
        _publish(r);
        r = _rootOf("r2", 1);
        r.deadline = _now() + 1 hours + 1;
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, r.deadline));
    }

    // ------------------------------------------------------------------ one at a time, each once, never falling

    function test_one_immature_root_at_a_time() public {
        _publish(_rootOf("r1", 1 ether));
        vm.warp(START + VETO - 1);
        _expectPublishRevert(
            _rootOf("r2", 1 ether), abi.encodeWithSelector(ICustody.RootPending.selector, START + VETO)
        );
        vm.warp(START + VETO);
        _publish(_rootOf("r2", 1 ether));
    }

    function test_a_root_is_published_once_and_zero_never() public {
        _publish(_rootOf("r1", 1 ether));
        _expectPublishRevert(
            _rootOf("r1", 1 ether), abi.encodeWithSelector(ICustody.RootVetoedOrKnown.selector, bytes32("r1"))
        );
        vm.warp(START + VETO);
        _expectPublishRevert(
            _rootOf("r1", 2 ether), abi.encodeWithSelector(ICustody.RootVetoedOrKnown.selector, bytes32("r1"))
        );
        _expectPublishRevert(
            _rootOf(bytes32(0), 2 ether), abi.encodeWithSelector(ICustody.RootVetoedOrKnown.selector, bytes32(0))
        );
    }

    function test_total_and_journal_entry_never_fall() public {
        bytes memory error_ = abi.encodeWithSelector(ICustody.RootNotMonotone.selector);
        uint256 seq = _head().seq;
        _publish(_rootOf("r1", 5 ether));
        vm.warp(START + VETO);
        _expectPublishRevert(_rootOf("r2", 5 ether - 1), error_);
        ICustody.LiabilitiesRoot memory r = _rootOf("r2", 5 ether);
        r.asOfSeq = seq - 1;
        _expectPublishRevert(r, error_);
        r.asOfSeq = seq;
        _publish(r);
    }

    function test_it_counts_up_to_the_present_entry_at_most() public {
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", 5 ether);
        r.asOfSeq = uint256(_head().seq) + 1;
        _expectPublishRevert(r, abi.encodeWithSelector(ICustody.RootNotMonotone.selector));
        r.asOfSeq = _head().seq;
        _publish(r);
    }

    function test_it_covers_at_least_what_was_paid() public {
        _execute(_batch("b1", 5 ether), _list(ALICE, 5 ether));
        _expectPublishRevert(_rootOf("r1", 5 ether - 1), abi.encodeWithSelector(ICustody.RootNotMonotone.selector));
        bytes32 root = _mature(ALICE, 8 ether);
        _claim(ALICE, 8 ether, root);
        _publish(_rootOf("r2", 8 ether));
    }

    function test_an_unfunded_promise_cannot_be_published() public {
        _execute(_batch("b1", 5 ether), _list(ALICE, 5 ether));
        // 95 are free; the deposit in escrow is not.
        _expectPublishRevert(
            _rootOf("r1", 100 ether + 1),
            abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 95 ether + 1, 95 ether)
        );
        _publish(_rootOf("r1", 100 ether));
    }

    // ------------------------------------------------------------------ veto

    function test_a_veto_restores_the_root_before_for_good() public {
        bytes32 first = _mature(ALICE, 5 ether);
        uint256 asOf = uint256(_head().seq) - 1;
        _publish(_rootOf("r2", 50 ether));
        vm.warp(_now() + VETO - 1);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(GUARDIAN);
        custody.vetoRoot("r2");
        _assertJournal(before, 1);
        (bytes32 root, uint256 total, uint256 asOfSeq, uint256 from) = custody.latestRoot();
        assertEq(root, first, "latest");
        assertEq(total, 5 ether, "total");
        assertEq(asOfSeq, asOf, "asOfSeq");
        assertEq(from, START + VETO, "claimable from");
        (total, from) = custody.liabilities("r2");
        assertEq(total + from, 0, "vetoed");
        vm.warp(_now() + 10 days);
        _expectPublishRevert(
            _rootOf("r2", 50 ether), abi.encodeWithSelector(ICustody.RootVetoedOrKnown.selector, bytes32("r2"))
        );
        _expectClaimRevert(
            ALICE, 5 ether, "r2", abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, bytes32("r2"))
        );
        // Monotone against the restored one, not against the vetoed one; and at once.
        _publish(_rootOf("r3", 6 ether));
        _claim(ALICE, 5 ether, first);
    }

    function test_a_veto_of_the_first_root_leaves_none_and_another_can_follow_at_once() public {
        _publish(_rootOf("r1", 5 ether));
        vm.prank(GUARDIAN);
        custody.vetoRoot("r1");
        (bytes32 root,,,) = custody.latestRoot();
        assertEq(root, bytes32(0), "none");
        (uint256 funds,) = custody.available();
        assertEq(funds, FUNDS, "nothing is reserved");
        _publish(_rootOf("r2", 1 ether));
    }

    /// @dev The vetoed root leaves no trace in what the next one is compared with, and falls back to.
    function test_after_a_veto_the_next_root_stands_before_the_same_one() public {
        bytes32 first = _mature(ALICE, 30 ether);
        for (uint256 k; k < 3; ++k) {
            bytes32 next = bytes32(k + 1);
            _publish(_rootOf(next, 31 ether + k));
            (uint256 funds,) = custody.available();
            assertEq(funds, FUNDS - 31 ether - k, "the larger one is reserved");
            vm.prank(GUARDIAN);
            custody.vetoRoot(next);
            (bytes32 root, uint256 total,,) = custody.latestRoot();
            assertEq(root, first, "the first again");
            assertEq(total, 30 ether, "and its total");
            (funds,) = custody.available();
            assertEq(funds, FUNDS - 30 ether, "and its reserve");
        }
        _execute(_batch("b1", 30 ether), _list(ALICE, 30 ether));
        _publish(_rootOf("last", 30 ether));
        // The last one owes nothing; the first does until the last is mature.
        (uint256 funds_,) = custody.available();
        assertEq(funds_, FUNDS - 60 ether, "reserved for the first");
        _schedule(ICustody.Operation.RetireRoot, first, 0);
        vm.warp(_now() + VETO);
        (funds_,) = custody.available();
        assertEq(funds_, FUNDS - 30 ether, "nothing reserved");
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.RetireRoot, first, 0);
        (bytes32 latest,,,) = custody.latestRoot();
        assertEq(latest, "last", "the last one stays");
    }

    function test_a_mature_root_cannot_be_vetoed_nor_one_twice_nor_an_unknown_one() public {
        _publish(_rootOf("r1", 5 ether));
        vm.warp(START + VETO);
        _expectVetoRevert("r1", abi.encodeWithSelector(ICustody.Expired.selector, START + VETO));
        _expectVetoRevert("r2", abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, bytes32("r2")));
        _publish(_rootOf("r2", 5 ether));
        vm.prank(GUARDIAN);
        custody.vetoRoot("r2");
        _expectVetoRevert("r2", abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, bytes32("r2")));
    }

    function test_only_guardian_and_admin_veto_also_while_paused() public {
        address[2] memory may = [GUARDIAN, ADMIN];
        vm.prank(GUARDIAN);
        custody.pause();
        for (uint256 k; k < 2; ++k) {
            vm.prank(ADMIN);
            custody.unpause();
            bytes32 root = bytes32(k + 1);
            _publish(_rootOf(root, 5 ether));
            vm.prank(GUARDIAN);
            custody.pause();
            address[3] memory others = [TREASURER, SUBMITTER, STRANGER];
            for (uint256 j; j < 3; ++j) {
                vm.expectRevert(_unauthorized(others[j], 0));
                vm.prank(others[j]);
                custody.vetoRoot(root);
            }
            vm.prank(may[k]);
            custody.vetoRoot(root);
        }
    }

    // ------------------------------------------------------------------ retiring

    function test_an_older_root_can_be_retired_after_the_delay() public {
        bytes32 old = _mature(ALICE, 5 ether);
        bytes32 new_ = _mature(ALICE, 7 ether);
        _operate(ICustody.Operation.RetireRoot, old, 0);
        (uint256 total, uint256 from) = custody.liabilities(old);
        assertEq(total + from, 0, "retired");
        _expectClaimRevert(ALICE, 5 ether, old, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, old));
        _expectPublishRevert(_rootOf(old, 7 ether), abi.encodeWithSelector(ICustody.RootVetoedOrKnown.selector, old));
        vm.expectRevert(abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, old));
        vm.prank(ADMIN);
        custody.schedule(ICustody.Operation.RetireRoot, old, 0);
        _claim(ALICE, 7 ether, new_);
    }

    function test_retiring_the_newest_root_restores_the_one_before() public {
        bytes32 former = _mature(ALICE, 5 ether);
        bytes32 newest = _mature(ALICE, 7 ether);
        (uint256 funds,) = custody.available();
        assertEq(funds, FUNDS - 7 ether, "reserved");
        _retire(newest);
        (bytes32 latest, uint256 total,,) = custody.latestRoot();
        assertEq(latest, former, "latest");
        assertEq(total, 5 ether, "its total");
        (funds,) = custody.available();
        assertEq(funds, FUNDS - 5 ether, "reserved again");
        _expectClaimRevert(newest);
        _publish(_rootOf("less than the retired one", 6 ether));
    }

    function test_a_root_that_is_not_mature_is_not_to_be_retired() public {
        _mature(ALICE, 5 ether);
        _publish(_rootOf("r2", 5 ether));
        bytes32[2] memory roots = [bytes32("r2"), "unknown"];
        for (uint256 k; k < roots.length; ++k) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, roots[k]));
            vm.prank(ADMIN);
            custody.schedule(ICustody.Operation.RetireRoot, roots[k], 0);
        }
    }

    function test_three_roots_are_known_and_the_retired_among_them_are_passed_over() public {
        bytes32[4] memory roots;
        for (uint256 k; k < roots.length; ++k) {
            roots[k] = _mature(ALICE, (k + 1) * 1 ether);
        }
        _retire(roots[2]);
        (bytes32 latest,,,) = custody.latestRoot();
        assertEq(latest, roots[3], "an older one was retired");
        _retire(roots[3]);
        (latest,,,) = custody.latestRoot();
        assertEq(latest, roots[1], "the last that was not retired");
        _retire(roots[1]);
        uint256 total;
        (latest, total,,) = custody.latestRoot();
        assertEq(latest, bytes32(0), "the first is forgotten");
        assertEq(total, 0, "and its total");
        (total,) = custody.liabilities(roots[0]);
        assertEq(total, 1 ether, "but can be claimed against");
        _publish(_rootOf("anew", 0.5 ether));
        (latest,,,) = custody.latestRoot();
        assertEq(latest, bytes32("anew"), "published after all");
    }

    function test_a_veto_passes_over_the_retired() public {
        bytes32 first = _mature(ALICE, 1 ether);
        bytes32 second = _mature(ALICE, 2 ether);
        _schedule(ICustody.Operation.RetireRoot, second, 0);
        vm.warp(_now() + 3 days);
        _publish(_rootOf("third", 3 ether));
        _executeOperation(ICustody.Operation.RetireRoot, second, 0);
        (bytes32 latest,,,) = custody.latestRoot();
        assertEq(latest, bytes32("third"), "immature");
        vm.prank(ADMIN);
        custody.vetoRoot("third");
        (latest,,,) = custody.latestRoot();
        assertEq(latest, first, "the one before the retired");
    }

    function _retire(bytes32 root) private {
        _schedule(ICustody.Operation.RetireRoot, root, 0);
        vm.warp(_now() + 3 days);
        _executeOperation(ICustody.Operation.RetireRoot, root, 0);
    }

    function _expectClaimRevert(bytes32 root) private {
        vm.expectRevert(abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root));
        custody.claim(ALICE, 7 ether, root, new ICustody.SumNode[](0));
    }

    function _expectVetoRevert(bytes32 root, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(GUARDIAN);
        custody.vetoRoot(root);
    }
}
