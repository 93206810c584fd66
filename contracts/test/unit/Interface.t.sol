// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {ICustodyToken} from "../../src/interfaces/ICustodyToken.sol";
import {TokenTest} from "../token/TokenTest.sol";
import {PlainToken} from "../token/Tokens.sol";

/// @notice The contract is the interface, and small enough to be deployed. That nothing else is there is checked on the
/// exported JSON, by the tests of the crate `abi`.
contract InterfaceTest is TokenTest {
    /// @dev Limit of deployed code (EIP-170), which the runner does not apply to its own deployments.
    uint256 private constant CODE_MAX = 24_576;

    /// @dev That it compiles is the test: a missing function, or one of another type, would not.
    function test_the_contract_is_the_interface() public view {
        ICustody i = custody;
        assertEq(address(i), address(custody), "interface");
    }

    function test_the_code_is_small_enough_to_be_deployed() public {
        uint256 size = _create(vm.getCode("Custody.sol:Custody"), _config()).code.length;
        assertTrue(size > 0 && size < CODE_MAX, "code size");
        size = _deployToken(address(new PlainToken(18))).code.length;
        assertTrue(size > 0 && size < CODE_MAX, "code size of the form for tokens");
    }

    function test_it_says_which_interfaces_it_has() public {
        bytes4[4] memory both = [
            type(IERC165).interfaceId,
            type(IAccessControl).interfaceId,
            type(ICustody).interfaceId,
            type(ICustodyLeaves).interfaceId
        ];
        for (uint256 form; form < 2; ++form) {
            if (form == 1) _use(new PlainToken(6));
            for (uint256 k; k < both.length; ++k) {
                assertTrue(custody.supportsInterface(both[k]), "has it");
            }
            assertTrue(
                custody.supportsInterface(type(ICustodyToken).interfaceId) == (form == 1), "the token form alone"
            );
            assertTrue(!custody.supportsInterface(0xffffffff), "never");
            assertTrue(!custody.supportsInterface(bytes4(0)), "none");
        }
    }
}
