// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {Checks} from "./Checks.sol";

/// @notice The end of every history: everything is paused, the cap is at its floor, no signer is left, and yet everybody leaves with
/// all that is theirs.
abstract contract LastExit is Checks {
    /// @dev Longer than any freeze and any veto delay.
    uint256 private constant LONG_ENOUGH = 2 days;
    /// @dev Above what the books can promise at half the floor each half day.
    uint256 private constant MOST_CLAIMS = 200;

    function everybodyLeaves() external {
        _stopEverything();
        for (uint256 k; k < intakes.length; ++k) {
            if (!intakes[k].refunded && _now() <= intakes[k].until) _takeBack(k);
        }
        vm.warp(_now() + LONG_ENOUGH);
        uint256 newest = _newest(true);
        for (uint256 u; u < USERS; ++u) {
            if (newest > fellBackAt && registered[users[u]]) _takeDues(u, published[newest - 1]);
            _takeCredit(users[u]);
        }
        assertTrue(address(custody).balance >= _openDeposits(), "what nobody took is still there");
        (,, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(credited, 0, "no credit is left");
        assertEq(escrowed, _openDeposits(), "what may not be taken back any more is left");
    }

    function _stopEverything() private {
        if (!paused) _doPause();
        vm.startPrank(GUARDIAN);
        if (_cap() > FLOOR) custody.lowerOutflowCap(FLOOR);
        custody.revokeSigner(signer);
        custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        vm.stopPrank();
    }

    function _takeBack(uint256 index) private {
        Intake storage i = intakes[index];
        address to = address(uint160(0xD0000 + index));
        vm.prank(i.user);
        custody.refund(bytes32(index + 1), to);
        assertEq(to.balance, i.amount, "a refund while paused");
        i.refunded = true;
    }

    /// @dev Who takes money claims, in parts as the cap allows. Who takes none is credited with the leaf, when that fits as a whole.
    function _takeDues(uint256 u, Published storage r) private {
        address who = users[u];
        if (!_takesMoney(who)) {
            vm.warp(_now() + 1 days);
            Part memory p = Part(u, 1, _dueTo(who, r.entitled[u]));
            if (p.due > 0 && p.due <= FLOOR / 2) _settleOne(r, p);
            return;
        }
        for (uint256 n; n < MOST_CLAIMS && _dueTo(who, r.entitled[u]) > 0; ++n) {
            _claimOne(r, u);
            vm.warp(_now() + 12 hours);
        }
        assertEq(_dueTo(who, r.entitled[u]), 0, "all dues while paused");
    }

    function _takeCredit(address who) private {
        uint256 credit = _credit(who);
        if (credit == 0) return;
        address to = address(uint160(uint160(who) ^ 0xFFFF));
        uint256 before = to.balance;
        vm.prank(who);
        custody.withdrawCredit(to);
        assertEq(to.balance - before, credit, "a credit while paused");
    }

    function _claimOne(Published storage r, uint256 u) private {
        uint256 before = users[u].balance;
        vm.prank(users[u]);
        custody.claim(users[u], r.entitled[u], r.root, _proofOf(r, Part(u, 1, 0)));
        assertTrue(users[u].balance > before, "a claim while paused");
    }

    function _settleOne(Published storage r, Part memory p) private {
        uint256 before = _credit(users[p.first]);
        ICustodyLeaves(address(custody)).settleLeaves(r.root, _leavesOf(r, p), _proofOf(r, p));
        assertEq(_credit(users[p.first]) - before, p.due, "a leaf while paused");
    }
}
