// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Authorizations} from "./Authorizations.sol";
import {Balances} from "./Balances.sol";
import {Outflow} from "./Outflow.sol";

/// @notice What the company promised: published roots, the delay in which they can be vetoed, and the funds that they reserve.
/// @dev What a root still owes is `total - paid in all at its publication - (claimed now - claimed at its publication)`, which
/// is `ceiling - claimed now` with `ceiling = total - pushed at its publication`. The reserve is the larger of what the newest
/// mature root owes and what the immature one owes.
abstract contract Liabilities is Outflow, Balances, Authorizations {
    using SafeCast for uint256;

    bytes32 internal constant LIABILITIES_ROOT_TYPEHASH =
        keccak256("LiabilitiesRoot(bytes32 root,uint256 total,uint256 asOfSeq,uint256 validAfter,uint256 deadline)");

    /// @dev One slot. An entry stays for ever, so a root is published at most once.
    /// @param claimableFrom zero for an unknown root
    /// @param withdrawn vetoed or retired: never claimable (again)
    struct Root {
        uint96 total;
        uint64 asOfSeq;
        uint64 claimableFrom;
        bool withdrawn;
    }

    /// @dev One slot, all that a batch needs to know.
    /// @param newest ceiling of the newest root that was not vetoed
    /// @param former ceiling of the one before; counts while the newest is immature
    /// @param matureFrom when the newest becomes claimable
    struct Ceilings {
        uint96 newest;
        uint96 former;
        uint64 matureFrom;
    }

    Ceilings private _ceilings;
    mapping(bytes32 root => Root) private _roots;
    /// @dev Newest root that was not vetoed, and the one that is the newest again after a veto.
    bytes32 private _newest;
    bytes32 private _former;

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
        if (root.root == 0 || _roots[root.root].claimableFrom != 0) revert ICustody.RootVetoedOrKnown(root.root);
        Ceilings memory ceilings = _ceilings;
        if (block.timestamp < ceilings.matureFrom) revert ICustody.RootPending(ceilings.matureFrom);
        _checkRootAuthorization(keccak256(abi.encode(LIABILITIES_ROOT_TYPEHASH, root)), signer, signature);

        _checkMonotoneAndFunded(root.total, root.asOfSeq);
        uint64 from = uint64(block.timestamp + VETO_DELAY);
        _roots[root.root] = Root(root.total.toUint96(), uint64(root.asOfSeq), from, false);
        _ceilings = Ceilings((root.total - _pushed).toUint96(), ceilings.newest, from);
        (_newest, _former) = (root.root, _newest);
        _record(2, abi.encode(ICustody.RootPublished.selector, root.root, SEQ, root.total, root.asOfSeq, from));
    }

    /// @notice Guardian: withdraws the root that is not yet claimable, for ever.
    /// @dev `RootUnknownOrImmature` for a root unknown, vetoed or retired; `Expired` when it is claimable already.
    function vetoRoot(bytes32 root) external nonReentrant onlyRole(GUARDIAN_ROLE) {
        Root storage r = _roots[root];
        if (r.claimableFrom == 0 || r.withdrawn) revert ICustody.RootUnknownOrImmature(root);
        if (block.timestamp >= r.claimableFrom) revert ICustody.Expired(r.claimableFrom);
        // Only one root is immature at a time, so this is the newest, and the one before it is mature.
        r.withdrawn = true;
        _newest = _former;
        _ceilings = Ceilings(_ceilings.former, 0, 0);
        _record(2, abi.encode(ICustody.RootVetoed.selector, root, SEQ));
    }

    /// @notice Total and first second of claims; zeros for a root unknown, vetoed or retired.
    function liabilities(bytes32 root) external view returns (uint256 total, uint256 claimableFrom) {
        Root storage r = _roots[root];
        return r.withdrawn ? (0, 0) : (uint256(r.total), uint256(r.claimableFrom));
    }

    function latestRoot() external view returns (bytes32 root, uint256 total, uint256 asOfSeq, uint256 claimableFrom) {
        root = _newest;
        Root storage r = _roots[root];
        return (root, r.total, r.asOfSeq, r.claimableFrom);
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
        Root storage r = _roots[root];
        if (!_isMature(r)) revert ICustody.RootUnknownOrImmature(root);
        return r.total;
    }

    /// @dev For a mature root that a newer mature one replaced; a root that is not mature is the guardian's to veto.
    function _retireRoot(bytes32 root) internal {
        Root storage r = _roots[root];
        if (!_isMature(r)) revert ICustody.RootUnknownOrImmature(root);
        if (root == (block.timestamp < _ceilings.matureFrom ? _former : _newest)) {
            revert ICustody.NewestRootNotRetirable(root);
        }
        r.withdrawn = true;
    }

    function _checkMonotoneAndFunded(uint256 total, uint256 asOfSeq) private view {
        Root memory latest = _roots[_newest];
        uint256 paidInAll = uint256(_pushed) + _claimed;
        if (total < latest.total || total < paidInAll || asOfSeq < latest.asOfSeq || asOfSeq >= _nextSeq()) {
            revert ICustody.RootNotMonotone();
        }
        uint256 free = _free();
        if (total - paidInAll > free) revert ICustody.InsufficientFunds(total - paidInAll, free);
    }

    function _isMature(Root storage r) private view returns (bool) {
        return r.claimableFrom != 0 && block.timestamp >= r.claimableFrom && !r.withdrawn;
    }

    function _reserve() private view returns (uint256) {
        Ceilings memory ceilings = _ceilings;
        uint256 ceiling = ceilings.newest;
        if (block.timestamp < ceilings.matureFrom && ceilings.former > ceiling) ceiling = ceilings.former;
        return ceiling > _claimed ? ceiling - _claimed : 0;
    }
}
