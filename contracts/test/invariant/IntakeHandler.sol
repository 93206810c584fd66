// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Rules} from "./Rules.sol";

/// @notice Money that comes in, and what may be taken back of it: intakes, refunds, sweeps, funding, forced ether, and time.
abstract contract IntakeHandler is Rules {
    function register(uint256 u, uint256 gweis, uint256 sponsor) external {
        address who = users[u % USERS];
        // Who is registered rarely comes back.
        for (uint256 k; u % 4 != 0 && k < USERS && !_mayRegister(who); ++k) {
            who = users[(u % USERS + k) % USERS];
        }
        _doRegister(who, (1 + gweis % 1e11) * 1 gwei, users[sponsor % USERS]);
    }

    function _doRegister(address who, uint256 amount, address sponsor)
        internal
        step("register", !paused && _mayRegister(who))
    {
        ICustody.Intake memory i = _intake(who, bytes32(intakes.length + 1));
        (i.amount, i.sponsor) = (amount, sponsor);
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        _deal(who, amount);
        vm.prank(who);
        try custody.register{value: amount}(i, signer, signature) {
            (registered[who], onlyEnrolled[who]) = (true, false);
            _booked("register", who, amount);
        } catch {}
    }

    function _mayRegister(address who) internal view returns (bool) {
        return !registered[who] || onlyEnrolled[who];
    }

    function retopup(uint256 u, uint256 gweis) external {
        _doRetopup(users[u % USERS], (1 + gweis % 1e11) * 1 gwei);
    }

    function _doRetopup(address who, uint256 amount)
        private
        step("retopup", !paused && !_mayRegister(who) && frozenUntil[who] <= _now())
    {
        ICustody.Intake memory i = _intake(who, bytes32(intakes.length + 1));
        i.amount = amount;
        bytes memory signature = _sign(SIGNER_KEY, "Retopup", i);
        _deal(who, amount);
        vm.prank(who);
        try custody.retopup{value: amount}(i, signer, signature) {
            _booked("retopup", who, amount);
        } catch {}
    }

    /// @dev Mostly one of the last intakes, whose window is likely to be open. Some have it sent to who calls back, or refuses.
    function refund(uint256 p) external {
        if (intakes.length == 0) return;
        uint256 recent = intakes.length < 12 ? intakes.length : 12;
        uint256 index = p % 3 == 0 ? p % intakes.length : intakes.length - 1 - p % recent;
        address to = address(uint160(0xF0000 + index));
        if (p % 16 == 1) to = users[REENTERER];
        if (p % 16 == 2) to = users[REFUSER];
        _doRefund(index, to);
    }

    function _doRefund(uint256 index, address to) private armed step("refund", _refundMustSucceed(index, to)) {
        Intake storage i = intakes[index];
        uint256 before = to.balance;
        vm.prank(i.user);
        try custody.refund{gas: CALL_GAS}(bytes32(index + 1), to) {
            assertEq(to.balance - before, i.amount, "refunded amount");
            i.refunded = true;
            moneyOut += i.amount;
            ++done["refund"];
        } catch {}
    }

    function _refundMustSucceed(uint256 index, address to) internal view returns (bool) {
        return !intakes[index].refunded && _now() <= intakes[index].until && _takesMoney(to);
    }

    function sweep(uint256 maxDays) external {
        _doSweep(maxDays % 12);
    }

    function _doSweep(uint256 maxDays) private step("sweep", maxDays > 0 && _daysToSweep() > 0) {
        vm.prank(ATTACKER);
        try custody.sweepMatured(maxDays) {
            swept += maxDays < _daysToSweep() ? maxDays : _daysToSweep();
            ++done["sweep"];
        } catch {}
    }

    function _daysToSweep() internal view returns (uint256) {
        return _now() / 1 days - 1 - swept;
    }

    /// @dev Little, so that what there is to be spent is often less than what fits under the cap.
    function fund(uint256 amount) external {
        _doFund(amount % 3 == 0 ? amount % 300 ether : (amount % 3e11) * 1 gwei);
    }

    function _doFund(uint256 amount) internal step("fund", amount >= 0.01 ether && amount % 1 gwei == 0) {
        _deal(STRANGER, amount);
        vm.prank(STRANGER);
        try custody.fund{value: amount}() {
            moneyIn += amount;
            ++done["fund"];
        } catch {}
    }

    function forceEther(uint256 amount) external {
        amount %= 1 ether;
        _deal(address(custody), amount);
        moneyIn += amount;
    }

    /// @dev Hours or a few days, rarely longer than the gap between two freezes.
    function wait(uint256 time) external {
        uint256 most = time % 16 == 0 ? 70 days : time % 2 == 0 ? 4 days : 6 hours;
        vm.warp(_now() + time % most);
    }

    function _booked(string memory name, address who, uint256 amount) private {
        intakes.push(Intake(who, amount, _now() + 14 days, false));
        moneyIn += amount;
        ++done[name];
    }
}
