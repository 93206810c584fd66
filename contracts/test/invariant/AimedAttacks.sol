// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {RelayHandler} from "./RelayHandler.sol";

/// @notice Calls that are right but for their sender: at this time, with these arguments, somebody else would succeed. That somebody is
/// asked first, and what that changed is undone.
abstract contract AimedAttacks is RelayHandler {
    struct Aim {
        /// @dev Who would succeed; nobody while there is nothing to aim at.
        address rightful;
        uint256 value;
        bytes data;
    }

    uint256 public constant AIMS = 18;

    function aimedAttack(uint256 k, uint256 which) external {
        k %= AIMS;
        Aim memory aim = k < 5 ? _aimAtUser(k, which) : k < 11 ? _aimAtPayment(k, which) : _aimAtRole(k, which);
        if (aim.rightful == address(0)) return;
        uint256 state = vm.snapshotState();
        assertTrue(_sent(aim, aim.rightful), string.concat(aimName(k), ": who has the right must succeed"));
        vm.revertToState(state);
        _doAim(aim, aimName(k));
    }

    function aimName(uint256 k) public pure returns (string memory) {
        string[18] memory calls = [
            "refund",
            "register",
            "retopup",
            "freeze",
            "unfreeze",
            "cancelBatch",
            "publishRoot",
            "vetoRoot",
            "schedule",
            "execute",
            "cancel",
            "revokeSigner",
            "lowerOutflowCap",
            "pause",
            "unpause",
            "revokeRole",
            "renounceRole",
            "executeBatchPayouts"
        ];
        return string.concat(calls[k], " by somebody else");
    }

    function _doAim(Aim memory aim, string memory name) private step(name, false) {
        if (_sent(aim, ATTACKER)) ++done[name];
    }

    function _sent(Aim memory aim, address by) private returns (bool ok) {
        _deal(by, aim.value);
        vm.prank(by);
        (ok,) = address(custody).call{value: aim.value, gas: CALL_GAS}(aim.data);
    }

    // ------------------------------------------------------------------ what is a user's

    function _aimAtUser(uint256 k, uint256 which) private view returns (Aim memory aim) {
        if (k == 0) return _aimAtIntake(which);
        address who = users[which % USERS];
        if (k < 3) {
            if (!paused && frozenUntil[who] <= _now() && _mayRegister(who) == (k == 1)) aim.rightful = who;
            ICustody.Intake memory i = _intake(who, bytes32(intakes.length + 1));
            bytes memory signature = _sign(SIGNER_KEY, k == 2 ? "Retopup" : "Registration", i);
            aim.value = i.amount;
            if (k == 1) aim.data = abi.encodeCall(ICustody.register, (i, signer, signature));
            else aim.data = abi.encodeCall(ICustody.retopup, (i, signer, signature));
        } else if (k == 3) {
            if (lastFreezeEnd[who] == 0 && registered[who]) aim.rightful = secondFreezer ? SECOND_FREEZER : FREEZER;
            aim.data = abi.encodeCall(ICustody.freeze, (who, _now() + MAX_FREEZE, "reason"));
        } else {
            for (uint256 n; n < USERS && frozenUntil[who] <= _now(); ++n) {
                who = users[n];
            }
            if (frozenUntil[who] > _now()) aim.rightful = which % 2 == 0 ? GUARDIAN : admin;
            aim.data = abi.encodeCall(ICustody.unfreeze, (who));
        }
    }

    /// @dev One of the last, whose window is likely to be open.
    function _aimAtIntake(uint256 which) private view returns (Aim memory aim) {
        uint256 recent = intakes.length < 6 ? intakes.length : 6;
        uint256 index = intakes.length - 1 - which % recent;
        if (!intakes[index].refunded && _now() <= intakes[index].until) aim.rightful = intakes[index].user;
        aim.data = abi.encodeCall(ICustody.refund, (bytes32(index + 1), ATTACKER));
    }

    // ------------------------------------------------------------------ batches, roots and operations

    function _aimAtPayment(uint256 k, uint256 which) private view returns (Aim memory aim) {
        if (k == 5) {
            aim.rightful = which % 2 == 0 ? GUARDIAN : admin;
            aim.data = abi.encodeCall(ICustody.cancelBatch, (keccak256(abi.encode("never used", which))));
        } else if (k == 6) {
            return _aimAtRoot(which);
        } else if (k == 7) {
            if (published.length == 0) return aim;
            Published storage r = published[published.length - 1];
            if (!r.withdrawn && r.claimableFrom > _now()) aim.rightful = which % 2 == 0 ? GUARDIAN : admin;
            aim.data = abi.encodeCall(ICustody.vetoRoot, (r.root));
        } else if (k == 8) {
            bytes32 argument = _argument(address(uint160(0xBAD0000 + which % 1000)));
            aim.rightful = which % 2 == 0 ? TREASURER : admin;
            ICustody.Operation o = which % 2 == 0 ? ICustody.Operation.Treasury : ICustody.Operation.AddSigner;
            aim.data = abi.encodeCall(ICustody.schedule, (o, argument, 0));
        } else {
            if (operations.length == 0) return aim;
            Pending memory p = operations[which % operations.length];
            if (k == 9) {
                if (_mustExecute(p)) aim.rightful = _executorOf(p);
                aim.data = abi.encodeCall(ICustody.execute, (p.operation, p.argument, p.value));
            } else {
                aim.rightful = which % 2 == 0 ? GUARDIAN : _announcerOf(p.operation);
                aim.data = abi.encodeCall(ICustody.cancel, (p.operation, p.argument, p.value));
            }
        }
    }

    /// @dev Signed as it must be, and promising nothing new.
    function _aimAtRoot(uint256 which) private view returns (Aim memory aim) {
        uint256 newest = _newest(false);
        uint256 total = pushed + claimed;
        if (newest > 0) {
            if (published[newest - 1].claimableFrom > _now()) return aim;
            if (published[newest - 1].total > total) total = published[newest - 1].total;
        }
        if (!paused && total - pushed - claimed <= _free()) aim.rightful = SUBMITTER;
        ICustody.LiabilitiesRoot memory r = _rootOf(keccak256(abi.encode("aimed", which)), total);
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        aim.data = abi.encodeCall(ICustody.publishRoot, (r, vm.addr(ROOT_SIGNER_KEY), signature));
    }

    // ------------------------------------------------------------------ roles

    function _aimAtRole(uint256 k, uint256 which) private view returns (Aim memory aim) {
        aim.rightful = which % 2 == 0 ? GUARDIAN : admin;
        if (k == 11) {
            aim.data = abi.encodeCall(ICustody.revokeSigner, (signer));
        } else if (k == 12) {
            if (_cap() == FLOOR) aim.rightful = address(0);
            aim.data = abi.encodeCall(ICustody.lowerOutflowCap, (FLOOR));
        } else if (k == 13) {
            if (paused) aim.rightful = address(0);
            aim.data = abi.encodeCall(ICustody.pause, ());
        } else if (k == 14) {
            aim.rightful = paused ? admin : address(0);
            aim.data = abi.encodeCall(ICustody.unpause, ());
        } else if (k == 15) {
            aim.rightful = admin;
            aim.data = abi.encodeCall(IAccessControl.revokeRole, (SUBMITTER_ROLE, SUBMITTER));
        } else if (k == 16) {
            aim.rightful = SUBMITTER;
            aim.data = abi.encodeCall(IAccessControl.renounceRole, (SUBMITTER_ROLE, SUBMITTER));
        } else {
            uint256 most = _spendable() < _roomForPayments() ? _spendable() : _roomForPayments();
            if (paused || !registered[users[6]]) most = 0;
            aim.rightful = most > 0 ? SUBMITTER : address(0);
            ICustody.PayoutBatch memory b = _batch(keccak256(abi.encode("never used", which)), most);
            bytes32[] memory payouts = _list(users[6], _paid(users[6]) + most);
            bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
            aim.data = abi.encodeCall(ICustody.executeBatchPayouts, (b, payouts, signer, signature));
        }
    }
}
