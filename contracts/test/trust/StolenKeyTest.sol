// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Refuser} from "../Wallets.sol";

/// @notice A contract in use, and a thief who comes upon a key. Numbers are small and round, so that the worst can be counted.
/// @dev Free are 195: 30 are promised to Alice by a mature root, 165 to nobody. Escrow holds 60, Bob has a credit of 5.
abstract contract StolenKeyTest is SettlementTest {
    uint256 internal constant CAP = 80 ether;
    uint256 internal constant FLOOR = 10 ether;
    /// @dev Half the cap, and three quarters of that.
    uint256 internal constant BUCKET = 40 ether;
    uint256 internal constant ROOM = 30 ether;
    uint256 internal constant CREDIT = 5 ether;
    uint256 internal constant PROMISED = 30 ether;
    uint256 internal constant UNPROMISED = 165 ether;
    uint256 internal constant FREE = PROMISED + UNPROMISED;
    uint256 internal constant ESCROW = 3 * PRICE;
    /// @dev A user as others; the price was paid.
    address internal constant THIEF = address(0x7417EF);

    function setUp() public virtual override {
        super.setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (uint96(CAP), uint96(FLOOR));
        _redeploy(c);
        _fund(FREE + CREDIT);
        _registered(ALICE);
        _registered(BOB);
        _registered(THIEF);
        // Bob's wallet refuses one payment; so there is a credit, and no freeze yet.
        vm.etch(BOB, address(new Refuser()).code);
        _execute(_batch("credited", CREDIT), _list(BOB, CREDIT));
        vm.etch(BOB, "");
        // A root counts what was credited, too.
        _publishTwo(PROMISED, CREDIT);
        // The bucket is empty again, and the root mature.
        vm.warp(_now() + 1 days);
    }

    function _publishTwo(uint256 alice, uint256 bob) private {
        (bytes32 root, uint256 total) = _aliceAndBob(alice, bob);
        _publish(_rootOf(root, total));
    }

    function _aliceAndBob(uint256 alice, uint256 bob) internal pure returns (bytes32 root, uint256 total) {
        (bytes32 a, bytes32 b) = (_single(ALICE, alice), _single(BOB, bob));
        root = a < b ? keccak256(abi.encode(a, alice, b, bob)) : keccak256(abi.encode(b, bob, a, alice));
        return (root, alice + bob);
    }

    /// @dev By the root of the beginning.
    function _claimAlice() internal {
        (bytes32 root,) = _aliceAndBob(PROMISED, CREDIT);
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](1);
        proof[0] = ICustody.SumNode(_single(BOB, CREDIT), CREDIT);
        custody.claim(ALICE, PROMISED, root, proof);
    }

    /// @dev Whatever the thief did: deposits and credits are there, and everybody takes theirs.
    function _assertDepositsAndCreditsLeave() internal {
        (,, uint256 credited, uint256 escrowed) = custody.totals();
        assertEq(escrowed, ESCROW, "escrow");
        assertEq(credited, CREDIT, "credits");
        uint256 before = BOB.balance;
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        _refund(BOB, keccak256(abi.encode("registration of", BOB)));
        assertEq(BOB.balance - before, CREDIT + PRICE, "credit and deposit");
        before = ALICE.balance;
        _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
        assertEq(ALICE.balance - before, PRICE, "deposit");
    }

    /// @dev All that is promised to Alice, a day's claims at a time if it must be.
    function _assertAliceGetsHerDues() internal {
        uint256 before = ALICE.balance;
        for (uint256 day; day < 30 && ALICE.balance - before < PROMISED; ++day) {
            _claimAlice();
            vm.warp(_now() + 1 days);
        }
        assertEq(ALICE.balance - before, PROMISED, "dues");
    }
}
