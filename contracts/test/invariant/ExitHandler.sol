// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {SettlementHandler} from "./SettlementHandler.sol";

/// @notice The exits: published roots, their veto, claims, whole parts of the tree, withdrawals of credit.
abstract contract ExitHandler is SettlementHandler {
    // ------------------------------------------------------------------ roots

    /// @dev No leaf falls. Some roots promise more than there is, some repeat another, some have a flaw.
    function publish(uint256 seed, uint256 amount) external {
        Published memory r;
        uint256 newest = _newest(false);
        for (uint256 k; k < USERS; ++k) {
            uint256 leaf = _paid(users[k]);
            if (newest > 0 && published[newest - 1].entitled[k] > leaf) leaf = published[newest - 1].entitled[k];
            if ((seed >> k) & 1 == 1) leaf += _upTo(2 * _scale(), amount) / (1 + (seed >> 8) % 4);
            r.entitled[k] = leaf;
            r.total += leaf;
        }
        (r.paidInAll, r.claimed, r.claimableFrom) = (pushed + claimed, claimed, _now() + 1 days);
        r.asOfSeq = journal.seq - (seed >> 16) % (journal.seq + 1);
        if (newest > 0 && r.asOfSeq < published[newest - 1].asOfSeq && seed % 4 != 0) r.asOfSeq = journal.seq;
        if (seed % 16 == 3) r.asOfSeq = journal.seq + 1;
        if (seed % 16 == 5 && newest > 0 && published[newest - 1].total > 0) r.total = published[newest - 1].total - 1;
        (r.root,,) = SumTreeBuilder.build(_tree(r.entitled), 0);
        _doPublish(r, seed % 16 == 7 ? SIGNER_KEY : ROOT_SIGNER_KEY);
    }

    function _doPublish(Published memory r, uint256 key) private step("publish", _publishMustSucceed(r, key)) {
        ICustody.LiabilitiesRoot memory authorization = _rootOf(r.root, r.total);
        authorization.asOfSeq = r.asOfSeq;
        bytes memory signature = _signRoot(key, authorization);
        vm.prank(SUBMITTER);
        try custody.publishRoot(authorization, vm.addr(key), signature) {
            published.push(r);
            _remember(published.length - 1);
            ++done["publish"];
        } catch {}
    }

    function _publishMustSucceed(Published memory r, uint256 key) private view returns (bool) {
        if (paused || key != ROOT_SIGNER_KEY || r.asOfSeq > journal.seq || r.total < r.paidInAll) return false;
        for (uint256 k; k < published.length; ++k) {
            Published storage other = published[k];
            if (other.root == r.root) return false;
        }
        uint256 newest = _newest(false);
        if (newest > 0) {
            Published storage former = published[newest - 1];
            if (former.total > r.total || former.asOfSeq > r.asOfSeq || former.claimableFrom > _now()) return false;
        }
        return r.total - r.paidInAll <= _free();
    }

    /// @dev Seldom one that is good, since claims need roots.
    function veto(uint256 seldom) external {
        if (published.length > 0 && seldom % 3 == 0) _doVeto(published[published.length - 1]);
    }

    function _doVeto(Published storage r) private step("veto", !r.withdrawn && r.claimableFrom > _now()) {
        vm.prank(published.length % 2 == 0 ? GUARDIAN : admin);
        try custody.vetoRoot(r.root) {
            _withdrawRoot(r);
            ++done["veto"];
        } catch {}
    }

    // ------------------------------------------------------------------ claims

    /// @dev Mostly somebody who is due something by the newest mature root. One in eight lies.
    function claim(uint256 u, uint256 r, uint256 lie) external {
        if (published.length == 0) return;
        Published storage p = _some(r);
        uint256 k = u % USERS;
        for (uint256 n; u % 4 != 0 && n < USERS && !_claimable(p, k); ++n) {
            k = (k + 1) % USERS;
        }
        if (lie % 8 == 0) _doClaim(k, p, p.entitled[k] + 1 + lie % 1 ether, 0);
        else _doClaim(k, p, p.entitled[k], _claimable(p, k) ? _atMost(_dueTo(users[k], p.entitled[k])) : 0);
    }

    function _doClaim(uint256 u, Published storage r, uint256 entitled, uint256 amount)
        private
        armed
        step("claim", amount > 0)
    {
        ICustody.SumNode[] memory proof = _proofOf(r, Part(u, 1, 0));
        uint256[USERS] memory before = _balances();
        if (amount > 0 && _paid(users[u]) > 0) ++done["claim of who was paid before"];
        vm.prank(ATTACKER);
        try custody.claim{gas: CALL_GAS}(users[u], entitled, r.root, proof) {
            uint256 got = _countReceived(before);
            assertEq(got, amount, "claimed amount");
            assertEq(users[u].balance - before[u], amount, "claimed by the user");
            if (_paid(users[u]) < entitled) ++done["claim of a part"];
            if (paused) ++done["claim while paused"];
            _countClaimed(got);
            if (entitled > proven[users[u]]) proven[users[u]] = entitled;
            ++done["claim"];
        } catch {}
    }

    function _claimable(Published storage r, uint256 u) internal view returns (bool) {
        address who = users[u];
        return _isMature(r) && registered[who] && frozenUntil[who] <= _now() && _dueTo(who, r.entitled[u]) > 0
            && _takesMoney(who);
    }

    function _atMost(uint256 due) internal view returns (uint256) {
        (uint256 free, uint256 room) = (_free(), _roomForClaims());
        if (free < due) due = free;
        return room < due ? room : due;
    }

    // ------------------------------------------------------------------ parts of the tree

    /// @dev Leaves `first` to `first + count`, which is what hangs below one node.
    struct Part {
        uint256 first;
        uint256 count;
        uint256 due;
    }

    function settleLeaves(uint256 r, uint256 size, uint256 where, uint256 lie) external {
        if (published.length == 0) return;
        Published storage p = _some(r);
        Part memory part = _part(p, size % 4, where % USERS);
        for (uint256 n; where % 4 != 0 && n < USERS && !_partMustSucceed(p, part); ++n) {
            part = _part(p, size % 4, where % USERS + n);
        }
        _doSettleLeaves(p, part, lie % 8 == 0 ? 1 : 0);
    }

    function _part(Published storage r, uint256 height, uint256 where) internal view returns (Part memory p) {
        uint256 width = 1 << height;
        p.first = where % ((USERS + width - 1) / width) * width;
        p.count = p.first + width < USERS ? width : USERS - p.first;
        for (uint256 k = p.first; k < p.first + p.count; ++k) {
            if (frozenUntil[users[k]] <= _now()) p.due += _dueTo(users[k], r.entitled[k]);
        }
    }

    function _doSettleLeaves(Published storage r, Part memory p, uint256 lie)
        internal
        armed
        step("settleLeaves", lie == 0 && _partMustSucceed(r, p))
    {
        bytes32[] memory leaves = _leavesOf(r, p);
        leaves[0] = bytes32(uint256(leaves[0]) + lie);
        ICustody.SumNode[] memory proof = _proofOf(r, p);
        uint256[USERS] memory before = _balances();
        vm.prank(ATTACKER);
        try ICustodyLeaves(address(custody)).settleLeaves(r.root, leaves, proof) {
            if (_countReceived(before) < p.due) ++done["leaves that are credited"];
            _countClaimed(p.due);
            for (uint256 k = p.first; k < p.first + p.count; ++k) {
                if (r.entitled[k] > proven[users[k]]) proven[users[k]] = r.entitled[k];
            }
            ++done["settleLeaves"];
        } catch {}
    }

    function _partMustSucceed(Published storage r, Part memory p) private view returns (bool) {
        for (uint256 k = p.first; k < p.first + p.count; ++k) {
            if (!registered[users[k]]) return false;
        }
        return _isMature(r) && p.due > 0 && p.due <= _free() && p.due <= _roomForClaims();
    }

    function _leavesOf(Published storage r, Part memory p) internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](p.count);
        for (uint256 k; k < p.count; ++k) {
            leaves[k] = _word(users[p.first + k], r.entitled[p.first + k]);
        }
    }

    /// @dev Of the first leaf's way up, what lies above the part's node.
    function _proofOf(Published storage r, Part memory p) internal view returns (ICustody.SumNode[] memory proof) {
        (,, ICustody.SumNode[] memory path) = SumTreeBuilder.build(_tree(r.entitled), p.first);
        uint256 below;
        for (uint256 left_ = p.count; left_ > 1; left_ = (left_ + 1) / 2) {
            ++below;
        }
        proof = new ICustody.SumNode[](path.length - below);
        for (uint256 k; k < proof.length; ++k) {
            proof[k] = path[below + k];
        }
    }

    // ------------------------------------------------------------------ credits

    function withdraw(uint256 u, uint256 where) external {
        address who = users[_whoHasCredit(u)];
        address to = address(uint160(0xC0000 + u % USERS));
        if (where % 8 == 0) to = users[REENTERER];
        if (where % 8 == 1) to = users[BOMB];
        _doWithdraw(who, to);
    }

    function _doWithdraw(address who, address to)
        private
        armed
        step("withdraw", _credit(who) > 0 && frozenUntil[who] <= _now() && _takesMoney(to))
    {
        uint256 credit = _credit(who);
        uint256 before = to.balance;
        vm.prank(who);
        try custody.withdrawCredit{gas: CALL_GAS}(to) {
            assertEq(to.balance - before, credit, "withdrawn amount");
            _countWithdrawn(who, credit);
            ++done["withdraw"];
        } catch {}
    }

    /// @dev By the user's signature, in another's transaction; half of them with something wrong.
    function withdrawFor(uint256 u, uint256 flaw) external {
        address who = users[_whoHasCredit(u)];
        ICustody.Withdrawal memory w = ICustody.Withdrawal({
            user: who,
            to: address(uint160(0xC0000 + u % USERS)),
            amount: _credit(who),
            nonce: logged[who],
            deadline: _now() + flaw % 400 days
        });
        uint256 key = keyOf[who] == 0 ? SIGNER_KEY : keyOf[who];
        flaw %= 8;
        if (flaw == 0) ++w.amount;
        if (flaw == 1) ++w.nonce;
        if (flaw == 2) key = SIGNER_KEY;
        if (flaw == 3) w.deadline = _now() - 1;
        _doWithdrawFor(w, key, flaw > 3 && keyOf[who] != 0 && w.amount > 0 && frozenUntil[who] <= _now());
    }

    function _doWithdrawFor(ICustody.Withdrawal memory w, uint256 key, bool mustSucceed)
        private
        step("withdrawFor", mustSucceed)
    {
        bytes memory signature = _signHash(key, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
        uint256 before = w.to.balance;
        vm.prank(ATTACKER);
        try custody.withdrawCreditFor(w, signature) {
            assertEq(w.to.balance - before, w.amount, "withdrawn amount");
            _countWithdrawn(w.user, w.amount);
            ++done["withdrawFor"];
        } catch {}
    }

    // ------------------------------------------------------------------ books

    /// @dev Mostly the newest that is mature.
    function _some(uint256 r) internal view returns (Published storage) {
        uint256 newest = _newest(true);
        return published[r % 4 == 0 || newest == 0 ? r / 4 % published.length : newest - 1];
    }

    function _dueTo(address who, uint256 entitled) internal view returns (uint256) {
        uint256 paid = _paid(who);
        return entitled > paid ? entitled - paid : 0;
    }

    function _whoHasCredit(uint256 u) private view returns (uint256 k) {
        k = u % USERS;
        for (uint256 n; n < USERS && _credit(users[k]) == 0; ++n) {
            k = (k + 1) % USERS;
        }
    }

    function _countClaimed(uint256 amount) internal {
        claimed += amount;
        _recordOutflow(amount);
    }

    function _countWithdrawn(address who, uint256 credit) private {
        withdrawn[who] += credit;
        moneyOut += credit;
    }
}
