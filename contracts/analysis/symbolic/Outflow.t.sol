// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Symbolic} from "./Symbolic.sol";

/// @notice What leaves in any 24 hours is at most the cap, from any level of the bucket that was reached before.
contract OutflowProof is Symbolic {
    /// @dev Brings the bucket to any level at any time.
    function _before(uint256 amount, uint32 time) private {
        _goTo(time);
        custody.takeForClaim(amount);
    }

    function check_two_payments_within_a_day_stay_below_the_cap(
        uint16 level,
        uint32 start,
        uint24 wait,
        uint24 between,
        uint16 a,
        uint16 b
    ) public {
        _before(level, start);
        _goTo(uint256(start) + wait);
        custody.takeForClaim(a);
        world.assume(between <= 1 days);
        _goTo(uint256(start) + wait + between);
        custody.takeForClaim(b);
        assert(uint256(a) + b <= CAP);
    }

    /// @dev With the two below, that what is taken takes its room and that there is never more room than half the cap: any
    /// number of payments within a day add up to at most what leaks in it and half the cap.
    function check_room_comes_back_no_faster_than_half_the_cap_a_day(uint16 level, uint32 start, uint24 wait) public {
        _before(level, start);
        uint256 room = custody.roomForClaims();
        _goTo(uint256(start) + wait);
        assert(custody.roomForClaims() - room <= uint256(wait) * (CAP / 2) / 1 days);
    }

    function check_payments_leave_a_quarter_of_the_bucket_to_claims(
        uint16 level,
        uint32 start,
        uint24 wait,
        uint16 amount
    ) public {
        _goTo(start);
        custody.takeForPayment(level);
        _goTo(uint256(start) + wait);
        custody.takeForPayment(amount);
        assert(custody.roomForClaims() >= CAP / 8);
    }

    function check_the_bucket_never_holds_more_than_half_the_cap(uint16 level, uint16 cap, uint16 amount) public {
        custody.takeForClaim(level);
        world.prank(GUARDIAN);
        custody.lowerOutflowCap(cap);
        uint256 room = custody.roomForClaims();
        assert(room <= cap / 2);
        world.assume(amount <= room);
        custody.takeForClaim(amount);
        assert(custody.roomForClaims() == room - amount);
    }

    /// @dev A raise forgets nothing: the bucket is as full as before in proportion, rounded up by less than a unit. What leaves within a
    /// day is then at most the largest cap: in parts of the capacity, each payment fills what it takes, a day empties one whole bucket,
    /// and a change of the cap empties nothing.
    function check_raising_the_cap_keeps_the_fraction_of_the_bucket(uint16 amount, uint32 start, uint16 cap) public {
        _before(amount, start);
        uint256 level = custody.level();
        custody.raise(cap);
        uint256 raised = custody.level();
        uint256 whole = level * (cap / 2);
        assert(raised * (CAP / 2) >= whole && raised <= cap / 2);
        assert(raised == 0 || (raised - 1) * (CAP / 2) < whole);
    }

    function check_lowering_the_cap_does_not_make_the_bucket_emptier(uint16 amount, uint32 start, uint16 cap) public {
        _before(amount, start);
        uint256 level = custody.level();
        world.prank(GUARDIAN);
        custody.lowerOutflowCap(cap);
        uint256 lowered = custody.level();
        assert(lowered <= cap / 2 && (lowered == level || lowered == cap / 2));
        assert(lowered * (CAP / 2) >= level * (cap / 2));
    }

    function check_lowering_and_raising_the_cap_makes_no_room(uint16 a, uint16 cap, uint16 b, uint16 c) public {
        custody.takeForClaim(a);
        world.prank(GUARDIAN);
        custody.lowerOutflowCap(cap);
        custody.takeForClaim(b);
        custody.raise(CAP);
        custody.takeForClaim(c);
        assert(uint256(a) + b + c <= CAP / 2);
    }
}
