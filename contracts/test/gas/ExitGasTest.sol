// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Refuser} from "../Wallets.sol";
import {GasTest} from "./GasTest.sol";

/// @notice Roots, claims, leaves and credits, checked and measured.
abstract contract ExitGasTest is GasTest {
    uint256 internal constant ENTITLED = 1.234567891 ether;

    // ------------------------------------------------------------------ roots

    /// @dev Publishes a root and waits until it is claimable.
    function _publishOne(bytes32 root, uint256 total) internal returns (uint256 gas) {
        _publish(_rootOf(root, total));
        gas = _gas();
        (bytes32 latest, uint256 published,,) = custody.latestRoot();
        assertEq(latest, root, "latest root");
        assertEq(published, total, "total");
        vm.warp(_now() + 1 days);
    }

    /// @dev Climbs from a node along siblings that nobody knows, each as heavy as the node itself, like in a full tree.
    function _climb(bytes32 hash, uint256 sum, uint256 depth)
        internal
        pure
        returns (bytes32 root, uint256 total, ICustody.SumNode[] memory proof)
    {
        proof = new ICustody.SumNode[](depth);
        ICustody.SumNode memory node = ICustody.SumNode(hash, sum);
        for (uint256 k; k < depth; ++k) {
            proof[k] = ICustody.SumNode(keccak256(abi.encode("sibling", hash, k)), node.sum);
            node = SumTreeBuilder.join(node, proof[k]);
        }
        return (node.hash, node.sum, proof);
    }

    // ------------------------------------------------------------------ claims

    /// @dev By somebody else, for a user that exists. The tree's total is `entitled << depth`, and must not be less than what was
    /// published before.
    function _claimAt(address user, uint256 entitled, uint256 depth) internal returns (uint256 gas) {
        (bytes32 root, uint256 total, ICustody.SumNode[] memory proof) =
            _climb(keccak256(abi.encode(user, entitled)), entitled, depth);
        _publishOne(root, total);
        uint256 balance = user.balance;
        vm.prank(STRANGER);
        custody.claim(user, entitled, root, proof);
        gas = _gas();
        assertEq(user.balance, balance + entitled, "received");
        assertEq(_paid(user), entitled, "paid");
    }

    /// @dev Pays all of `users` as one part of a tree that is `depth` nodes higher than the part.
    function _settleOf(address[] memory users, uint256 depth) internal returns (uint256 gas) {
        SumTreeBuilder.Leaf[] memory leaves = new SumTreeBuilder.Leaf[](users.length);
        bytes32[] memory words = new bytes32[](users.length);
        for (uint256 k; k < users.length; ++k) {
            uint256 entitled = STEP + (k * 7_919 % 99_991) * 1 gwei;
            leaves[k] = SumTreeBuilder.Leaf(users[k], entitled);
            words[k] = _word(users[k], entitled);
        }
        (bytes32 hash, uint256 sum) = SumTreeBuilder.root(leaves);
        (bytes32 root, uint256 total, ICustody.SumNode[] memory proof) = _climb(hash, sum, depth);
        _publishOne(root, total);
        uint256[] memory balances = _balancesOf(users, users.length);
        vm.prank(STRANGER);
        custody.settleLeaves(root, words, proof);
        gas = _gas();
        for (uint256 k; k < users.length; ++k) {
            assertEq(users[k].balance, balances[k] + leaves[k].entitled, "received");
            assertEq(_paid(users[k]), leaves[k].entitled, "paid");
        }
    }

    // ------------------------------------------------------------------ credits

    /// @dev Gives a registered user a credit by a payment that the user refuses.
    function _creditOne(address user, uint256 amount) internal {
        vm.etch(user, type(Refuser).runtimeCode);
        bytes32 id = keccak256(abi.encode("refused by", user, _paid(user)));
        _execute(_batch(id, amount), _list(user, _paid(user) + amount));
        vm.etch(user, "");
        assertEq(_credit(user), amount, "credit");
    }

    /// @dev To the own account; `user` has a credit.
    function _withdrawOne(address user) internal returns (uint256 gas) {
        uint256 credit = _credit(user);
        uint256 balance = user.balance;
        vm.prank(user);
        custody.withdrawCredit(user);
        gas = _gas();
        _assertWithdrawn(user, credit, balance);
    }

    /// @dev Sent by somebody else, to the user's account.
    function _withdrawForOne(uint256 key) internal returns (uint256 gas) {
        address user = vm.addr(key);
        ICustody.Withdrawal memory w = ICustody.Withdrawal({
            user: user,
            to: user,
            amount: _credit(user),
            nonce: custody.withdrawalNonce(user),
            deadline: _now() + 1 hours
        });
        uint256 balance = user.balance;
        bytes memory signature = _signHash(key, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
        vm.prank(STRANGER);
        custody.withdrawCreditFor(w, signature);
        gas = _gas();
        _assertWithdrawn(user, w.amount, balance);
    }

    function _assertWithdrawn(address user, uint256 credit, uint256 balance) private view {
        assertTrue(credit > 0, "there was a credit");
        assertEq(user.balance, balance + credit, "received");
        assertEq(_credit(user), 0, "credit");
    }
}
