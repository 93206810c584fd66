// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ExitGasTest} from "./ExitGasTest.sol";

/// @notice What calls may cost at most; `./scripts/bench gas` says what they do cost. Worst batches are below what a transaction
/// may have, which is why a batch has 300 entries.
contract BoundsTest is ExitGasTest {
    uint256 private constant PER_RECIPIENT = 17_000;
    /// @dev Of the first of four batches, which writes an empty slot.
    uint256 private constant PER_RECIPIENT_FIRST = 17_060;
    uint256 private constant PER_LEAF = 17_700;
    uint256 private constant REGISTER = 99_500;
    uint256 private constant RETOPUP = 78_500;
    uint256 private constant REFUND = 54_000;
    uint256 private constant CLAIM = 76_000;
    uint256 private constant PUBLISH_ROOT = 80_500;
    uint256 private constant WITHDRAW_CREDIT = 50_000;
    uint256 private constant WITHDRAW_CREDIT_FOR = 59_000;
    uint256 private constant KEY = 0xCAFE;

    function setUp() public override {
        super.setUp();
        // The first journal entry, the first deposit of a day and the first of each sum cost more, once.
        _fund(1 ether);
        _registered(ALICE);
        _registered(BOB);
        _execute(_batch("first", 1 ether), _list(ALICE, 1 gwei));
    }

    /// forge-config: default.isolate = true
    function test_calldata_has_the_price_that_the_chain_asks_at_least() public {
        _begin();
        (bool ok,) = STRANGER.call(new bytes(1_000));
        assertTrue(ok, "an account without code takes any call");
        assertEq(_gas(), 21_000 + 10 * 1_000, "ten gas for a zero byte (EIP-7623), and isolated");
    }

    /// forge-config: default.isolate = true
    function test_the_largest_batch_costs_what_it_may() public {
        _begin();
        address[] memory users = _crowd("batch", LARGEST);
        _registerAll(users);
        _become(users, Recipients.Existing);
        _atMost(_payBatch(users, LARGEST, 1, Recipients.Existing), LARGEST * PER_RECIPIENT_FIRST, "first payouts");
        _atMost(_payBatch(users, LARGEST, 2, Recipients.Existing), LARGEST * PER_RECIPIENT, "later payouts");
    }

    /// forge-config: default.isolate = true
    function test_no_batch_exceeds_a_transaction() public {
        _begin();
        _atMost(_firstBatch("new", Recipients.New), TRANSACTION_GAS - 1, "all accounts are new");
        _atMost(_firstBatch("refusing", Recipients.Refusing), TRANSACTION_GAS - 1, "all refuse");
        _atMost(_firstBatch("burning", Recipients.Burning), TRANSACTION_GAS - 1, "all burn their gas");
    }

    /// forge-config: default.isolate = true
    function test_no_settling_of_leaves_exceeds_a_transaction() public {
        _begin();
        address[] memory users = _crowd("leaves", LARGEST);
        _registerAll(users);
        _become(users, Recipients.Existing);
        _atMost(_settleOf(users, 9), LARGEST * PER_LEAF, "existing accounts");
        users = _crowd("new leaves", LARGEST);
        _registerAll(users);
        _become(users, Recipients.New);
        _atMost(_settleOf(users, 9), TRANSACTION_GAS - 1, "all accounts are new");
    }

    /// forge-config: default.isolate = true
    function test_intake_costs_what_it_may() public {
        _begin();
        address[] memory users = _crowd("intake", 2);
        _registerOne(users[0], ALICE);
        _atMost(_registerOne(users[1], users[0]), REGISTER, "register");
        _atMost(_retopupOne(users[1], 1), RETOPUP, "retopup");
        _atMost(_refundOne(users[1], _fullIntake(users[1], 1).ref), REFUND, "refund");
    }

    /// forge-config: default.isolate = true
    function test_claims_and_roots_cost_what_they_may() public {
        _begin();
        address[] memory users = _crowd("claims", 2);
        _registerAll(users);
        _become(users, Recipients.Existing);
        _claimAt(users[0], ENTITLED, 0);
        _atMost(_claimAt(users[1], ENTITLED, 17), CLAIM, "claim at depth 17");
        // The contract remembers three roots: the first three fill the places.
        _publishOne(keccak256("second"), 800_000 ether);
        _publishOne(keccak256("third"), 850_000 ether);
        _atMost(_publishOne(keccak256("root"), 900_000 ether), PUBLISH_ROOT, "publishRoot");
    }

    /// forge-config: default.isolate = true
    function test_withdrawals_cost_what_they_may() public {
        _begin();
        _creditOne(ALICE, 1 ether);
        _creditOne(BOB, 1 ether);
        vm.deal(ALICE, 1 ether);
        _atMost(_withdrawOne(ALICE), WITHDRAW_CREDIT, "withdrawCredit");
        address user = vm.addr(KEY);
        _registered(user);
        vm.deal(user, 1 ether);
        for (uint256 k; k < 2; ++k) {
            _creditOne(user, 1 ether);
            _atMost(_withdrawForOne(KEY), WITHDRAW_CREDIT_FOR, "withdrawCreditFor");
        }
    }

    function _atMost(uint256 gas, uint256 bound, string memory what) private pure {
        assertTrue(gas <= bound, string.concat(what, ": ", vm.toString(gas), " gas, at most ", vm.toString(bound)));
    }
}
