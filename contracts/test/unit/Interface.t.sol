// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";

/// @notice What the contract has is what the interface declares. That nothing else is there is checked on the exported
/// JSON, by the tests of the crate `abi`.
contract InterfaceTest is CustodyTest {
    function test_every_function_has_the_selector_of_the_interface() public view {
        assertEq(custody.register.selector, ICustody.register.selector, "register");
        assertEq(custody.retopup.selector, ICustody.retopup.selector, "retopup");
        assertEq(custody.refund.selector, ICustody.refund.selector, "refund");
        assertEq(custody.sweepMatured.selector, ICustody.sweepMatured.selector, "sweepMatured");
        assertEq(custody.fund.selector, ICustody.fund.selector, "fund");
        assertEq(custody.freeze.selector, ICustody.freeze.selector, "freeze");
        assertEq(custody.unfreeze.selector, ICustody.unfreeze.selector, "unfreeze");
        assertEq(custody.revokeSigner.selector, ICustody.revokeSigner.selector, "revokeSigner");
        assertEq(custody.pause.selector, ICustody.pause.selector, "pause");
        assertEq(custody.unpause.selector, ICustody.unpause.selector, "unpause");
        assertEq(custody.journalHead.selector, ICustody.journalHead.selector, "journalHead");
        assertEq(custody.account.selector, ICustody.account.selector, "account");
        assertEq(custody.deposit.selector, ICustody.deposit.selector, "deposit");
        assertEq(custody.config.selector, ICustody.config.selector, "config");
        assertEq(custody.isSigner.selector, ICustody.isSigner.selector, "isSigner");
        assertEq(custody.isRootSigner.selector, ICustody.isRootSigner.selector, "isRootSigner");
        assertEq(custody.totals.selector, ICustody.totals.selector, "totals");
    }

    /// @dev The same calls through the interface: return types agree, too.
    function test_views_answer_through_the_interface() public {
        _register(_intake(ALICE, "r1"));
        ICustody i = ICustody(address(custody));
        (uint64 seq,) = i.journalHead();
        assertEq(seq, 1, "journalHead");
        (,, uint256 frozenUntil) = i.account(ALICE);
        assertEq(frozenUntil, 1, "account");
        (address user,,,) = i.deposit("r1");
        assertEq(user, ALICE, "deposit");
        (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = i.totals();
        assertEq(pushed + claimed + credited, 0, "nothing can be paid yet");
        assertEq(escrowed, PRICE, "totals");
        assertEq(i.config().coolingOff, 14 days, "config");
        assertTrue(i.isSigner(signer) && !i.isRootSigner(signer), "signers");
    }

    /// @dev An entry point exists when it works.
    function test_what_is_not_implemented_is_not_there() public {
        ICustody i = ICustody(address(custody));
        vm.expectRevert();
        i.batchState("b");
        vm.expectRevert();
        i.latestRoot();
        vm.expectRevert();
        vm.prank(ALICE);
        i.withdrawCredit(ALICE);
    }
}
