// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Burner, Refuser} from "../Wallets.sol";
import {MeterVm} from "./MeterVm.sol";

/// @notice Sends calls to the contract as it is deployed, checks what they did, and only then says what they cost.
/// @dev Every test that measures runs isolated: each call is a transaction of its own, with cold accounts, and costs what its
/// receipt says, with intrinsic gas, calldata and refunds. Words that are hashes or addresses on a real chain are full ones here,
/// for zero bytes are cheaper.
abstract contract GasTest is SettlementTest {
    MeterVm internal constant METER = MeterVm(address(vm));

    /// @dev What BNB Smart Chain follows: EIP-7623 (calldata has a price at least) and EIP-7825 (the bound below).
    string internal constant RULES = "osaka";
    /// @dev Gas that a transaction may have.
    uint256 internal constant TRANSACTION_GAS = 16_777_216;
    uint256 internal constant LARGEST = 300;
    uint256 internal constant FUNDS = 4_000_000 ether;
    /// @dev What every batch adds to every user's target.
    uint256 internal constant STEP = 0.1 ether;

    enum Recipients {
        Existing,
        New,
        Refusing,
        Burning
    }

    function setUp() public virtual override {
        super.setUp();
        // Without the harness: its functions make the way to all others longer.
        custody = CustodyHarness(
            _create(vm.getCode(vm.envOr("MEASURED_ARTIFACT", string("Custody.sol:Custody"))), _config())
        );
    }

    /// @dev At the beginning of each test.
    function _begin() internal {
        METER.setEvmVersion(RULES);
        _fund(FUNDS);
    }

    function _gas() internal view returns (uint256) {
        return METER.lastCallGas().gasTotalUsed;
    }

    // ------------------------------------------------------------------ people

    /// @dev Ascending, with hardly a zero byte.
    function _crowd(string memory name, uint256 count) internal pure returns (address[] memory users) {
        users = new address[](count);
        for (uint256 k; k < count; ++k) {
            users[k] = address(uint160((k + 1) << 151 | uint256(keccak256(abi.encode(name, k))) >> 105));
        }
    }

    function _registerAll(address[] memory users) internal {
        for (uint256 k; k < users.length; ++k) {
            _registered(users[k]);
        }
    }

    function _become(address[] memory users, Recipients kind) internal {
        for (uint256 k; k < users.length; ++k) {
            METER.resetNonce(users[k]);
            vm.deal(users[k], kind == Recipients.New ? 0 : 1 ether);
            bytes memory code;
            if (kind == Recipients.Refusing) code = type(Refuser).runtimeCode;
            if (kind == Recipients.Burning) code = type(Burner).runtimeCode;
            vm.etch(users[k], code);
        }
    }

    // ------------------------------------------------------------------ batches

    /// @dev Cumulative targets with seven or eight significant bytes.
    function _targets(address[] memory users, uint256 count, uint256 base)
        internal
        pure
        returns (bytes32[] memory words)
    {
        words = new bytes32[](count);
        for (uint256 k; k < count; ++k) {
            words[k] = _word(users[k], base + (k * 7_919 % 99_991) * 1 gwei);
        }
    }

    /// @dev Pays the first `count` users up to the targets of `round`, from 1 on, each one larger than the one before.
    /// @return gas of the transaction; every user has exactly what is due, in the own account or as credit
    function _payBatch(address[] memory users, uint256 count, uint256 round, Recipients kind)
        internal
        returns (uint256 gas)
    {
        bytes32[] memory words = _targets(users, count, round * STEP);
        // Numbered one after the other, so that four of them share a slot.
        uint256 first = uint256(keccak256(abi.encode(users, count, round / 4))) & ~uint256(3);
        ICustody.PayoutBatch memory b = _batch(bytes32(first | round % 4), FUNDS / 2);
        b.manifestHash = keccak256(abi.encode("manifest", round));
        uint256[] memory before = _paidOf(users, count);
        uint256[] memory balances = _balancesOf(users, count);
        bool sent = kind == Recipients.Existing || kind == Recipients.New;

        _execute(b, words);
        gas = _gas();
        for (uint256 k; k < count; ++k) {
            uint256 due = uint96(uint256(words[k])) - before[k];
            assertTrue(due > 0, "something was due");
            assertEq(_paid(users[k]), before[k] + due, "paid");
            assertEq(users[k].balance, balances[k] + (sent ? due : 0), "received");
            assertEq(_credit(users[k]), sent ? 0 : due, "credit");
        }
    }

    function _paidOf(address[] memory users, uint256 count) private view returns (uint256[] memory paid) {
        paid = new uint256[](count);
        for (uint256 k; k < count; ++k) {
            paid[k] = _paid(users[k]);
        }
    }

    function _balancesOf(address[] memory users, uint256 count) internal view returns (uint256[] memory balances) {
        balances = new uint256[](count);
        for (uint256 k; k < count; ++k) {
            balances[k] = users[k].balance;
        }
    }

    /// @dev First payouts of users of whom each is what `kind` says.
    function _firstBatch(string memory name, Recipients kind) internal returns (uint256 gas) {
        address[] memory users = _crowd(name, LARGEST);
        _registerAll(users);
        _become(users, kind);
        return _payBatch(users, LARGEST, 1, kind);
    }

    // ------------------------------------------------------------------ intake

    function _fullIntake(address user, uint256 number) internal view returns (ICustody.Intake memory i) {
        i = _intake(user, keccak256(abi.encode("reference", user, number)));
        (i.planHash, i.disclosureHash) = (keccak256("plan"), keccak256("disclosure"));
    }

    function _registerOne(address user, address sponsor) internal returns (uint256 gas) {
        ICustody.Intake memory i = _fullIntake(user, 0);
        i.sponsor = sponsor;
        uint256 escrowed = _escrowed();
        _register(i);
        gas = _gas();
        assertEq(_escrowed(), escrowed + PRICE, "escrow");
        (,, uint256 frozenUntil) = custody.account(user);
        assertEq(frozenUntil, 1, "registered");
    }

    function _retopupOne(address user, uint256 number) internal returns (uint256 gas) {
        uint256 escrowed = _escrowed();
        _retopup(_fullIntake(user, number));
        gas = _gas();
        assertEq(_escrowed(), escrowed + PRICE, "escrow");
    }

    function _refundOne(address user, bytes32 ref) internal returns (uint256 gas) {
        uint256 balance = user.balance;
        _refund(user, ref);
        gas = _gas();
        assertEq(user.balance, balance + PRICE, "refunded");
    }
}
