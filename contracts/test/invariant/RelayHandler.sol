// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ExitHandler} from "./ExitHandler.sol";

/// @notice What users sign and others send, dues that are paid elsewhere, several calls in one, and users of the predecessor.
abstract contract RelayHandler is ExitHandler {
    bytes32 private constant REFUND_TYPE = keccak256("Refund(bytes32 ref,address to,uint256 deadline)");
    bytes32 private constant CLAIM_TYPE =
        keccak256("Claim(address user,address to,bytes32 root,uint256 entitled,uint256 deadline)");

    // ------------------------------------------------------------------ enrolment

    /// @dev The predecessor knows the refuser and the last user.
    function enrol(uint256 u) external {
        _doEnrol(u % 3 == 0 ? users[REFUSER] : u % 3 == 1 ? users[6] : users[u % USERS]);
    }

    function _doEnrol(address who)
        private
        step("enrol", !registered[who] && (who == users[REFUSER] || who == users[6]))
    {
        vm.prank(ATTACKER);
        try custody.enrol(who) {
            (registered[who], onlyEnrolled[who]) = (true, true);
            ++done["enrol"];
        } catch {}
    }

    // ------------------------------------------------------------------ refunds

    /// @dev One of the last intakes of who can sign; some orders have a flaw.
    function refundFor(uint256 p, uint256 flaw) external {
        (uint256 index, bool found) = _recentOf(p);
        if (!found) return;
        Intake storage i = intakes[index];
        ICustody.Refund memory order = ICustody.Refund(bytes32(index + 1), address(uint160(0xF1000 + index)), _now());
        uint256 key = keyOf[i.user];
        flaw %= 8;
        if (flaw == 0) key = SIGNER_KEY;
        if (flaw == 1) order.deadline = _now() - 1;
        if (flaw == 2) order.to = address(0);
        _doRefundFor(index, order, key, flaw > 2 && _refundMustSucceed(index, order.to));
    }

    function _doRefundFor(uint256 index, ICustody.Refund memory order, uint256 key, bool mustSucceed)
        private
        step("refundFor", mustSucceed)
    {
        bytes memory signature = _signHash(key, keccak256(abi.encode(REFUND_TYPE, order)));
        uint256 before = order.to.balance;
        vm.prank(ATTACKER);
        try custody.refundFor(order, signature) {
            assertEq(order.to.balance - before, intakes[index].amount, "refunded amount");
            intakes[index].refunded = true;
            moneyOut += intakes[index].amount;
            ++done["refundFor"];
        } catch {}
    }

    function _recentOf(uint256 p) private view returns (uint256 index, bool found) {
        uint256 recent = intakes.length < 12 ? intakes.length : 12;
        for (uint256 k; k < recent; ++k) {
            index = intakes.length - 1 - (p % recent + k) % recent;
            if (keyOf[intakes[index].user] != 0) return (index, true);
        }
    }

    /// @dev Two of one user's in one transaction, or one twice: all or nothing.
    function refundTwo(uint256 p, bool twice) external {
        if (intakes.length == 0) return;
        uint256 first = intakes.length - 1 - p % (intakes.length < 12 ? intakes.length : 12);
        uint256 second = first;
        for (uint256 k; !twice && k < intakes.length; ++k) {
            uint256 other = intakes.length - 1 - k;
            if (other != first && intakes[other].user == intakes[first].user && !intakes[other].refunded) {
                second = other;
                break;
            }
        }
        _doRefundTwo(first, second);
    }

    function _doRefundTwo(uint256 first, uint256 second) private step("multicall", _bothRefundable(first, second)) {
        address to = address(uint160(0xF2000 + first));
        uint256 amount = intakes[first].amount + intakes[second].amount;
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ICustody.refund, (bytes32(first + 1), to));
        calls[1] = abi.encodeCall(ICustody.refund, (bytes32(second + 1), to));
        uint256 before = to.balance;
        vm.prank(intakes[first].user);
        try custody.multicall(calls) {
            assertEq(to.balance - before, amount, "both amounts");
            (intakes[first].refunded, intakes[second].refunded) = (true, true);
            moneyOut += amount;
            callsInOne = 2;
            ++done["multicall"];
        } catch {}
    }

    function _bothRefundable(uint256 first, uint256 second) private view returns (bool) {
        return first != second && _refundMustSucceed(first, address(1)) && _refundMustSucceed(second, address(1));
    }

    // ------------------------------------------------------------------ dues, elsewhere

    function claimTo(uint256 u, uint256 r, uint256 lie) external {
        if (published.length == 0) return;
        Published storage p = _some(r);
        (uint256 k, uint256 due) = _whoIsDue(p, u % USERS);
        _doClaimTo(k, p, p.entitled[k] + (lie % 8 == 0 ? 1 : 0), lie % 8 == 0 ? 0 : due);
    }

    function _doClaimTo(uint256 u, Published storage r, uint256 entitled, uint256 amount)
        private
        step("claimTo", amount > 0)
    {
        ICustody.SumNode[] memory proof = _proofOf(r, Part(u, 1, 0));
        address to = address(uint160(0xC1000 + u));
        uint256 before = to.balance;
        vm.prank(users[u]);
        try custody.claimTo(to, entitled, r.root, proof) {
            _bookElsewhere(u, r, to.balance - before, amount);
            ++done["claimTo"];
        } catch {}
    }

    function claimFor(uint256 u, uint256 r, uint256 flaw) external {
        if (published.length == 0) return;
        Published storage p = _some(r);
        (uint256 k, uint256 due) = _whoIsDue(p, WALLET + u % 3);
        if (keyOf[users[k]] == 0) return;
        ICustody.Claim memory order =
            ICustody.Claim(users[k], address(uint160(0xC2000 + k)), p.root, p.entitled[k], _now());
        uint256 key = keyOf[users[k]];
        flaw %= 8;
        if (flaw == 0) key = SIGNER_KEY;
        if (flaw == 1) order.deadline = _now() - 1;
        if (flaw == 2) ++order.entitled;
        _doClaimFor(k, p, order, key, flaw > 2 ? due : 0);
    }

    function _doClaimFor(uint256 u, Published storage r, ICustody.Claim memory order, uint256 key, uint256 amount)
        private
        step("claimFor", amount > 0)
    {
        bytes memory signature = _signHash(key, keccak256(abi.encode(CLAIM_TYPE, order)));
        ICustody.SumNode[] memory proof = _proofOf(r, Part(u, 1, 0));
        uint256 before = order.to.balance;
        vm.prank(ATTACKER);
        try custody.claimFor(order, proof, signature) {
            _bookElsewhere(u, r, order.to.balance - before, amount);
            ++done["claimFor"];
        } catch {}
    }

    /// @dev The user himself may refuse money: it goes elsewhere.
    function _whoIsDue(Published storage r, uint256 first) private view returns (uint256 k, uint256 due) {
        for (uint256 n; n < USERS; ++n) {
            k = (first + n) % USERS;
            due = _dueElsewhere(r, k);
            if (due > 0) return (k, due);
        }
        return (first, 0);
    }

    function _dueElsewhere(Published storage r, uint256 k) private view returns (uint256) {
        if (!_isMature(r) || !registered[users[k]] || frozenUntil[users[k]] > _now()) return 0;
        return _atMost(_dueTo(users[k], r.entitled[k]));
    }

    /// @dev Counted as received: it left, as the user wanted.
    function _bookElsewhere(uint256 u, Published storage r, uint256 got, uint256 amount) private {
        assertEq(got, amount, "claimed amount");
        received[users[u]] += got;
        moneyOut += got;
        _countClaimed(got);
        if (_paid(users[u]) < r.entitled[u]) ++done["claim of a part"];
        if (r.entitled[u] > proven[users[u]]) proven[users[u]] = r.entitled[u];
    }
}
