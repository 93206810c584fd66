// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

/// @notice What the contract holds: how it comes in, how much there is, how it goes out. The rest of the code knows amounts only.
/// @dev Two forms: `Native` and `Token`. How lists of users are paid is theirs, too (`Payouts`).
abstract contract Asset {
    /// @dev Amounts of intakes are whole numbers of it, so that a deposit fits into one slot.
    function _unit() internal view virtual returns (uint256);

    /// @dev Least amount that `fund` takes, so that journal entries are not for nothing.
    function _leastFunding() internal view virtual returns (uint256);

    /// @dev Everything the contract has of the asset.
    function _balance() internal view virtual returns (uint256);

    /// @dev `WrongValue` unless the call itself carries what it must carry when `amount` comes in.
    function _checkValue(uint256 amount) internal view virtual;

    /// @dev What `fund` takes from the sender.
    function _offered() internal view virtual returns (uint256);

    /// @dev Takes from `from` what did not come with the call. `WrongValue` when not exactly `amount` arrives.
    function _collect(address from, uint256 amount) internal virtual;

    /// @dev With all gas; `TransferFailed`.
    function _send(address to, uint256 amount) internal virtual;
}
