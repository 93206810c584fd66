// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// @notice A call of each function that changes something, of all parts and libraries. `Reentry.t.sol` compares the list with the
/// exported interface. `multicall` has no guard: each of its calls has its own.
abstract contract StateChangingCalls is SettlementTest {
    uint256 internal constant ENTRY_POINTS = 28;

    /// @dev Their arguments hardly matter: the guard comes first.
    function _everyStateChangingCall() internal view returns (bytes[] memory calls) {
        ICustody.Intake memory intake = _intake(BOB, "t2");
        ICustody.PayoutBatch memory batch;
        ICustody.LiabilitiesRoot memory root;
        ICustody.Withdrawal memory withdrawal;
        calls = new bytes[](ENTRY_POINTS);
        uint256 n;
        calls[n++] = abi.encodeCall(custody.register, (intake, signer, _sign(SIGNER_KEY, "Registration", intake)));
        calls[n++] = abi.encodeCall(custody.retopup, (intake, signer, _sign(SIGNER_KEY, "Retopup", intake)));
        calls[n++] = abi.encodeCall(custody.refund, ("r2", BOB));
        calls[n++] = abi.encodeCall(custody.refundFor, (ICustody.Refund("r2", BOB, _now()), ""));
        calls[n++] = abi.encodeCall(custody.fund, ());
        calls[n++] = abi.encodeCall(custody.enrol, (BOB));
        calls[n++] = abi.encodeCall(custody.sweepMatured, (100));
        calls[n++] = abi.encodeCall(custody.executeBatchPayouts, (batch, new bytes32[](0), signer, ""));
        calls[n++] = abi.encodeCall(custody.cancelBatch, ("b1"));
        calls[n++] = abi.encodeCall(custody.publishRoot, (root, signer, ""));
        calls[n++] = abi.encodeCall(custody.vetoRoot, ("root"));
        calls[n++] = abi.encodeCall(custody.claim, (BOB, 1, "root", new ICustody.SumNode[](0)));
        calls[n++] = abi.encodeCall(custody.claimTo, (BOB, 1, "root", new ICustody.SumNode[](0)));
        calls[n++] = abi.encodeCall(
            custody.claimFor, (ICustody.Claim(BOB, BOB, "root", 1, _now()), new ICustody.SumNode[](0), "")
        );
        calls[n++] = abi.encodeCall(custody.settleLeaves, ("root", new bytes32[](0), new ICustody.SumNode[](0)));
        calls[n++] = abi.encodeCall(custody.withdrawCredit, (BOB));
        calls[n++] = abi.encodeCall(custody.withdrawCreditFor, (withdrawal, ""));
        calls[n++] = abi.encodeCall(custody.freeze, (BOB, START + 2 days, bytes32(0)));
        calls[n++] = abi.encodeCall(custody.unfreeze, (BOB));
        calls[n++] = abi.encodeCall(custody.revokeSigner, (signer));
        calls[n++] = abi.encodeCall(custody.lowerOutflowCap, (1));
        calls[n++] = abi.encodeCall(custody.pause, ());
        calls[n++] = abi.encodeCall(custody.unpause, ());
        calls[n++] = abi.encodeCall(custody.revokeRole, (FREEZER_ROLE, FREEZER));
        calls[n++] = abi.encodeCall(custody.renounceRole, (FREEZER_ROLE, FREEZER));
        calls[n++] = abi.encodeCall(custody.schedule, (ICustody.Operation.Treasury, 0, 1));
        calls[n++] = abi.encodeCall(custody.execute, (ICustody.Operation.Treasury, 0, 1));
        calls[n++] = abi.encodeCall(custody.cancel, (ICustody.Operation.Treasury, 0, 1));
    }
}
