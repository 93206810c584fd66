// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyParts} from "./CustodyParts.sol";

/// @notice The prover's cheat codes that these properties use.
interface Prover {
    function createCalldata(string memory contractName) external pure returns (bytes memory);
    /// @notice From here on every storage slot of the account may hold anything.
    function enableSymbolicStorage(address account) external;
}

interface World {
    function assume(bool condition) external pure;
    function warp(uint256 timestamp) external;
    function deal(address account, uint256 balance) external;
    function prank(address sender) external;
}

/// @notice Properties are `check_` functions: they hold when no values of their parameters reach a failing assertion.
abstract contract Symbolic {
    Prover internal constant prover = Prover(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
    World internal constant world = World(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant ADMIN = address(0xAD0001);
    address internal constant GUARDIAN = address(0xAD0002);
    address internal constant SUBMITTER = address(0xAD0005);
    address internal constant SIGNER = address(0x51);
    address internal constant ROOT_SIGNER = address(0x52);
    /// @dev In base units, and small: the arithmetic is that of any cap, but division of wide numbers is too hard to be proved.
    uint96 internal constant CAP = 10_000;

    uint32 internal constant MAX_FREEZE = 20 hours;

    uint256 internal constant ESCROWED = 20 ether;
    uint96 internal constant CREDITED = 3 ether;
    uint96 internal constant CLAIMED = 5 ether;

    uint256 internal constant START = 1_800_000_000;
    /// @dev The year 2100: clocks of 32 bits are not over then, also after the longest cooling-off time.
    uint256 internal constant LATEST = 4_102_444_800;

    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    struct Account {
        uint256 paid;
        uint256 credit;
        uint256 frozenUntil;
    }

    struct Sums {
        uint256 pushed;
        uint256 claimed;
        uint256 credited;
        uint256 escrowed;
    }

    CustodyParts internal custody;

    function setUp() public virtual {
        _deploy(CAP);
    }

    function _deploy(uint96 cap) internal {
        _deploy(cap, address(0));
    }

    function _deploy(uint96 cap, address predecessor) internal {
        world.warp(START);
        custody = new CustodyParts(
            ICustody.Config({
                admin: ADMIN,
                guardian: GUARDIAN,
                freezer: address(0xAD0003),
                treasurer: address(0xAD0004),
                submitter: SUBMITTER,
                signer: SIGNER,
                rootSigner: ROOT_SIGNER,
                coolingOff: 14 days,
                vetoDelay: 1 days,
                operationDelay: 3 days,
                maxFreeze: MAX_FREEZE,
                outflowCap: cap,
                outflowFloor: 10,
                predecessor: predecessor
            })
        );
    }

    /// @dev Any history: what the contract holds in its storage is arbitrary from here on, and so is its balance; but for the slot
    /// where the account of nobody would lie, which nothing writes.
    function _anyState(uint256 balance) internal {
        prover.enableSymbolicStorage(address(custody));
        world.assume(balance < 2 ** 95);
        world.deal(address(custody), balance);
        Account memory nobody = _account(address(0));
        world.assume(nobody.paid == 0 && nobody.credit == 0 && nobody.frozenUntil == 0);
    }

    /// @dev What a user signs, of the words of the interface. To the prover `ecrecover` of it and of a signature may be anybody, but is
    /// the same each time: so whoever it is asked about must have been asked about just these words.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(typeHash, keccak256("TrellisCustody"), keccak256("1"), block.chainid, address(custody))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _goTo(uint256 time) internal {
        world.assume(time >= START && time <= LATEST);
        world.warp(time);
    }

    function _bytes(Signature calldata signature) internal pure returns (bytes memory) {
        return abi.encodePacked(signature.r, signature.s, signature.v);
    }

    function _isOf(Signature calldata signature, bytes32 structHash, address user) internal view returns (bool) {
        return ecrecover(_digest(structHash), signature.v, signature.r, signature.s) == user;
    }

    function _account(address user) internal view returns (Account memory a) {
        (a.paid, a.credit, a.frozenUntil) = custody.account(user);
    }

    function _sums() internal view returns (Sums memory s) {
        (s.pushed, s.claimed, s.credited, s.escrowed) = custody.totals();
    }

    /// @dev Any account, of a person without code who has less than exists of the asset: of a user, or the zero of somebody
    /// unknown. Nobody was paid 2^95.
    function _anyAccount(address user, Account calldata a) internal {
        world.assume(user != address(0) && user.code.length == 0 && user.balance < 2 ** 95);
        world.assume(a.paid < 2 ** 95 && a.credit <= a.paid && a.frozenUntil < 2 ** 32);
        world.assume(a.frozenUntil != 0 || a.paid == 0);
        custody.setAccount(user, uint112(a.paid), uint112(a.credit), uint32(a.frozenUntil));
    }

    /// @dev Whatever batches paid before, and any balance that covers a deposit in escrow and a credit. These, and what was
    /// claimed, are numbers: with more unknown terms in each sum the prover needs hours.
    function _anySums(uint96 pushed, uint96 balance) internal {
        world.assume(pushed < 2 ** 95);
        world.assume(balance < 2 ** 95 && balance >= ESCROWED + CREDITED);
        world.deal(address(custody), balance);
        custody.setSums(pushed, CLAIMED, CREDITED, uint56(ESCROWED / 1 gwei));
    }

    /// @dev What somebody with the key of roots and a submitter can publish.
    function _publish(ICustody.LiabilitiesRoot calldata root) internal {
        world.prank(SUBMITTER);
        custody.publishRoot(root, ROOT_SIGNER, new bytes(65));
    }

    function _assertBacked() internal view {
        Sums memory s = _sums();
        assert(address(custody).balance >= s.escrowed + s.credited);
    }
}
