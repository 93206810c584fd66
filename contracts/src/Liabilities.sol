// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

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
    /// @param place lowest bit: where in `_newestRoots` the root stands or stood; above it `asOfSeq`. 31 bits of it are a call per
    /// second for 68 years; roots after that could name no later entry.
    struct Root {
        uint96 total;
        uint96 ceiling;
        uint32 claimableFrom;
        uint32 place;
    }

    /// @dev Later than the 32 bit clock of deposits and freezes.
    uint32 private constant NEVER = type(uint32).max;

    mapping(bytes32 root => Root) private _roots;
    /// @dev The newest root that was not vetoed: a copy of its entry, which is all that a batch and the next publication need.
    Root private _newest;
    /// @dev The newest root, and the one before it: each takes the place of the one before the last.
    bytes32[2] private _newestRoots;

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

        uint256 place = _otherPlace(latest.place);
        uint256 from = block.timestamp + VETO_DELAY;
        latest = Root(root.total.toUint96(), uint96(ceiling), from.toUint32(), (root.asOfSeq * 2 + place).toUint32());
        _copy(latest, entry);
        _copy(latest, _newest);
        _newestRoots[place] = root.root;
        _record(2, abi.encode(ICustody.RootPublished.selector, root.root, SEQ, root.total, root.asOfSeq, from));
    }

    /// @notice Guardian: withdraws the root that is not yet claimable, for ever.
    /// @dev `RootUnknownOrImmature` for a root unknown, vetoed or retired; `Expired` when it is claimable already.
    function vetoRoot(bytes32 root) external nonReentrant onlyRole(GUARDIAN_ROLE) {
        uint256 from = _roots[root].claimableFrom;
        if (from == 0 || from == NEVER) revert ICustody.RootUnknownOrImmature(root);
        if (block.timestamp >= from) revert ICustody.Expired(from);
        _roots[root].claimableFrom = NEVER;
        // Only one root is immature at a time, so this is the newest, and the one before it is mature.
        _copy(_roots[_former()], _newest);
        _record(2, abi.encode(ICustody.RootVetoed.selector, root, SEQ));
    }

    /// @notice Total and first second of claims; zeros for a root unknown, vetoed or retired.
    function liabilities(bytes32 root) external view returns (uint256 total, uint256 claimableFrom) {
        Root memory r = _roots[root];
        return r.claimableFrom == NEVER ? (0, 0) : (uint256(r.total), uint256(r.claimableFrom));
    }

    function latestRoot() external view returns (bytes32 root, uint256 total, uint256 asOfSeq, uint256 claimableFrom) {
        Root memory r = _newest;
        return (_newestRoots[r.place % 2], r.total, r.place / 2, r.claimableFrom);
    }

    /// @notice What a batch or the treasury may spend now: claims may take more, up to all free funds and a fuller bucket.
    function available() external view returns (uint256 funds, uint256 outflow) {
        return (_spendable(), _roomForPayments());
    }

    /// @dev Free funds beyond what published roots owe.
    function _spendable() internal view returns (uint256) {
        uint256 free = _free();
        uint256 reserve = _reserve();
        return free > reserve ? free - reserve : 0;
    }

    /// @return total of a root against which claims can be made now
    function _matureTotal(bytes32 root) internal view returns (uint256 total) {
        uint256 from;
        (from, total) = (_roots[root].claimableFrom, _roots[root].total);
        if (from == 0 || block.timestamp < from) revert ICustody.RootUnknownOrImmature(root);
    }

    /// @dev For a mature root that a newer mature one replaced; a root that is not mature is the guardian's to veto.
    function _retireRoot(bytes32 root) internal {
        _matureTotal(root);
        if (root == (block.timestamp < _newest.claimableFrom ? _former() : _newestRoots[_newest.place % 2])) {
            revert ICustody.NewestRootNotRetirable(root);
        }
        _roots[root].claimableFrom = NEVER;
    }

    /// @return ceiling of a root of this total
    function _checkMonotoneAndFunded(uint256 total, uint256 asOfSeq, Root memory latest)
        private
        view
        returns (uint256 ceiling)
    {
        (uint256 pushed, uint256 paidInAll) = (_pushed, _claimed);
        paidInAll += pushed;
        if (total < latest.total || total < paidInAll || asOfSeq < latest.place / 2 || asOfSeq >= _nextSeq()) {
            revert ICustody.RootNotMonotone();
        }
        uint256 free = _free();
        if (total - paidInAll > free) revert ICustody.InsufficientFunds(total - paidInAll, free);
        return total - pushed;
    }

    function _reserve() private view returns (uint256) {
        Root memory newest = _newest;
        uint256 ceiling = newest.ceiling;
        if (block.timestamp < newest.claimableFrom) {
            uint256 former = _roots[_former()].ceiling;
            if (former > ceiling) ceiling = former;
        }
        uint256 claimed = _claimed;
        return ceiling > claimed ? ceiling - claimed : 0;
    }

    function _copy(Root memory from, Root storage to) private {
        (to.total, to.ceiling, to.claimableFrom, to.place) = (from.total, from.ceiling, from.claimableFrom, from.place);
    }

    function _otherPlace(uint256 place) private pure returns (uint256) {
        return ~place & 1;
    }

    /// @dev The one before the newest, while the newest is immature; zero when there is none.
    function _former() private view returns (bytes32) {
        return _newestRoots[_otherPlace(_newest.place)];
    }
}
