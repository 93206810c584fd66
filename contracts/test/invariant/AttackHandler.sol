// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {AimedAttacks} from "./AimedAttacks.sol";
import {EntryPoints} from "./EntryPoints.sol";

/// @notice Who has no right calls every entry point with whatever there is, and sends again what others sent. Only a sweep, and a
/// gift of funds, may succeed.
abstract contract AttackHandler is AimedAttacks {
    bytes private seen;

    /// @dev Arguments that mean something: users, holders of roles, ids and roots that exist.
    function attack(uint256 k, uint256 who, uint256 what, uint256 number) external {
        k %= EntryPoints.COUNT;
        // Anybody may: `RelayHandler`.
        if (k == EntryPoints.ENROL) return;
        if (k == EntryPoints.SWEEP) number %= 20;
        bytes memory data = EntryPoints.encode(k, _somebody(who), _something(what), number);
        uint256 value = k == EntryPoints.FUND ? number % 1e12 * 1 gwei : 0;
        bool swept_ = k == EntryPoints.SWEEP && number > 0 && _daysToSweep() > 0;
        _doAttack(data, value, swept_ ? number : 0);
    }

    /// @dev Any bytes behind a known selector or behind an unknown one; and nothing at all, with or without ether.
    function attackWithBytes(uint256 k, bytes calldata tail, uint256 value) external {
        // What may succeed is the other attack's.
        k = 2 + k % EntryPoints.COUNT;
        bytes memory data = tail;
        if (k < EntryPoints.COUNT) data = bytes.concat(bytes4(EntryPoints.encode(k, ATTACKER, "", 0)), tail);
        if (bytes4(data) == ICustody.sweepMatured.selector || bytes4(data) == ICustody.fund.selector) return;
        if (bytes4(data) == ICustody.enrol.selector) return;
        _doAttack(data, value % 2 == 0 ? 0 : value % 1 ether, 0);
    }

    function _doAttack(bytes memory data, uint256 value, uint256 maxDays)
        private
        step("attack", maxDays > 0 || (bytes4(data) == ICustody.fund.selector && value >= 0.01 ether))
    {
        _deal(ATTACKER, value);
        uint256 before = ATTACKER.balance;
        uint256 seq = _head().seq;
        vm.prank(ATTACKER);
        (bool ok,) = address(custody).call{value: value, gas: CALL_GAS}(data);
        // Some bytes ask for a view.
        if (!ok || _head().seq == seq) return;
        swept += maxDays < _daysToSweep() ? maxDays : _daysToSweep();
        moneyIn += value;
        assertEq(ATTACKER.balance, before - value, "the attacker gains nothing");
        ++done["attack"];
    }

    // ------------------------------------------------------------------ what was sent before

    /// @dev A batch that was paid, by the attacker and by the submitter; the signature may still be valid, the id is not.
    function replayBatch(uint256 amount, bool bySubmitter) external {
        if (!registered[users[6]] || paused) return;
        bytes32[] memory payouts = _list(users[6], _paid(users[6]) + _upTo(_roomForPayments(), amount));
        ICustody.PayoutBatch memory b = _batch(keccak256(abi.encode("replayed", entries, refused["replay"])), 1 ether);
        b.maxTotal = _upTo(_roomForPayments(), amount);
        if (b.maxTotal > _spendable()) return;
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        seen = abi.encodeCall(ICustody.executeBatchPayouts, (b, payouts, signer, signature));
        _doReplay(ATTACKER, false);
        uint256 before = users[6].balance;
        _doReplay(SUBMITTER, true);
        _bookReplayed(payouts[0], users[6].balance - before, b.maxTotal);
        _doReplay(bySubmitter ? SUBMITTER : ATTACKER, false);
    }

    function _bookReplayed(bytes32 word, uint256 got, uint256 amount) private {
        (address who, uint256 to) = (address(bytes20(word)), uint96(uint256(word)));
        if (to > target[who]) target[who] = to;
        received[who] += got;
        moneyOut += got;
        pushed += amount;
        _recordPayment(amount);
    }

    function _doReplay(address by, bool first) private step("replay", first) {
        vm.prank(by);
        (bool ok,) = address(custody).call(seen);
        if (ok) ++done["replay"];
    }

    // ------------------------------------------------------------------ arguments

    function _somebody(uint256 who) private view returns (address) {
        who %= USERS + 6;
        if (who < USERS) return users[who];
        if (who == USERS) return ADMIN;
        if (who == USERS + 1) return GUARDIAN;
        if (who == USERS + 2) return SUBMITTER;
        if (who == USERS + 3) return signer;
        if (who == USERS + 4) return address(custody);
        return ATTACKER;
    }

    function _something(uint256 what) private view returns (bytes32) {
        uint256 kind = what % 4;
        if (kind == 0 && published.length > 0) return published[what / 4 % published.length].root;
        if (kind == 1 && intakes.length > 0) return bytes32(1 + what / 4 % intakes.length);
        if (kind == 2) return what % 8 == 2 ? SUBMITTER_ROLE : ADMIN_ROLE;
        return bytes32(what);
    }
}
