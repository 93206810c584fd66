// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice The bound of a day, against whoever chooses the times: payments and claims of any size at any second, and the greediest
/// of all, who always takes what there is room for.
contract OutflowFuzzTest is SettlementTest {
    struct Left {
        uint256 at;
        uint256 amount;
    }

    /// @dev Not divisible by what the bucket divides by, so that rounding shows.
    uint96 private constant CAP = 80 ether + 7;
    uint96 private constant FLOOR = 10 ether + 1;
    uint256 private constant STEPS = 12;
    uint256 private constant PROMISED = 20_000 ether;

    Left[] private left;
    uint256 private batches;

    function setUp() public override {
        super.setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (CAP, FLOOR);
        _redeploy(c);
        _fund(100_000 ether);
        _registered(ALICE);
        _registered(BOB);
        _mature(BOB, PROMISED);
    }

    /// @dev Each word gives a time to wait, who is paid, and how much of the room is asked for.
    function test_any_day_stays_within_the_cap_whatever_the_times(uint256[STEPS] calldata words) public {
        for (uint256 k; k < STEPS; ++k) {
            vm.warp(_now() + _wait(words[k]));
            if (words[k] >> 40 & 1 == 0) _pay(_part(_room(), words[k] >> 64));
            else _claimAll();
        }
        _assertEveryDay(CAP);
    }

    /// @dev The room of payments never reaches the last quarter, so a claim always finds it.
    function test_payments_leave_the_quarter_of_claims_at_any_time(uint256[STEPS] calldata words) public {
        for (uint256 k; k < STEPS; ++k) {
            vm.warp(_now() + _wait(words[k]));
            _pay(_room());
            uint256 bob = BOB.balance;
            uint256 snapshot = vm.snapshotState();
            _claim(BOB, PROMISED, _single(BOB, PROMISED));
            assertTrue(BOB.balance - bob >= CAP / 2 - CAP / 2 * 3 / 4, "a quarter of the bucket for claims");
            vm.revertToState(snapshot);
        }
    }

    /// @dev Lowered at the worst moment, the bound is the cap that there was when the day began.
    function test_lowering_the_cap_never_lets_more_leave(uint256[STEPS] calldata words, uint96 cap) public {
        uint256 when = words[0] % STEPS;
        cap = FLOOR + cap % (CAP - FLOOR);
        for (uint256 k; k < STEPS; ++k) {
            vm.warp(_now() + _wait(words[k]) / 4);
            _pay(_room());
            _claimAll();
            if (k == when) {
                vm.prank(GUARDIAN);
                custody.lowerOutflowCap(cap);
            }
        }
        _assertEveryDay(CAP);
    }

    /// @dev The bound is reached: who claims to the brim at the beginning and whatever leaks during a day, gets the cap.
    function test_the_greediest_day_is_the_cap_and_not_a_wei_more() public {
        _claimAll();
        for (uint256 k; k < 144; ++k) {
            vm.warp(_now() + 10 minutes);
            _claimAll();
        }
        _assertEveryDay(CAP);
        assertTrue(BOB.balance > CAP - 150, "and all but the roundings");
    }

    // ------------------------------------------------------------------ steps

    /// @dev Often a second, an hour, a day to the second; else anything up to a day and a half.
    function _wait(uint256 word) private pure returns (uint256) {
        uint256 kind = word % 8;
        if (kind == 0) return 0;
        if (kind == 1) return 1;
        if (kind == 2) return 1 days;
        if (kind == 3) return 1 days - 1;
        if (kind == 4) return 1 hours;
        return (word >> 8) % 36 hours;
    }

    function _part(uint256 room, uint256 word) private pure returns (uint256) {
        return word % 3 == 0 ? room : word % (room + 1);
    }

    function _room() private view returns (uint256 room) {
        (, room) = custody.available();
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

    /// @dev A day that begins with any of them, both ends included.
    function _assertEveryDay(uint256 most) private view {
        for (uint256 k; k < left.length; ++k) {
            uint256 sum;
            for (uint256 j = k; j < left.length && left[j].at <= left[k].at + 1 days; ++j) {
                sum += left[j].amount;
            }
            assertTrue(sum <= most, "24 hours <= cap");
        }
    }
}
