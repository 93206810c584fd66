// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Authorizations} from "./Authorizations.sol";
import {Outflow} from "./Outflow.sol";

/// @notice What the company promised: published roots, the delay in which they can be vetoed, and the funds that they reserve.
/// @dev What a root still owes is `total - paid in all at its publication - (claimed now - claimed at its publication)`, which
/// is `ceiling - claimed now` with `ceiling = total - pushed at its publication`. The reserve is the larger of what the newest
/// mature root owes and what the immature one owes.
abstract contract Liabilities is Outflow, Authorizations {
    using SafeCast for uint256;

    bytes32 internal constant LIABILITIES_ROOT_TYPEHASH =
        keccak256("LiabilitiesRoot(bytes32 root,uint256 total,uint256 asOfSeq,uint256 validAfter,uint256 deadline)");

    /// @dev One slot. An entry stays for ever, so a root is published at most once.
    /// @param ceiling what claims in all may reach before the root owes nothing
    /// @param claimableFrom zero for an unknown root, `NEVER` for one vetoed or retired
    /// @param place lowest two bits: where in `_newestRoots` the root stands or stood; above them `asOfSeq`. 30 bits of it are a call
    /// per second for 34 years; roots after that could name no later entry.
    struct Root {
        uint96 total;
        uint96 ceiling;
        uint32 claimableFrom;
        uint32 place;
    }

    /// @dev Later than the 32 bit clock of deposits and freezes.
    uint32 private constant NEVER = type(uint32).max;
    /// @dev Places of `_newestRoots`.
    uint256 private constant ROOTS_KNOWN = 3;

    mapping(bytes32 root => Root) private _roots;
    /// @dev The newest root that was neither vetoed nor retired: a copy of its entry, which is all that a batch and the next
    /// publication need.
    Root private _newest;
    /// @dev The newest root and those before it, round and round: whatever stands ahead of the newest was vetoed or retired, or is
    /// older than all others. A third place is for who publishes a false root and, once it is mature, another one.
    bytes32[3] private _newestRoots;

    /// @notice Submitter: publishes a signed root, claimable after the veto delay.
    /// @dev In order: role; paused; window (`NotYetValid`, `Expired`, `LifetimeTooLong`); `RootVetoedOrKnown` (also the zero
    /// root); `RootPending`; `InvalidSigner`, `InvalidSignature`; `RootNotMonotone` (total below the former root's or below what
    /// was paid in all; `asOfSeq` below the former root's or beyond the present entry); `InsufficientFunds`.
    function publishRoot(ICustody.LiabilitiesRoot calldata root, address signer, bytes calldata signature)
        external
        nonReentrant
        onlyRole(SUBMITTER_ROLE)
        whenNotPaused
    {
        _checkWindow(root.validAfter, root.deadline);
        Root storage entry = _roots[root.root];
        if (root.root == 0 || entry.claimableFrom != 0) revert ICustody.RootVetoedOrKnown(root.root);
        Root memory latest = _newest;
        if (block.timestamp < latest.claimableFrom) revert ICustody.RootPending(latest.claimableFrom);
        _checkRootAuthorization(keccak256(abi.encode(LIABILITIES_ROOT_TYPEHASH, root)), signer, signature);
        uint256 ceiling = _checkMonotoneAndFunded(root.total, root.asOfSeq, latest);

        uint256 place = (latest.place + 1) % 4 % ROOTS_KNOWN;
        uint256 from = block.timestamp + VETO_DELAY;
        latest = Root(root.total.toUint96(), uint96(ceiling), from.toUint32(), (root.asOfSeq * 4 + place).toUint32());
        _copy(latest, entry);
        _copy(latest, _newest);
        _newestRoots[place] = root.root;
        _record(2, abi.encode(ICustody.RootPublished.selector, root.root, SEQ, root.total, root.asOfSeq, from));
    }

    /// @notice Guardian or admin: withdraws the root that is not yet claimable, for ever.
    /// @dev `RootUnknownOrImmature` for a root unknown, vetoed or retired; `Expired` when it is claimable already.
    function vetoRoot(bytes32 root) external nonReentrant onlyGuardianOrAdmin {
        uint256 from = _roots[root].claimableFrom;
        if (from == 0 || from == NEVER) revert ICustody.RootUnknownOrImmature(root);
        if (block.timestamp >= from) revert ICustody.Expired(from);
        // Only one root is immature at a time, so this is the newest.
        _withdraw(root);
        _record(2, abi.encode(ICustody.RootVetoed.selector, root, SEQ));
    }

    /// @notice Total and first second of claims; zeros for a root unknown, vetoed or retired.
    function liabilities(bytes32 root) external view returns (uint256 total, uint256 claimableFrom) {
        Root memory r = _roots[root];
        return r.claimableFrom == NEVER ? (0, 0) : (uint256(r.total), uint256(r.claimableFrom));
    }

    function latestRoot() external view returns (bytes32 root, uint256 total, uint256 asOfSeq, uint256 claimableFrom) {
        Root memory r = _newest;
        if (r.claimableFrom != 0) root = _newestRoots[r.place % 4];
        return (root, r.total, r.place / 4, r.claimableFrom);
    }

    /// @notice What a batch or the treasury may spend now: claims may take more, up to all free funds and a fuller bucket.
    function available() external view returns (uint256 funds, uint256 outflow) {
        return (_spendable(), _roomForPayments());
    }

    /// @dev Free funds beyond what published roots owe.
    function _spendable() internal view returns (uint256) {
        return Math.saturatingSub(_free(), _reserve());
    }

    /// @return total of a root against which claims can be made now
    function _matureTotal(bytes32 root) internal view returns (uint256 total) {
        uint256 from;
        (from, total) = (_roots[root].claimableFrom, _roots[root].total);
        if (from == 0 || block.timestamp < from) revert ICustody.RootUnknownOrImmature(root);
    }

    /// @dev For a mature root, also the newest: then the one before it is the newest again, with its total and what it reserves. A
    /// root that is not mature is to be vetoed.
    function _retireRoot(bytes32 root) internal {
        _matureTotal(root);
        _withdraw(root);
    }

    /// @dev Its entry stays, so that it is never accepted again.
    function _withdraw(bytes32 root) private {
        _roots[root].claimableFrom = NEVER;
        if (root == _newestRoots[_newest.place % 4]) _copy(_roots[_former()], _newest);
    }

    /// @return ceiling of a root of this total
    function _checkMonotoneAndFunded(uint256 total, uint256 asOfSeq, Root memory latest)
        private
        view
        returns (uint256 ceiling)
    {
        (uint256 pushed, uint256 paidInAll) = (_pushed, _claimed);
        paidInAll += pushed;
        if (total < latest.total || total < paidInAll || asOfSeq < latest.place / 4 || asOfSeq >= _nextSeq()) {
            revert ICustody.RootNotMonotone();
        }
        uint256 free = _free();
        if (total - paidInAll > free) revert ICustody.InsufficientFunds(total - paidInAll, free);
        return total - pushed;
    }

    function _reserve() private view returns (uint256) {
        (uint256 ceiling, uint256 from) = (_newest.ceiling, _newest.claimableFrom);
        if (block.timestamp < from) {
            uint256 former = _roots[_former()].ceiling;
            if (former > ceiling) ceiling = former;
        }
        return Math.saturatingSub(ceiling, _claimed);
    }

    function _copy(Root memory from, Root storage to) private {
        (to.total, to.ceiling, to.claimableFrom, to.place) = (from.total, from.ceiling, from.claimableFrom, from.place);
    }

    /// @dev The last one before the newest that was not retired; zero when none is known.
    function _former() private view returns (bytes32 root) {
        uint256 place = _newest.place % 4;
        for (uint256 back = ROOTS_KNOWN - 1; back != 0; --back) {
            root = _newestRoots[(place + back) % ROOTS_KNOWN];
            if (_roots[root].claimableFrom != NEVER) return root;
        }
        return 0;
    }
}
