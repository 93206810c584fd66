// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Books} from "./Books.sol";

/// @notice What the rules say about money, word by word, computed from the books: what is free, reserved, and under the cap.
abstract contract Rules is Books {
    struct Left {
        uint256 at;
        uint256 amount;
    }

    struct Cap {
        uint256 from;
        uint256 cap;
    }

    /// @dev Small enough to be reached.
    uint96 internal constant FIRST_CAP = 2_000 ether;
    uint96 internal constant FLOOR = 200 ether;

    /// @dev What batches, claims and treasury took out, and every cap there was.
    Left[] internal left;
    Cap[] internal caps;
    /// @dev In parts of a unit that are a day of seconds: so nothing is ever rounded but what is asked for.
    uint256 internal level;
    uint256 internal levelAt;

    // ------------------------------------------------------------------ free and reserved

    /// @dev From what was seen to move, not from the contract's balance and sums.
    function _free() internal view returns (uint256) {
        return moneyIn - moneyOut - _openDeposits() - _creditInAll();
    }

    /// @dev Neither refunded nor on a day that was swept.
    function _openDeposits() internal view returns (uint256 sum) {
        for (uint256 k; k < intakes.length; ++k) {
            if (!intakes[k].refunded && intakes[k].until / 1 days > swept) sum += intakes[k].amount;
        }
    }

    /// @dev Everything that was paid, but for what arrived.
    function _creditInAll() internal view returns (uint256 sum) {
        for (uint256 k; k < USERS; ++k) {
            sum += logged[users[k]] - received[users[k]] - withdrawn[users[k]];
        }
    }

    /// @dev Of the newest mature and the immature root, the larger of what they owe.
    function _reserve() internal view returns (uint256 most) {
        for (uint256 k = known.length; k > 0; --k) {
            Published storage r = published[known[k - 1]];
            if (r.withdrawn) continue;
            uint256 promised = r.total - r.paidInAll;
            uint256 since = claimed - r.claimed;
            uint256 owed = promised > since ? promised - since : 0;
            if (owed > most) most = owed;
            if (r.claimableFrom <= _now()) break;
        }
    }

    function _spendable() internal view returns (uint256) {
        (uint256 free, uint256 reserve) = (_free(), _reserve());
        return free > reserve ? free - reserve : 0;
    }

    /// @return index + 1 of the newest known root that was neither vetoed nor retired; zero if there is none
    function _newest(bool mature) internal view returns (uint256) {
        for (uint256 k = known.length; k > 0; --k) {
            Published storage r = published[known[k - 1]];
            if (!r.withdrawn && (!mature || r.claimableFrom <= _now())) return known[k - 1] + 1;
        }
        return 0;
    }

    function _remember(uint256 index) internal {
        known.push(index);
        if (known.length <= 3) return;
        for (uint256 k = 1; k < known.length; ++k) {
            known[k - 1] = known[k];
        }
        known.pop();
    }

    /// @dev Vetoed or retired. What was withdrawn is forgotten as soon as nothing that stands is newer.
    function _withdrawRoot(Published storage r) internal {
        bool newest = known.length > 0 && published[known[known.length - 1]].root == r.root;
        if (newest && r.claimableFrom <= _now()) fellBackAt = published.length;
        r.withdrawn = true;
        while (known.length > 0 && published[known[known.length - 1]].withdrawn) known.pop();
    }

    function _tree(uint256[USERS] memory entitled) internal view returns (SumTreeBuilder.Leaf[] memory leaves) {
        leaves = new SumTreeBuilder.Leaf[](USERS);
        for (uint256 k; k < USERS; ++k) {
            leaves[k] = SumTreeBuilder.Leaf(users[k], entitled[k]);
        }
    }

    // ------------------------------------------------------------------ the cap

    function _cap() internal view returns (uint256) {
        return caps[caps.length - 1].cap;
    }

    /// @dev A bucket of half the cap that loses as much in a day.
    function _bucketLevel() internal view returns (uint256) {
        return (_levelNow() + 1 days - 1) / 1 days;
    }

    function _levelNow() private view returns (uint256) {
        uint256 leaked = (_now() - levelAt) * (_cap() / 2);
        return level > leaked ? level - leaked : 0;
    }

    function _roomForPayments() internal view returns (uint256) {
        return _room(_cap() / 2 * 3 / 4);
    }

    function _roomForClaims() internal view returns (uint256) {
        return _room(_cap() / 2);
    }

    function _room(uint256 limit) private view returns (uint256) {
        uint256 present = _bucketLevel();
        return present < limit ? limit - present : 0;
    }

    /// @dev So that amounts are often near what can be paid, and the largest is just above it.
    function _scale() internal view returns (uint256) {
        (uint256 funds, uint256 room) = (_spendable(), _roomForPayments());
        return (funds < room ? funds : room) + 1 gwei;
    }

    /// @dev Spread evenly, whatever numbers the fuzzer prefers; often the most there is.
    function _upTo(uint256 most, uint256 raw) internal pure returns (uint256) {
        return raw % 8 == 0 ? most : uint256(keccak256(abi.encode(raw))) % (most + 1);
    }

    function _recordCap(uint256 cap, bool raised) internal {
        uint256 present = _bucketLevel();
        // A raise keeps the fraction, rounded up.
        if (raised) present = (present * (cap / 2) + _cap() / 2 - 1) / (_cap() / 2);
        (level, levelAt) = ((present < cap / 2 ? present : cap / 2) * 1 days, _now());
        caps.push(Cap(_now(), cap));
    }

    /// @dev The 24 hours that end now are the only ones whose sum can have become too large.
    function _recordOutflow(uint256 amount) internal {
        (level, levelAt) = (_levelNow() + amount * 1 days, _now());
        left.push(Left(_now(), amount));
        uint256 since = _now() - 1 days;
        uint256 sum;
        for (uint256 k = left.length; k > 0 && left[k - 1].at >= since; --k) {
            sum += left[k - 1].amount;
        }
        assertTrue(sum <= _mostSince(since), "24 hours <= cap");
    }

    function _recordPayment(uint256 amount) internal {
        _recordOutflow(amount);
        assertTrue(amount == 0 || _bucketLevel() <= _cap() / 2 * 3 / 4, "payments leave the claims' share");
    }

    /// @dev The largest cap that was in force.
    function _mostSince(uint256 since) private view returns (uint256 most) {
        for (uint256 k = caps.length; k > 0; --k) {
            Cap storage c = caps[k - 1];
            if (c.cap > most) most = c.cap;
            if (c.from < since) return most;
        }
    }
}
