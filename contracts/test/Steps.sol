// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {SettlementTest} from "./SettlementTest.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";
import {Refuser} from "./Wallets.sol";

/// @notice Steps that may happen to two users in any order, and what must hold after each of them. Funds and cap are ample, so what
/// is paid is known exactly: the highest target that was executed, or the highest entitlement that was proven.
/// @dev Alice takes money, and the other user refuses it, so that all that is paid to it is credited.
abstract contract Steps is SettlementTest {
    enum Step {
        FirstBatch,
        FirstBatchAgain,
        SecondBatch,
        ClaimFirstRoot,
        LeavesOfFirstRoot,
        PublishSecondRoot,
        VetoSecondRoot,
        ClaimSecondRoot,
        LeavesOfSecondRoot,
        PublishThirdRoot,
        LeavesOfThirdRoot,
        RetireFirstRoot,
        Freeze,
        Unfreeze,
        Withdraw,
        Refund,
        CancelFirstBatch,
        Wait
    }

    uint256 internal constant STEPS = uint256(type(Step).max) + 1;
    uint256 private constant FUNDS = 1_000 ether;
    address private constant SINK = address(0x51);
    /// @dev The first root is mature, and an operation that retires it can be executed.
    uint256 internal constant BEGIN = START + 4 days;

    /// @dev What was executed or proven, at most; what had been paid after the step before; what reached the user.
    mapping(address => uint256) private due;
    mapping(address => uint256) private paidBefore;
    mapping(address => uint256) private received;
    address private refuser;
    uint256 private refunded;

    function setUp() public virtual override {
        super.setUp();
        _fund(FUNDS);
        refuser = address(0xF0001);
        _registered(ALICE);
        _registered(refuser);
        vm.etch(refuser, address(new Refuser()).code);
        _publish(_rootOf(_leaves(0)));
        vm.warp(BEGIN - 3 days);
        _schedule(ICustody.Operation.RetireRoot, _root(0), 0);
        vm.warp(BEGIN);
    }

    /// @dev Highest entitlements of the three roots.
    function _leaves(uint256 root) private view returns (SumTreeBuilder.Leaf[] memory leaves) {
        leaves = new SumTreeBuilder.Leaf[](2);
        leaves[0] = SumTreeBuilder.Leaf(ALICE, [uint256(20 ether), 30 ether, 40 ether][root]);
        leaves[1] = SumTreeBuilder.Leaf(refuser, [uint256(12 ether), 30 ether, 31 ether][root]);
    }

    function _root(uint256 root) private view returns (bytes32 hash) {
        (hash,) = SumTreeBuilder.root(_leaves(root));
    }

    // ------------------------------------------------------------------ one step

    /// @dev Takes the step, which may be refused for what happened before, and checks the books.
    function _take(Step step) internal {
        try this.attempt(step) {}
        catch (bytes memory error_) {
            assertTrue(_isRefusal(bytes4(error_)), string.concat("step ", vm.toString(uint256(step)), " fails oddly"));
        }
        _check();
    }

    function attempt(Step step) external {
        if (step == Step.FirstBatch || step == Step.FirstBatchAgain) _pay("b1", 10 ether, 10 ether);
        else if (step == Step.SecondBatch) _pay("b2", 25 ether, 15 ether);
        else if (step == Step.ClaimFirstRoot) _claimOf(0);
        else if (step == Step.ClaimSecondRoot) _claimOf(1);
        else if (step == Step.LeavesOfFirstRoot) _settle(0);
        else if (step == Step.LeavesOfSecondRoot) _settle(1);
        else if (step == Step.LeavesOfThirdRoot) _settle(2);
        else if (step == Step.PublishSecondRoot) _publish(_rootOf(_leaves(1)));
        else if (step == Step.PublishThirdRoot) _publish(_rootOf(_leaves(2)));
        else if (step == Step.RetireFirstRoot) _executeOperation(ICustody.Operation.RetireRoot, _root(0), 0);
        else if (step == Step.Freeze) _freeze(ALICE, _now() + MAX_FREEZE);
        else if (step == Step.Withdraw) _withdrawAll();
        else if (step == Step.Refund) _takeBack();
        else if (step == Step.Wait) vm.warp(_now() + 1 days);
        else _byGuardian(step);
    }

    function _byGuardian(Step step) private {
        bytes32 root = _root(1);
        vm.prank(GUARDIAN);
        if (step == Step.VetoSecondRoot) custody.vetoRoot(root);
        else if (step == Step.Unfreeze) custody.unfreeze(ALICE);
        else custody.cancelBatch("b1");
    }

    function _pay(bytes32 id, uint256 toAlice, uint256 toRefuser) private {
        _execute(_batch(id, toAlice + toRefuser), _list(ALICE, toAlice, refuser, toRefuser));
        _owe(toAlice, toRefuser);
    }

    function _claimOf(uint256 root) private {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(root);
        (bytes32 hash,, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(leaves, 0);
        custody.claim(ALICE, leaves[0].entitled, hash, proof);
        _owe(leaves[0].entitled, 0);
    }

    function _settle(uint256 root) private {
        SumTreeBuilder.Leaf[] memory leaves = _leaves(root);
        bytes32[] memory words = _list(ALICE, leaves[0].entitled, refuser, leaves[1].entitled);
        custody.settleLeaves(_root(root), words, new ICustody.SumNode[](0));
        (,, uint256 frozenUntil) = custody.account(ALICE);
        _owe(frozenUntil > _now() ? 0 : leaves[0].entitled, leaves[1].entitled);
    }

    function _owe(uint256 toAlice, uint256 toRefuser) private {
        if (toAlice > due[ALICE]) due[ALICE] = toAlice;
        if (toRefuser > due[refuser]) due[refuser] = toRefuser;
    }

    function _withdrawAll() private {
        for (uint256 k; k < 2; ++k) {
            address user = k == 0 ? ALICE : refuser;
            if (_credit(user) == 0) continue;
            uint256 before = SINK.balance;
            vm.prank(user);
            custody.withdrawCredit(SINK);
            received[user] += SINK.balance - before;
        }
    }

    function _takeBack() private {
        vm.prank(ALICE);
        custody.refund(keccak256(abi.encode("registration of", ALICE)), SINK);
        refunded += PRICE;
    }

    /// @dev What a step may be refused for when others came before, or did not.
    function _isRefusal(bytes4 error_) private pure returns (bool) {
        return error_ == ICustody.BatchAlreadyExecuted.selector || error_ == ICustody.InsufficientFunds.selector
            || error_ == ICustody.NothingDue.selector || error_ == ICustody.UserIsFrozen.selector
            || error_ == ICustody.RootUnknownOrImmature.selector || error_ == ICustody.RootPending.selector
            || error_ == ICustody.RootVetoedOrKnown.selector || error_ == ICustody.RootNotMonotone.selector
            || error_ == ICustody.BadFreeze.selector || error_ == ICustody.NotRefundable.selector
            || error_ == ICustody.Expired.selector || error_ == ICustody.NotScheduled.selector;
    }

    // ------------------------------------------------------------------ what must hold

    function _check() private {
        uint256 paidInAll;
        uint256 credits;
        for (uint256 k; k < 2; ++k) {
            address user = k == 0 ? ALICE : refuser;
            (uint256 paid, uint256 credit,) = custody.account(user);
            assertTrue(paid >= paidBefore[user], "paid only grows");
            assertEq(paid, due[user], "paid is the highest target or entitlement");
            assertEq(user.balance + received[user] + credit, paid, "what was paid was received once, or is credited");
            paidBefore[user] = paid;
            paidInAll += paid;
            credits += credit;
        }
        (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(pushed + claimed, paidInAll, "sum of all that was paid");
        assertEq(credited, credits, "sum of credits");
        assertEq(escrowed, 2 * PRICE - refunded, "escrow");
        assertEq(address(custody).balance, FUNDS + escrowed + credited - paidInAll, "balance");
    }

    /// @dev However it came to this: nobody loses what the newest root promises, nor what batches credited.
    function _finish() internal {
        vm.warp(_now() + 3 days);
        uint256[2] memory promised = [due[ALICE], due[refuser]];
        for (uint256 root; root < 3; ++root) {
            (uint256 total,) = custody.liabilities(_root(root));
            if (total == 0) continue;
            SumTreeBuilder.Leaf[] memory leaves = _leaves(root);
            if (leaves[0].entitled > promised[0]) promised[0] = leaves[0].entitled;
            if (leaves[1].entitled > promised[1]) promised[1] = leaves[1].entitled;
            _take(root == 0 ? Step.LeavesOfFirstRoot : root == 1 ? Step.LeavesOfSecondRoot : Step.LeavesOfThirdRoot);
        }
        _take(Step.Withdraw);
        assertEq(ALICE.balance + received[ALICE], promised[0], "all that was promised");
        assertEq(received[refuser], promised[1], "all that was promised, by withdrawing it");
    }
}
