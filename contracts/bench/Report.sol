// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ExitGasTest} from "../test/gas/ExitGasTest.sol";

/// @notice Figures as logs, which `./scripts/bench gas` reads, and the floors that they are compared with.
abstract contract Report is ExitGasTest {
    // Prices of the chain's rules since Berlin, for one recipient.
    uint256 private constant TRANSACTION = 21_000;
    /// @dev Cold account 2,600, value 9,000, less the 2,300 that come with it and that an account without code leaves.
    uint256 private constant TRANSFER = 9_300;
    uint256 private constant NEW_ACCOUNT = 25_000;
    /// @dev Three topics and one word.
    uint256 private constant EVENT = 375 + 3 * 375 + 8 * 32;
    /// @dev Reading a cold slot and changing it from one value to another.
    uint256 private constant SLOT = 2_100 + 2_900;

    event log_named_string(string key, string val);

    /// @param value gas of the whole transaction
    /// @param baseline what it is compared with; zero for nothing
    function _report(string memory name, uint256 value, uint256 recipients, uint256 baseline, string memory checked)
        internal
    {
        emit log_named_string(
            name,
            string.concat(
                '{"value":',
                vm.toString(value),
                ',"recipients":',
                vm.toString(recipients),
                ',"baseline":',
                vm.toString(baseline),
                ',"checked":"',
                checked,
                '"}'
            )
        );
    }

    /// @dev The least that sending costs, whatever the contract: `address ‖ uint96` words as calldata, and nothing computed.
    function _floor(bytes32[] memory words, bool existing) internal pure returns (uint256 gas) {
        gas = TRANSACTION + words.length * (existing ? TRANSFER : TRANSFER + NEW_ACCOUNT);
        for (uint256 k; k < words.length; ++k) {
            for (uint256 i; i < 32; ++i) {
                gas += words[k][i] == 0 ? 4 : 16;
            }
        }
    }

    /// @dev With an event for every recipient.
    function _eventFloor(bytes32[] memory words, bool existing) internal pure returns (uint256) {
        return _floor(words, existing) + words.length * EVENT;
    }

    /// @dev With a slot for every recipient, too, without which nobody can be kept from being paid twice.
    function _guaranteeFloor(bytes32[] memory words, bool existing) internal pure returns (uint256) {
        return _eventFloor(words, existing) + words.length * SLOT;
    }
}
