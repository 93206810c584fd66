// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice Drives the contract with random calls, predicts from a naive model of its own whether each must succeed, and
/// keeps the books that the invariants compare with. Here: intake, freezes, pause. What pays: `Handler`.
abstract contract IntakeHandler is SettlementTest {
    using JournalReplay for JournalReplay.Head;

    struct Paid {
        address user;
        uint256 amount;
        uint256 until;
        bool refunded;
    }

    address[6] internal users;
    mapping(address => bool) internal registered;
    mapping(address => uint256) internal frozenUntil;
    mapping(address => uint256) internal lastFreezeEnd;
    bool internal paused;

    Paid[] public paid;
    uint256 public moneyIn;
    uint256 public moneyOut;
    uint256 public entries;
    uint256 public libraryEvents;
    uint64 public seq;
    bytes24 public root;
    mapping(string => uint256) public done;
    mapping(string => uint256) public refused;

    /// @dev Small enough to be reached.
    uint96 internal constant CAP = 2_000 ether;

    constructor() {
        setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (CAP, 100 ether);
        _redeploy(c);
        for (uint160 k; k < 6; ++k) {
            users[k] = address(0xE0000 + k);
        }
    }

    function contractUnderTest() external view returns (CustodyHarness) {
        return custody;
    }

    function paidCount() external view returns (uint256) {
        return paid.length;
    }

    /// @dev Records the outcome, takes the logs into the replayed journal, and stops at a wrong prediction.
    modifier step(string memory name, bool mustSucceed) {
        vm.recordLogs();
        uint256 before = done[name];
        _;
        bool succeeded = done[name] > before;
        assertTrue(succeeded == mustSucceed, string.concat(name, succeeded ? " must be refused" : " must succeed"));
        JournalReplay.Head memory head = JournalReplay.Head(seq, root, libraryEvents);
        // Logs of a reverted call are recorded, too, but they never happened.
        if (succeeded) {
            head.take(address(custody), vm.getRecordedLogs());
            assertEq(head.seq, uint256(seq) + 1, "one entry per call");
            ++entries;
        } else {
            vm.getRecordedLogs();
            ++refused[name];
        }
        (seq, root, libraryEvents) = (head.seq, head.root, head.libraryEvents);
    }

    function register(uint256 u, uint256 gweis, uint256 sponsor) external {
        address user = users[u % 6];
        _doRegister(user, (1 + gweis % 1e11) * 1 gwei, users[sponsor % 6]);
    }

    function _doRegister(address user, uint256 amount, address sponsor)
        private
        step("register", !paused && !registered[user])
    {
        ICustody.Intake memory i = _intake(user, bytes32(paid.length + 1));
        (i.amount, i.sponsor) = (amount, sponsor);
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(user, amount);
        vm.prank(user);
        try custody.register{value: amount}(i, signer, signature) {
            registered[user] = true;
            _booked("register", user, amount);
        } catch {}
    }

    function retopup(uint256 u, uint256 gweis) external {
        _doRetopup(users[u % 6], (1 + gweis % 1e11) * 1 gwei);
    }

    function _doRetopup(address user, uint256 amount)
        private
        step("retopup", !paused && registered[user] && frozenUntil[user] <= _now())
    {
        ICustody.Intake memory i = _intake(user, bytes32(paid.length + 1));
        i.amount = amount;
        bytes memory signature = _sign(SIGNER_KEY, "Retopup", i);
        vm.deal(user, amount);
        vm.prank(user);
        try custody.retopup{value: amount}(i, signer, signature) {
            _booked("retopup", user, amount);
        } catch {}
    }

    /// @dev Mostly one of the last intakes, whose window is likely to be open.
    function refund(uint256 p) external {
        if (paid.length == 0) return;
        uint256 recent = paid.length < 12 ? paid.length : 12;
        _doRefund(p % 3 == 0 ? p % paid.length : paid.length - 1 - p % recent);
    }

    function _doRefund(uint256 index) private step("refund", !paid[index].refunded && _now() <= paid[index].until) {
        Paid storage p = paid[index];
        address to = address(uint160(0xF0000 + index));
        uint256 before = to.balance;
        vm.prank(p.user);
        try custody.refund(bytes32(index + 1), to) {
            assertEq(to.balance - before, p.amount, "refunded amount");
            p.refunded = true;
            moneyOut += p.amount;
            ++done["refund"];
        } catch {}
    }

    function sweep(uint256 maxDays) external {
        _doSweep(maxDays % 12);
    }

    function _doSweep(uint256 maxDays)
        private
        step("sweep", maxDays > 0 && custody.sweptThrough() + 1 < _now() / 1 days)
    {
        uint256 before = custody.sweptThrough();
        try custody.sweepMatured(maxDays) {
            assertTrue(custody.sweptThrough() - before <= maxDays, "too many days");
            assertTrue(custody.sweptThrough() < _now() / 1 days, "swept today");
            ++done["sweep"];
        } catch {}
    }

    function fund(uint256 amount) external {
        amount = amount % 3 == 0 ? amount % 1e24 : (amount % 1e12) * 1 gwei;
        _doFund(amount);
    }

    function _doFund(uint256 amount) private step("fund", amount > 0 && amount % 1 gwei == 0) {
        vm.deal(STRANGER, amount);
        vm.prank(STRANGER);
        try custody.fund{value: amount}() {
            moneyIn += amount;
            ++done["fund"];
        } catch {}
    }

    function freeze(uint256 u, uint256 length) external {
        _doFreeze(users[u % 6], length % 3 days);
    }

    function _doFreeze(address user, uint256 length)
        private
        step(
            "freeze",
            registered[user] && length > 0 && length <= 2 days
                && (lastFreezeEnd[user] == 0 || _now() >= lastFreezeEnd[user] + 60 days)
        )
    {
        uint256 until = _now() + length;
        vm.prank(FREEZER);
        try custody.freeze(user, until, "reason") {
            (frozenUntil[user], lastFreezeEnd[user]) = (until, until);
            ++done["freeze"];
        } catch {}
    }

    /// @dev Every other time somebody who is frozen, if anybody is: freezes are rare.
    function unfreeze(uint256 u) external {
        address user = users[u % 6];
        for (uint256 k; u % 2 == 0 && k < 6; ++k) {
            if (frozenUntil[users[k]] > _now()) user = users[k];
        }
        _doUnfreeze(user);
    }

    function _doUnfreeze(address user) private step("unfreeze", frozenUntil[user] > _now()) {
        vm.prank(GUARDIAN);
        try custody.unfreeze(user) {
            (frozenUntil[user], lastFreezeEnd[user]) = (_now(), _now());
            ++done["unfreeze"];
        } catch {}
    }

    function pause() external step("pause", !paused) {
        vm.prank(GUARDIAN);
        try custody.pause() {
            paused = true;
            ++done["pause"];
        } catch {}
    }

    function unpause() external step("unpause", paused) {
        vm.prank(ADMIN);
        try custody.unpause() {
            paused = false;
            ++done["unpause"];
        } catch {}
    }

    function wait(uint256 time) external {
        vm.warp(_now() + time % 4 days);
    }

    function forceEther(uint256 amount) external {
        amount %= 1 ether;
        vm.deal(address(custody), address(custody).balance + amount);
        moneyIn += amount;
    }

    function _booked(string memory name, address user, uint256 amount) private {
        paid.push(Paid(user, amount, _now() + 14 days, false));
        moneyIn += amount;
        ++done[name];
    }
}
