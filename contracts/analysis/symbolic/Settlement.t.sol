// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Batches and roots. To the prover a signature may say anything, so these hold for whoever has stolen the keys, too.
contract SettlementProof is Symbolic {
    /// @dev The bucket is empty and holds more than exists of the asset: it is proved by itself.
    function setUp() public override {
        _deploy(type(uint96).max);
    }

    function check_a_batch_leaves_what_a_root_owes(
        ICustody.LiabilitiesRoot calldata root,
        ICustody.PayoutBatch calldata batch,
        address user,
        uint96 target,
        uint96 pushed,
        uint96 balance
    ) public {
        _anySums(pushed, balance);
        world.assume(user.code.length == 0 && user.balance < 2 ** 95);
        custody.setAccount(user, 0, 0, 1);
        _publish(root);
        uint256 owed = root.total - pushed - CLAIMED;
        _execute(batch, user, target);
        Sums memory t = _sums();
        assert(address(custody).balance - t.escrowed - t.credited >= owed);
    }

    function check_a_batch_id_is_used_once(ICustody.PayoutBatch calldata batch, address user) public {
        custody.setAccount(user, 0, 0, 1);
        bytes32[] memory payouts = _execute(batch, user, 0);
        assert(custody.batchState(batch.batchId) != 0);
        world.prank(SUBMITTER);
        (bool again,) =
            address(custody).call(abi.encodeCall(ICustody.executeBatchPayouts, (batch, payouts, SIGNER, new bytes(65))));
        assert(!again);
        world.prank(GUARDIAN);
        (bool cancelled,) = address(custody).call(abi.encodeCall(ICustody.cancelBatch, (batch.batchId)));
        assert(!cancelled);
    }

    /// @dev Four ids share a slot, or do not.
    function check_a_batch_leaves_the_states_of_other_ids(
        ICustody.PayoutBatch calldata batch,
        bytes32 other,
        address user
    ) public {
        custody.setAccount(user, 0, 0, 1);
        world.prank(GUARDIAN);
        custody.cancelBatch(other);
        (uint64 seq,) = custody.journalHead();
        _execute(batch, user, 0);
        assert(other != batch.batchId);
        assert(custody.batchState(batch.batchId) == seq + 1 && custody.batchState(other) == type(uint64).max);
    }

    function check_a_cancelled_batch_leaves_the_states_of_other_ids(
        bytes32 id,
        bytes32 other,
        address caller,
        uint256 balance
    ) public {
        _anyState(balance);
        uint64 before = custody.batchState(id);
        uint64 beside = custody.batchState(other);
        world.prank(caller);
        custody.cancelBatch(id);
        assert(before == 0 && custody.batchState(id) == type(uint64).max);
        assert(other == id || custody.batchState(other) == beside);
    }

    function check_a_published_root_is_funded_and_never_falls(
        ICustody.LiabilitiesRoot calldata former,
        ICustody.LiabilitiesRoot calldata root,
        uint96 pushed,
        uint96 balance
    ) public {
        _anySums(pushed, balance);
        // So that there are entries up to which a root can count.
        for (uint256 k; k < 3; ++k) {
            custody.record(new bytes(64));
        }
        _publish(former);
        world.warp(START + 1 days);
        (uint64 seq,) = custody.journalHead();
        Sums memory s = _sums();
        _publish(root);
        assert(root.total >= former.total && root.asOfSeq >= former.asOfSeq && root.asOfSeq <= seq);
        assert(root.total >= s.pushed + s.claimed);
        assert(root.total - s.pushed - s.claimed <= balance - s.escrowed - s.credited);
        (bytes32 newest, uint256 total,, uint256 from) = custody.latestRoot();
        assert(newest == root.root && newest != former.root && total == root.total && from == START + 2 days);
    }

    function _execute(ICustody.PayoutBatch calldata batch, address user, uint96 target)
        private
        returns (bytes32[] memory payouts)
    {
        payouts = new bytes32[](1);
        payouts[0] = bytes32(uint256(uint160(user)) << 96 | target);
        world.prank(SUBMITTER);
        custody.executeBatchPayouts(batch, payouts, SIGNER, new bytes(65));
    }
}
