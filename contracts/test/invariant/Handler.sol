// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Burner, Refuser} from "../Wallets.sol";
import {IntakeHandler} from "./IntakeHandler.sol";

/// @notice Batches, roots, claims, credits and treasury, with the books to check them by. Two of the users take no money.
contract Handler is IntakeHandler {
    struct Published {
        uint256 total;
        uint256 paidInAll;
        uint256 claimed;
        uint256 claimableFrom;
        bool withdrawn;
        uint256[6] entitled;
    }

    struct Left {
        uint256 at;
        uint256 amount;
    }

    Published[] internal roots;
    /// @dev Batches, claims and treasury, for the cap.
    Left[] public left;
    /// @dev Highest target of an executed batch, and highest leaf of a published root.
    mapping(address => uint256) public target;
    mapping(address => uint256) public entitled;
    mapping(address => uint256) public received;
    mapping(address => uint256) public withdrawn;
    mapping(address => uint256) internal lastPaid;
    uint256 public pushed;
    uint256 public claimed;
    uint256 internal batches;
    bytes32[] internal lastList;
    uint256 internal treasuryEta;
    uint256 internal treasuryAmount;
    uint256 internal level;
    uint256 internal levelAt;

    constructor() {
        vm.etch(users[2], address(new Refuser()).code);
        vm.etch(users[4], address(new Burner()).code);
    }

    function user(uint256 k) external view returns (address) {
        return users[k];
    }

    function leftCount() external view returns (uint256) {
        return left.length;
    }

    // ------------------------------------------------------------------ what the rules say, word by word

    function free() public view returns (uint256) {
        (,, uint256 credited, uint256 escrowed) = custody.totals();
        return moneyIn - moneyOut - escrowed - credited;
    }

    /// @dev Of the newest mature and the immature root, the larger of what they owe.
    function reserve() public view returns (uint256 most) {
        for (uint256 k = roots.length; k > 0; --k) {
            Published storage r = roots[k - 1];
            if (r.withdrawn) continue;
            uint256 promised = r.total - r.paidInAll;
            uint256 since = claimed - r.claimed;
            uint256 owed = promised > since ? promised - since : 0;
            if (owed > most) most = owed;
            if (r.claimableFrom <= _now()) break;
        }
    }

    function spendable() public view returns (uint256) {
        return free() > reserve() ? free() - reserve() : 0;
    }

    /// @dev A bucket of half the cap that loses as much in a day.
    function bucketLevel() public view returns (uint256) {
        uint256 leaked = (_now() - levelAt) * (CAP / 2) / 1 days;
        return level > leaked ? level - leaked : 0;
    }

    function roomForPayments() public view returns (uint256) {
        uint256 limit = uint256(CAP) * 3 / 8;
        return bucketLevel() < limit ? limit - bucketLevel() : 0;
    }

    // ------------------------------------------------------------------ batches

    /// @dev A random subset with random targets; sometimes somebody unknown, nobody, or too small a bound.
    function batch(uint256 seed, uint256 amount) external {
        uint256 n;
        bytes32[] memory payouts = new bytes32[](6);
        uint256 sum;
        for (uint256 k; k < 6; ++k) {
            if ((seed >> k) & 1 == 0 || (!registered[users[k]] && seed % 16 != 0)) continue;
            uint256 due = (seed >> (16 + k)) & 3 == 0 ? 0 : (amount % _scale()) / 6 + k;
            payouts[n++] = _word(users[k], _paid(users[k]) + due);
            sum += due;
        }
        assembly {
            mstore(payouts, n)
        }
        lastList = payouts;
        _doBatch(payouts, sum - (seed % 32 == 7 && sum > 0 ? 1 : 0), sum);
    }

    /// @dev The list of the last batch again, under another id: as a retry would.
    function retry(uint256 more) external {
        bytes32[] memory payouts = lastList;
        if (payouts.length == 0) return;
        uint256 due = _dueOf(payouts);
        _doBatch(payouts, due + more % 2, due);
    }

    function _doBatch(bytes32[] memory payouts, uint256 maxTotal, uint256 sum)
        private
        step("batch", _batchMustSucceed(payouts, maxTotal, sum))
    {
        ICustody.PayoutBatch memory b = _batch(bytes32(++batches), maxTotal);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        uint256[6] memory before = _balances();
        vm.prank(SUBMITTER);
        try custody.executeBatchPayouts(b, payouts, signer, signature) {
            for (uint256 k; k < payouts.length; ++k) {
                (address who, uint256 to) = (address(bytes20(payouts[k])), uint96(uint256(payouts[k])));
                if (to > target[who]) target[who] = to;
            }
            _countReceived(before);
            pushed += sum;
            _recordOutflow(sum);
            ++done["batch"];
        } catch {}
    }

    function _batchMustSucceed(bytes32[] memory payouts, uint256 maxTotal, uint256 sum) private view returns (bool) {
        for (uint256 k; k < payouts.length; ++k) {
            if (!registered[address(bytes20(payouts[k]))]) return false;
        }
        return !paused && payouts.length > 0 && sum <= maxTotal && maxTotal <= spendable() && sum <= roomForPayments();
    }

    function _dueOf(bytes32[] memory payouts) private view returns (uint256 sum) {
        for (uint256 k; k < payouts.length; ++k) {
            (uint256 to, uint256 paid_) = (uint96(uint256(payouts[k])), _paid(address(bytes20(payouts[k]))));
            if (to > paid_) sum += to - paid_;
        }
    }

    function cancelBatch(bool used) external {
        _doCancelBatch(used && batches > 0 ? bytes32(batches) : bytes32(++batches));
    }

    function _doCancelBatch(bytes32 id) private step("cancelBatch", custody.batchState(id) == 0) {
        vm.prank(GUARDIAN);
        try custody.cancelBatch(id) {
            ++done["cancelBatch"];
        } catch {}
    }

    // ------------------------------------------------------------------ roots and claims

    /// @dev No leaf falls. Some roots promise more than there is.
    function publish(uint256 seed, uint256 amount) external {
        Published memory r;
        for (uint256 k; k < 6; ++k) {
            uint256 leaf = entitled[users[k]] > _paid(users[k]) ? entitled[users[k]] : _paid(users[k]);
            if ((seed >> k) & 1 == 1) leaf += amount % _scale() / 4;
            r.entitled[k] = leaf;
            r.total += leaf;
        }
        (r.paidInAll, r.claimed, r.claimableFrom) = (pushed + claimed, claimed, _now() + 1 days);
        _doPublish(r);
    }

    function _doPublish(Published memory r) private step("publish", _publishMustSucceed(r)) {
        (bytes32 root,,) = SumTreeBuilder.build(_leaves(r.entitled), 0);
        ICustody.LiabilitiesRoot memory authorization = _rootOf(root, r.total);
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, authorization);
        vm.prank(SUBMITTER);
        try custody.publishRoot(authorization, vm.addr(ROOT_SIGNER_KEY), signature) {
            roots.push(r);
            for (uint256 k; k < 6; ++k) {
                if (r.entitled[k] > entitled[users[k]]) entitled[users[k]] = r.entitled[k];
            }
            ++done["publish"];
        } catch {}
    }

    function _publishMustSucceed(Published memory r) private view returns (bool) {
        if (paused) return false;
        for (uint256 k; k < roots.length; ++k) {
            if (keccak256(abi.encode(roots[k].entitled)) == keccak256(abi.encode(r.entitled))) return false;
            if (!roots[k].withdrawn && (roots[k].total > r.total || roots[k].claimableFrom > _now())) return false;
        }
        return r.total - r.paidInAll <= free();
    }

    function veto() external {
        if (roots.length == 0) return;
        _doVeto(roots[roots.length - 1]);
    }

    function _doVeto(Published storage r) private step("veto", !r.withdrawn && r.claimableFrom > _now()) {
        (bytes32 root,,) = SumTreeBuilder.build(_leaves(r.entitled), 0);
        vm.prank(GUARDIAN);
        try custody.vetoRoot(root) {
            r.withdrawn = true;
            ++done["veto"];
        } catch {}
    }

    /// @dev Mostly against one of the last roots.
    function claim(uint256 u, uint256 r) external {
        if (roots.length == 0) return;
        uint256 recent = roots.length < 3 ? roots.length : 3;
        // Who burns all gas would burn all of the test's.
        u = u % 6 == 4 ? 2 : u % 6;
        _doClaim(u, roots[r % 4 == 0 ? r % roots.length : roots.length - 1 - r % recent]);
    }

    function _doClaim(uint256 u, Published storage r) private step("claim", _claimMustSucceed(u, r)) {
        (bytes32 root,, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(_leaves(r.entitled), u);
        uint256[6] memory before = _balances();
        uint256 most = CAP / 2 > bucketLevel() ? CAP / 2 - bucketLevel() : 0;
        if (free() < most) most = free();
        uint256 paidBefore = _paid(users[u]);
        vm.prank(STRANGER);
        try custody.claim(users[u], r.entitled[u], root, proof) {
            uint256 amount = _countReceived(before);
            uint256 due = r.entitled[u] - paidBefore;
            assertEq(amount, due < most ? due : most, "claimed amount");
            claimed += amount;
            _recordOutflow(amount);
            ++done["claim"];
        } catch {}
    }

    function _claimMustSucceed(uint256 u, Published storage r) private view returns (bool) {
        (address who, uint256 due) = (users[u], r.entitled[u]);
        return !r.withdrawn && r.claimableFrom <= _now() && registered[who] && frozenUntil[who] <= _now()
            && due > _paid(who) && free() > 0 && bucketLevel() < CAP / 2 && who.code.length == 0;
    }

    // ------------------------------------------------------------------ credits and treasury

    function withdraw(uint256 u) external {
        for (uint256 k; k < 6 && _credit(users[u % 6]) == 0; ++k) {
            u = u % 6 + 1;
        }
        _doWithdraw(users[u % 6]);
    }

    function _doWithdraw(address who) private step("withdraw", _credit(who) > 0 && frozenUntil[who] <= _now()) {
        uint256 credit = _credit(who);
        uint256 before = STRANGER.balance;
        vm.prank(who);
        try custody.withdrawCredit(STRANGER) {
            assertEq(STRANGER.balance - before, credit, "withdrawn amount");
            withdrawn[who] += credit;
            moneyOut += credit;
            ++done["withdraw"];
        } catch {}
    }

    /// @dev Schedules a payment, or executes the one that is pending.
    function treasury(uint256 amount) external {
        if (treasuryEta == 0) {
            (treasuryAmount, treasuryEta) = (amount % _scale() + 1, _now() + 3 days);
            _scheduleTreasury();
        } else {
            _doTreasury();
        }
    }

    function _scheduleTreasury() private step("schedule", true) {
        _schedule(ICustody.Operation.Treasury, _argument(TREASURER), treasuryAmount);
        ++done["schedule"];
    }

    function _doTreasury() private step("treasury", _treasuryMustSucceed()) {
        vm.prank(TREASURER);
        try custody.execute(ICustody.Operation.Treasury, _argument(TREASURER), treasuryAmount) {
            _recordOutflow(treasuryAmount);
            moneyOut += treasuryAmount;
            treasuryEta = 0;
            ++done["treasury"];
        } catch {}
    }

    function _treasuryMustSucceed() private view returns (bool) {
        return !paused && treasuryEta <= _now() && treasuryAmount <= spendable() && treasuryAmount <= roomForPayments();
    }

    // ------------------------------------------------------------------ books

    /// @dev So that amounts are often near what can be paid.
    function _scale() private view returns (uint256) {
        return roomForPayments() + 1 gwei;
    }

    function _recordOutflow(uint256 amount) private {
        (level, levelAt) = (bucketLevel() + amount, _now());
        left.push(Left(_now(), amount));
    }

    function _leaves(uint256[6] memory entitled_) private view returns (SumTreeBuilder.Leaf[] memory leaves) {
        leaves = new SumTreeBuilder.Leaf[](6);
        for (uint256 k; k < 6; ++k) {
            leaves[k] = SumTreeBuilder.Leaf(users[k], entitled_[k]);
        }
    }

    function _balances() private view returns (uint256[6] memory balances) {
        for (uint256 k; k < 6; ++k) {
            balances[k] = users[k].balance;
        }
    }

    function _countReceived(uint256[6] memory before) private returns (uint256 sum) {
        for (uint256 k; k < 6; ++k) {
            uint256 amount = users[k].balance - before[k];
            received[users[k]] += amount;
            sum += amount;
        }
        moneyOut += sum;
    }
}
