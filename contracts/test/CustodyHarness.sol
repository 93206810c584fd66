// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ICustodyToken} from "../src/interfaces/ICustodyToken.sol";

/// @notice All that tests call of either form, and what `CustodyUnderTest` shows besides. Tests do not know the contracts
/// themselves: those are compiled differently (foundry.toml), and deployed from their artifacts.
interface CustodyHarness is ICustodyToken, IAccessControl, IERC165, IERC5267 {
    function paused() external view returns (bool);
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);

    function bucket(uint256 day) external view returns (uint256);
    function sweptThrough() external view returns (uint256);
    function typeHashes() external pure returns (bytes32[7] memory);
}
