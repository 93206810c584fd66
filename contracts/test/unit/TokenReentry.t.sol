// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyToken} from "../../src/interfaces/ICustodyToken.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {StateChangingCalls} from "../StateChangingCalls.sol";
import {CallingToken, Listener} from "../token/Tokens.sol";
import {TokenTest} from "../token/TokenTest.sol";

/// @notice A token that calls its holders hands control to them where the coin does, and also when it comes in.
contract TokenReentryTest is TokenTest, StateChangingCalls {
    CallingToken private calling;
    Listener private user;

    function setUp() public override(CustodyTest) {
        super.setUp();
        calling = new CallingToken();
        _use(calling);
        _fundTokens(10_000 ether);
    }

    function test_nothing_can_be_entered_while_a_token_comes_in() public {
        bytes[] memory calls = _everyCall();
        for (uint256 k; k < calls.length; ++k) {
            _newUser();
            ICustody.Intake memory i = _tokenIntake(address(user), keccak256(abi.encode("r", k)));
            bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
            _enter(calls[k], abi.encodeCall(custody.register, (i, signer, signature)));
            i.ref = keccak256(abi.encode("t", k));
            signature = _sign(SIGNER_KEY, "Retopup", i);
            _enter(calls[k], abi.encodeCall(custody.retopup, (i, signer, signature)));
            _allow(1 ether);
            _enter(calls[k], abi.encodeCall(custody.fund, ()));
        }
        assertEq(_escrowed(), 2 * calls.length * _price(), "each price once");
        (uint256 funds,) = custody.available();
        assertEq(funds, 10_000 ether + calls.length * 1 ether, "each funding once");
    }

    function test_nothing_can_be_entered_while_a_token_leaves() public {
        bytes[] memory calls = _everyCall();
        for (uint256 k; k < calls.length; ++k) {
            _newUser();
            address who = address(user);
            ICustody.Intake memory i = _tokenIntake(who, keccak256(abi.encode("r", k)));
            user.call(
                address(custody), abi.encodeCall(custody.register, (i, signer, _sign(SIGNER_KEY, "Registration", i)))
            );
            _enter(calls[k], abi.encodeCall(custody.refund, (i.ref, who)));

            _arm(calls[k]);
            _execute(_batch(keccak256(abi.encode("b", k)), 1 ether), _list(who, 1 ether));
            _assertRefused();
            _give(who, 1 ether);
            _enter(calls[k], abi.encodeCall(custody.withdrawCredit, (who)));

            // Of the new root, three are due to this user and the rest was paid to all before.
            (bytes32 root, ICustody.SumNode[] memory proof) = _promised(who, 3 ether);
            _arm(calls[k]);
            custody.claim(who, 3 ether, root, proof);
            _assertRefused();
            (root, proof) = _promised(who, 4 ether);
            _arm(calls[k]);
            custody.settleLeaves(root, _list(who, 4 ether), proof);
            _assertRefused();

            _schedule(ICustody.Operation.Treasury, _argument(who), 1 ether);
            vm.warp(_now() + 3 days);
            _arm(calls[k]);
            _executeOperation(ICustody.Operation.Treasury, _argument(who), 1 ether);
            _assertRefused();
            assertEq(calling.balanceOf(who), _price() * 2 + 5 ether, "the other price, refund, dues and treasury");
        }
    }

    // ------------------------------------------------------------------ tools

    /// @dev Those of both forms, and the two that this form has besides.
    function _everyCall() private view returns (bytes[] memory calls) {
        bytes[] memory both = _everyStateChangingCall();
        calls = new bytes[](both.length + 2);
        for (uint256 k; k < both.length; ++k) {
            calls[k] = both[k];
        }
        ICustody.Intake memory intake = _intake(BOB, "t2");
        ICustodyToken.Permit memory none;
        calls[both.length] = abi.encodeCall(custody.registerFor, (intake, signer, "", "", none));
        calls[both.length + 1] = abi.encodeCall(custody.retopupFor, (intake, signer, "", "", none));
    }

    /// @dev With two prices, both allowed.
    function _newUser() private {
        user = new Listener(calling);
        calling.mint(address(user), 2 * _price());
        user.call(address(calling), abi.encodeCall(calling.approve, (address(custody), 2 * _price())));
    }

    function _allow(uint256 amount) private {
        calling.mint(address(user), amount);
        user.call(address(calling), abi.encodeCall(calling.approve, (address(custody), amount)));
    }

    /// @dev A tree of the user and of what all others got, mature now.
    function _promised(address who, uint256 entitled) private returns (bytes32 root, ICustody.SumNode[] memory proof) {
        (uint256 pushed, uint256 claimed,,) = custody.totals();
        uint256 others = pushed + claimed - _paid(who);
        proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode(keccak256(abi.encode("others", who, entitled)), others);
        bytes32 leaf = _single(who, entitled);
        root = leaf < proof[0].hash
            ? keccak256(abi.encode(leaf, entitled, proof[0].hash, others))
            : keccak256(abi.encode(proof[0].hash, others, leaf, entitled));
        _publish(_rootOf(root, others + entitled));
        vm.warp(_now() + 1 days);
    }

    function _arm(bytes memory again) private {
        user.arm(address(custody), again);
    }

    /// @dev The user makes the call, and the other one when it is called.
    function _enter(bytes memory again, bytes memory first) private {
        _arm(again);
        user.call(address(custody), first);
        _assertRefused();
    }

    function _assertRefused() private {
        assertTrue(user.entered() && !user.succeeded(), "the second entry failed");
        assertEq(bytes4(user.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        // No answer to what follows.
        user.arm(address(custody), "");
    }
}
