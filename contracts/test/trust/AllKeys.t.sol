// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {Assertions} from "../Assertions.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice A thief who has every key there is, and tries at random.
contract ThiefWithAllKeys is StolenKeyTest {
    struct Operated {
        ICustody.Operation operation;
        bytes32 argument;
        uint256 value;
    }

    struct Promise {
        address to;
        uint256 total;
        bytes32 root;
    }

    Operated[] private operated;
    Promise[] private promises;
    uint256 private batches;

    constructor() {
        setUp();
    }

    function batch(uint256 amount, bool toBob) external {
        (uint256 funds, uint256 room) = custody.available();
        amount = amount % 4 == 0 ? (funds < room ? funds : room) : amount % (2 * room + 1);
        address to = toBob ? BOB : THIEF;
        ICustody.PayoutBatch memory b = _batch(bytes32(++batches), amount);
        bytes32[] memory payouts = _list(to, _paid(to) + amount);
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.prank(SUBMITTER);
        try custody.executeBatchPayouts(b, payouts, signer, signature) {} catch {}
    }

    /// @dev Everything to one of them, as far as a root can promise it: roots promise the same money again.
    function publish(uint256 salt, bool toBob) external {
        (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = custody.totals();
        uint256 total = address(custody).balance + pushed + claimed - credited - escrowed - salt % 3;
        address to = toBob ? BOB : THIEF;
        ICustody.LiabilitiesRoot memory r = _rootOf(_single(to, total), total);
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        vm.prank(SUBMITTER);
        try custody.publishRoot(r, vm.addr(ROOT_SIGNER_KEY), signature) {
            promises.push(Promise(to, total, r.root));
        } catch {}
    }

    function claim(uint256 which, bool asLeaves) external {
        if (promises.length == 0) return;
        Promise memory p = promises[which % promises.length];
        ICustody.SumNode[] memory proof = new ICustody.SumNode[](0);
        if (asLeaves) {
            try ICustodyLeaves(address(custody)).settleLeaves(p.root, _list(p.to, p.total), proof) {} catch {}
        } else {
            try custody.claim(p.to, p.total, p.root, proof) {} catch {}
        }
    }

    function stop(uint256 what, uint256 number) external {
        what %= 9;
        address who = number % 3 == 0 ? ALICE : number % 3 == 1 ? BOB : THIEF;
        vm.startPrank(what < 6 ? ADMIN : what == 6 ? FREEZER : number % 2 == 0 ? GUARDIAN : ADMIN);
        if (what == 0) {
            try custody.pause() {} catch {}
        } else if (what < 3) {
            try custody.unpause() {} catch {}
        } else if (what == 3) {
            if (number % 4 == 0) try custody.lowerOutflowCap(number % CAP) {} catch {}
        } else if (what == 4) {
            try custody.unfreeze(who) {} catch {}
        } else if (what == 5) {
            try custody.cancelBatch(bytes32(batches + 1)) {} catch {}
        } else if (what == 6) {
            try custody.freeze(who, _now() + number % MAX_FREEZE + 1, "") {} catch {}
        } else if (what == 7 && promises.length > 0) {
            try custody.vetoRoot(promises[promises.length - 1].root) {} catch {}
        }
        vm.stopPrank();
    }

    function schedule(uint256 what, uint256 number) external {
        Operated memory o = Operated(ICustody.Operation.Treasury, _argument(THIEF), number % (CAP / 2));
        what %= 6;
        if (what == 0) (o.operation, o.argument, o.value) = (ICustody.Operation.RaiseOutflowCap, 0, number % 1e24);
        if (what == 1) (o.operation, o.argument, o.value) = (ICustody.Operation.AddGuardian, _argument(THIEF), 0);
        if (what == 2) (o.operation, o.argument, o.value) = (ICustody.Operation.RemoveGuardian, _argument(THIEF), 0);
        if (what == 3 && promises.length > 0) {
            o.operation = ICustody.Operation.RetireRoot;
            (o.argument, o.value) = (promises[number % promises.length].root, 0);
        }
        vm.prank(_ownerOf(o.operation));
        try custody.schedule(o.operation, o.argument, o.value) {
            operated.push(o);
        } catch {}
    }

    function execute(uint256 which) external {
        if (operated.length == 0) return;
        Operated memory o = operated[which % operated.length];
        vm.prank(_ownerOf(o.operation));
        try custody.execute(o.operation, o.argument, o.value) {} catch {}
    }

    function sweepAndWait(uint256 time) external {
        vm.warp(_now() + time % 1 days);
        try custody.sweepMatured(30) {} catch {}
    }

    // ------------------------------------------------------------------ what is out of reach

    function check() external view {
        (,, uint256 credited, uint256 escrowed) = custody.totals();
        assertTrue(escrowed + credited <= address(custody).balance, "escrow and credits are there");
        assertTrue(credited >= CREDIT, "the credit is still owed");
        assertTrue(_credit(BOB) >= CREDIT, "to Bob");
        if (_refundable()) assertEq(escrowed, ESCROW, "all deposits, while they can be taken back");
    }

    /// @return funds beyond what the thief wants from others
    function stolen() external view returns (uint256) {
        return THIEF.balance;
    }

    /// @dev With whatever freeze there is, for as long as it may be.
    function everybodyLeaves() external {
        if (_refundable()) {
            _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
            _refund(BOB, keccak256(abi.encode("registration of", BOB)));
            assertTrue(ALICE.balance >= PRICE && BOB.balance >= PRICE, "deposits");
        }
        vm.warp(_now() + 2 days);
        (uint256 credit, uint256 before) = (_credit(BOB), BOB.balance);
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        assertEq(BOB.balance - before, credit, "credit");
    }

    function _refundable() private view returns (bool) {
        (,, uint256 until,) = custody.deposit(keccak256(abi.encode("registration of", ALICE)));
        return _now() <= until;
    }
}

contract AllKeysTest is Assertions {
    ThiefWithAllKeys private thief;

    function setUp() public {
        thief = new ThiefWithAllKeys();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(thief);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory s = new bytes4[](7);
        (s[0], s[1], s[2]) =
        (ThiefWithAllKeys.batch.selector, ThiefWithAllKeys.publish.selector, ThiefWithAllKeys.claim.selector);
        (s[3], s[4]) = (ThiefWithAllKeys.stop.selector, ThiefWithAllKeys.schedule.selector);
        (s[5], s[6]) = (ThiefWithAllKeys.execute.selector, ThiefWithAllKeys.sweepAndWait.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(thief), s);
    }

    function invariant_all_keys_together_reach_neither_deposits_nor_credits() public view {
        thief.check();
    }

    function afterInvariant() public {
        thief.everybodyLeaves();
    }

    /// @dev The thief does get somewhere: all that is free, in the right order.
    function test_the_thief_takes_all_that_is_free() public {
        thief.publish(0, false);
        thief.sweepAndWait(1 days - 1);
        thief.sweepAndWait(1);
        for (uint256 day; day < 20; ++day) {
            thief.claim(0, day % 2 == 0);
            thief.claim(0, false);
            thief.sweepAndWait(12 hours - 1);
        }
        assertEq(thief.stolen(), 195 ether, "all free funds");
        thief.check();
        thief.everybodyLeaves();
    }
}
