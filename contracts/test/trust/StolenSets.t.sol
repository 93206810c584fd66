// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StolenKeyTest} from "./StolenKeyTest.sol";

/// @notice Every key, pair and triple of the seven in the hands of one thief, who takes all that they give every three hours; and the
/// table in `docs/trust.md`, word by word.
/// @dev There is more money than the thief can take under the cap. Two plays for each set: one in which nobody answers, and one in
/// which every key that is left answers in the second in which the thief begins.
contract StolenSetsTest is StolenKeyTest {
    uint256 private constant SIGNER = 1;
    uint256 private constant ROOTS = 2;
    uint256 private constant SENDER = 4;
    uint256 private constant GUARD = 8;
    uint256 private constant FREEZE = 16;
    uint256 private constant TREASURE = 32;
    uint256 private constant GOVERN = 64;
    uint256 private constant SETS = 128;

    uint256 private constant MORE = 10_000 ether;
    uint256 private constant FALSE_DUE = 1_000 ether;
    uint256 private constant EIGHTH = CAP / 8;
    uint256 private constant STEP = 3 hours;
    uint256 private constant THIEF_KEY = 0x7417EF;
    /// @dev Batches pay this one, so that they do not use up the false root's leaf.
    address private constant ACCOMPLICE = address(0x7417F0);

    /// @dev What is gone at the end of the first day, at the end of the delay, and a day later; and a fourth number when it was answered.
    struct Loss {
        uint256 day;
        uint256 delay;
        uint256 later;
        uint256 answered;
    }

    address private thiefSigner = vm.addr(THIEF_KEY);
    uint256 private before;
    uint256 private all;
    uint256 private batches;
    bytes32 private falseRoot;
    uint256 private falseDue;
    bool private governs;
    uint256 private payments;

    function setUp() public override {
        super.setUp();
        _registered(ACCOMPLICE);
        _fund(MORE);
        before = address(custody).balance;
        all = MORE + FREE;
    }

    function test_every_key_pair_and_triple_loses_what_the_table_says() public {
        string[] memory rows = new string[](SETS);
        string[] memory sets = new string[](SETS);
        uint256 n;
        uint256 played;
        uint256 state = vm.snapshotState();
        for (uint256 size = 1; size <= 3; ++size) {
            for (uint256 set = 1; set < SETS; ++set) {
                if (_sizeOf(set) != size) continue;
                ++played;
                string memory row = _rowOf(set, state);
                uint256 k;
                while (k < n && keccak256(bytes(rows[k])) != keccak256(bytes(row))) ++k;
                if (k == n) (rows[n++], sets[k]) = (row, _nameOf(set));
                else sets[k] = string.concat(sets[k], ", ", _nameOf(set));
            }
        }
        assertEq(played, 63, "sets");
        string memory table = "";
        for (uint256 k; k < n; ++k) {
            table = string.concat(table, "| ", sets[k], " | ", rows[k], " |\n");
        }
        _assertWritten(table);
    }

    function _assertWritten(string memory table) private view {
        string memory document = vm.readFile("../docs/trust.md");
        string[] memory parts = vm.split(document, table);
        assertTrue(parts.length == 2, string.concat("docs/trust.md does not say:\n", table));
    }

    function _rowOf(uint256 set, uint256 state) private returns (string memory) {
        Loss memory loss = _playUnseen(set);
        vm.revertToState(state);
        // The test's own variables go back with the state.
        loss.answered = _playSeen(set);
        vm.revertToState(state);
        return
            string.concat(
                _said(loss.day), " | ", _said(loss.delay), " | ", _said(loss.later), " | ", _said(loss.answered)
            );
    }

    // ------------------------------------------------------------------ the two plays

    function _playUnseen(uint256 set) private returns (Loss memory loss) {
        uint256 begin = _now();
        _begin(set);
        for (; _now() <= begin + 4 days; vm.warp(_now() + STEP)) {
            _takeAtOnce(set);
            if (_now() == begin + 1 days) loss.day = _gone();
            if (_now() == begin + 3 days) {
                loss.delay = _gone();
                _takeDelayed(set);
            }
            if (_now() > begin + 3 days) _takeFromTreasury(set);
        }
        loss.later = _gone();
    }

    /// @dev Eight days: the thief has begun again when the guardian was removed, and a false root has matured.
    function _playSeen(uint256 set) private returns (uint256) {
        uint256 begin = _now();
        _begin(set);
        _takeAtOnce(set);
        if (set & GUARD == 0) _answer(GUARDIAN, set);
        if (set & GOVERN == 0) _answer(ADMIN, set);
        for (; _now() <= begin + 8 days; vm.warp(_now() + STEP)) {
            _takeAtOnce(set);
            if (_now() == begin + 3 days && set & GOVERN != 0) {
                _tryExecute(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
                _announceEverything();
            }
            if (_now() == begin + 3 days || _now() == begin + 6 days) _takeDelayed(set);
            if (_now() > begin + 3 days) _takeFromTreasury(set);
        }
        return _gone();
    }

    /// @dev All that a guardian or an admin can do at once: the signers, the root, the roles, what is announced.
    function _answer(address who, uint256 set) private {
        vm.startPrank(who);
        if (custody.isSigner(signer) && set & SIGNER != 0) custody.revokeSigner(signer);
        if (custody.isRootSigner(vm.addr(ROOT_SIGNER_KEY)) && set & ROOTS != 0) {
            custody.revokeSigner(vm.addr(ROOT_SIGNER_KEY));
        }
        (, uint256 from) = custody.liabilities(falseRoot);
        if (from > 0) custody.vetoRoot(falseRoot);
        if (who == ADMIN && set & SENDER != 0) custody.revokeRole(SUBMITTER_ROLE, SUBMITTER);
        if (who == ADMIN && set & TREASURE != 0) custody.revokeRole(TREASURER_ROLE, TREASURER);
        if (who == GUARDIAN && set & TREASURE != 0) _cancelPayments();
        if (who == GUARDIAN && set & GOVERN != 0) _cancelEverything();
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ what the thief does

    function _begin(uint256 set) private {
        if (set & FREEZE != 0) _freeze(ALICE, _now() + MAX_FREEZE);
        if (set & GOVERN != 0) _announceEverything();
        if (set & TREASURE != 0) {
            // At once what fits, and as much as leaks in each step; told apart by the recipient.
            _schedule(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
            for (uint256 k = 1; k <= 41; ++k) {
                _schedule(ICustody.Operation.Treasury, _hand(k), BUCKET / 8);
            }
        }
        if (_has(set, ROOTS | SENDER)) _publishFalse(FALSE_DUE, ROOT_SIGNER_KEY, SUBMITTER);
    }

    function _takeAtOnce(uint256 set) private {
        if (_has(set, SIGNER | SENDER)) _payAccomplice(SIGNER_KEY, SUBMITTER);
        if (governs) _payAccomplice(THIEF_KEY, THIEF);
        if (falseRoot == 0) return;
        try custody.claim(THIEF, falseDue, falseRoot, new ICustody.SumNode[](0)) {} catch {}
    }

    function _payAccomplice(uint256 key, address submitter) private {
        (uint256 funds, uint256 room) = custody.available();
        uint256 amount = funds < room ? funds : room;
        if (amount == 0) return;
        ICustody.PayoutBatch memory b = _batch(keccak256(abi.encode("stolen", ++batches)), amount);
        bytes32[] memory payouts = _list(ACCOMPLICE, _paid(ACCOMPLICE) + amount);
        bytes memory signature = _signBatch(key, b, payouts);
        vm.prank(submitter);
        try custody.executeBatchPayouts(b, payouts, vm.addr(key), signature) {} catch {}
    }

    function _publishFalse(uint256 due, uint256 key, address submitter) private {
        (uint256 pushed, uint256 claimed,,) = custody.totals();
        uint256 total = pushed + claimed + due;
        ICustody.LiabilitiesRoot memory r = _rootOf(_single(THIEF, total), total);
        bytes memory signature = _signRoot(key, r);
        vm.prank(submitter);
        try custody.publishRoot(r, vm.addr(key), signature) {
            (falseRoot, falseDue) = (r.root, total);
        } catch {}
    }

    function _takeDelayed(uint256 set) private {
        if (set & TREASURE != 0) _tryExecute(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        if (set & GOVERN == 0) return;
        governs = _tryExecute(ICustody.Operation.AddSigner, _argument(thiefSigner), 0);
        _tryExecute(ICustody.Operation.AddRootSigner, _argument(thiefSigner), 0);
        _tryExecute(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        _tryExecute(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _tryExecute(ICustody.Operation.RaiseOutflowCap, 0, 1e6 * CAP);
        if (!governs) return;
        _takeAtOnce(set);
        // And what was promised, a veto delay later.
        (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = custody.totals();
        uint256 free = address(custody).balance - credited - escrowed;
        if (free > 0 && pushed + claimed > 0) _publishFalse(free, THIEF_KEY, THIEF);
    }

    function _takeFromTreasury(uint256 set) private {
        if (set & TREASURE == 0) return;
        _tryExecute(ICustody.Operation.Treasury, _hand(++payments), BUCKET / 8);
    }

    function _tryExecute(ICustody.Operation operation, bytes32 argument, uint256 value) private returns (bool) {
        vm.prank(_ownerOf(operation));
        try custody.execute(operation, argument, value) {
            return true;
        } catch {
            return false;
        }
    }

    // ------------------------------------------------------------------ what is announced, and cancelled

    function _announceEverything() private {
        _tryAnnounce(ICustody.Operation.AddSigner, _argument(thiefSigner), 0);
        _tryAnnounce(ICustody.Operation.AddRootSigner, _argument(thiefSigner), 0);
        _tryAnnounce(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        _tryAnnounce(ICustody.Operation.RemoveGuardian, _argument(GUARDIAN), 0);
        _tryAnnounce(ICustody.Operation.RaiseOutflowCap, 0, 1e6 * CAP);
    }

    function _tryAnnounce(ICustody.Operation operation, bytes32 argument, uint256 value) private {
        vm.prank(ADMIN);
        try custody.schedule(operation, argument, value) {} catch {}
    }

    /// @dev All but its own removal, which it cannot.
    function _cancelEverything() private {
        custody.cancel(ICustody.Operation.AddSigner, _argument(thiefSigner), 0);
        custody.cancel(ICustody.Operation.AddRootSigner, _argument(thiefSigner), 0);
        custody.cancel(ICustody.Operation.AddSubmitter, _argument(THIEF), 0);
        custody.cancel(ICustody.Operation.RaiseOutflowCap, 0, 1e6 * CAP);
    }

    function _cancelPayments() private {
        custody.cancel(ICustody.Operation.Treasury, _argument(THIEF), ROOM);
        for (uint256 k = 1; k <= 41; ++k) {
            custody.cancel(ICustody.Operation.Treasury, _hand(k), BUCKET / 8);
        }
    }

    // ------------------------------------------------------------------ names and numbers

    function _hand(uint256 k) private pure returns (bytes32) {
        return _argument(address(uint160(0x7417EF0000 + k)));
    }

    function _gone() private view returns (uint256) {
        return before - address(custody).balance;
    }

    function _has(uint256 set, uint256 keys) private pure returns (bool) {
        return set & keys == keys;
    }

    function _sizeOf(uint256 set) private pure returns (uint256 n) {
        for (; set > 0; set >>= 1) {
            n += set & 1;
        }
    }

    /// @dev Letters in the order of the keys.
    function _nameOf(uint256 set) private pure returns (string memory name) {
        string[7] memory letters = ["S", "R", "B", "G", "Z", "T", "A"];
        for (uint256 k; k < 7; ++k) {
            if (set >> k & 1 == 1) name = string.concat(name, letters[k]);
        }
    }

    /// @dev In eighths of the cap, which must come out even, or all free funds.
    function _said(uint256 loss) private view returns (string memory) {
        if (loss == 0) return "0";
        if (loss == all) return "all";
        string memory odd = string.concat("odd: ", vm.toString(loss));
        if (loss % EIGHTH != 0) return odd;
        (uint256 over, uint256 under) = (loss / EIGHTH, 8);
        while (over % 2 == 0 && under > 1) (over, under) = (over / 2, under / 2);
        string memory number = over == 1 ? "" : vm.toString(over);
        return under == 1 ? string.concat(number, "C") : string.concat(number, "C/", vm.toString(under));
    }
}
