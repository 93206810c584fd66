// The authorizations: type strings and hashes, struct hashes, digests and signatures of sample messages.
import { BNB, FULL, GWEI, MAX, PRIVATE_KEY, SPONSOR, T, USER, ZERO, addressAt, plain, word } from './values.mjs';

const domain = {
  name: 'TrellisCustody',
  version: '1',
  chainId: 31337n,
  verifyingContract: '0x00000000000000000000000000000000c0570d17',
};

const fields = (list) => list.split(',').map((f) => f.trim().split(' ')).map(([type, name]) => ({ name, type }));
const intake = fields(
  'address user, address sponsor, uint256 amount, bytes32 planHash, bytes32 disclosureHash, bytes32 ref, uint256 deadline',
);
const types = {
  Registration: intake,
  Retopup: intake,
  PayoutBatch: fields(
    'bytes32 batchId, address submitter, uint256 maxTotal, bytes32 manifestHash, uint256 validAfter, uint256 deadline, bytes32[] payouts',
  ),
  LiabilitiesRoot: fields('bytes32 root, uint256 total, uint256 asOfSeq, uint256 validAfter, uint256 deadline'),
  RegistrationConsent: intake,
  RetopupConsent: intake,
  Refund: fields('bytes32 ref, address to, uint256 deadline'),
  Claim: fields('address user, address to, bytes32 root, uint256 entitled, uint256 deadline'),
  Withdrawal: fields('address user, address to, uint256 amount, uint256 nonce, uint256 deadline'),
};

const zeros = (message) => Object.fromEntries(Object.entries(message).map(([k, v]) =>
  [k, Array.isArray(v) ? [] : typeof v === 'bigint' ? 0n : '0x' + '00'.repeat((v.length - 2) / 2)]));

function samples(hash) {
  const registration = {
    user: USER, sponsor: SPONSOR, amount: 20n * BNB, planHash: hash('plan'), disclosureHash: hash('disclosure'),
    ref: hash('registration'), deadline: T + 3600n,
  };
  const batch = {
    batchId: hash('batch'), submitter: SPONSOR, maxTotal: 36n * BNB, manifestHash: hash('manifest'), validAfter: T,
    deadline: T + 3600n, payouts: [],
  };
  const many = Array.from({ length: 300 }, (_, i) => word(addressAt(0x100000 + 7 * i), BigInt(i + 1) * GWEI));
  return [
    ['Registration', 'usual', registration],
    ['Registration', 'root user without sponsor', { ...registration, sponsor: ZERO }],
    ['Registration', 'largest values', { ...registration, user: FULL, sponsor: FULL, amount: MAX, deadline: MAX }],
    ['Registration', 'all zero', zeros(registration)],
    ['Retopup', 'usual', { ...registration, sponsor: ZERO, amount: 40n * BNB, ref: hash('retopup') }],
    ['Retopup', 'same fields as a registration', registration],
    ['PayoutBatch', 'empty list', batch],
    ['PayoutBatch', 'one payout', { ...batch, payouts: [word(USER, 18n * BNB)] }],
    ['PayoutBatch', 'largest list', { ...batch, payouts: many }],
    ['PayoutBatch', 'largest values', { ...batch, submitter: ZERO, maxTotal: MAX, payouts: [word(FULL, 2n ** 96n - 1n)] }],
    ['LiabilitiesRoot', 'usual', { root: hash('root'), total: 18n * BNB, asOfSeq: 7n, validAfter: T, deadline: T + 60n }],
    ['LiabilitiesRoot', 'largest values', { root: '0x' + 'ff'.repeat(32), total: MAX, asOfSeq: MAX, validAfter: MAX, deadline: MAX }],
    ['RegistrationConsent', 'usual', registration],
    ['RetopupConsent', 'usual', { ...registration, sponsor: ZERO, amount: 40n * BNB, ref: hash('retopup') }],
    ['Refund', 'usual', { ref: hash('registration'), to: SPONSOR, deadline: T + 60n }],
    ['Refund', 'largest values', { ref: '0x' + 'ff'.repeat(32), to: FULL, deadline: MAX }],
    ['Claim', 'usual', { user: USER, to: SPONSOR, root: hash('root'), entitled: 18n * BNB, deadline: T + 60n }],
    ['Claim', 'largest values', { user: FULL, to: FULL, root: '0x' + 'ff'.repeat(32), entitled: MAX, deadline: MAX }],
    ['Withdrawal', 'usual', { user: USER, to: SPONSOR, amount: 18n * BNB, nonce: 0n, deadline: T + 60n }],
    ['Withdrawal', 'largest values', { user: FULL, to: FULL, amount: MAX, nonce: MAX, deadline: MAX }],
  ];
}

export async function typedData(library) {
  const messages = [];
  for (const [type, name, message] of samples(library.hashOfText)) {
    messages.push({
      type,
      name,
      message: Object.fromEntries(Object.entries(message).map(([k, v]) => [k, plain(v)])),
      structHash: library.structHash(types, type, message),
      digest: library.digest(domain, types, type, message),
      signature: await library.sign(PRIVATE_KEY, domain, types, type, message),
    });
  }
  return {
    domain: { ...domain, chainId: domain.chainId.toString() },
    domainSeparator: library.domainSeparator(domain),
    signer: { address: library.addressOf(PRIVATE_KEY), privateKey: PRIVATE_KEY },
    types: Object.fromEntries(Object.keys(types).map((type) => {
      const encoded = library.encodeType(types, type);
      return [type, { encoded, hash: library.hashOfText(encoded) }];
    })),
    messages,
  };
}
