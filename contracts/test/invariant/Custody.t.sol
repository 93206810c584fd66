// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Assertions} from "../Assertions.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {Handler} from "./Handler.sol";

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
        bytes4[] memory s = new bytes4[](14);
        (s[0], s[1], s[2], s[3]) =
        (Handler.register.selector, Handler.retopup.selector, Handler.refund.selector, Handler.sweep.selector);
        (s[4], s[5], s[6], s[7]) =
        (Handler.fund.selector, Handler.freeze.selector, Handler.unfreeze.selector, Handler.pause.selector);
        (s[8], s[9], s[10]) = (Handler.unpause.selector, Handler.wait.selector, Handler.forceEther.selector);
        // More often than the others: what moves money in, out and on.
        (s[11], s[12], s[13]) = (Handler.retopup.selector, Handler.refund.selector, Handler.unpause.selector);
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

    /// @dev The invariants say little if the handler never gets anywhere.
    function test_the_handler_reaches_every_call_and_every_refusal() public {
        uint256 r = 7;
        for (uint256 k; k < 1_500; ++k) {
            r = uint256(keccak256(abi.encode(r)));
            (uint256 what, uint256 a, uint256 b) = (r % 14, (r >> 8) % 1e30, (r >> 128) % 1e30);
            if (what == 0) handler.register(a, b, r >> 64);
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
            if (k % 100 == 0) {
                invariant_money_is_conserved();
                invariant_escrow_is_the_sum_of_open_deposits_and_of_unswept_buckets();
                invariant_the_journal_is_contiguous_and_recomputable_from_logs();
            }
        }
        string[9] memory names =
            ["register", "retopup", "refund", "sweep", "fund", "freeze", "unfreeze", "pause", "unpause"];
        for (uint256 k; k < 9; ++k) {
            assertTrue(handler.done(names[k]) > 0, string.concat(names[k], " never succeeded"));
            assertTrue(handler.refused(names[k]) > 0, string.concat(names[k], " was never refused"));
        }
    }
}
