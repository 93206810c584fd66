// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {RoleHandler} from "./RoleHandler.sol";

/// @notice Batches: right ones, retries, repeats, and ones with a flaw that must be refused.
abstract contract SettlementHandler is RoleHandler {
    struct Draft {
        ICustody.PayoutBatch batch;
        bytes32[] payouts;
        /// @dev What is due to the entries, each counted once.
        uint256 due;
        address signer;
        uint256 key;
        bool flawed;
    }

    uint256 internal constant SECOND_KEY = 0x5EC0;

    uint256 private batches;
    bytes32[] private lastList;

    // ------------------------------------------------------------------ actions

    /// @dev A random subset with random targets; sometimes somebody unknown, nobody, or too small a bound.
    function batch(uint256 seed, uint256 amount) external {
        uint256 n;
        bytes32[] memory payouts = new bytes32[](USERS);
        for (uint256 k; k < USERS; ++k) {
            if ((seed >> k) & 1 == 0 || (!registered[users[k]] && seed % 16 != 0)) continue;
            uint256 due = (seed >> (16 + k)) & 3 == 0 ? 0 : _upTo(_scale(), amount) / (1 + (seed >> 36) % USERS) + k;
            payouts[n++] = _word(users[k], _paid(users[k]) + due);
        }
        assembly {
            mstore(payouts, n)
        }
        lastList = payouts;
        Draft memory d = _draft(payouts, 0);
        if (seed % 32 == 7 && d.due > 0) --d.batch.maxTotal;
        if ((seed >> 32) % 16 < (isSigner[secondSigner] ? 8 : 1)) (d.signer, d.key) = (secondSigner, SECOND_KEY);
        _doBatch(d);
    }

    /// @dev The list of the last batch again, under another id: as a retry would.
    function retry(uint256 more) external {
        if (lastList.length > 0) _doBatch(_draft(lastList, more % 2));
    }

    /// @dev Signed anew, for the worst case, but under an id that has been used.
    function repeat(uint256 which, uint256 amount) external {
        if (batchIds.length == 0) return;
        Draft memory d = _draft(_list(users[5], _paid(users[5]) + _upTo(_scale(), amount)), 0);
        d.batch.batchId = batchIds[which % batchIds.length];
        d.flawed = true;
        _doBatch(d);
    }

    function flawedBatch(uint256 flaw, uint256 amount) external {
        (address a, address b) = (users[5], users[6]);
        Draft memory d = _draft(_list(a, _paid(a) + _upTo(_scale(), amount), b, _paid(b) + 1), 0);
        d.flawed = true;
        flaw %= 8;
        if (flaw == 0) d.batch.deadline = _now() - 1;
        else if (flaw == 1) d.batch.deadline = _now() + 1 hours + 1;
        else if (flaw == 2) d.batch.validAfter = _now() + 1;
        else if (flaw == 3) d.batch.submitter = ADMIN;
        else if (flaw == 4) d.key = ROOT_SIGNER_KEY;
        else if (flaw == 5) (d.signer, d.key) = (vm.addr(ROOT_SIGNER_KEY), ROOT_SIGNER_KEY);
        else if (flaw == 6) (d.payouts[0], d.payouts[1]) = (d.payouts[1], d.payouts[0]);
        else d.payouts[0] = d.payouts[1];
        _doBatch(d);
    }

    function cancelBatch(bool used) external {
        _doCancelBatch(used && batches > 0 ? bytes32(batches) : bytes32(++batches));
    }

    // ------------------------------------------------------------------ steps

    function _draft(bytes32[] memory payouts, uint256 slack) private view returns (Draft memory d) {
        uint256 due = _dueOf(payouts);
        d = Draft(_batch(bytes32(batches + 1), due + slack), payouts, due, signer, SIGNER_KEY, false);
    }

    function _doBatch(Draft memory d) private armed step("batch", _batchMustSucceed(d)) {
        ++batches;
        if (_isBatchValid(d) && d.batch.maxTotal > _spendable()) ++done["batch beyond the surplus"];
        uint256[USERS] memory before = _balances();
        bytes memory signature = _signBatch(d.key, d.batch, d.payouts);
        vm.prank(SUBMITTER);
        try custody.executeBatchPayouts(d.batch, d.payouts, d.signer, signature) {
            for (uint256 k; k < d.payouts.length; ++k) {
                (address who, uint256 to) = (address(bytes20(d.payouts[k])), uint96(uint256(d.payouts[k])));
                if (to > target[who]) target[who] = to;
                if (frozenUntil[who] > _now()) ++done["batch with somebody frozen"];
            }
            if (_countReceived(before) < d.due) ++done["batch that credits"];
            if (d.signer == secondSigner) ++done["batch signed by a contract"];
            pushed += d.due;
            _recordPayment(d.due);
            ++done["batch"];
        } catch {}
    }

    function _batchMustSucceed(Draft memory d) private view returns (bool) {
        return _isBatchValid(d) && d.batch.maxTotal <= _spendable();
    }

    /// @dev Whatever there is to be spent.
    function _isBatchValid(Draft memory d) private view returns (bool) {
        if (d.flawed || paused || !isSigner[d.signer]) return false;
        for (uint256 k; k < d.payouts.length; ++k) {
            if (!registered[address(bytes20(d.payouts[k]))]) return false;
        }
        return d.payouts.length > 0 && d.due <= d.batch.maxTotal && d.due <= _roomForPayments();
    }

    function _dueOf(bytes32[] memory payouts) private view returns (uint256 sum) {
        for (uint256 k; k < payouts.length; ++k) {
            (uint256 to, uint256 paid) = (uint96(uint256(payouts[k])), _paid(address(bytes20(payouts[k]))));
            if (to > paid) sum += to - paid;
        }
    }

    function _doCancelBatch(bytes32 id) private step("cancelBatch", custody.batchState(id) == 0) {
        vm.prank(GUARDIAN);
        try custody.cancelBatch(id) {
            ++done["cancelBatch"];
        } catch {}
    }
}
