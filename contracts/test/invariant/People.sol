// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Bomb, Burner, Reenterer, Refuser, SigningWallet} from "../Wallets.sol";
import {EntryPoints} from "./EntryPoints.sol";

/// @notice A wallet that signs by its owner's key and counts what it is paid.
contract SmartWallet is SigningWallet {
    uint256 public payments;

    constructor(address owner) SigningWallet(owner) {}

    receive() external payable {
        ++payments;
    }
}

/// @notice The users: two plain accounts, a smart wallet, and four contracts that make trouble when they are paid.
abstract contract People is SettlementTest {
    uint256 internal constant USERS = 7;
    uint256 internal constant REFUSER = 0;
    uint256 internal constant BURNER = 1;
    uint256 internal constant BOMB = 2;
    uint256 internal constant REENTERER = 3;
    uint256 internal constant WALLET = 4;
    /// @dev Enough for every call of one user, and little enough that who burns it all does not burn the test's.
    uint256 internal constant CALL_GAS = 3_000_000;
    /// @dev An account that nobody gave any right.
    address internal constant ATTACKER = address(0xBAD0001);

    /// @dev In ascending order, as lists must be.
    address[USERS] internal users;
    /// @dev Of plain accounts and of the smart wallet's owner; zero for who cannot sign.
    mapping(address => uint256) internal keyOf;
    /// @dev How often each action succeeded and was refused, by name.
    mapping(string => uint256) public done;
    mapping(string => uint256) public refused;
    uint256 private nextEntry;

    function _gather() internal {
        for (uint160 k; k <= WALLET; ++k) {
            users[k] = address(0xE0000 + k);
        }
        uint256 ownerKey = uint256(keccak256("owner of the wallet"));
        (uint256 a, uint256 b) = (uint256(keccak256("plain a")), uint256(keccak256("plain b")));
        if (vm.addr(a) > vm.addr(b)) (a, b) = (b, a);
        (users[5], users[6]) = (vm.addr(a), vm.addr(b));
        (keyOf[users[WALLET]], keyOf[users[5]], keyOf[users[6]]) = (ownerKey, a, b);
        vm.etch(users[REFUSER], address(new Refuser()).code);
        vm.etch(users[BURNER], address(new Burner()).code);
        vm.etch(users[BOMB], address(new Bomb(1_000_000)).code);
        vm.etch(users[REENTERER], address(new Reenterer()).code);
        vm.etch(users[WALLET], address(new SmartWallet(vm.addr(ownerKey))).code);
    }

    function user(uint256 k) external view returns (address) {
        return users[k];
    }

    /// @dev With all the gas that a claim gives.
    function _takesMoney(address who) internal view returns (bool) {
        return who != users[REFUSER] && who != users[BURNER] && who != users[BOMB];
    }

    /// @dev Whoever is paid next and calls back, calls the next entry point.
    modifier armed() {
        Reenterer reenterer = Reenterer(payable(users[REENTERER]));
        reenterer.arm(
            address(custody),
            EntryPoints.encode(nextEntry++ % EntryPoints.COUNT, address(reenterer), bytes32(nextEntry), 1 gwei),
            0
        );
        _;
        if (reenterer.entered()) {
            assertTrue(!reenterer.succeeded(), "a payment must not be able to call back");
            // With the gas of a batch it may not get as far as the guard.
            bytes memory reason = reenterer.result();
            if (reason.length > 0) {
                assertEq(bytes32(reason), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "the guard");
                ++done["re-entry as far as the guard"];
            }
        }
    }
}
