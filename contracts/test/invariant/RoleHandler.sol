// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IntakeHandler} from "./IntakeHandler.sol";

/// @notice What guardian, freezer, treasurer and admin do: at once, or after the delay.
abstract contract RoleHandler is IntakeHandler {
    struct Pending {
        ICustody.Operation operation;
        bytes32 argument;
        uint256 value;
        uint256 eta;
        address announcer;
    }

    /// @dev The second signer, a contract, and the second freezer come by operations.
    address internal secondSigner;
    address internal constant SECOND_FREEZER = address(0xF2);

    /// @dev Who is admin, and who becomes it next: these two take turns.
    address internal admin = ADMIN;
    address internal constant HEIR = address(0xAD0101);

    mapping(address => bool) internal isSigner;
    bool internal secondFreezer;
    Pending[] internal operations;

    // ------------------------------------------------------------------ at once

    function freeze(uint256 u, uint256 length) external {
        _doFreeze(users[u % USERS], length % 2 days);
    }

    function _doFreeze(address who, uint256 length)
        private
        step(
            "freeze",
            registered[who] && length > 0 && length <= MAX_FREEZE
                && (lastFreezeEnd[who] == 0 || _now() >= lastFreezeEnd[who] + 60 days)
        )
    {
        uint256 until = _now() + length;
        vm.prank(secondFreezer ? SECOND_FREEZER : FREEZER);
        try custody.freeze(who, until, "reason") {
            (frozenUntil[who], lastFreezeEnd[who], onlyEnrolled[who]) = (until, until, false);
            ++done["freeze"];
        } catch {}
    }

    /// @dev Every other time somebody who is frozen, if anybody is: freezes are rare.
    function unfreeze(uint256 u) external {
        address who = users[u % USERS];
        for (uint256 k; u % 2 == 0 && k < USERS; ++k) {
            if (frozenUntil[users[k]] > _now()) who = users[k];
        }
        _doUnfreeze(who);
    }

    function _doUnfreeze(address who) private step("unfreeze", frozenUntil[who] > _now()) {
        vm.prank(GUARDIAN);
        try custody.unfreeze(who) {
            (frozenUntil[who], lastFreezeEnd[who]) = (_now(), _now());
            ++done["unfreeze"];
        } catch {}
    }

    /// @dev Seldom, since much else is refused meanwhile.
    function pause(uint256 seldom) external {
        if (seldom % 4 == 0) _doPause();
    }

    function _doPause() internal step("pause", !paused) {
        vm.prank(GUARDIAN);
        try custody.pause() {
            paused = true;
            ++done["pause"];
        } catch {}
    }

    function unpause() external step("unpause", paused) {
        vm.prank(admin);
        try custody.unpause() {
            paused = false;
            ++done["unpause"];
        } catch {}
    }

    function lowerCap(uint256 by) external {
        uint256 flaw = by % 8;
        _doLowerCap(flaw == 1 ? _cap() : flaw == 2 ? FLOOR - 1 : _cap() - _upTo(_cap() / 3, by));
    }

    function _doLowerCap(uint256 cap) private step("lowerCap", cap < _cap() && cap >= FLOOR) {
        vm.prank(GUARDIAN);
        try custody.lowerOutflowCap(cap) {
            _recordCap(cap, false);
            ++done["lowerCap"];
        } catch {}
    }

    function revokeSecondSigner() external step("revokeSigner", isSigner[secondSigner]) {
        vm.prank(GUARDIAN);
        try custody.revokeSigner(secondSigner) {
            isSigner[secondSigner] = false;
            ++done["revokeSigner"];
        } catch {}
    }

    function revokeSecondFreezer() external step("revokeRole", secondFreezer) {
        vm.prank(admin);
        try custody.revokeRole(FREEZER_ROLE, SECOND_FREEZER) {
            secondFreezer = false;
            ++done["revokeRole"];
        } catch {}
    }

    // ------------------------------------------------------------------ after the delay

    function schedule(uint256 kind, uint256 value) external {
        _doSchedule(_planned(kind % 9, value));
    }

    function _planned(uint256 kind, uint256 value) internal view returns (Pending memory p) {
        if (kind == 0) {
            (p.operation, p.value) = (ICustody.Operation.RaiseOutflowCap, _cap() + _upTo(_cap(), value));
        } else if ((kind == 1 || kind == 4) && published.length > 0) {
            p.operation = ICustody.Operation.RetireRoot;
            p.argument = published[value % 2 == 0 ? published.length - 1 : value / 2 % published.length].root;
        } else if (kind == 2) {
            (p.operation, p.argument) = (ICustody.Operation.AddSigner, _argument(secondSigner));
        } else if (kind == 3) {
            (p.operation, p.argument) = (ICustody.Operation.AddFreezer, _argument(SECOND_FREEZER));
        } else if (kind == 8) {
            (p.operation, p.argument) = (ICustody.Operation.TransferAdmin, _argument(_heir()));
        } else {
            p.operation = ICustody.Operation.Treasury;
            p.argument = _argument(value % 4 == 0 ? users[REENTERER] : value % 16 == 1 ? users[REFUSER] : TREASURER);
            p.value = _upTo(_scale(), value);
        }
    }

    function _doSchedule(Pending memory p) internal step("schedule", _maySchedule(p)) {
        (p.eta, p.announcer) = (_now() + 3 days, _announcerOf(p.operation));
        vm.prank(p.announcer);
        try custody.schedule(p.operation, p.argument, p.value) {
            uint256 index = _indexOf(p);
            if (index < operations.length) {
                _remove(index);
                ++done["schedule of what had expired"];
            }
            operations.push(p);
            ++done["schedule"];
        } catch {}
    }

    function _maySchedule(Pending memory p) private view returns (bool) {
        if (p.operation == ICustody.Operation.RetireRoot && !_isMature(_publishedAs(p.argument))) return false;
        uint256 index = _indexOf(p);
        return index == operations.length || _hasExpired(operations[index]) || _hasFallen(operations[index]);
    }

    /// @dev Who announced it is not admin any more.
    function _hasFallen(Pending memory p) internal view returns (bool) {
        return p.operation != ICustody.Operation.Treasury && p.announcer != admin;
    }

    function _heir() internal view returns (address) {
        return admin == ADMIN ? HEIR : ADMIN;
    }

    function _announcerOf(ICustody.Operation operation) internal view returns (address) {
        return operation == ICustody.Operation.Treasury ? TREASURER : admin;
    }

    /// @dev The new admin carries out its own coming.
    function _executorOf(Pending memory p) internal view returns (address) {
        return p.operation == ICustody.Operation.TransferAdmin ? _address(p.argument) : _announcerOf(p.operation);
    }

    function _hasExpired(Pending memory p) internal view returns (bool) {
        return _now() > p.eta + 14 days;
    }

    /// @dev Mostly one whose time has come.
    function execute(uint256 which) external {
        if (operations.length == 0) return;
        uint256 index = which % operations.length;
        for (uint256 k; which % 8 != 0 && k < operations.length && operations[index].eta > _now(); ++k) {
            index = (index + 1) % operations.length;
        }
        if (_hasFallen(operations[index])) ++done["execution of what had fallen"];
        if (_hasExpired(operations[index])) ++done["execution of what had expired"];
        _doExecute(index, _nameOf(operations[index].operation));
    }

    function _doExecute(uint256 index, string memory name) private armed step(name, _mustExecute(operations[index])) {
        Pending memory p = operations[index];
        if (p.operation == ICustody.Operation.Treasury && _isDue(p) && p.value > _spendable()) {
            ++done["treasury beyond the surplus"];
        }
        vm.prank(_executorOf(p));
        try custody.execute{gas: CALL_GAS}(p.operation, p.argument, p.value) {
            if (p.operation == ICustody.Operation.Treasury) {
                _recordPayment(p.value);
                moneyOut += p.value;
            } else if (p.operation == ICustody.Operation.RaiseOutflowCap) {
                _recordCap(p.value, true);
            } else if (p.operation == ICustody.Operation.RetireRoot) {
                if (_newest(true) > 0 && published[_newest(true) - 1].root == p.argument) {
                    ++done["retirement of the newest"];
                }
                _withdrawRoot(_publishedAs(p.argument));
            } else if (p.operation == ICustody.Operation.AddSigner) {
                isSigner[secondSigner] = true;
            } else if (p.operation == ICustody.Operation.TransferAdmin) {
                admin = _address(p.argument);
            } else {
                secondFreezer = true;
            }
            _remove(index);
            ++done[name];
        } catch {}
    }

    function _mustExecute(Pending memory p) internal view returns (bool) {
        if (!_isDue(p)) return false;
        if (p.operation == ICustody.Operation.Treasury) return p.value <= _spendable();
        if (p.operation == ICustody.Operation.RaiseOutflowCap) return p.value > _cap();
        if (p.operation == ICustody.Operation.AddSigner) return !isSigner[secondSigner];
        if (p.operation == ICustody.Operation.AddFreezer) return !secondFreezer;
        if (p.operation == ICustody.Operation.TransferAdmin) return true;
        return _isMature(_publishedAs(p.argument));
    }

    /// @dev Whatever else it depends on, a payment from the treasury on the surplus.
    function _isDue(Pending memory p) private view returns (bool) {
        if (p.eta > _now() || _hasExpired(p) || _hasFallen(p)) return false;
        if (p.operation != ICustody.Operation.Treasury) return true;
        return !paused && p.value <= _roomForPayments() && _takesMoney(_address(p.argument));
    }

    function cancel(uint256 which) external {
        if (operations.length == 0) return;
        _doCancel(which % operations.length, which % 8 == 0 ? ATTACKER : GUARDIAN);
    }

    function _doCancel(uint256 index, address by) private step("cancel", by == GUARDIAN) {
        Pending memory p = operations[index];
        vm.prank(by);
        try custody.cancel(p.operation, p.argument, p.value) {
            _remove(index);
            ++done["cancel"];
        } catch {}
    }

    function _isMature(Published storage r) internal view returns (bool) {
        return !r.withdrawn && r.claimableFrom <= _now();
    }

    function _publishedAs(bytes32 root) private view returns (Published storage) {
        uint256 k;
        while (published[k].root != root) ++k;
        return published[k];
    }

    function _indexOf(Pending memory p) private view returns (uint256 k) {
        bytes32 id = _id(p.operation, p.argument, p.value);
        for (; k < operations.length; ++k) {
            if (_id(operations[k].operation, operations[k].argument, operations[k].value) == id) break;
        }
    }

    /// @dev Keeps the order.
    function _remove(uint256 index) private {
        for (uint256 k = index + 1; k < operations.length; ++k) {
            operations[k - 1] = operations[k];
        }
        operations.pop();
    }

    function _nameOf(ICustody.Operation operation) private pure returns (string memory) {
        if (operation == ICustody.Operation.Treasury) return "treasury";
        if (operation == ICustody.Operation.RaiseOutflowCap) return "raiseCap";
        if (operation == ICustody.Operation.RetireRoot) return "retireRoot";
        if (operation == ICustody.Operation.AddSigner) return "addSigner";
        if (operation == ICustody.Operation.TransferAdmin) return "transferAdmin";
        return "addFreezer";
    }
}
