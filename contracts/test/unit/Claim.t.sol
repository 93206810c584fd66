// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {Refuser} from "../Wallets.sol";

contract ClaimTest is SettlementTest {
    uint256 private constant FUNDS = 100 ether;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(ALICE);
        _registered(BOB);
    }

    function test_anybody_claims_for_the_user_and_the_money_goes_to_the_user() public {
        bytes32 root = _mature(ALICE, 30 ether);
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _claim(ALICE, 30 ether, root);
        _assertJournal(before, 1);
        assertEq(ALICE.balance, 30 ether, "received");
        assertEq(_paid(ALICE), 30 ether, "paid");
        (uint256 pushed, uint256 claimed,,) = custody.totals();
        assertEq(pushed, 0, "pushed");
        assertEq(claimed, 30 ether, "claimed");
        _expectClaimRevert(ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }

    function test_whatever_races_nobody_is_paid_twice() public {
        bytes32 root = _mature(ALICE, 30 ether);
        // The batch was signed before the claim, and executes after it.
        _claim(ALICE, 30 ether, root);
        _execute(_batch("b1", 30 ether), _list(ALICE, 30 ether));
        assertEq(ALICE.balance, 30 ether, "batch after claim");
        _execute(_batch("b2", 10 ether), _list(ALICE, 40 ether));
        assertEq(ALICE.balance, 40 ether, "a later batch pays the rest");
        _expectClaimRevert(ALICE, 30 ether, root, abi.encodeWithSelector(ICustody.NothingDue.selector, ALICE));
    }
}
