// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";

/// @notice Signature bytes of any form, for each of the five functions that take some.
contract SignaturesFuzzTest is SettlementTest {
    uint256 private constant TAKERS = 5;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant USER_KEY = 0xCAFE;
    address private user;

    function setUp() public override {
        super.setUp();
        user = vm.addr(USER_KEY);
        _fund(10 ether);
        _registered(user);
        _give(user, 1 ether);
        vm.deal(ALICE, PRICE);
        vm.deal(user, PRICE);
    }

    function testFuzz_any_other_bytes_are_refused(uint256 taker, bytes calldata signature) public {
        _expectRefused(taker % TAKERS, signature);
    }

    function testFuzz_65_bytes_of_anything_are_refused(uint256 taker, bytes32 r, bytes32 s, uint8 v) public {
        _expectRefused(taker % TAKERS, abi.encodePacked(r, s, v));
    }

    function testFuzz_a_valid_signature_in_another_form_is_refused(uint256 taker, uint256 form, bytes calldata tail)
        public
    {
        taker %= TAKERS;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(taker), _digestOf(taker));
        form %= 6;
        if (form == 0) {
            // The other root of the same point: a high s.
            _expectRefused(taker, abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
        } else if (form == 1) {
            _expectRefused(taker, abi.encodePacked(r, bytes32(uint256(s) | (v == 28 ? 1 << 255 : 0))));
        } else if (form == 2) {
            _expectRefused(taker, abi.encodePacked(r, s, v - 27));
        } else if (form == 3) {
            _expectRefused(taker, abi.encodePacked(r, s, v, tail.length == 0 ? bytes(hex"00") : tail));
        } else if (form == 4) {
            _expectRefused(taker, abi.encodePacked(r, s));
        } else {
            _expectRefused(taker, abi.encode(r, s, v));
        }
        (bool ok,) = _call(taker, abi.encodePacked(r, s, v));
        assertTrue(ok, "in its one form it is accepted");
    }

    function testFuzz_one_changed_bit_is_refused(uint256 taker, uint256 bit) public {
        taker %= TAKERS;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(taker), _digestOf(taker));
        bytes memory signature = abi.encodePacked(r, s, v);
        bit %= 65 * 8;
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        _expectRefused(taker, signature);
    }

    function testFuzz_the_signature_of_one_function_opens_no_other(uint256 taker, uint256 other) public {
        (taker, other) = (taker % TAKERS, other % TAKERS);
        vm.assume(taker != other);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(taker), _digestOf(other));
        _expectRefused(taker, abi.encodePacked(r, s, v));
    }

    function testFuzz_another_key_is_refused(uint256 taker, uint256 key) public {
        taker %= TAKERS;
        key = 1 + key % (ORDER - 1);
        vm.assume(key != _keyOf(taker));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digestOf(taker));
        _expectRefused(taker, abi.encodePacked(r, s, v));
    }

    // ------------------------------------------------------------------ the five

    function _expectRefused(uint256 taker, bytes memory signature) private {
        (bool ok, bytes memory out) = _call(taker, signature);
        assertTrue(!ok, "accepted");
        assertEq(bytes4(out), ICustody.InvalidSignature.selector, "refused for its signature");
    }

    function _call(uint256 taker, bytes memory signature) private returns (bool ok, bytes memory out) {
        (address from, uint256 value, bytes memory data) = _request(taker, signature);
        vm.prank(from);
        return address(custody).call{value: value}(data);
    }

    function _request(uint256 taker, bytes memory signature)
        private
        view
        returns (address from, uint256 value, bytes memory data)
    {
        if (taker == 0) {
            return (ALICE, PRICE, abi.encodeCall(custody.register, (_intake(ALICE, "r1"), signer, signature)));
        }
        if (taker == 1) {
            return (user, PRICE, abi.encodeCall(custody.retopup, (_intake(user, "t1"), signer, signature)));
        }
        if (taker == 4) return (STRANGER, 0, abi.encodeCall(custody.withdrawCreditFor, (_withdrawal(), signature)));
        data = taker == 2
            ? abi.encodeCall(
                custody.executeBatchPayouts, (_batch("b1", 1 ether), _list(user, 2 ether), signer, signature)
            )
            : abi.encodeCall(custody.publishRoot, (_rootOf("r1", 5 ether), vm.addr(ROOT_SIGNER_KEY), signature));
        return (SUBMITTER, 0, data);
    }

    function _keyOf(uint256 taker) private pure returns (uint256) {
        return taker == 3 ? ROOT_SIGNER_KEY : taker == 4 ? USER_KEY : SIGNER_KEY;
    }

    function _digestOf(uint256 taker) private view returns (bytes32) {
        if (taker == 0) return _digest("Registration", _intake(ALICE, "r1"), block.chainid, address(custody));
        if (taker == 1) return _digest("Retopup", _intake(user, "t1"), block.chainid, address(custody));
        bytes32 structHash = taker == 2
            ? keccak256(
                abi.encode(BATCH_TYPEHASH, _batch("b1", 1 ether), keccak256(abi.encodePacked(_list(user, 2 ether))))
            )
            : taker == 3
                ? keccak256(abi.encode(ROOT_TYPEHASH, _rootOf("r1", 5 ether)))
                : keccak256(abi.encode(WITHDRAWAL_TYPEHASH, _withdrawal()));
        return keccak256(abi.encodePacked(hex"1901", _domain(), structHash));
    }

    function _withdrawal() private view returns (ICustody.Withdrawal memory) {
        return ICustody.Withdrawal({user: user, to: BOB, amount: 1 ether, nonce: 1 ether, deadline: _now()});
    }
}
