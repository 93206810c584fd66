// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice What is proved against a root, whatever the root says: nobody gets more than the leaf says, and escrow and credits stay
/// backed.
contract ExitsProof is Symbolic {
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
