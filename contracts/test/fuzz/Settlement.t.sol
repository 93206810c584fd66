// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";

contract SettlementFuzzTest is SettlementTest {
    uint256 private constant FUNDS = 1_000_000 ether;

    function testFuzz_targets_in_any_order_pay_their_highest_once(uint96[8] calldata targets, uint8 claims) public {
        _fund(FUNDS);
        _registered(ALICE);
        uint256 highest;
        for (uint256 k; k < 8; ++k) {
            uint256 target = targets[k] % (FUNDS / 16);
            if ((claims >> k) & 1 == 1 && target >= highest) {
                bytes32 root = keccak256(abi.encode(ALICE, target));
                (uint256 known,) = custody.liabilities(root);
                if (known == 0 && target > 0) _mature(ALICE, target);
                if (target > highest) _claim(ALICE, target, root);
            } else {
                _execute(_batch(bytes32(k + 1), target), _list(ALICE, target));
            }
            if (target > highest) highest = target;
            assertEq(_paid(ALICE), highest, "paid");
            assertEq(ALICE.balance, highest, "received");
        }
    }

    function testFuzz_no_24_hours_see_more_than_the_cap(uint32[24] calldata gaps, uint96[24] calldata amounts) public {
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (1_000 ether, 10 ether);
        _redeploy(c);
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
        bytes32 root = _mature(BOB, FUNDS / 2);
        uint256[24] memory at;
        uint256[24] memory left;
        for (uint256 k; k < 24; ++k) {
            vm.warp(_now() + gaps[k] % 8 hours);
            at[k] = _now();
            (, uint256 room) = custody.available();
            uint256 before = address(custody).balance;
            if (amounts[k] % 3 == 0) {
                try custody.claim(BOB, FUNDS / 2, root, new ICustody.SumNode[](0)) {} catch {}
            } else {
                uint256 amount = amounts[k] % (room + 1);
                _execute(_batch(bytes32(k + 1), amount), _list(ALICE, _paid(ALICE) + amount));
                assertEq(before - address(custody).balance, amount, "all of the room can be used");
            }
            left[k] = before - address(custody).balance;
            uint256 sum;
            for (uint256 j; j <= k; ++j) {
                if (at[j] + 1 days >= at[k]) sum += left[j];
            }
            assertTrue(sum <= c.outflowCap, "24 hours");
        }
    }

    function testFuzz_a_proof_proves_its_leaf_and_no_other(uint256 seed, uint256 size, uint256 index) public {
        size = 1 + size % 40;
        index %= size;
        SumTreeBuilder.Leaf[] memory leaves = new SumTreeBuilder.Leaf[](size);
        uint256 total;
        for (uint256 k; k < size; ++k) {
            uint256 random = uint256(keccak256(abi.encode(seed, k)));
            leaves[k] = SumTreeBuilder.Leaf(address(uint160((k + 1) << 140 | random >> 140)), 1 + random % 1e22);
            total += leaves[k].entitled;
        }
        _fund((total / 1 gwei + 1) * 1 gwei);
        (bytes32 root, uint256 sum, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(leaves, index);
        assertEq(sum, total, "sum");
        _publish(_rootOf(root, total));
        vm.warp(_now() + 1 days);
        SumTreeBuilder.Leaf memory leaf = leaves[index];
        _registered(leaf.user);
        // Somebody else's proof, when there is one of another length or content.
        if (size > 1) {
            (,, ICustody.SumNode[] memory other) = SumTreeBuilder.build(leaves, (index + 1) % size);
            _expectInvalidProof(leaf, root, other);
            uint256 node = seed % proof.length;
            proof[node].sum ^= 1;
            _expectInvalidProof(leaf, root, proof);
            proof[node].sum ^= 1;
        }
        leaf.entitled += 1;
        _expectInvalidProof(leaf, root, proof);
        leaf.entitled -= 1;
        custody.claim(leaf.user, leaf.entitled, root, proof);
        assertEq(leaf.user.balance, leaf.entitled, "received");
    }

    function testFuzz_an_entry_is_read_as_it_is_packed(address user, uint96 target) public {
        vm.assume(uint160(user) > 0x10000 && user.code.length == 0 && user != address(vm) && user != address(this));
        target = uint96(target % FUNDS);
        _fund(FUNDS);
        vm.deal(user, 0);
        _registered(user);
        _execute(_batch("b1", target), _list(user, target));
        assertEq(_paid(user) + _credit(user), target, "paid");
        assertEq(user.balance, target, "received");
    }

    function _expectInvalidProof(SumTreeBuilder.Leaf memory leaf, bytes32 root, ICustody.SumNode[] memory proof)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidProof.selector));
        custody.claim(leaf.user, leaf.entitled, root, proof);
    }
}
