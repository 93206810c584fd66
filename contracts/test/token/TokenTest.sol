// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Books} from "./Tokens.sol";

/// @notice The token form, by the same names as the coin's: all that differs is how money comes in.
abstract contract TokenTest is SettlementTest {
    Books internal token;

    function _use(Books token_) internal {
        token = token_;
        // Only what both forms have is called.
        custody = CustodyHarness(_deployToken(address(token_)));
    }

    function _use(Books token_, uint96 cap, uint96 floor) internal {
        token = token_;
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (cap, floor);
        custody = CustodyHarness(_createToken(_tokenCode(), c, address(token_)));
    }

    function _deployToken(address token_) internal returns (address deployed) {
        return _createToken(_tokenCode(), token_);
    }

    /// @dev The one place where tests get the token form from; the mutation runner names an artifact in the environment.
    function _tokenCode() internal view returns (bytes memory) {
        return vm.getCode(vm.envOr("CUSTODY_TOKEN_ARTIFACT", string("CustodyToken.sol:CustodyToken")));
    }

    function _createToken(bytes memory code, address token_) internal returns (address deployed) {
        return _createToken(code, _config(), token_);
    }

    function _createToken(bytes memory code, ICustody.Config memory c, address token_)
        internal
        returns (address deployed)
    {
        code = abi.encodePacked(code, abi.encode(c, token_));
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
            if iszero(deployed) {
                returndatacopy(code, 0, returndatasize())
                revert(code, returndatasize())
            }
        }
    }

    function _give(Books token_, address to, uint256 amount) internal {
        token_.mint(to, amount);
        vm.prank(to);
        token_.approve(address(custody), amount);
    }

    function _fundTokens(uint256 amount) internal {
        _give(token, STRANGER, amount);
        vm.prank(STRANGER);
        custody.fund();
    }

    /// @dev Twenty whole tokens.
    function _price() internal view returns (uint256) {
        return 20 * 10 ** token.decimals();
    }

    function _tokenIntake(address user, bytes32 ref) internal view returns (ICustody.Intake memory i) {
        i = _intake(user, ref);
        i.amount = _price();
    }

    function _registerTokens(address user) internal {
        ICustody.Intake memory i = _tokenIntake(user, keccak256(abi.encode("registration of", user)));
        _give(token, user, i.amount);
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.prank(user);
        custody.register(i, signer, signature);
    }
}
