// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {Assertions} from "./Assertions.sol";
import {CustodyHarness} from "./CustodyHarness.sol";
import {JournalReplay} from "./JournalReplay.sol";

/// @notice A deployed contract, its people, and authorizations signed for them. Digests are built from the words of the
/// interface, not with the contract's own constants.
abstract contract CustodyTest is Assertions {
    using JournalReplay for JournalReplay.Head;

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string internal constant INTAKE_FIELDS =
        "(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)";

    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant SIGNER_KEY = 0xA11CE;
    uint256 internal constant ROOT_SIGNER_KEY = 0xB0B;
    uint256 internal constant PRICE = 20 ether;
    uint32 internal constant MAX_FREEZE = 20 hours;

    address internal constant ADMIN = address(0xAD0001);
    address internal constant GUARDIAN = address(0xAD0002);
    address internal constant FREEZER = address(0xAD0003);
    address internal constant TREASURER = address(0xAD0004);
    address internal constant SUBMITTER = address(0xAD0005);
    address internal constant ALICE = address(0xA0001);
    address internal constant BOB = address(0xA0002);
    address internal constant STRANGER = address(0xA0003);

    bytes32 internal constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    bytes32 internal constant FREEZER_ROLE = keccak256("FREEZER_ROLE");
    bytes32 internal constant TREASURER_ROLE = keccak256("TREASURER_ROLE");
    bytes32 internal constant SUBMITTER_ROLE = keccak256("SUBMITTER_ROLE");

    CustodyHarness internal custody;
    address internal signer;

    function setUp() public virtual {
        vm.warp(START);
        signer = vm.addr(SIGNER_KEY);
        custody = _deploy(_config());
    }

    function _config() internal pure returns (ICustody.Config memory) {
        return ICustody.Config({
            admin: ADMIN,
            guardian: GUARDIAN,
            freezer: FREEZER,
            treasurer: TREASURER,
            submitter: SUBMITTER,
            signer: vm.addr(SIGNER_KEY),
            rootSigner: vm.addr(ROOT_SIGNER_KEY),
            coolingOff: 14 days,
            vetoDelay: 1 days,
            operationDelay: 3 days,
            maxFreeze: MAX_FREEZE,
            outflowCap: 10_000_000 ether,
            outflowFloor: 1_000 ether,
            predecessor: address(0)
        });
    }

    function _redeploy(ICustody.Config memory c) internal {
        custody = _deploy(c);
    }

    /// @dev The one place where tests get the contract from. A failing constructor fails with its own error.
    function _deploy(ICustody.Config memory c) internal returns (CustodyHarness deployed) {
        return CustodyHarness(_create(_creationCode(), c));
    }

    function _expectDeployRevert(ICustody.Config memory c, bytes memory error_) internal {
        bytes memory code = _creationCode();
        vm.expectRevert(error_);
        _create(code, c);
    }

    /// @dev The mutation runner names an artifact of the same harness in the environment, so that a changed contract is tested
    /// without compiling the tests again.
    function _creationCode() internal view returns (bytes memory) {
        return vm.getCode(vm.envOr("CUSTODY_ARTIFACT", string("CustodyUnderTest.sol:CustodyUnderTest")));
    }

    function _create(bytes memory creationCode, ICustody.Config memory c) internal returns (address created) {
        bytes memory code = abi.encodePacked(creationCode, abi.encode(c));
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _intake(address user, bytes32 ref) internal view returns (ICustody.Intake memory) {
        return ICustody.Intake({
            user: user,
            sponsor: address(0),
            amount: PRICE,
            planHash: "plan",
            disclosureHash: "disclosure",
            ref: ref,
            deadline: _now() + 10 minutes
        });
    }

    function _digest(string memory primaryType, ICustody.Intake memory i, uint256 chain, address target)
        internal
        pure
        returns (bytes32)
    {
        bytes32 domain =
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("TrellisCustody"), keccak256("1"), chain, target));
        bytes32 typeHash = keccak256(bytes(string.concat(primaryType, INTAKE_FIELDS)));
        bytes32 structHash = keccak256(
            abi.encode(typeHash, i.user, i.sponsor, i.amount, i.planHash, i.disclosureHash, i.ref, i.deadline)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _sign(uint256 key, string memory primaryType, ICustody.Intake memory i)
        internal
        view
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(primaryType, i, block.chainid, address(custody)));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Sends `i` as its user, with the exact value.
    function _register(ICustody.Intake memory i) internal {
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(i.user, i.user.balance + i.amount);
        vm.prank(i.user);
        custody.register{value: i.amount}(i, signer, signature);
    }

    function _retopup(ICustody.Intake memory i) internal {
        bytes memory signature = _sign(SIGNER_KEY, "Retopup", i);
        vm.deal(i.user, i.user.balance + i.amount);
        vm.prank(i.user);
        custody.retopup{value: i.amount}(i, signer, signature);
    }

    function _expectRegisterRevert(ICustody.Intake memory i, bytes memory error_) internal {
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(i.user, i.user.balance + i.amount);
        vm.expectRevert(error_);
        vm.prank(i.user);
        custody.register{value: i.amount}(i, signer, signature);
    }

    function _expectRetopupRevert(ICustody.Intake memory i, bytes memory error_) internal {
        bytes memory signature = _sign(SIGNER_KEY, "Retopup", i);
        vm.deal(i.user, i.user.balance + i.amount);
        vm.expectRevert(error_);
        vm.prank(i.user);
        custody.retopup{value: i.amount}(i, signer, signature);
    }

    function _refund(address user, bytes32 ref) internal {
        vm.prank(user);
        custody.refund(ref, user);
    }

    function _freeze(address user, uint256 until) internal {
        vm.prank(FREEZER);
        custody.freeze(user, until, "reason");
    }

    function _escrowed() internal view returns (uint256 escrowed) {
        (,,, escrowed) = custody.totals();
    }

    function _head() internal view returns (JournalReplay.Head memory head) {
        (head.seq, head.root) = custody.journalHead();
    }

    /// @dev Logs since `vm.recordLogs()` must lead from `before` to the present head.
    function _assertJournal(JournalReplay.Head memory before, uint256 entries) internal {
        uint256 first = before.seq;
        before.take(address(custody), vm.getRecordedLogs());
        JournalReplay.Head memory present = _head();
        assertEq(before.seq, present.seq, "journal number from logs");
        assertEq(before.root, present.root, "journal root from logs");
        assertEq(present.seq - first, entries, "journal entries");
    }
}
