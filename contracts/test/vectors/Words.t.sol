// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Vm} from "../Vm.sol";

/// @notice Golden vectors of the words that are not signed: outcomes of batches, and parts of liabilities trees.
contract WordsTest is SettlementTest {
    string private json;

    /// @dev Every list is paid by the contract itself: targets below are reached before, and who is credited is frozen.
    function test_the_closing_event_commits_to_the_hashes_of_the_vectors() public {
        json = vm.readFile("../abi/vectors/outcomes.json");
        uint256 executed;
        for (uint256 k; vm.keyExistsJson(json, _list(k)); ++k) {
            string memory at = _list(k);
            bytes32[] memory payouts = vm.parseJsonBytes32Array(json, string.concat(at, ".payouts"));
            bytes32[] memory outcomes = vm.parseJsonBytes32Array(json, string.concat(at, ".outcomes"));
            bytes32 listHash = vm.parseJsonBytes32(json, string.concat(at, ".listHash"));
            bytes32 outcomeHash = vm.parseJsonBytes32(json, string.concat(at, ".outcomeHash"));
            assertEq(keccak256(abi.encodePacked(payouts)), listHash, at);
            assertEq(keccak256(abi.encodePacked(outcomes)), outcomeHash, at);
            // No bucket holds the largest amounts of a word.
            if (_amount(outcomes[0]) > 1e9 ether) continue;
            _prepare(payouts, outcomes);
            vm.recordLogs();
            _execute(_batch("vector", 1e6 ether), payouts);
            Vm.Log[] memory logs = vm.getRecordedLogs();
            (,,,, bytes32 list, bytes32 outcome,) =
                abi.decode(logs[logs.length - 1].data, (uint256, uint256, uint256, uint256, bytes32, bytes32, bytes32));
            assertEq(list, listHash, at);
            assertEq(outcome, outcomeHash, at);
            ++executed;
        }
        assertEq(executed, 3, "lists");
    }

    function test_every_part_of_a_tree_leads_to_its_root() public {
        json = vm.readFile("../abi/vectors/parts.json");
        uint256 parts;
        for (uint256 t;; ++t) {
            string memory tree = string.concat(".trees[", vm.toString(t), "]");
            if (!vm.keyExistsJson(json, tree)) break;
            bytes32 root = vm.parseJsonBytes32(json, string.concat(tree, ".root"));
            uint256 total = vm.parseJsonUint(json, string.concat(tree, ".total"));
            for (uint256 p;; ++p) {
                string memory at = string.concat(tree, ".parts[", vm.toString(p), "]");
                if (!vm.keyExistsJson(json, at)) break;
                bytes32[] memory words = vm.parseJsonBytes32Array(json, string.concat(at, ".leaves"));
                bytes32 listHash = vm.parseJsonBytes32(json, string.concat(at, ".listHash"));
                assertEq(keccak256(abi.encodePacked(words)), listHash, "list");
                ICustody.SumNode memory node = SumTreeBuilder.climb(SumTreeBuilder.nodeOf(words), _proof(at));
                assertEq(node.hash, root, at);
                assertEq(node.sum, total, at);
                ++parts;
            }
        }
        assertEq(parts, 1 + 9 + 15 + 25, "parts");
    }

    /// @dev The root of the vector is published, and each of its parts is settled by the vector's words and proof.
    function test_the_contract_settles_every_part_of_the_vectors() public {
        json = vm.readFile("../abi/vectors/parts.json");
        uint256 settled;
        for (uint256 t;; ++t) {
            string memory tree = string.concat(".trees[", vm.toString(t), "]");
            if (!vm.keyExistsJson(json, tree)) break;
            bytes32 root = vm.parseJsonBytes32(json, string.concat(tree, ".root"));
            _promise(root, vm.parseJsonUint(json, string.concat(tree, ".total")));
            for (uint256 p;; ++p) {
                string memory at = string.concat(tree, ".parts[", vm.toString(p), "]");
                if (!vm.keyExistsJson(json, at)) break;
                bytes32[] memory words = vm.parseJsonBytes32Array(json, string.concat(at, ".leaves"));
                uint256 snapshot = vm.snapshotState();
                if (_settle(root, words, _proof(at))) ++settled;
                assertTrue(vm.revertToState(snapshot), "back");
            }
        }
        // Of one tree the last leaf alone is owed nothing. Of the largest tree, five parts owe its first user more than a day allows.
        assertEq(settled, 1 + 9 + 14 + 20, "parts");
    }

    function _promise(bytes32 root, uint256 total) private {
        _redeploy(_config());
        for (uint256 k; k < 13; ++k) {
            _registered(address(uint160(0x500000 + 13 * k)));
        }
        vm.deal(address(custody), 13 * PRICE + total);
        _publish(_rootOf(root, total));
        vm.warp(_now() + 1 days);
    }

    function _settle(bytes32 root, bytes32[] memory words, ICustody.SumNode[] memory proof)
        private
        returns (bool settled)
    {
        uint256 due;
        for (uint256 k; k < words.length; ++k) {
            due += _amount(words[k]);
        }
        uint256 room = custody.config().outflowCap / 2;
        settled = due > 0 && due <= room;
        if (due == 0) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.NothingDue.selector, address(bytes20(words[0]))));
        } else if (due > room) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.OutflowCapReached.selector, due, room));
        }
        custody.settleLeaves(root, words, proof);
        (, uint256 claimed,,) = custody.totals();
        assertEq(claimed, settled ? due : 0, "claimed");
    }

    /// @dev A contract as new, in which every user has been paid up to the target less the amount.
    function _prepare(bytes32[] memory payouts, bytes32[] memory outcomes) private {
        _redeploy(_config());
        _fund(2e6 ether);
        bytes32[] memory before = new bytes32[](payouts.length);
        for (uint256 k; k < payouts.length; ++k) {
            _registered(address(bytes20(payouts[k])));
            before[k] = bytes32(uint256(payouts[k]) - (_amount(outcomes[k]) & ~(uint256(1) << 95)));
        }
        _execute(_batch("before", 1e6 ether), before);
        for (uint256 k; k < payouts.length; ++k) {
            if (_amount(outcomes[k]) >> 95 == 1) _freeze(address(bytes20(payouts[k])), _now() + MAX_FREEZE);
        }
    }

    function _proof(string memory at) private view returns (ICustody.SumNode[] memory proof) {
        uint256 n;
        while (vm.keyExistsJson(json, _sibling(at, n))) ++n;
        proof = new ICustody.SumNode[](n);
        for (uint256 k; k < n; ++k) {
            string memory sibling = _sibling(at, k);
            proof[k] = ICustody.SumNode(
                vm.parseJsonBytes32(json, string.concat(sibling, ".hash")),
                vm.parseJsonUint(json, string.concat(sibling, ".sum"))
            );
        }
    }

    function _sibling(string memory at, uint256 k) private pure returns (string memory) {
        return string.concat(at, ".proof[", vm.toString(k), "]");
    }

    function _list(uint256 k) private pure returns (string memory) {
        return string.concat(".lists[", vm.toString(k), "]");
    }

    function _amount(bytes32 word) private pure returns (uint256) {
        return uint96(uint256(word));
    }
}
