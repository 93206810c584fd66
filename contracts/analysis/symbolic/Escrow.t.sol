// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice A deposit leaves once, to whom its user says, in its time; a sweep takes no day that is not over.
contract EscrowProof is Symbolic {
    bytes32 private constant REFUND_TYPEHASH = keccak256("Refund(bytes32 ref,address to,uint256 deadline)");

    struct Deposit {
        address user;
        uint256 amount;
        uint256 until;
        bool refunded;
    }

    function check_a_refund_conserves_and_happens_once(
        bytes32 ref,
        address caller,
        address to,
        uint256 balance,
        uint32 time
    ) public {
        _anyState(balance);
        _goTo(time);
        world.assume(to.code.length == 0 && to.balance < 2 ** 128);
        Deposit memory d = _deposit(ref);
        uint256 credited = _credited();
        // In units: the prover does not see by itself that a difference of products is the product of a difference.
        (uint256 units, uint256 escrowed) = (custody.unitsOf(ref), custody.escrowedUnits());
        uint256 before = to.balance;
        world.prank(caller);
        custody.refund(ref, to);
        assert(caller == d.user && !d.refunded && _deposit(ref).refunded && time <= d.until);
        assert(to.balance == before + d.amount && address(custody).balance == balance - d.amount);
        assert(custody.escrowedUnits() == escrowed - units && _credited() == credited);
        world.prank(caller);
        (bool again,) = address(custody).call(abi.encodeCall(ICustody.refund, (ref, to)));
        assert(!again);
    }

    function check_a_refund_for_a_depositor_is_what_the_depositor_signed(
        ICustody.Refund calldata order,
        Signature calldata signature,
        uint256 balance,
        uint32 time
    ) public {
        _anyState(balance);
        _goTo(time);
        Deposit memory d = _deposit(order.ref);
        world.assume(order.to.code.length == 0 && order.to.balance < 2 ** 128 && d.user.code.length == 0);
        uint256 before = order.to.balance;
        custody.refundFor(order, _bytes(signature));
        assert(_isOf(signature, keccak256(abi.encode(REFUND_TYPEHASH, order)), d.user));
        assert(d.user != address(0) && order.to != address(0) && time <= order.deadline && time <= d.until);
        assert(!d.refunded && _deposit(order.ref).refunded);
        assert(order.to.balance == before + d.amount && address(custody).balance == balance - d.amount);
        (bool again,) = address(custody).call(abi.encodeCall(ICustody.refundFor, (order, _bytes(signature))));
        assert(!again);
    }

    function _deposit(bytes32 ref) private view returns (Deposit memory d) {
        (d.user, d.amount, d.until, d.refunded) = custody.deposit(ref);
    }

    function _credited() private view returns (uint256 credited) {
        (,, credited,) = custody.totals();
    }

    function check_a_sweep_takes_no_day_that_is_not_over(uint256 days_, uint256 balance, uint32 time) public {
        _anyState(balance);
        _goTo(time);
        world.assume(custody.sweptThrough() < time / 1 days);
        uint256 swept = custody.sweptThrough();
        uint256 today = custody.bucket(time / 1 days);
        uint256 credited = _credited();
        custody.sweepMatured(days_);
        assert(custody.sweptThrough() > swept && custody.sweptThrough() < time / 1 days);
        assert(custody.bucket(time / 1 days) == today);
        assert(_credited() == credited && address(custody).balance == balance);
    }
}
