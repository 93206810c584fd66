// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Any call with any data by somebody without any role.
contract AccessProof is Symbolic {
    function check_an_outsider_configures_nothing(address caller, address x, bytes32 id) public {
        _assumeOutsider(caller);
        bytes32 before = _configuration(x, id);
        _callAnything(caller);
        assert(_configuration(x, id) == before);
    }

    /// @dev Of calls that send anything out, those of the users themselves are proved elsewhere; here there is no deposit, no
    /// credit and no root.
    function check_an_outsider_takes_nothing(address caller, uint256 balance) public {
        _assumeOutsider(caller);
        world.assume(balance < 2 ** 95);
        world.deal(address(custody), balance);
        _callAnything(caller);
        assert(address(custody).balance >= balance);
    }

    function check_nobody_moves_anothers_credit(address user, address caller, uint112 paid, uint112 credit) public {
        world.assume(user != caller && credit <= paid && paid < 2 ** 95);
        custody.setAccount(user, paid, credit, 1);
        custody.setSums(uint96(paid), 0, uint96(credit), 0);
        world.deal(address(custody), 2 ** 95);
        bytes memory data = prover.createCalldata("ICustodyLeaves");
        // By the user's signature; to the prover a signature may say anything.
        world.assume(bytes4(data) != ICustody.withdrawCreditFor.selector);
        world.prank(caller);
        (bool ok,) = address(custody).call(data);
        ok;
        Account memory a = _account(user);
        assert(a.credit >= credit && a.paid >= paid);
    }

    function _callAnything(address caller) private {
        bytes memory data = prover.createCalldata("ICustodyLeaves");
        world.prank(caller);
        (bool ok,) = address(custody).call(data);
        ok;
    }

    function _assumeOutsider(address caller) private view {
        world.assume(caller != address(custody));
        world.assume(caller != ADMIN && caller != GUARDIAN && caller != address(0xAD0003));
        world.assume(caller != address(0xAD0004) && caller != address(0xAD0005));
    }

    function _configuration(address x, bytes32 id) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                custody.config(),
                custody.isSigner(x),
                custody.isRootSigner(x),
                custody.paused(),
                custody.operationEta(id),
                custody.batchState(id),
                custody.hasRole(id, x)
            )
        );
    }
}
