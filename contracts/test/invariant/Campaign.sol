// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Assertions} from "../Assertions.sol";
import {Handler} from "./Handler.sol";

/// @notice The cheat codes that outlive a run: state does not, the environment of the process does.
interface Environment {
    function setEnv(string calldata name, string calldata value) external;
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
}

/// @notice Counts over all runs what succeeded and what was refused, and fails when something never did: the invariants say little if
/// the handler never gets anywhere.
/// @dev With a fixed seed the runs are the same each time, and so is the outcome.
abstract contract Campaign is Assertions {
    /// @dev Fewer than the smallest profile has.
    uint256 private constant ENOUGH_RUNS = 60;

    /// @param succeeding what must succeed once at least
    /// @param refusable what must be refused once at least
    function _count(Handler handler, string[] memory succeeding, string[] memory refusable) internal {
        string memory missing;
        for (uint256 k; k < succeeding.length; ++k) {
            if (_add(string.concat(succeeding[k], " done"), handler.done(succeeding[k])) == 0) {
                missing = string.concat(missing, succeeding[k], " never succeeded; ");
            }
        }
        for (uint256 k; k < refusable.length; ++k) {
            if (_add(string.concat(refusable[k], " refused"), handler.refused(refusable[k])) == 0) {
                missing = string.concat(missing, refusable[k], " was never refused; ");
            }
        }
        if (_add("runs", 1) >= ENOUGH_RUNS) assertTrue(bytes(missing).length == 0, missing);
    }

    function _add(string memory name, uint256 amount) private returns (uint256 sum) {
        Environment environment = Environment(address(vm));
        name = string.concat("TRELLIS CAMPAIGN ", name);
        sum = environment.envOr(name, uint256(0)) + amount;
        environment.setEnv(name, vm.toString(sum));
    }
}
