// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Batches and roots. To the prover a signature may say anything, so these hold for whoever has stolen the keys, too.
contract SettlementProof is Symbolic {
    address private constant SUBMITTER = address(0xAD0005);

    function check_a_batch_pays_up_to_its_target_from_what_nothing_owes(
        ICustody.PayoutBatch calldata batch,
        address user,
        uint96 target,
        address signer,
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
        (uint256 spendable,) = custody.available();
        uint256 before = user.balance;
        _execute(batch, user, target, signer);
        Account memory b = _account(user);
        assert(b.paid == (target > a.paid ? target : a.paid) && b.frozenUntil == a.frozenUntil && a.frozenUntil != 0);
        assert(user.balance - before + b.credit - a.credit == b.paid - a.paid);
        assert(b.paid - a.paid <= batch.maxTotal && batch.maxTotal <= spendable);
        Sums memory t = _sums();
        assert(t.pushed - s.pushed == b.paid - a.paid && t.claimed == s.claimed && t.escrowed == s.escrowed);
        _assertBacked();
    }

    function check_a_batch_id_is_used_once(ICustody.PayoutBatch calldata batch, address user, address signer) public {
        _anyState(2 ** 80);
        _assumePerson(user);
        _execute(batch, user, 0, signer);
        assert(custody.batchState(batch.batchId) != 0);
        bytes32[] memory payouts = new bytes32[](1);
        world.prank(SUBMITTER);
        (bool again,) = address(custody)
            .call(abi.encodeCall(ICustody.executeBatchPayouts, (batch, payouts, signer, new bytes(65))));
        assert(!again);
        world.prank(GUARDIAN);
        (bool cancelled,) = address(custody).call(abi.encodeCall(ICustody.cancelBatch, (batch.batchId)));
        assert(!cancelled);
    }

    function check_a_published_root_is_funded_and_never_falls(
        ICustody.LiabilitiesRoot calldata root,
        address signer,
        uint256 balance,
        uint32 time
    ) public {
        _anyState(balance);
        _goTo(time);
        Sums memory s = _sums();
        _assumeBacked(s);
        (, uint256 total, uint256 asOfSeq,) = custody.latestRoot();
        (uint64 seq,) = custody.journalHead();
        world.prank(SUBMITTER);
        custody.publishRoot(root, signer, new bytes(65));
        assert(root.total >= total && root.asOfSeq >= asOfSeq && root.asOfSeq <= seq);
        assert(root.total >= s.pushed + s.claimed);
        assert(root.total - s.pushed - s.claimed <= balance - s.escrowed - s.credited);
        (bytes32 newest, uint256 newTotal,, uint256 from) = custody.latestRoot();
        assert(newest == root.root && newTotal == root.total && from == uint256(time) + 1 days);
    }

    function _execute(ICustody.PayoutBatch calldata batch, address user, uint96 target, address signer) private {
        bytes32[] memory payouts = new bytes32[](1);
        payouts[0] = bytes32(uint256(uint160(user)) << 96 | target);
        world.prank(SUBMITTER);
        custody.executeBatchPayouts(batch, payouts, signer, new bytes(65));
    }
}
