// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AimedAttacks} from "./AimedAttacks.sol";
import {AttackHandler} from "./AttackHandler.sol";
import {Campaign} from "./Campaign.sol";
import {ExitHandler} from "./ExitHandler.sol";
import {Handler} from "./Handler.sol";
import {IntakeHandler} from "./IntakeHandler.sol";
import {RelayHandler} from "./RelayHandler.sol";
import {RoleHandler} from "./RoleHandler.sol";
import {SettlementHandler} from "./SettlementHandler.sol";

/// @notice One campaign checks all invariants after every call: with the same seed, a campaign for each would make the same calls.
contract CustodyInvariantTest is Campaign {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;
    bytes4[] private actions;
    string[] private succeeding;
    string[] private refusable;

    function setUp() public {
        handler = new Handler();
        _intakeActions();
        _roleActions();
        _settlementActions();
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), actions);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_the_contract_agrees_with_the_books() public view {
        handler.checkMoney();
        handler.checkEscrow();
        handler.checkUsers();
        handler.checkRoots();
        handler.checkReserve();
        handler.checkJournal();
        handler.checkBatches();
    }

    function afterInvariant() public {
        handler.everybodyLeaves();
        _count(handler, succeeding, refusable);
    }

    /// @param weight how many of the calls, compared with other actions
    function _action(bytes4 selector, uint256 weight, string memory name) private {
        for (uint256 k; k < weight; ++k) {
            actions.push(selector);
        }
        if (bytes(name).length == 0) return;
        succeeding.push(name);
        refusable.push(name);
    }

    function _intakeActions() private {
        _action(IntakeHandler.register.selector, 1, "register");
        _action(IntakeHandler.retopup.selector, 2, "retopup");
        _action(IntakeHandler.refund.selector, 2, "refund");
        _action(IntakeHandler.sweep.selector, 1, "sweep");
        _action(IntakeHandler.fund.selector, 1, "fund");
        _action(IntakeHandler.forceEther.selector, 1, "");
        _action(IntakeHandler.wait.selector, 6, "");
    }

    function _roleActions() private {
        _action(RoleHandler.freeze.selector, 1, "freeze");
        _action(RoleHandler.unfreeze.selector, 1, "unfreeze");
        _action(RoleHandler.pause.selector, 1, "pause");
        _action(RoleHandler.unpause.selector, 3, "unpause");
        _action(RoleHandler.lowerCap.selector, 2, "lowerCap");
        _action(RoleHandler.revokeSecondSigner.selector, 1, "revokeSigner");
        _action(RoleHandler.revokeSecondFreezer.selector, 1, "revokeRole");
        _action(RoleHandler.schedule.selector, 3, "schedule");
        _action(RoleHandler.execute.selector, 4, "treasury");
        _action(RoleHandler.cancel.selector, 1, "cancel");
        succeeding.push("treasury beyond the surplus");
        succeeding.push("raiseCap");
        succeeding.push("retireRoot");
        succeeding.push("retirement of the newest");
        succeeding.push("schedule of what had expired");
        succeeding.push("execution of what had expired");
        succeeding.push("addSigner");
        succeeding.push("addFreezer");
        succeeding.push("transferAdmin");
        succeeding.push("execution of what had fallen");
    }

    function _settlementActions() private {
        _action(SettlementHandler.batch.selector, 4, "batch");
        _action(SettlementHandler.retry.selector, 1, "");
        _action(SettlementHandler.repeat.selector, 1, "");
        _action(SettlementHandler.flawedBatch.selector, 1, "");
        _action(SettlementHandler.cancelBatch.selector, 1, "cancelBatch");
        _action(ExitHandler.publish.selector, 4, "publish");
        _action(ExitHandler.veto.selector, 1, "veto");
        _action(ExitHandler.claim.selector, 4, "claim");
        _action(ExitHandler.settleLeaves.selector, 4, "settleLeaves");
        _action(ExitHandler.withdraw.selector, 2, "withdraw");
        _action(ExitHandler.withdrawFor.selector, 2, "withdrawFor");
        _action(RelayHandler.enrol.selector, 1, "enrol");
        _action(RelayHandler.refundFor.selector, 1, "refundFor");
        _action(RelayHandler.claimTo.selector, 1, "claimTo");
        _action(RelayHandler.claimFor.selector, 1, "claimFor");
        _action(RelayHandler.refundTwo.selector, 2, "multicall");
        _action(AttackHandler.attack.selector, 2, "attack");
        _action(AttackHandler.attackWithBytes.selector, 1, "");
        _action(AimedAttacks.aimedAttack.selector, 8, "");
        for (uint256 k; k < handler.AIMS(); ++k) {
            refusable.push(handler.aimName(k));
        }
        _action(AttackHandler.replayBatch.selector, 1, "replay");
        succeeding.push("batch with somebody frozen");
        succeeding.push("batch beyond the surplus");
        succeeding.push("batch that credits");
        succeeding.push("batch signed by a contract");
        succeeding.push("claim of who was paid before");
        succeeding.push("claim of a part");
        succeeding.push("claim while paused");
        succeeding.push("re-entry as far as the guard");
        succeeding.push("leaves that are credited");
    }
}
