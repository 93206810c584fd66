// Golden vectors in abi/vectors, made with ethers: an implementation that shares no code with the contract or with alloy.
// Read by `forge test` and by the tests of the crate `abi`. With --check it writes nothing and fails on a difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { AbiCoder, Interface, TypedDataEncoder, Wallet, concat, id, keccak256, zeroPadBytes } from 'ethers';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

// Account 6 of those that every development node prints at its start; worthless anywhere else.
const signer = new Wallet('0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e');
const domain = {
  name: 'TrellisCustody',
  version: '1',
  chainId: 31337n,
  verifyingContract: '0x00000000000000000000000000000000c0570d17',
};

const field = (list) => list.split(',').map((f) => f.trim().split(' ')).map(([type, name]) => ({ name, type }));
const intake = field(
  'address user, address sponsor, uint256 amount, bytes32 planHash, bytes32 disclosureHash, bytes32 ref, uint256 deadline',
);
const types = {
  Registration: intake,
  Retopup: intake,
  PayoutBatch: field(
    'bytes32 batchId, address submitter, uint256 maxTotal, bytes32 manifestHash, uint256 validAfter, uint256 deadline, bytes32[] payouts',
  ),
  LiabilitiesRoot: field('bytes32 root, uint256 total, uint256 asOfSeq, uint256 validAfter, uint256 deadline'),
  Withdrawal: field('address user, address to, uint256 amount, uint256 nonce, uint256 deadline'),
};

const MAX = 2n ** 256n - 1n;
const ZERO = '0x' + '00'.repeat(20);
const FULL = '0x' + 'ff'.repeat(20);
const user = '0x00000000000000000000000000000000000a0001';
const sponsor = '0x00000000000000000000000000000000000a0002';
const hash = (text) => id(text);
const T = 1_800_000_000n;
const GWEI = 10n ** 9n;
const BNB = 10n ** 18n;
const word = (address, target) => concat([address, '0x' + target.toString(16).padStart(24, '0')]);

const registration = {
  user, sponsor, amount: 20n * BNB, planHash: hash('plan'), disclosureHash: hash('disclosure'), ref: hash('registration'),
  deadline: T + 3600n,
};
const batch = {
  batchId: hash('batch'), submitter: sponsor, maxTotal: 36n * BNB, manifestHash: hash('manifest'), validAfter: T,
  deadline: T + 3600n, payouts: [],
};
const many = Array.from({ length: 300 }, (_, i) =>
  word('0x' + (0x100000 + 7 * i).toString(16).padStart(40, '0'), BigInt(i + 1) * GWEI));
const zeros = (message) => Object.fromEntries(Object.entries(message).map(([k, v]) =>
  [k, Array.isArray(v) ? [] : typeof v === 'bigint' ? 0n : '0x' + '00'.repeat((v.length - 2) / 2)]));

const samples = [
  ['Registration', 'usual', registration],
  ['Registration', 'root user without sponsor', { ...registration, sponsor: ZERO }],
  ['Registration', 'largest values', { ...registration, user: FULL, sponsor: FULL, amount: MAX, deadline: MAX }],
  ['Registration', 'all zero', zeros(registration)],
  ['Retopup', 'usual', { ...registration, sponsor: ZERO, amount: 40n * BNB, ref: hash('retopup') }],
  ['Retopup', 'same fields as a registration', registration],
  ['PayoutBatch', 'empty list', batch],
  ['PayoutBatch', 'one payout', { ...batch, payouts: [word(user, 18n * BNB)] }],
  ['PayoutBatch', 'largest list', { ...batch, payouts: many }],
  ['PayoutBatch', 'largest values', { ...batch, submitter: ZERO, maxTotal: MAX, payouts: [word(FULL, 2n ** 96n - 1n)] }],
  ['LiabilitiesRoot', 'usual', { root: hash('root'), total: 18n * BNB, asOfSeq: 7n, validAfter: T, deadline: T + 60n }],
  ['LiabilitiesRoot', 'largest values', { root: '0x' + 'ff'.repeat(32), total: MAX, asOfSeq: MAX, validAfter: MAX, deadline: MAX }],
  ['Withdrawal', 'usual', { user, to: sponsor, amount: 18n * BNB, nonce: 0n, deadline: T + 60n }],
  ['Withdrawal', 'largest values', { user: FULL, to: FULL, amount: MAX, nonce: MAX, deadline: MAX }],
];

const plain = (value) => typeof value === 'bigint' ? value.toString() : value;
const messages = [];
for (const [type, name, message] of samples) {
  const only = { [type]: types[type] };
  messages.push({
    type,
    name,
    message: Object.fromEntries(Object.entries(message).map(([k, v]) => [k, plain(v)])),
    structHash: TypedDataEncoder.from(only).hashStruct(type, message),
    digest: TypedDataEncoder.hash(domain, only, message),
    signature: await signer.signTypedData(domain, only, message),
  });
}
const typedData = {
  domain: { ...domain, chainId: domain.chainId.toString() },
  domainSeparator: TypedDataEncoder.hashDomain(domain),
  signer: { address: signer.address, privateKey: signer.privateKey },
  types: Object.fromEntries(Object.keys(types).map((type) => {
    const encoded = TypedDataEncoder.from({ [type]: types[type] }).encodeType(type);
    return [type, { encoded, hash: id(encoded) }];
  })),
  messages,
};

// One of each event, in an order that could happen; a batch's per-user events precede the event that closes it.
const contract = new Interface(JSON.parse(read('abi/json/ICustody.json')).abi);
const b = hash('batch');
const events = [
  ['Funded', [sponsor, 1, 500n * BNB]],
  ['RegistrationAccepted', [hash('r1'), user, ZERO, 2, 20n * BNB, T + 14n * 86400n, hash('plan'), hash('disclosure')]],
  ['RegistrationAccepted', [hash('r2'), sponsor, user, 3, GWEI, T + 14n * 86400n, hash('plan'), hash('disclosure')]],
  ['RetopupCompleted', [hash('t1'), user, 4, 40n * BNB, T + 15n * 86400n, hash('plan'), hash('disclosure')]],
  ['DepositRefunded', [hash('r2'), sponsor, 5, FULL, GWEI]],
  ['EscrowMatured', [T / 86400n + 14n, 6, 20n * BNB]],
  ['UserFrozen', [user, 7, T + 86400n, hash('reason')]],
  ['UserUnfrozen', [user, 8]],
  ['PayoutExecuted', [b, user, 18n * BNB]],
  ['PayoutCredited', [b, sponsor, 1n, true]],
  ['PayoutSkipped', [b, FULL]],
  ['BatchSettled', [b, 9, 3, 18n * BNB + 1n, 1n, hash('list'), hash('outcome'), hash('manifest')]],
  ['BatchCancelled', [hash('other batch'), 10]],
  ['RootPublished', [hash('root'), 11, 19n * BNB, 10, T + 86400n]],
  ['RootVetoed', [hash('root'), 12]],
  ['Claimed', [user, hash('root'), 13, 19n * BNB, BNB]],
  ['CreditWithdrawn', [sponsor, sponsor, 14, 1n]],
  ['SignerRevoked', [signer.address, 15]],
  ['OutflowCapLowered', [16, 1000n * BNB]],
  ['OperationScheduled', [hash('operation'), 17, 0, hash('argument'), MAX, T + 3n * 86400n]],
  ['OperationExecuted', [hash('operation'), 18, 10, hash('argument'), MAX]],
  ['OperationCancelled', [hash('operation'), 19]],
  ['RoleChanged', [hash('FREEZER_ROLE'), user, 20, false]],
  ['PauseChanged', [21, true]],
];
let seq = 0;
let head = '0x' + '00'.repeat(24);
const logs = [];
for (const [name, args] of events) {
  const { topics, data } = contract.encodeEventLog(name, args);
  const main = contract.getEvent(name).inputs.find((input) => !input.indexed)?.name === 'seq';
  if (main) {
    seq += 1;
    const entry = keccak256(concat([...topics, data]));
    head = keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32'], [zeroPadBytes(head, 32), entry])).slice(0, 50);
  }
  logs.push({ event: name, main, topics, data, seq, root: head });
}

// Liabilities trees of several sizes: leaves sorted by address, an odd last node moves up, the smaller hash comes first.
const coder = AbiCoder.defaultAbiCoder();
const leafOf = ({ user, entitled }) =>
  ({ hash: keccak256(coder.encode(['address', 'uint256'], [user, entitled])), sum: entitled });
const join = (x, y) => {
  const [left, right] = BigInt(x.hash) <= BigInt(y.hash) ? [x, y] : [y, x];
  const types = ['bytes32', 'uint256', 'bytes32', 'uint256'];
  return { hash: keccak256(coder.encode(types, [left.hash, left.sum, right.hash, right.sum])), sum: x.sum + y.sum };
};
const treeOf = (leaves) => {
  const proofs = leaves.map(() => []);
  let level = leaves.map((leaf, i) => ({ ...leafOf(leaf), below: [i] }));
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i < level.length; i += 2) {
      const [x, y] = [level[i], level[i + 1]];
      if (!y) { next.push(x); continue; }
      for (const leaf of x.below) proofs[leaf].push({ hash: y.hash, sum: plain(y.sum) });
      for (const leaf of y.below) proofs[leaf].push({ hash: x.hash, sum: plain(x.sum) });
      next.push({ ...join(x, y), below: [...x.below, ...y.below] });
    }
    level = next;
  }
  return {
    root: level[0].hash,
    total: plain(level[0].sum),
    leaves: leaves.map((leaf, i) => ({ user: leaf.user, entitled: plain(leaf.entitled), proof: proofs[i] })),
  };
};
const trees = [1, 2, 3, 4, 5, 7, 8, 13].map((n) => treeOf(Array.from({ length: n }, (_, i) => ({
  user: '0x' + (0x500000 + 13 * i).toString(16).padStart(40, '0'),
  // The last leaf of two trees is owed nothing, the first of the largest nearly all that fits.
  entitled: n === 13 && i === 0 ? 2n ** 95n : i === n - 1 && (n === 4 || n === 8) ? 0n : BigInt(i + 1) * BNB + BigInt(n),
}))));

let failed = false;
for (const [name, content] of Object.entries({ 'typed-data': typedData, journal: { logs }, liabilities: { trees } })) {
  const path = `abi/vectors/${name}.json`;
  const text = JSON.stringify(content, null, 2) + '\n';
  if (!process.argv.includes('--check')) {
    writeFileSync(new URL(path, root), text);
  } else if (read(path) !== text) {
    console.error(`${path} is not what contracts/vectors/generate.mjs makes`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
