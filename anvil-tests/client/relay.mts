// Exits without gas: the wallet signs what the contract is to do, and the API has it sent.
import { type Hex, isAddressEqual } from 'viem';

import { type Schemas, demand, ok, refused, same, until } from './api.mjs';
import type { Person } from './person.mjs';

type Relay = Schemas['RelayAnswer'];

const field = (name: string, type: string) => ({ name, type });

// The messages of users, as the contract's interface declares them.
const TYPES = {
  Refund: [field('ref', 'bytes32'), field('to', 'address'), field('deadline', 'uint256')],
  Claim: [
    field('user', 'address'),
    field('to', 'address'),
    field('root', 'bytes32'),
    field('entitled', 'uint256'),
    field('deadline', 'uint256'),
  ],
  Withdrawal: [
    field('user', 'address'),
    field('to', 'address'),
    field('amount', 'uint256'),
    field('nonce', 'uint256'),
    field('deadline', 'uint256'),
  ],
};

function signed(person: Person, primaryType: keyof typeof TYPES, message: Record<string, unknown>): Promise<Hex> {
  const { chain_id, contract } = person.site.config;
  const domain = { name: 'TrellisCustody', version: '1', chainId: chain_id, verifyingContract: contract };
  return person.account.signTypedData({ domain, types: TYPES, primaryType, message });
}

// Waits until the relayed message is final; somebody else than the user has paid for it.
async function isDone(person: Person, { digest }: Relay): Promise<void> {
  const relay = await until('a relayed message to be final', async () => {
    const relay = await ok(person.site.api.GET('/relay/{digest}', { params: { path: { digest } } }));
    demand(relay.state !== 'failed', `the message failed: ${relay.failed}`);
    return relay.state === 'done' ? relay : undefined;
  });
  demand(relay.transaction_hash !== null, 'a message is done without a transaction');
  const { from, status } = await person.site.node.getTransactionReceipt({ hash: relay.transaction_hash });
  same(status, 'success', 'a relayed transaction');
  demand(!isAddressEqual(from, person.address), 'the user paid for the relayed message');
}

async function inAnHour(person: Person): Promise<number> {
  return (await person.site.chainTime()) + 3600;
}

// Takes a deposit back to `to`. Nobody else can, and a repeat finds what was handed in.
export async function refund(person: Person, ref: Hex, to: Hex): Promise<void> {
  const { api } = person.site;
  const message = { ref, to, deadline: await inAnHour(person) };
  const body = { ...message, signature: await signed(person, 'Refund', message) };
  await refused('bad_signature', api.POST('/relay/refund', { body: { ...body, to: person.site.config.contract } }));
  const first = await ok(api.POST('/relay/refund', { body }));
  same(first.wallet, person.address, 'who signed');
  same((await ok(api.POST('/relay/refund', { body }))).digest, first.digest, 'the message that was there');
  await isDone(person, first);
  same((await ok(api.POST('/relay/refund', { body }))).state, 'done', 'a repeat');
}

// Claims what a leaf entitles to. The proof is looked up.
export async function claim(person: Person, root: Hex, entitled: string, to: Hex): Promise<void> {
  const message = { user: person.address, to, root, entitled, deadline: await inAnHour(person) };
  const body = { ...message, signature: await signed(person, 'Claim', message) };
  await isDone(person, await ok(person.site.api.POST('/relay/claim', { body })));
}

// Sends the whole credit to `to`.
export async function credit(person: Person, amount: string, to: Hex): Promise<void> {
  const { node, abi, config } = person.site;
  const asked = { address: config.contract, abi, functionName: 'withdrawalNonce', args: [person.address] };
  const nonce = String(await node.readContract(asked));
  const message = { user: person.address, to, amount, nonce, deadline: await inAnHour(person) };
  const body = { ...message, signature: await signed(person, 'Withdrawal', message) };
  await refused('other_nonce', person.site.api.POST('/relay/credit', { body: { ...body, nonce: '0' } }));
  await isDone(person, await ok(person.site.api.POST('/relay/credit', { body })));
}
