// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice What is proved against a root, from any state: nobody gets more than the leaf says, and escrow and credits stay backed.
contract ExitsProof is Symbolic {
    function check_a_claim_pays_at_most_what_the_leaf_says(
        address user,
        uint256 entitled,
        bytes32 root,
        uint256 balance,
        uint32 time
    ) public {
        _anyState(balance);
        _goTo(time);
        _assumePerson(user);
        Sums memory s = _sums();
        _assumeBacked(s);
        Account memory a = _account(user);
        uint256 before = user.balance;
        custody.claim(user, entitled, root, new ICustody.SumNode[](0));
        Account memory b = _account(user);
        assert(b.paid > a.paid && b.paid <= entitled && b.credit == a.credit);
        assert(user.balance - before == b.paid - a.paid);
        assert(a.frozenUntil != 0 && a.frozenUntil <= time && b.frozenUntil == a.frozenUntil);
        Sums memory t = _sums();
        assert(t.claimed - s.claimed == b.paid - a.paid && t.pushed == s.pushed && t.escrowed == s.escrowed);
        _assertBacked();
    }

    function check_settled_leaves_pay_what_the_leaf_says(
        address user,
        uint96 entitled,
        bytes32 root,
        uint256 balance,
        uint32 time
    ) public {
        _anyState(balance);
        _goTo(time);
        _assumePerson(user);
        Sums memory s = _sums();
        _assumeBacked(s);
        Account memory a = _account(user);
        _assumeReachable(a);
        uint256 before = user.balance;
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = bytes32(uint256(uint160(user)) << 96 | entitled);
        custody.settleLeaves(root, leaves, new ICustody.SumNode[](0));
        Account memory b = _account(user);
        assert(b.paid == entitled && b.paid > a.paid && b.frozenUntil == a.frozenUntil && a.frozenUntil != 0);
        assert(user.balance - before + b.credit - a.credit == b.paid - a.paid);
        if (a.frozenUntil > time) assert(user.balance == before);
        Sums memory t = _sums();
        assert(t.claimed - s.claimed == b.paid - a.paid && t.pushed == s.pushed && t.escrowed == s.escrowed);
        _assertBacked();
    }
}
