// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {MeterVm} from "../test/gas/MeterVm.sol";
import {ArraysSender, CreditLedger, LoopSender, PackedSender} from "./Senders.sol";
import {Report} from "./Report.sol";

/// @notice Batches of the contract beside the usual batch senders, in the same run, to the same kinds of accounts with the same
/// list, each to accounts of its own. A figure is reported only when every recipient has exactly what the list says.
contract BatchesBench is Report {
    LoopSender private _loop;
    ArraysSender private _arrays;
    PackedSender private _packed;
    CreditLedger private _ledger;

    uint256[4] private _counts = [uint256(1), 10, 100, 300];
    string private constant SENT = "every recipient received exactly the amount of the list";

    function setUp() public override {
        super.setUp();
        (_loop, _arrays, _packed, _ledger) =
        (new LoopSender(), new ArraysSender(), new PackedSender(), new CreditLedger());
        // The first journal entry, deposit and sums of all cost more, once.
        _fund(1 ether);
        _registered(ALICE);
        _execute(_batch("first", 1 ether), _list(ALICE, 1 gwei));
    }

    function test_existing_accounts() public {
        _begin();
        _sideBySide("existing", Recipients.Existing);
    }

    function test_new_accounts() public {
        _begin();
        _sideBySide("new", Recipients.New);
    }

    /// @dev The sender of a transaction may declare what it touches (EIP-2930), which is cheaper than touching it cold.
    function test_with_an_access_list() public {
        _begin();
        address[] memory users = _crowd("declared", LARGEST);
        _registerAll(users);
        _become(users, Recipients.Existing);
        _payBatch(users, LARGEST, 1, Recipients.Existing);
        uint256 without = _payBatch(users, LARGEST, 2, Recipients.Existing);
        METER.accessList(_accessList(users));
        uint256 with = _payBatch(users, LARGEST, 3, Recipients.Existing);
        METER.noAccessList();
        _report(
            "gas.batch.existing.300.custody_access_list",
            with,
            LARGEST,
            without,
            "as without the list of what is touched"
        );
    }

    /// @dev For replaying it on a node: what the chain is before the transaction, the transaction, and what it must cost.
    function test_one_batch_to_replay() public {
        vm.warp(4_000_000_000);
        _begin();
        address[] memory users = _crowd("replayed", LARGEST);
        _registerAll(users);
        _become(users, Recipients.Existing);
        // What is dumped is what the test touched: so it touches first all that the next batch does.
        _payBatch(users, LARGEST, 1, Recipients.Existing);
        bytes32[] memory words = _targets(users, LARGEST, 2 * STEP);
        ICustody.PayoutBatch memory b = _batch(keccak256("replayed"), FUNDS / 2);
        bytes memory signature = _signBatch(SIGNER_KEY, b, words);
        METER.dumpState("cache/bench-replay.json");
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, words, signer, signature);
        uint256 gas = _gas();
        _report("gas.replay.cost", gas, LARGEST, 0, "");
        emit log_named_string("gas.replay.at", vm.toString(_now()));
        emit log_named_string("gas.replay.from", METER.toString(SUBMITTER));
        emit log_named_string("gas.replay.to", METER.toString(address(custody)));
        bytes memory data = abi.encodeCall(custody.executeBatchPayouts, (b, words, signer, signature));
        emit log_named_string("gas.replay.data", METER.toString(data));
    }

    function test_worst_batches() public {
        _begin();
        string memory checked = "every recipient has exactly what was due, sent or credited";
        _report("gas.batch.worst.new", _firstBatch("w-new", Recipients.New), LARGEST, TRANSACTION_GAS, checked);
        _report(
            "gas.batch.worst.refusing", _firstBatch("w-ref", Recipients.Refusing), LARGEST, TRANSACTION_GAS, checked
        );
        _report("gas.batch.worst.burning", _firstBatch("w-burn", Recipients.Burning), LARGEST, TRANSACTION_GAS, checked);
    }

    function _sideBySide(string memory kind, Recipients recipients) private {
        bool existing = recipients == Recipients.Existing;
        for (uint256 k; k < _counts.length; ++k) {
            uint256 count = _counts[k];
            string memory prefix = string.concat("gas.batch.", kind, ".", vm.toString(count), ".");
            address[] memory users = _crowd(prefix, count);
            bytes32[] memory words = _targets(users, count, STEP);
            string memory arithmetic = "arithmetic of the chain's prices";
            _report(string.concat(prefix, "floor"), _floor(words, existing), count, 0, arithmetic);
            _report(string.concat(prefix, "floor_event"), _eventFloor(words, existing), count, 0, arithmetic);
            uint256 guarantee = _guaranteeFloor(words, existing);
            _report(string.concat(prefix, "floor_guarantee"), guarantee, count, 0, arithmetic);

            uint256 plain = _others(prefix, users, words, recipients);
            _custody(prefix, users, recipients, plain);
        }
    }

    /// @return plain gas of the two arrays, the usual drop
    function _others(string memory prefix, address[] memory users, bytes32[] memory words, Recipients recipients)
        private
        returns (uint256 plain)
    {
        uint256 count = users.length;
        _become(users, recipients);
        plain = _sendArrays(users, words);
        _report(string.concat(prefix, "arrays"), plain, count, 0, SENT);
        _become(users, recipients);
        _report(string.concat(prefix, "loop"), _sendLoop(users, words), count, plain, SENT);
        _become(users, recipients);
        _report(string.concat(prefix, "packed"), _sendPacked(users, words), count, plain, SENT);
        _become(users, recipients);
        (uint256 first, uint256 later, uint256 fetched) = _creditAll(users, words);
        string memory booked =
            "every recipient was credited exactly the amount of the list; the recipients pay the withdrawals";
        _report(string.concat(prefix, "ledger_first"), first, count, plain, booked);
        _report(string.concat(prefix, "ledger"), later, count, plain, booked);
        _report(string.concat(prefix, "ledger_withdrawn"), later + fetched, count, plain, "with all withdrawals");
    }

    function _custody(string memory prefix, address[] memory users, Recipients recipients, uint256 plain) private {
        uint256 count = users.length;
        _registerAll(users);
        _become(users, recipients);
        uint256 first = _payBatch(users, count, 1, recipients);
        string memory checked =
            "every recipient received exactly what was due, and the contract counts it; cost of later batches, unless it says first";
        _report(string.concat(prefix, "custody_first"), first, count, plain, checked);
        _become(users, recipients);
        _report(string.concat(prefix, "custody"), _payBatch(users, count, 2, recipients), count, plain, checked);
    }

    function _accessList(address[] memory users) private returns (MeterVm.AccessListItem[] memory list) {
        list = new MeterVm.AccessListItem[](users.length + 1);
        bytes32[] memory slots = new bytes32[](users.length);
        for (uint256 k; k < users.length; ++k) {
            list[k] = MeterVm.AccessListItem(users[k], new bytes32[](0));
            METER.record();
            custody.account(users[k]);
            (bytes32[] memory reads,) = METER.accesses(address(custody));
            slots[k] = reads[0];
        }
        list[users.length] = MeterVm.AccessListItem(address(custody), slots);
    }

    // ------------------------------------------------------------------ the usual senders

    function _sendLoop(address[] memory users, bytes32[] memory words) private returns (uint256 gas) {
        LoopSender.Payment[] memory payments = new LoopSender.Payment[](users.length);
        for (uint256 k; k < users.length; ++k) {
            payments[k] = LoopSender.Payment(users[k], uint96(uint256(words[k])));
        }
        uint256[] memory balances = _balancesOf(users, users.length);
        _loop.send{value: _sum(words)}(payments);
        gas = _gas();
        _assertSent(users, words, balances);
    }

    function _sendArrays(address[] memory users, bytes32[] memory words) private returns (uint256 gas) {
        uint256[] memory amounts = new uint256[](users.length);
        for (uint256 k; k < users.length; ++k) {
            amounts[k] = uint96(uint256(words[k]));
        }
        uint256[] memory balances = _balancesOf(users, users.length);
        _arrays.send{value: _sum(words)}(users, amounts);
        gas = _gas();
        _assertSent(users, words, balances);
    }

    function _sendPacked(address[] memory users, bytes32[] memory words) private returns (uint256 gas) {
        uint256[] memory balances = _balancesOf(users, users.length);
        _packed.send{value: _sum(words)}(words);
        gas = _gas();
        _assertSent(users, words, balances);
    }

    /// @return first to users without a credit
    /// @return later to users who have one
    /// @return fetched all their withdrawals
    function _creditAll(address[] memory users, bytes32[] memory words)
        private
        returns (uint256 first, uint256 later, uint256 fetched)
    {
        uint256[] memory balances = _balancesOf(users, users.length);
        _ledger.credit{value: _sum(words)}(words);
        first = _gas();
        for (uint256 k; k < users.length; ++k) {
            assertEq(_ledger.credits(users[k]), uint96(uint256(words[k])), "credited");
        }
        _ledger.credit{value: _sum(words)}(words);
        later = _gas();
        for (uint256 k; k < users.length; ++k) {
            vm.prank(users[k]);
            _ledger.withdraw();
            fetched += _gas();
            assertEq(users[k].balance, balances[k] + 2 * uint96(uint256(words[k])), "fetched");
        }
    }

    function _sum(bytes32[] memory words) private returns (uint256 sum) {
        for (uint256 k; k < words.length; ++k) {
            sum += uint96(uint256(words[k]));
        }
        vm.deal(address(this), sum);
    }

    function _assertSent(address[] memory users, bytes32[] memory words, uint256[] memory balances) private view {
        for (uint256 k; k < users.length; ++k) {
            assertEq(users[k].balance, balances[k] + uint96(uint256(words[k])), "received");
        }
    }
}
