// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ICustodyLeaves} from "./interfaces/ICustodyLeaves.sol";
import {Liabilities} from "./Liabilities.sol";
import {Payouts} from "./Payouts.sol";
import {SumTree} from "./SumTree.sol";

/// @notice Payment of many users of a published root at once, by anybody and without a signature.
/// @dev Bounded as claims are, pays as batches do, but leaves out who is frozen.
abstract contract Leaves is ICustodyLeaves, Payouts, Liabilities {
    using SafeCast for uint256;

    /// @notice Pays all leaves of one subtree of a mature root what is due to them. Anybody; never paused.
    /// @dev In order: `RootUnknownOrImmature` (also vetoed and retired); `BadBatchSize`; `InvalidProof`; per leaf `BadEntry`,
    /// `NotRegistered`, `InsufficientGas`; then `NothingDue`, `InsufficientFunds`, `OutflowCapReached`.
    function settleLeaves(bytes32 root, bytes32[] calldata leaves, ICustody.SumNode[] calldata proof)
        external
        nonReentrant
    {
        uint256 total = _matureTotal(root);
        (bytes32[] memory words, Outcome memory outcome) = _listOf(leaves);
        (bytes32 hash, uint256 sum) = SumTree.above(words);
        if (!SumTree.climbs(hash, sum, proof, root, total)) revert ICustody.InvalidProof();

        // Compared with what was free before: a recipient may force ether in meanwhile.
        uint256 free = _free();
        _payAll(Cause(root, true), words, outcome);
        if (outcome.paid == 0) revert ICustody.NothingDue(address(bytes20(words[0])));
        if (outcome.paid > free) revert ICustody.InsufficientFunds(outcome.paid, free);
        _takeForLeaves(outcome.paid);
        _claimed += outcome.paid.toUint96();
        if (outcome.credited != 0) _credited += uint96(outcome.credited);
        _record(2, abi.encode(ICustodyLeaves.LeavesSettled.selector, root, SEQ, outcome));
    }
}
