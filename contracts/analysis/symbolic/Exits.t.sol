// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice What is proved against a root, whatever the root says: nobody gets more than the leaf says, and escrow and credits stay
/// backed.
contract ExitsProof is Symbolic {
    bytes32 private constant CLAIM_TYPEHASH =
        keccak256("Claim(address user,address to,bytes32 root,uint256 entitled,uint256 deadline)");

    /// @dev The bucket is empty and holds more than exists of the asset: it is proved by itself.
    function setUp() public override {
        _deploy(type(uint96).max);
    }

    function check_a_claim_pays_at_most_what_the_leaf_says(
        ICustody.LiabilitiesRoot calldata root,
        address user,
        uint256 entitled,
        Account calldata a,
        uint96 pushed,
        uint96 balance
    ) public {
        _anySums(pushed, balance);
        _publish(root);
        world.warp(START + 1 days);
        _anyAccount(user, a);
        Sums memory s = _sums();
        uint256 before = user.balance;
        custody.claim(user, entitled, root.root, new ICustody.SumNode[](0));
        Account memory b = _account(user);
        assert(b.paid > a.paid && b.paid <= entitled && b.credit == a.credit);
        assert(user.balance - before == b.paid - a.paid);
        assert(a.frozenUntil != 0 && a.frozenUntil <= START + 1 days && b.frozenUntil == a.frozenUntil);
        _assertClaimed(s, b.paid - a.paid);
    }

    function check_a_claim_of_the_sender_pays_whom_it_names_and_counts_as_its_own(
        ICustody.LiabilitiesRoot calldata root,
        address user,
        address to,
        uint256 entitled,
        Account calldata a,
        uint96 balance,
        address other
    ) public {
        _anySums(0, balance);
        _publish(root);
        world.warp(START + 1 days);
        _anyAccount(user, a);
        world.assume(other != user && to.code.length == 0 && to.balance < 2 ** 95);
        custody.setAccount(other, 2 ether, 1 ether, 1);
        Sums memory s = _sums();
        uint256 before = to.balance;
        world.prank(user);
        custody.claimTo(to, entitled, root.root, new ICustody.SumNode[](0));
        Account memory b = _account(user);
        assert(b.paid > a.paid && b.paid <= entitled && b.credit == a.credit && b.frozenUntil == a.frozenUntil);
        assert(to != address(0) && to.balance - before == b.paid - a.paid);
        _assertClaimed(s, b.paid - a.paid);
        Account memory c = _account(other);
        assert(c.paid == 2 ether && c.credit == 1 ether && c.frozenUntil == 1);
    }

    function check_a_claim_for_a_user_is_what_the_user_signed(
        ICustody.LiabilitiesRoot calldata root,
        ICustody.Claim calldata order,
        Account calldata a,
        uint96 balance,
        Signature calldata signature
    ) public {
        _anySums(0, balance);
        _publish(root);
        world.warp(START + 1 days);
        world.assume(order.root == root.root);
        _anyAccount(order.user, a);
        world.assume(order.to.code.length == 0 && order.to.balance < 2 ** 95);
        Sums memory s = _sums();
        uint256 before = order.to.balance;
        custody.claimFor(order, new ICustody.SumNode[](0), _bytes(signature));
        assert(_isOf(signature, keccak256(abi.encode(CLAIM_TYPEHASH, order)), order.user));
        assert(order.deadline >= START + 1 days && order.to != address(0));
        Account memory b = _account(order.user);
        assert(b.paid > a.paid && b.paid <= order.entitled && b.credit == a.credit);
        assert(order.to.balance - before == b.paid - a.paid);
        _assertClaimed(s, b.paid - a.paid);
    }

    /// @dev Two leaves are all of the root. Wherever the frozen one stands, the other one is paid.
    function check_settled_leaves_leave_out_who_is_frozen(
        address frozen,
        address other,
        uint96[2] calldata entitled,
        Account calldata a,
        uint96 balance
    ) public {
        _anySums(0, balance);
        world.assume(other != address(0) && other != frozen && other.code.length == 0 && other.balance < 2 ** 95);
        bytes32[] memory leaves = new bytes32[](2);
        (uint256 first, uint256 second) = frozen < other ? (0, 1) : (1, 0);
        leaves[first] = bytes32(uint256(uint160(frozen)) << 96 | entitled[0]);
        leaves[second] = bytes32(uint256(uint160(other)) << 96 | entitled[1]);
        (bytes32 root, uint256 total) = custody.above(leaves);
        world.prank(SUBMITTER);
        custody.publishRoot(ICustody.LiabilitiesRoot(root, total, 0, 0, START), ROOT_SIGNER, new bytes(65));
        world.warp(START + 1 days);
        _anyAccount(frozen, a);
        world.assume(a.frozenUntil > START + 1 days);
        custody.setAccount(other, 0, 0, 1);
        uint256 before = frozen.balance;
        custody.settleLeaves(root, leaves, new ICustody.SumNode[](0));
        Account memory b = _account(frozen);
        assert(b.paid == a.paid && b.credit == a.credit && b.frozenUntil == a.frozenUntil);
        assert(frozen.balance == before && _account(other).paid == entitled[1]);
    }

    function check_a_root_is_not_claimable_before_its_delay(
        ICustody.LiabilitiesRoot calldata root,
        address user,
        uint256 entitled,
        uint32 time
    ) public {
        world.assume(user.code.length == 0);
        world.deal(address(custody), 2 ** 94);
        custody.setAccount(user, 0, 0, 1);
        _publish(root);
        _goTo(time);
        (bool ok,) = address(custody)
            .call(abi.encodeCall(ICustody.claim, (user, entitled, root.root, new ICustody.SumNode[](0))));
        assert(!ok || time >= START + 1 days);
    }

    function _assertClaimed(Sums memory s, uint256 amount) private view {
        Sums memory t = _sums();
        assert(t.claimed - s.claimed == amount && t.pushed == s.pushed && t.escrowed == s.escrowed);
        _assertBacked();
    }
}
