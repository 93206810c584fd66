// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Configuration} from "../../src/Configuration.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice Every number that a function takes, of any size, and the clock: accepted exactly when the rules say so, else refused with
/// the error that they name. Numbers of intake and freezes: `Intake.t.sol`; of lists: `Lists.t.sol`.
contract NumbersFuzzTest is SettlementTest {
    uint256 private constant FUNDS = 1_000 ether;
    uint256 private constant KEY = 0xCAFE;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
    }

    /// @dev Half of the values lie around `middle`, the others anywhere.
    function _near(uint256 value, uint256 middle, uint256 spread) private pure returns (uint256) {
        if (value % 2 == 1) return value;
        uint256 moved = middle + (value >> 1) % (2 * spread + 1);
        return moved > spread ? moved - spread : 0;
    }

    // ------------------------------------------------------------------ authorizations

    /// @return error_ what a window is refused for now; nothing when it is open
    function _windowError(uint256 validAfter, uint256 deadline) private view returns (bytes memory error_) {
        if (_now() < validAfter) return abi.encodeWithSelector(ICustody.NotYetValid.selector, validAfter);
        if (_now() > deadline) return abi.encodeWithSelector(ICustody.Expired.selector, deadline);
        if (deadline - _now() > 1 hours) return abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, deadline);
    }

    function testFuzz_a_batch_is_bounded_by_its_window_and_its_total(
        uint256 validAfter,
        uint256 deadline,
        uint256 maxTotal,
        uint96 target
    ) public {
        ICustody.PayoutBatch memory b = _batch("b1", _near(maxTotal, FUNDS, 2));
        b.validAfter = _near(validAfter, START, 2);
        b.deadline = _near(deadline, START + (deadline % 4 < 2 ? 0 : 1 hours), 2);
        uint256 due = target % 3 == 0 ? b.maxTotal % (1 << 96) : target;
        bytes memory error_ = _windowError(b.validAfter, b.deadline);
        if (error_.length == 0) {
            if (b.maxTotal > FUNDS) {
                error_ = abi.encodeWithSelector(ICustody.InsufficientFunds.selector, b.maxTotal, FUNDS);
            } else if (due > b.maxTotal) {
                // Also when it is more than there is to send, and so was credited.
                error_ = abi.encodeWithSelector(ICustody.OverMaxTotal.selector, due, b.maxTotal);
            }
        }
        if (error_.length != 0) {
            _expectBatchRevert(b, _list(ALICE, due), error_);
            assertEq(ALICE.balance, 0, "nothing");
        } else {
            _execute(b, _list(ALICE, due));
            assertEq(ALICE.balance, due, "received");
        }
    }

    function testFuzz_a_root_is_bounded_by_its_window_its_total_and_its_entry(
        uint256 validAfter,
        uint256 deadline,
        uint256 total,
        uint256 asOfSeq,
        uint256 which
    ) public {
        _execute(_batch("b1", 100 ether), _list(ALICE, 100 ether));
        bytes32 former = _mature(BOB, 150 ether);
        (,, uint256 formerSeq,) = custody.latestRoot();
        custody.claim(BOB, 150 ether, former, new ICustody.SumNode[](0));
        // Paid in all: 250. Free: 750.
        uint256 seq = _head().seq;
        uint256 start = _now();
        ICustody.LiabilitiesRoot memory r = _rootOf("r1", _near(total, which % 2 == 0 ? 250 ether : FUNDS, 2));
        r.asOfSeq = _near(asOfSeq, which % 4 < 2 ? formerSeq : seq, 2);
        if (which % 3 != 0) {
            r.validAfter = _near(validAfter, start, 2);
            r.deadline = _near(deadline, start + (deadline % 4 < 2 ? 0 : 1 hours), 2);
        }
        bytes memory error_ = _windowError(r.validAfter, r.deadline);
        if (error_.length == 0) {
            if (r.total < 250 ether || r.asOfSeq < formerSeq || r.asOfSeq > seq) {
                error_ = abi.encodeWithSelector(ICustody.RootNotMonotone.selector);
            } else if (r.total - 250 ether > FUNDS - 250 ether) {
                error_ =
                    abi.encodeWithSelector(ICustody.InsufficientFunds.selector, r.total - 250 ether, FUNDS - 250 ether);
            }
        }
        if (error_.length != 0) return _expectPublishRevert(r, error_);
        _publish(r);
        (uint256 funds,) = custody.available();
        assertEq(funds, FUNDS - r.total, "what it owes is reserved");
    }

    function testFuzz_a_signed_withdrawal_is_exact(uint256 amount, uint256 nonce, uint256 deadline) public {
        address user = vm.addr(KEY);
        _registered(user);
        _give(user, 5 ether);
        ICustody.Withdrawal memory w = ICustody.Withdrawal({
            user: user,
            to: BOB,
            amount: _near(amount, 5 ether, 1),
            nonce: _near(nonce, 5 ether, 1),
            deadline: _near(deadline, _now(), 1)
        });
        bytes memory signature = _signHash(KEY, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
        bytes memory error_;
        if (_now() > w.deadline) error_ = abi.encodeWithSelector(ICustody.Expired.selector, w.deadline);
        else if (w.nonce != 5 ether) error_ = abi.encodeWithSelector(ICustody.BadNonce.selector, 5 ether, w.nonce);
        else if (w.amount != 5 ether) error_ = abi.encodeWithSelector(ICustody.WrongValue.selector, 5 ether, w.amount);
        if (error_.length != 0) vm.expectRevert(error_);
        custody.withdrawCreditFor(w, signature);
        assertEq(BOB.balance, error_.length == 0 ? 5 ether : 0, "all or nothing");
    }

    // ------------------------------------------------------------------ claims

    function testFuzz_a_claim_pays_what_is_due_free_and_under_the_cap(
        uint256 entitled,
        uint256 paid,
        uint256 free,
        uint256 cap,
        uint256 wait
    ) public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (uint96(2 + cap % (400 ether)), 2);
        _redeploy(c);
        _fund(FUNDS);
        _registered(ALICE);
        entitled = 1 + entitled % 200 ether;
        bytes32 root = _mature(ALICE, entitled);
        (, uint256 room) = custody.available();
        paid = paid % ((room < entitled ? room : entitled) + 1);
        _execute(_batch("b1", paid), _list(ALICE, paid));
        uint256 paidAt = _now();
        vm.warp(paidAt + wait % 2 days);
        free %= 400 ether;
        vm.deal(address(custody), PRICE + free);
        uint256 capacity = uint256(c.outflowCap) / 2;
        uint256 leaked = (_now() - paidAt) * capacity / 1 days;
        uint256 space = capacity - (paid > leaked ? paid - leaked : 0);
        uint256 due = entitled - paid;
        if (due == 0) {
            return
                _expectClaimRevert(ALICE, entitled, root, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
        }
        if (free == 0) {
            return _expectClaimRevert(
                ALICE, entitled, root, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, due, 0)
            );
        }
        if (space == 0) {
            return _expectClaimRevert(
                ALICE, entitled, root, abi.encodeWithSelector(ICustody.OutflowCapReached.selector, due, 0)
            );
        }
        _claim(ALICE, entitled, root);
        uint256 least = due < free ? due : free;
        assertEq(ALICE.balance, paid + (least < space ? least : space), "the least of the three");
        assertEq(_paid(ALICE), ALICE.balance, "paid");
    }

    function testFuzz_a_claim_of_any_other_leaf_or_node_is_refused(
        address user,
        uint256 entitled,
        bytes32 hash,
        uint256 sum,
        bool left
    ) public {
        bytes32 root = _mature(ALICE, 9 ether);
        vm.assume(user != ALICE || entitled != 9 ether);
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](left ? 1 : 0);
        if (left) proof[0] = ICustody.SumNode(hash, sum);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        custody.claim(user, entitled, root, proof);
        proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode(hash, sum);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        custody.claim(ALICE, 9 ether, root, proof);
    }

    // ------------------------------------------------------------------ operations and cap

    function testFuzz_an_operation_means_one_thing_or_is_refused(uint8 kind, bytes32 argument, uint256 value) public {
        ICustody.Operation operation = ICustody.Operation(kind % 11);
        if (value % 3 != 0) value = 0;
        if (uint256(argument) % 2 == 0) argument = bytes32(uint256(uint160(uint256(argument))));
        if (uint256(argument) % 8 == 0) argument = 0;
        bytes memory error_;
        bool hasAddress = operation != ICustody.Operation.RaiseOutflowCap && operation != ICustody.Operation.RetireRoot;
        if (operation == ICustody.Operation.RetireRoot && value == 0) {
            error_ = abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, argument);
        } else if (operation == ICustody.Operation.RaiseOutflowCap) {
            if (argument != 0) error_ = abi.encodeWithSelector(ICustody.WrongValue.selector, 0, argument);
        } else if (operation != ICustody.Operation.Treasury && value != 0) {
            error_ = abi.encodeWithSelector(ICustody.WrongValue.selector, 0, value);
        } else if (hasAddress && uint256(argument) >> 160 != 0) {
            error_ = abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 160, argument);
        } else if (hasAddress && argument == 0) {
            error_ = abi.encodeWithSelector(ICustody.ZeroAddress.selector);
        }
        bytes32 id = _id(operation, argument, value);
        if (error_.length != 0) vm.expectRevert(error_);
        vm.prank(_ownerOf(operation));
        custody.schedule(operation, argument, value);
        assertEq(custody.operationEta(id), error_.length == 0 ? START + 3 days : 0, "eta");
    }

    function testFuzz_an_operation_waits_for_its_delay(uint256 wait, uint96 amount) public {
        (ICustody.Operation treasury, bytes32 to) = (ICustody.Operation.Treasury, _argument(address(0xBEEF)));
        uint256 value = amount % (FUNDS * 2);
        _schedule(treasury, to, value);
        wait = wait % 2 == 0 ? (wait % 4 == 0 ? 3 days : 17 days) - 2 + (wait >> 2) % 5 : wait % 40 days;
        vm.warp(START + wait);
        if (wait < 3 days) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, START + 3 days));
        } else if (wait > 17 days) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.Expired.selector, START + 17 days));
        } else if (value > FUNDS) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientFunds.selector, value, FUNDS));
        }
        vm.prank(TREASURER);
        custody.execute(treasury, to, value);
        bool isInTime = wait >= 3 days && wait <= 17 days;
        assertEq(address(0xBEEF).balance, isInTime && value <= FUNDS ? value : 0, "received");
    }

    function testFuzz_the_cap_only_falls_at_once_and_only_rises_with_delay(uint256 lower, uint256 raise) public {
        (uint256 cap, uint256 floor) = (10_000_000 ether, 1_000 ether);
        lower = _near(lower, lower % 4 == 0 ? cap : floor, 2);
        if (lower >= cap) vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, cap, lower));
        else if (lower < floor) vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, floor, lower));
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(lower);
        if (lower < cap && lower >= floor) cap = lower;
        assertEq(custody.config().outflowCap, cap, "cap");
        raise = _near(raise, raise % 4 == 0 ? cap : type(uint96).max, 2);
        _schedule(ICustody.Operation.RaiseOutflowCap, 0, raise);
        vm.warp(START + 3 days);
        if (raise <= cap) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, cap, raise));
        } else if (raise > type(uint96).max) {
            vm.expectRevert(abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, raise));
        }
        vm.prank(ADMIN);
        custody.execute(ICustody.Operation.RaiseOutflowCap, 0, raise);
        if (raise > cap && raise <= type(uint96).max) cap = raise;
        assertEq(custody.config().outflowCap, cap, "cap");
    }

    // ------------------------------------------------------------------ the rest

    function testFuzz_any_configuration_is_either_in_order_or_refused(ICustody.Config memory c, uint256 mend) public {
        if (mend % 2 == 0) {
            // Else hardly any would be in order.
            c.operationDelay = 2 + c.operationDelay % 60 days;
            c.vetoDelay = c.vetoDelay % (c.operationDelay + 1);
            c.maxFreeze = c.maxFreeze % (c.vetoDelay + 1);
            c.coolingOff = c.coolingOff % 366 days;
            if (mend % 4 == 0) (c.outflowFloor, c.outflowCap) = (c.outflowFloor % 1e20, 1e20);
        }
        // A predecessor has code, which no account drawn at random has.
        c.predecessor = address(0);
        bytes memory error_;
        if (
            c.admin == address(0) || c.guardian == address(0) || c.freezer == address(0) || c.treasurer == address(0)
                || c.submitter == address(0) || c.signer == address(0) || c.rootSigner == address(0)
        ) error_ = abi.encodeWithSelector(ICustody.ZeroAddress.selector);
        else if (c.coolingOff > 365 days) error_ = _invalid("coolingOff <= 365 days");
        else if (c.vetoDelay >= c.operationDelay) error_ = _invalid("vetoDelay < operationDelay");
        else if (c.maxFreeze >= c.vetoDelay) error_ = _invalid("maxFreeze < vetoDelay");
        else if (c.maxFreeze > 30 days) error_ = _invalid("maxFreeze <= 30 days");
        else if (c.outflowFloor < 2) error_ = _invalid("outflowFloor > 1");
        else if (c.outflowFloor > c.outflowCap) error_ = _invalid("outflowFloor <= outflowCap");
        if (error_.length != 0) return _expectDeployRevert(c, error_);
        _redeploy(c);
        assertEq(keccak256(abi.encode(custody.config())), keccak256(abi.encode(c)), "configuration");
    }

    function testFuzz_any_value_is_funded_whole_or_refused(uint256 value) public {
        value %= type(uint96).max;
        if (value % 3 == 0) value = value / 1 gwei * 1 gwei;
        vm.deal(STRANGER, value);
        if (value == 0 || value % 1 gwei != 0) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.NotWholeGwei.selector, value));
        } else if (value < 0.01 ether) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, 0.01 ether, value));
        }
        vm.prank(STRANGER);
        custody.fund{value: value}();
        (uint256 funds,) = custody.available();
        assertEq(funds, value % 1 gwei == 0 && value >= 0.01 ether ? FUNDS + value : FUNDS, "free");
    }

    function testFuzz_a_value_that_is_not_the_amount_is_refused(uint256 value, uint256 amount) public {
        ICustody.Intake memory i = _intake(ALICE, "t1");
        i.amount = 1 gwei * (1 + amount % 1e15);
        value = _near(value, i.amount, 1) % type(uint96).max;
        bytes memory signature = _sign(SIGNER_KEY, "Retopup", i);
        vm.deal(ALICE, value);
        if (value != i.amount) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, i.amount, value));
        }
        vm.prank(ALICE);
        custody.retopup{value: value}(i, signer, signature);
    }

    function testFuzz_a_root_is_vetoed_until_it_matures_and_claimed_from_then_on(uint256 wait) public {
        bytes32 root = _single(ALICE, 9 ether);
        _publish(_rootOf(root, 9 ether));
        wait = wait % 2 == 0 ? 1 days - 2 + (wait >> 1) % 5 : wait % 3650 days;
        vm.warp(START + wait);
        if (wait < 1 days) {
            _expectClaimRevert(
                ALICE, 9 ether, root, abi.encodeWithSelector(ICustody.RootUnknownOrImmature.selector, root)
            );
        } else {
            vm.expectRevert(abi.encodeWithSelector(ICustody.Expired.selector, START + 1 days));
        }
        vm.prank(GUARDIAN);
        custody.vetoRoot(root);
        if (wait >= 1 days) _claim(ALICE, 9 ether, root);
        assertEq(ALICE.balance, wait < 1 days ? 0 : 9 ether, "received");
    }

    function _invalid(string memory rule) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Configuration.InvalidConfig.selector, rule);
    }
}
