// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice The bound of a day while the cap itself moves: whoever lowers and raises it, and pays and claims in between, takes no more
/// in any 24 hours than the largest cap that was in force meanwhile.
contract CapCycleFuzzTest is SettlementTest {
    struct Left {
        uint256 at;
        uint256 amount;
    }

    struct InForce {
        uint256 since;
        uint256 cap;
    }

    /// @dev Not divisible by what the bucket divides by, so that rounding shows.
    uint96 private constant CAP = 80 ether + 7;
    uint96 private constant FLOOR = 10 ether + 1;
    uint256 private constant STEPS = 14;
    uint256 private constant RAISES = 4;
    uint256 private constant PROMISED = 20_000 ether;

    Left[] private left;
    InForce[] private caps;
    uint256 private batches;

    function setUp() public override {
        super.setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (CAP, FLOOR);
        _redeploy(c);
        caps.push(InForce(START, CAP));
        _fund(100_000 ether);
        _registered(ALICE);
        _registered(BOB);
        _mature(BOB, PROMISED);
    }

    /// @dev Each word gives a time to wait, what is done, and how much of it.
    function testFuzz_no_day_exceeds_the_largest_cap_in_force(
        uint256[STEPS] calldata words,
        uint96[RAISES] calldata raised
    ) public {
        for (uint256 k; k < RAISES; ++k) {
            _announce(_raisedTo(raised[k]));
        }
        vm.warp(_now() + 3 days);
        for (uint256 k; k < STEPS; ++k) {
            vm.warp(_now() + _wait(words[k]));
            uint256 kind = words[k] >> 40 & 7;
            if (kind < 2) _pay(_part(_room(), words[k] >> 64));
            else if (kind < 5) _claimAll();
            else if (kind == 5) _lower(FLOOR);
            else if (kind == 6) _lower(FLOOR + (words[k] >> 64) % CAP);
            else _raise(_raisedTo(raised[(words[k] >> 64) % RAISES]));
        }
        _assertEveryDay();
    }

    /// @dev What a bucket that is only as full in units would give away: the room of the small cap counts in proportion.
    function test_a_cycle_within_a_second_gives_nothing() public {
        _announce(CAP + 2);
        vm.warp(_now() + 3 days);
        _claimAll();
        _lower(FLOOR);
        _raise(CAP + 2);
        uint256 taken = BOB.balance;
        _claimAll();
        assertEq(BOB.balance, taken, "full is full");
        for (uint256 k; k < 8; ++k) {
            vm.warp(_now() + 3 hours);
            _pay(_room());
            _claimAll();
        }
        _assertEveryDay();
        assertTrue(BOB.balance + ALICE.balance > CAP - 1_000, "and all but the roundings of the largest cap");
    }

    function test_half_full_stays_half_full() public {
        uint256 capacity = CAP / 2;
        _announce(2 * CAP);
        vm.warp(_now() + 3 days);
        _pay(capacity / 2);
        _raise(2 * CAP);
        assertEq(_room(), CAP * 3 / 4 - CAP / 2, "three quarters of the new bucket less half of it");
    }

    // ------------------------------------------------------------------ steps

    /// @dev From a cap a little above the first one to fourfold.
    function _raisedTo(uint96 word) private pure returns (uint256) {
        return CAP + 1 + (word % 4 == 0 ? 0 : word % (3 * CAP));
    }

    /// @dev Often none, a second, or a day to the second; so few hours else that all announcements last.
    function _wait(uint256 word) private pure returns (uint256) {
        uint256 kind = word % 8;
        if (kind < 2) return 0;
        if (kind == 2) return 1;
        if (kind == 3) return 1 days - 1;
        if (kind == 4) return 1 hours;
        return (word >> 8) % 20 hours;
    }

    function _part(uint256 room, uint256 word) private pure returns (uint256) {
        return word % 3 == 0 ? room : word % (room + 1);
    }

    function _room() private view returns (uint256 room) {
        (, room) = custody.available();
    }

    function _announce(uint256 cap) private {
        if (custody.operationEta(_id(ICustody.Operation.RaiseOutflowCap, 0, cap)) == 0) {
            _schedule(ICustody.Operation.RaiseOutflowCap, 0, cap);
        }
    }

    function _pay(uint256 amount) private {
        _execute(_batch(bytes32(++batches), amount), _list(ALICE, _paid(ALICE) + amount));
        left.push(Left(_now(), amount));
    }

    function _claimAll() private {
        uint256 before = BOB.balance;
        try custody.claim(BOB, PROMISED, _single(BOB, PROMISED), new ICustody.SumNode[](0)) {
            left.push(Left(_now(), BOB.balance - before));
        } catch {}
    }

    function _lower(uint256 cap) private {
        if (cap >= custody.config().outflowCap) return;
        vm.prank(GUARDIAN);
        custody.lowerOutflowCap(cap);
        caps.push(InForce(_now(), cap));
    }

    /// @dev Announced again as soon as it was carried out, so that it can be repeated later.
    function _raise(uint256 cap) private {
        uint256 eta = custody.operationEta(_id(ICustody.Operation.RaiseOutflowCap, 0, cap));
        if (eta == 0 || eta > _now() || cap <= custody.config().outflowCap) return;
        _executeOperation(ICustody.Operation.RaiseOutflowCap, 0, cap);
        caps.push(InForce(_now(), cap));
        _announce(cap);
    }

    // ------------------------------------------------------------------ what must hold

    /// @dev A day that begins with any of the payments, both ends included.
    function _assertEveryDay() private view {
        for (uint256 k; k < left.length; ++k) {
            uint256 sum;
            for (uint256 j = k; j < left.length && left[j].at <= left[k].at + 1 days; ++j) {
                sum += left[j].amount;
            }
            assertTrue(sum <= _largestIn(left[k].at, left[k].at + 1 days), "24 hours <= largest cap in force");
        }
    }

    function _largestIn(uint256 from, uint256 to) private view returns (uint256 largest) {
        for (uint256 k; k < caps.length; ++k) {
            bool over = k + 1 < caps.length && caps[k + 1].since < from;
            if (!over && caps[k].since <= to && caps[k].cap > largest) largest = caps[k].cap;
        }
    }
}
