// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";
import {SigningWallet} from "../Wallets.sol";

/// @notice Golden vectors of an independent implementation (`vectors/generate.mjs`), read by the tests of the crate `abi`,
/// too.
contract VectorsTest is CustodyTest {
    using JournalReplay for JournalReplay.Head;

    string private json;
    address private target;

    function setUp() public override {
        super.setUp();
        json = vm.readFile("../abi/vectors/typed-data.json");
        target = vm.parseJsonAddress(json, ".domain.verifyingContract");
        signer = vm.parseJsonAddress(json, ".signer.address");
        vm.chainId(vm.parseJsonUint(json, ".domain.chainId"));
        custody = _deployAt(target);
    }

    function test_the_contract_has_the_domain_of_the_vectors() public view {
        (, string memory name, string memory version, uint256 chain, address verifying,,) = custody.eip712Domain();
        assertEq(keccak256(bytes(name)), keccak256(bytes(vm.parseJsonString(json, ".domain.name"))), "name");
        assertEq(keccak256(bytes(version)), keccak256(bytes(vm.parseJsonString(json, ".domain.version"))), "version");
        assertEq(chain, vm.parseJsonUint(json, ".domain.chainId"), "chain id");
        assertEq(verifying, target, "contract");
        assertEq(
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256(bytes(version)), chain, verifying)),
            vm.parseJsonBytes32(json, ".domainSeparator"),
            "domain separator"
        );
    }

    /// @dev The whole way: the vector's signature opens the contract for the vector's user.
    function test_the_contract_accepts_the_signatures_of_the_vectors() public {
        ICustody.Intake memory i = _intakeOf(_find("Registration", "usual"));
        bytes memory signature = _bytes(_find("Registration", "usual"), ".signature");
        vm.warp(i.deadline);
        vm.deal(i.user, 100 ether);
        vm.prank(i.user);
        custody.register{value: i.amount}(i, signer, signature);
        i = _intakeOf(_find("Retopup", "usual"));
        signature = _bytes(_find("Retopup", "usual"), ".signature");
        vm.prank(i.user);
        custody.retopup{value: i.amount}(i, signer, signature);
        assertEq(_escrowed(), 60 ether, "escrowed");
    }

    /// @dev The user is a contract that signs by the vector's key and takes no money, so the batch credits it.
    function test_the_contract_accepts_batch_root_and_withdrawal_of_the_vectors() public {
        string memory at = _find("Registration", "usual");
        ICustody.Intake memory i = _intakeOf(at);
        uint256 deadline = _uint(_find("Withdrawal", "usual"), ".message.deadline");
        vm.warp(deadline);
        vm.etch(i.user, address(new SigningWallet(signer)).code);
        vm.deal(i.user, i.amount);
        vm.prank(i.user);
        custody.register{value: i.amount}(i, signer, _bytes(at, ".signature"));
        for (uint256 k; k < 10; ++k) {
            vm.deal(STRANGER, 10 ether);
            vm.prank(STRANGER);
            custody.fund{value: 10 ether}();
        }

        at = _find("PayoutBatch", "one payout");
        bytes32[] memory payouts = vm.parseJsonBytes32Array(json, string.concat(at, ".message.payouts"));
        ICustody.PayoutBatch memory b = _batchOf(at);
        vm.prank(b.submitter);
        custody.executeBatchPayouts(b, payouts, signer, _bytes(at, ".signature"));
        (, uint256 credit,) = custody.account(i.user);
        assertEq(credit, 18 ether, "credit");

        at = _find("LiabilitiesRoot", "usual");
        vm.prank(b.submitter);
        custody.publishRoot(_rootOf(at), signer, _bytes(at, ".signature"));
        (bytes32 root,,,) = custody.latestRoot();
        assertEq(root, _word(at, ".message.root"), "root");

        at = _find("Withdrawal", "usual");
        custody.withdrawCreditFor(_withdrawalOf(at), _bytes(at, ".signature"));
        assertEq(_address(at, ".message.to").balance, 18 ether, "withdrawn");
    }

    function test_the_trees_of_the_vectors_are_those_of_the_builder() public view {
        string memory liabilities = vm.readFile("../abi/vectors/liabilities.json");
        uint256 trees;
        for (;; ++trees) {
            string memory tree = string.concat(".trees[", vm.toString(trees), "]");
            if (!vm.keyExistsJson(liabilities, tree)) break;
            uint256 n;
            while (vm.keyExistsJson(liabilities, _leafPath(tree, n))) ++n;
            SumTreeBuilder.Leaf[] memory leaves = new SumTreeBuilder.Leaf[](n);
            for (uint256 k; k < n; ++k) {
                string memory leaf = _leafPath(tree, k);
                leaves[k] = SumTreeBuilder.Leaf(
                    vm.parseJsonAddress(liabilities, string.concat(leaf, ".user")),
                    vm.parseJsonUint(liabilities, string.concat(leaf, ".entitled"))
                );
            }
            for (uint256 k; k < n; ++k) {
                (bytes32 root, uint256 total, ICustody.SumNode[] memory proof) = SumTreeBuilder.build(leaves, k);
                assertEq(root, vm.parseJsonBytes32(liabilities, string.concat(tree, ".root")), "root");
                assertEq(total, vm.parseJsonUint(liabilities, string.concat(tree, ".total")), "total");
                for (uint256 j; j < proof.length; ++j) {
                    string memory node = string.concat(_leafPath(tree, k), ".proof[", vm.toString(j), "]");
                    assertEq(proof[j].hash, vm.parseJsonBytes32(liabilities, string.concat(node, ".hash")), "hash");
                    assertEq(proof[j].sum, vm.parseJsonUint(liabilities, string.concat(node, ".sum")), "sum");
                }
            }
        }
        assertEq(trees, 8, "vectors");
    }

    function test_the_contract_hashes_the_types_of_the_vectors() public view {
        bytes32[7] memory hashes = custody.typeHashes();
        string[7] memory types =
            ["Registration", "Retopup", "PayoutBatch", "LiabilitiesRoot", "Withdrawal", "Refund", "Claim"];
        for (uint256 k; k < 7; ++k) {
            string memory key = string.concat(".types.", types[k], ".hash");
            assertEq(hashes[k], vm.parseJsonBytes32(json, key), types[k]);
        }
    }

    function test_struct_hashes_and_digests_are_those_of_the_vectors() public view {
        bytes32 domain = vm.parseJsonBytes32(json, ".domainSeparator");
        uint256 count;
        for (; vm.keyExistsJson(json, _path(count)); ++count) {
            string memory at = _path(count);
            string memory name = string.concat(_string(at, ".type"), ": ", _string(at, ".name"));
            bytes32 structHash = _structHash(at);
            assertEq(structHash, _word(at, ".structHash"), name);
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, structHash));
            assertEq(digest, _word(at, ".digest"), name);
            assertEq(ECDSA.recover(digest, _bytes(at, ".signature")), signer, name);
        }
        assertEq(count, 20, "vectors");
    }

    function test_type_hashes_are_those_of_the_vectors() public view {
        string[7] memory types =
            ["Registration", "Retopup", "PayoutBatch", "LiabilitiesRoot", "Withdrawal", "Refund", "Claim"];
        for (uint256 k; k < 7; ++k) {
            bytes32 expected = vm.parseJsonBytes32(json, string.concat(".types.", types[k], ".hash"));
            assertEq(keccak256(bytes(_typeString(types[k]))), expected, types[k]);
        }
    }

    function test_the_journal_over_the_sample_events_has_the_roots_of_the_vectors() public view {
        string memory journal = vm.readFile("../abi/vectors/journal.json");
        JournalReplay.Head memory head;
        uint256 count;
        for (;; ++count) {
            string memory at = string.concat(".logs[", vm.toString(count), "]");
            if (!vm.keyExistsJson(journal, at)) break;
            head.takeOne(
                vm.parseJsonBytes32Array(journal, string.concat(at, ".topics")),
                vm.parseJsonBytes(journal, string.concat(at, ".data"))
            );
            string memory name = vm.parseJsonString(journal, string.concat(at, ".event"));
            assertEq(head.seq, vm.parseJsonUint(journal, string.concat(at, ".seq")), name);
            bytes memory root = vm.parseJsonBytes(journal, string.concat(at, ".root"));
            assertEq(root.length, 24, name);
            assertEq(head.root, bytes24(root), name);
        }
        assertEq(count, 29, "vectors");
    }

    /// @dev Runs the constructor at the address that the vectors name.
    function _deployAt(address where) private returns (CustodyHarness) {
        ICustody.Config memory c = _config();
        (c.signer, c.rootSigner) = (signer, signer);
        c.submitter = vm.parseJsonAddress(json, string.concat(_find("PayoutBatch", "one payout"), ".message.submitter"));
        vm.etch(where, abi.encodePacked(_creationCode(), abi.encode(c)));
        (bool ok, bytes memory runtime) = where.call("");
        assertTrue(ok, "constructor");
        vm.etch(where, runtime);
        return CustodyHarness(where);
    }

    function _typeString(string memory name) private pure returns (string memory) {
        bytes32 n = keccak256(bytes(name));
        if (n == keccak256("PayoutBatch")) {
            return "PayoutBatch(bytes32 batchId,address submitter,uint256 maxTotal,bytes32 manifestHash,uint256 validAfter,uint256 deadline,bytes32[] payouts)";
        }
        if (n == keccak256("LiabilitiesRoot")) {
            return "LiabilitiesRoot(bytes32 root,uint256 total,uint256 asOfSeq,uint256 validAfter,uint256 deadline)";
        }
        if (n == keccak256("Withdrawal")) {
            return "Withdrawal(address user,address to,uint256 amount,uint256 nonce,uint256 deadline)";
        }
        if (n == keccak256("Refund")) return "Refund(bytes32 ref,address to,uint256 deadline)";
        if (n == keccak256("Claim")) {
            return "Claim(address user,address to,bytes32 root,uint256 entitled,uint256 deadline)";
        }
        return string.concat(name, INTAKE_FIELDS);
    }

    function _structHash(string memory at) private view returns (bytes32) {
        string memory name = _string(at, ".type");
        bytes32 typeHash = keccak256(bytes(_typeString(name)));
        bytes32 n = keccak256(bytes(name));
        if (n == keccak256("PayoutBatch")) return keccak256(bytes.concat(typeHash, _batchFields(at)));
        if (n == keccak256("LiabilitiesRoot")) return keccak256(abi.encode(typeHash, _rootOf(at)));
        if (n == keccak256("Withdrawal")) return keccak256(abi.encode(typeHash, _withdrawalOf(at)));
        if (n == keccak256("Refund")) return keccak256(abi.encode(typeHash, _refundOf(at)));
        if (n == keccak256("Claim")) return keccak256(abi.encode(typeHash, _claimOf(at)));
        return keccak256(abi.encode(typeHash, _intakeOf(at)));
    }

    function _batchFields(string memory at) private view returns (bytes memory) {
        bytes32[] memory payouts = vm.parseJsonBytes32Array(json, string.concat(at, ".message.payouts"));
        return abi.encode(_batchOf(at), keccak256(abi.encodePacked(payouts)));
    }

    function _batchOf(string memory at) private view returns (ICustody.PayoutBatch memory) {
        return ICustody.PayoutBatch({
            batchId: _word(at, ".message.batchId"),
            submitter: _address(at, ".message.submitter"),
            maxTotal: _uint(at, ".message.maxTotal"),
            manifestHash: _word(at, ".message.manifestHash"),
            validAfter: _uint(at, ".message.validAfter"),
            deadline: _uint(at, ".message.deadline")
        });
    }

    function _rootOf(string memory at) private view returns (ICustody.LiabilitiesRoot memory) {
        return ICustody.LiabilitiesRoot({
            root: _word(at, ".message.root"),
            total: _uint(at, ".message.total"),
            asOfSeq: _uint(at, ".message.asOfSeq"),
            validAfter: _uint(at, ".message.validAfter"),
            deadline: _uint(at, ".message.deadline")
        });
    }

    function _withdrawalOf(string memory at) private view returns (ICustody.Withdrawal memory) {
        return ICustody.Withdrawal({
            user: _address(at, ".message.user"),
            to: _address(at, ".message.to"),
            amount: _uint(at, ".message.amount"),
            nonce: _uint(at, ".message.nonce"),
            deadline: _uint(at, ".message.deadline")
        });
    }

    function _refundOf(string memory at) private view returns (ICustody.Refund memory) {
        return ICustody.Refund({
            ref: _word(at, ".message.ref"), to: _address(at, ".message.to"), deadline: _uint(at, ".message.deadline")
        });
    }

    function _claimOf(string memory at) private view returns (ICustody.Claim memory) {
        return ICustody.Claim({
            user: _address(at, ".message.user"),
            to: _address(at, ".message.to"),
            root: _word(at, ".message.root"),
            entitled: _uint(at, ".message.entitled"),
            deadline: _uint(at, ".message.deadline")
        });
    }

    function _intakeOf(string memory at) private view returns (ICustody.Intake memory) {
        return ICustody.Intake({
            user: _address(at, ".message.user"),
            sponsor: _address(at, ".message.sponsor"),
            amount: _uint(at, ".message.amount"),
            planHash: _word(at, ".message.planHash"),
            disclosureHash: _word(at, ".message.disclosureHash"),
            ref: _word(at, ".message.ref"),
            deadline: _uint(at, ".message.deadline")
        });
    }

    function _find(string memory type_, string memory name) private view returns (string memory at) {
        for (uint256 k;; ++k) {
            at = _path(k);
            if (
                keccak256(bytes(_string(at, ".type"))) == keccak256(bytes(type_))
                    && keccak256(bytes(_string(at, ".name"))) == keccak256(bytes(name))
            ) return at;
        }
    }

    function _leafPath(string memory tree, uint256 index) private pure returns (string memory) {
        return string.concat(tree, ".leaves[", vm.toString(index), "]");
    }

    function _path(uint256 index) private pure returns (string memory) {
        return string.concat(".messages[", vm.toString(index), "]");
    }

    function _string(string memory at, string memory key) private view returns (string memory) {
        return vm.parseJsonString(json, string.concat(at, key));
    }

    function _word(string memory at, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(at, key));
    }

    function _address(string memory at, string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(at, key));
    }

    function _uint(string memory at, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(at, key));
    }

    function _bytes(string memory at, string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(at, key));
    }
}
