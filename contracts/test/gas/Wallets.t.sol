// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ISafe, Safes} from "../Safes.sol";
import {Burner, Refuser, TellingWallet} from "../Wallets.sol";
import {ExitGasTest} from "./ExitGasTest.sol";

/// @notice Batches to wallets that are contracts: 300 of one kind, cold, in one transaction.
contract WalletsTest is ExitGasTest {
    using Safes for Safes.Kit;

    /// @dev Of a Safe's proxy, which calls its singleton and tells of the payment in a log.
    uint256 private constant PER_SAFE = 21_000;
    /// @dev Of an account whose code is another's (EIP-7702), which is read cold besides the account.
    uint256 private constant PER_DELEGATED = 21_200;

    function setUp() public override {
        super.setUp();
        _fund(1 ether);
        _registered(ALICE);
        _execute(_batch("first", 1 ether), _list(ALICE, 1 gwei));
    }

    /// forge-config: default.isolate = true
    function test_three_hundred_safes_are_paid_by_one_batch() public {
        _begin();
        Safes.Kit memory kit = Safes.kit();
        address[] memory safes = new address[](LARGEST);
        for (uint256 k; k < LARGEST; ++k) {
            safes[k] = kit.make(ALICE, k);
        }
        _sort(safes);
        assertEq(ISafe(safes[0]).getOwners()[0], ALICE, "a wallet that works");
        _registerAll(safes);
        uint256 gas = _payBatch(safes, LARGEST, 1, Recipients.Existing);
        assertTrue(gas <= LARGEST * PER_SAFE, "gas of a batch to Safes");
        assertTrue(gas < TRANSACTION_GAS, "fits into a transaction");
    }

    /// forge-config: default.isolate = true
    function test_three_hundred_delegated_accounts_are_paid_by_one_batch() public {
        _begin();
        address[] memory users = _delegated("delegated", type(TellingWallet).runtimeCode);
        uint256 gas = _payBatch(users, LARGEST, 1, Recipients.Existing);
        assertTrue(gas <= LARGEST * PER_DELEGATED, "gas of a batch to delegated accounts");
    }

    /// forge-config: default.isolate = true
    function test_delegated_accounts_that_refuse_or_burn_are_credited_and_fit_into_a_transaction() public {
        _begin();
        address[] memory users = _delegated("refusing", type(Refuser).runtimeCode);
        assertTrue(_payBatch(users, LARGEST, 1, Recipients.Refusing) < TRANSACTION_GAS, "refusing");
        users = _delegated("burning", type(Burner).runtimeCode);
        assertTrue(_payBatch(users, LARGEST, 1, Recipients.Burning) < TRANSACTION_GAS, "burning");
    }

    /// @dev Registered accounts, each with code of a contract of its own, so that nothing is warm.
    function _delegated(string memory name, bytes memory code) private returns (address[] memory users) {
        users = _crowd(name, LARGEST);
        _registerAll(users);
        for (uint256 k; k < LARGEST; ++k) {
            address delegate = address(uint160(uint256(keccak256(abi.encode("delegate of", users[k])))));
            vm.etch(delegate, code);
            vm.etch(users[k], abi.encodePacked(hex"ef0100", delegate));
        }
    }

    function _sort(address[] memory all) private pure {
        for (uint256 k = 1; k < all.length; ++k) {
            address one = all[k];
            uint256 place = k;
            for (; place > 0 && all[place - 1] > one; --place) {
                all[place] = all[place - 1];
            }
            all[place] = one;
        }
    }
}
