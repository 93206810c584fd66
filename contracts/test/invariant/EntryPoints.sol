// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";

/// @notice Calls of every function that may change something, with arguments that can be decoded. `grantRole` is pure.
library EntryPoints {
    uint256 internal constant COUNT = 29;
    /// @dev What anybody may call with success.
    uint256 internal constant SWEEP = 0;
    uint256 internal constant FUND = 1;
    uint256 internal constant ENROL = 24;

    /// @param who a user, a role's holder or a recipient, as the function has it
    /// @param word an id, a root or a role
    function encode(uint256 k, address who, bytes32 word, uint256 number) internal pure returns (bytes memory) {
        if (k < 8) return _forEverybody(k, who, word, number);
        if (k < 13) return _signed(k, who, word, number);
        if (k < 24) return _forRoles(k, who, word, number);
        return _relayed(k, who, word, number);
    }

    function _relayed(uint256 k, address who, bytes32 word, uint256 number) private pure returns (bytes memory) {
        bytes memory signature = abi.encodePacked(word, number, uint8(27 + number % 2));
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](1);
        (proof[0].hash, proof[0].sum) = (word, number);
        if (k == ENROL) return abi.encodeCall(ICustody.enrol, (who));
        if (k == 25) return abi.encodeCall(ICustody.refundFor, (ICustody.Refund(word, who, number), signature));
        if (k == 26) return abi.encodeCall(ICustody.claimTo, (who, number, word, proof));
        if (k == 27) {
            ICustody.Claim memory c = ICustody.Claim(who, who, word, number, number);
            return abi.encodeCall(ICustody.claimFor, (c, proof, signature));
        }
        bytes[] memory calls = new bytes[](1);
        calls[0] = encode(number % 24, who, word, number);
        // What anybody may do alone is not tried again here.
        if (number % 24 <= FUND) calls[0] = encode(2, who, word, number);
        return abi.encodeCall(ICustody.multicall, (calls));
    }

    function _forEverybody(uint256 k, address who, bytes32 word, uint256 number) private pure returns (bytes memory) {
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](1);
        (proof[0].hash, proof[0].sum) = (word, number);
        if (k == SWEEP) return abi.encodeCall(ICustody.sweepMatured, (number));
        if (k == FUND) return abi.encodeCall(ICustody.fund, ());
        if (k == 2) return abi.encodeCall(ICustody.refund, (word, who));
        if (k == 3) return abi.encodeCall(ICustody.claim, (who, number, word, proof));
        if (k == 4) return abi.encodeCall(ICustodyLeaves.settleLeaves, (word, _list(who, number), proof));
        if (k == 5) return abi.encodeCall(ICustody.withdrawCredit, (who));
        if (k == 6) return abi.encodeCall(IAccessControl.renounceRole, (word, who));
        return abi.encodeCall(ICustody.vetoRoot, (word));
    }

    function _signed(uint256 k, address who, bytes32 word, uint256 number) private pure returns (bytes memory) {
        bytes memory signature = abi.encodePacked(word, number, uint8(27 + number % 2));
        if (k < 10) {
            ICustody.Intake memory i = ICustody.Intake(who, address(0), number, word, word, word, number);
            if (k == 8) return abi.encodeCall(ICustody.register, (i, who, signature));
            return abi.encodeCall(ICustody.retopup, (i, who, signature));
        }
        if (k == 10) {
            ICustody.PayoutBatch memory b = ICustody.PayoutBatch(word, who, number, word, 0, number);
            return abi.encodeCall(ICustody.executeBatchPayouts, (b, _list(who, number), who, signature));
        }
        if (k == 11) {
            ICustody.LiabilitiesRoot memory r = ICustody.LiabilitiesRoot(word, number, 0, 0, number);
            return abi.encodeCall(ICustody.publishRoot, (r, who, signature));
        }
        ICustody.Withdrawal memory w = ICustody.Withdrawal(who, who, number, 0, number);
        return abi.encodeCall(ICustody.withdrawCreditFor, (w, signature));
    }

    function _forRoles(uint256 k, address who, bytes32 word, uint256 number) private pure returns (bytes memory) {
        ICustody.Operation operation = ICustody.Operation(number % 11);
        bytes32 argument = bytes32(uint256(uint160(who)));
        if (k == 13) return abi.encodeCall(ICustody.cancelBatch, (word));
        if (k == 14) return abi.encodeCall(ICustody.freeze, (who, number, word));
        if (k == 15) return abi.encodeCall(ICustody.unfreeze, (who));
        if (k == 16) return abi.encodeCall(ICustody.schedule, (operation, argument, number));
        if (k == 17) return abi.encodeCall(ICustody.execute, (operation, argument, number));
        if (k == 18) return abi.encodeCall(ICustody.cancel, (operation, argument, number));
        if (k == 19) return abi.encodeCall(ICustody.revokeSigner, (who));
        if (k == 20) return abi.encodeCall(ICustody.lowerOutflowCap, (number));
        if (k == 21) return abi.encodeCall(ICustody.pause, ());
        if (k == 22) return abi.encodeCall(ICustody.unpause, ());
        return abi.encodeCall(IAccessControl.revokeRole, (word, who));
    }

    function _list(address who, uint256 amount) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = bytes32(uint256(uint160(who)) << 96 | uint96(amount));
    }
}
