// What people sign to agree to something: the request for a wallet as the API answers it, and its digest.
import { BNB, SPONSOR, T, USER, plain } from './values.mjs';

const domain = {
  name: 'TrellisOperations',
  version: '1',
  chainId: 31337n,
  verifyingContract: '0x00000000000000000000000000000000c0570d17',
};

const field = (name, type) => ({ name, type });
const DOMAIN = [
  field('name', 'string'), field('version', 'string'), field('chainId', 'uint256'), field('verifyingContract', 'address'),
];
const fields = (list) => list.split(',').map((f) => f.trim().split(' ')).map(([type, name]) => field(name, type));
const types = {
  PayoutBatchApproval: fields(
    'string summary, uint256 total, uint256 payouts, bytes32 batchId, bytes32 listHash, bytes32 manifestHash, address proposer, uint256 expires',
  ),
  LiabilitiesRootApproval: fields(
    'string summary, uint256 total, uint256 leaves, bytes32 root, uint256 asOfSeq, address proposer, uint256 expires',
  ),
  FundAllocationApproval: fields(
    'string summary, uint256 fund, string name, string asset, uint256 amount, bytes32 proposal, address proposer, uint256 expires',
  ),
  SettlementResumeApproval: fields('string summary, string stops, uint256 expires'),
  PeopleApproval: fields('string summary, uint256 version, bytes32 previous, bytes32 next, uint256 expires'),
};

const samples = (hash) => [
  ['PayoutBatchApproval', {
    summary: 'Pay 120.5 BNB to 42 wallets', total: 1205n * BNB / 10n, payouts: 42n, batchId: hash('batch'),
    listHash: hash('list'), manifestHash: hash('manifest'), proposer: USER, expires: T,
  }],
  ['LiabilitiesRootApproval', {
    summary: 'Publish liabilities of 18 BNB to 7 wallets; what is unpaid of it can be claimed', total: 18n * BNB, leaves: 7n,
    root: hash('root'), asOfSeq: 9n, proposer: SPONSOR, expires: T,
  }],
  ['FundAllocationApproval', {
    summary: 'Allocate 1250.5 USDT of unallocated revenue to the fund yield', fund: 1n, name: 'yield', asset: 'USDT',
    amount: 1250500000n, proposal: hash('proposal'), proposer: USER, expires: T,
  }],
  ['SettlementResumeApproval', { summary: 'Resume settlement: end stops 3, 4', stops: '3, 4', expires: T }],
  ['PeopleApproval', {
    summary: 'Replace the list of people who may agree by version 2', version: 2n, previous: hash('before'),
    next: hash('after'), expires: T,
  }],
];

export const approvals = (library) => samples(library.hashOfText).map(([type, message]) => ({
  request: {
    types: { EIP712Domain: DOMAIN, [type]: types[type] },
    domain: { ...domain, chainId: Number(domain.chainId), verifyingContract: library.checksum(domain.verifyingContract) },
    primaryType: type,
    message: Object.fromEntries(Object.entries(message).map(([k, v]) =>
      [k, types[type].find((f) => f.name === k).type === 'address' ? library.checksum(v) : plain(v)])),
  },
  digest: library.digest(domain, types, type, message),
}));
