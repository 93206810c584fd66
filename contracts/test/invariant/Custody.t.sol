// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Assertions} from "../Assertions.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {Handler} from "./Handler.sol";
import {IntakeHandler} from "./IntakeHandler.sol";

contract CustodyInvariantTest is Assertions {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;
    CustodyHarness private custody;

    function setUp() public {
        handler = new Handler();
        custody = handler.contractUnderTest();
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory s = new bytes4[](26);
        (s[0], s[1], s[2], s[3]) =
        (
            IntakeHandler.register.selector,
            IntakeHandler.retopup.selector,
            IntakeHandler.refund.selector,
            IntakeHandler.sweep.selector
        );
        (s[4], s[5], s[6], s[7]) =
        (
            IntakeHandler.fund.selector,
            IntakeHandler.freeze.selector,
            IntakeHandler.unfreeze.selector,
            IntakeHandler.pause.selector
        );
        (s[8], s[9], s[10]) =
        (IntakeHandler.unpause.selector, IntakeHandler.wait.selector, IntakeHandler.forceEther.selector);
        (s[11], s[12], s[13], s[14]) =
        (Handler.batch.selector, Handler.retry.selector, Handler.cancelBatch.selector, Handler.publish.selector);
        (s[15], s[16], s[17], s[18]) =
        (Handler.veto.selector, Handler.claim.selector, Handler.withdraw.selector, Handler.treasury.selector);
        // More often than the others: what moves money in, out and on.
        (s[19], s[20], s[21]) =
        (IntakeHandler.retopup.selector, IntakeHandler.refund.selector, IntakeHandler.unpause.selector);
        (s[22], s[23], s[24], s[25]) =
        (Handler.batch.selector, Handler.claim.selector, IntakeHandler.wait.selector, Handler.publish.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), s);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_money_is_conserved() public view {
        assertEq(address(custody).balance, handler.moneyIn() - handler.moneyOut(), "in - out == balance");
    }

    function invariant_escrow_is_the_sum_of_open_deposits_and_of_unswept_buckets() public view {
        (,,, uint256 escrowed) = custody.totals();
        uint256 swept = custody.sweptThrough();
        uint256 open;
        uint256 lastDay = swept;
        for (uint256 k; k < handler.paidCount(); ++k) {
            (, uint256 amount, uint256 until, bool refunded) = handler.paid(k);
            uint256 day = until / 1 days;
            if (day > lastDay) lastDay = day;
            if (day <= swept) assertEq(custody.bucket(day), 0, "a swept bucket is empty");
            else if (!refunded) open += amount;
        }
        assertEq(escrowed, open, "escrowed == open deposits");
        uint256 buckets;
        for (uint256 day = swept + 1; day <= lastDay; ++day) {
            buckets += custody.bucket(day);
        }
        assertEq(escrowed, buckets, "escrowed == unswept buckets");
        assertTrue(address(custody).balance >= escrowed, "escrow is backed");
    }

    function invariant_the_journal_is_contiguous_and_recomputable_from_logs() public view {
        (uint64 seq, bytes24 root) = custody.journalHead();
        assertEq(seq, handler.seq(), "number");
        assertEq(root, handler.root(), "root");
        assertEq(seq, handler.entries(), "one entry per successful call");
    }

    function invariant_nobody_is_paid_more_than_the_highest_target_or_entitlement() public view {
        for (uint256 k; k < 6; ++k) {
            address user = handler.user(k);
            (uint256 paid,,) = custody.account(user);
            (uint256 target, uint256 entitled) = (handler.target(user), handler.entitled(user));
            assertTrue(paid <= (target > entitled ? target : entitled), "paid <= max(target, entitled)");
        }
    }

    function invariant_what_was_paid_was_received_or_is_credit() public view {
        uint256 paidInAll;
        uint256 creditInAll;
        for (uint256 k; k < 6; ++k) {
            address user = handler.user(k);
            (uint256 paid, uint256 credit,) = custody.account(user);
            assertEq(paid, handler.received(user) + credit + handler.withdrawn(user), "paid");
            paidInAll += paid;
            creditInAll += credit;
        }
        (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(pushed, handler.pushed(), "pushed");
        assertEq(claimed, handler.claimed(), "claimed");
        assertEq(paidInAll, pushed + claimed, "paid in all");
        assertEq(creditInAll, credited, "credited");
        assertTrue(address(custody).balance >= escrowed + credited, "escrow and credits are backed");
    }

    function invariant_what_is_available_is_beyond_escrow_credits_and_what_roots_owe() public view {
        (uint256 funds, uint256 room) = custody.available();
        assertEq(funds, handler.spendable(), "funds");
        assertEq(room, handler.roomForPayments(), "room");
        assertTrue(handler.free() >= handler.reserve(), "what roots owe is funded");
    }

    function invariant_no_day_sees_more_than_the_cap_leave() public view {
        uint256 cap = custody.config().outflowCap;
        for (uint256 k; k < handler.leftCount(); ++k) {
            (uint256 end,) = handler.left(k);
            uint256 sum;
            for (uint256 j; j <= k; ++j) {
                (uint256 at, uint256 amount) = handler.left(j);
                if (at + 1 days >= end) sum += amount;
            }
            assertTrue(sum <= cap, "24 hours <= cap");
        }
    }

    /// @dev The invariants say little if the handler never gets anywhere.
    function test_the_handler_reaches_every_call_and_every_refusal() public {
        uint256 r = 7;
        for (uint256 k; k < 3_000; ++k) {
            r = uint256(keccak256(abi.encode(r)));
            (uint256 a, uint256 b) = ((r >> 8) % 1e30, (r >> 128) % 1e30);
            if (r % 2 == 0) _intakeStep(r / 2 % 14, a, b, r >> 64);
            else _settlementStep(r / 2 % 14, a, b);
            if (k % 100 == 0) {
                invariant_money_is_conserved();
                invariant_escrow_is_the_sum_of_open_deposits_and_of_unswept_buckets();
                invariant_the_journal_is_contiguous_and_recomputable_from_logs();
                invariant_nobody_is_paid_more_than_the_highest_target_or_entitlement();
                invariant_what_was_paid_was_received_or_is_credit();
                invariant_what_is_available_is_beyond_escrow_credits_and_what_roots_owe();
            }
        }
        invariant_no_day_sees_more_than_the_cap_leave();
        _assertReached(["register", "retopup", "refund", "sweep", "fund", "freeze", "unfreeze", "pause", "unpause"]);
        _assertReached(
            ["batch", "batch", "cancelBatch", "publish", "veto", "claim", "withdraw", "treasury", "treasury"]
        );
    }

    function _intakeStep(uint256 what, uint256 a, uint256 b, uint256 c) private {
        if (what == 0) handler.register(a, b, c);
        else if (what < 3) handler.retopup(a, b);
        else if (what < 5) handler.refund(a);
        else if (what == 5) handler.sweep(a);
        else if (what == 6) handler.fund(a);
        else if (what == 7) handler.freeze(a, b);
        else if (what == 8) handler.unfreeze(a);
        else if (what == 9 && a % 3 == 0) handler.pause();
        else if (what == 10) handler.unpause();
        else if (what == 11) handler.forceEther(a);
        else if (what == 12) handler.wait(a);
    }

    function _settlementStep(uint256 what, uint256 a, uint256 b) private {
        if (what < 4) handler.batch(a, b);
        else if (what == 4) handler.retry(a);
        else if (what == 5) handler.cancelBatch(a % 2 == 0);
        else if (what < 8) handler.publish(a, b);
        else if (what == 8 && a % 3 == 0) handler.veto();
        else if (what < 11) handler.claim(a, b);
        else if (what == 11) handler.withdraw(a);
        else if (what == 12) handler.treasury(a);
        else handler.wait(a % 1 days);
    }

    function _assertReached(string[9] memory names) private view {
        for (uint256 k; k < 9; ++k) {
            assertTrue(handler.done(names[k]) > 0, string.concat(names[k], " never succeeded"));
            assertTrue(handler.refused(names[k]) > 0, string.concat(names[k], " was never refused"));
        }
    }
}
