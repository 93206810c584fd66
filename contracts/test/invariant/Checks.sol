// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AttackHandler} from "./AttackHandler.sol";

/// @notice The invariants that hold between any two calls: the contract against the books.
abstract contract Checks is AttackHandler {
    function checkMoney() external view {
        assertEq(address(custody).balance, moneyIn - moneyOut, "balance == in - out");
        (uint256 pushed_, uint256 claimed_, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(pushed_, pushed, "pushed");
        assertEq(claimed_, claimed, "claimed");
        assertTrue(escrowed + credited <= address(custody).balance, "escrow + credits <= balance");
    }

    function checkEscrow() external view {
        (,,, uint256 escrowed) = custody.totals();
        assertEq(custody.sweptThrough(), swept, "swept through");
        assertEq(escrowed, _openDeposits(), "escrow == open deposits");
        uint256 lastDay = _now() / 1 days;
        if (intakes.length > 0) lastDay = intakes[intakes.length - 1].until / 1 days;
        uint256 buckets;
        for (uint256 day = swept + 1; day <= lastDay; ++day) {
            buckets += custody.bucket(day);
        }
        assertEq(escrowed, buckets, "escrow == unswept buckets");
        assertEq(custody.bucket(swept), 0, "a swept bucket is empty");
    }

    function checkUsers() external view {
        uint256 paidInAll;
        uint256 creditInAll;
        for (uint256 k; k < USERS; ++k) {
            address who = users[k];
            (uint256 paid, uint256 credit, uint256 until) = custody.account(who);
            // What the logs say is added up, so it only grows.
            assertEq(paid, logged[who], "paid == what the logs say was paid");
            assertEq(credit, paid - received[who] - withdrawn[who], "credit == paid - received - withdrawn");
            uint256 entitled = target[who] > proven[who] ? target[who] : proven[who];
            assertTrue(paid <= entitled, "paid <= max(target, proven)");
            assertEq(
                until,
                lastFreezeEnd[who] > 0 ? lastFreezeEnd[who] : onlyEnrolled[who] ? 2 : registered[who] ? 1 : 0,
                "frozen until"
            );
            paidInAll += paid;
            creditInAll += credit;
        }
        (uint256 pushed_, uint256 claimed_, uint256 credited,) = custody.totals();
        assertEq(paidInAll, pushed_ + claimed_, "sum of paid == pushed + claimed");
        assertEq(creditInAll, credited, "sum of credits == credited");
    }

    function checkRoots() external view {
        uint256 newest = _newest(false);
        (bytes32 root, uint256 total, uint256 asOfSeq,) = custody.latestRoot();
        if (newest == 0) {
            assertEq(root, 0, "no root");
        } else {
            assertEq(root, published[newest - 1].root, "newest root");
            assertEq(total, published[newest - 1].total, "its total");
            assertEq(asOfSeq, published[newest - 1].asOfSeq, "its entry");
        }
        uint256 former;
        for (uint256 k; k < published.length; ++k) {
            Published storage r = published[k];
            (uint256 total_, uint256 from) = custody.liabilities(r.root);
            assertEq(total_, r.withdrawn ? 0 : r.total, "total of a root");
            assertEq(from, r.withdrawn ? 0 : r.claimableFrom, "claimable from");
        }
        for (uint256 k; k < known.length; ++k) {
            Published storage r = published[known[k]];
            if (r.withdrawn) continue;
            if (former > 0) {
                assertTrue(published[former - 1].total <= r.total, "no total falls");
                assertTrue(published[former - 1].asOfSeq <= r.asOfSeq, "no entry falls");
            }
            former = known[k] + 1;
        }
    }

    /// @dev What is free covers whatever known mature roots promise, whichever of them a user claims by. After the newest mature root was
    /// retired, not before another one is published: what was claimed by it counts against the one before.
    function checkReserve() external view {
        (uint256 funds, uint256 room) = custody.available();
        assertEq(funds, _spendable(), "spendable funds");
        assertEq(room, _roomForPayments(), "room for payments");
        assertEq(custody.config().outflowCap, _cap(), "cap");
        uint256 newest = _newest(false);
        if (newest <= fellBackAt) return;
        uint256 due;
        for (uint256 u; u < USERS; ++u) {
            uint256 entitled;
            for (uint256 k; k < known.length; ++k) {
                Published storage r = published[known[k]];
                if (_isMature(r) && r.entitled[u] > entitled) entitled = r.entitled[u];
            }
            due += _dueTo(users[u], entitled);
        }
        assertTrue(due <= _reserve(), "what is due is reserved");
        if (fellBackAt == 0) assertTrue(_reserve() <= _free(), "what is reserved is funded");
    }

    function checkJournal() external view {
        (uint64 seq, bytes24 root) = custody.journalHead();
        assertEq(seq, journal.seq, "journal number from logs");
        assertEq(root, journal.root, "journal root from logs");
        assertEq(seq, entries, "one entry per successful call");
    }

    /// @dev Of the latest ids; the earlier ones were looked at when they were the latest.
    function checkBatches() external view {
        for (uint256 k = batchIds.length; k > 0 && k + 4 > batchIds.length; --k) {
            assertEq(custody.batchState(batchIds[k - 1]), settledBy[batchIds[k - 1]], "entry of a batch");
        }
    }
}
