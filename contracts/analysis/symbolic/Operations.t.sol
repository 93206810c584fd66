// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice What was announced is carried out in its time, or never.
contract OperationsProof is Symbolic {
    struct Announced {
        uint8 kind;
        bytes32 argument;
        uint256 value;
    }

    function check_an_announcement_is_carried_out_in_its_time_only(
        Announced calldata what,
        address announcer,
        address caller,
        uint32 wait,
        uint256 balance
    ) public {
        // One of each owner's: the prover does not end with all kinds in one property.
        world.assume(
            what.kind == uint8(ICustody.Operation.Treasury) || what.kind == uint8(ICustody.Operation.AddSigner)
        );
        _announce(what, announcer, uint32(START), balance);
        world.assume(wait < 3 days || wait > 17 days);
        _goTo(START + wait);
        world.prank(caller);
        (bool ok,) = address(custody).call(_execution(what));
        assert(!ok);
    }

    function check_an_announcement_falls_with_the_role_of_who_made_it(
        Announced calldata what,
        address announcer,
        address admin,
        address caller,
        uint32 time,
        uint32 wait,
        uint256 balance
    ) public {
        world.assume(what.kind == uint8(ICustody.Operation.Treasury));
        _announce(what, announcer, time, balance);
        world.prank(admin);
        IAccessControl(address(custody)).revokeRole(keccak256("TREASURER_ROLE"), announcer);
        _goTo(uint256(time) + wait);
        assert(custody.operationEta(keccak256(abi.encode(what))) == 0);
        world.prank(caller);
        (bool ok,) = address(custody).call(_execution(what));
        assert(!ok);
    }

    function _announce(Announced calldata what, address announcer, uint32 time, uint256 balance) private {
        world.assume(what.kind <= uint8(type(ICustody.Operation).max));
        world.assume(address(uint160(uint256(what.argument))).code.length == 0);
        _anyState(balance);
        _goTo(time);
        world.prank(announcer);
        custody.schedule(ICustody.Operation(what.kind), what.argument, what.value);
    }

    function _execution(Announced calldata what) private pure returns (bytes memory) {
        return abi.encodeCall(ICustody.execute, (ICustody.Operation(what.kind), what.argument, what.value));
    }
}
