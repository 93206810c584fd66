// How money leaves the contract: by a batch into the wallet, as credit that the wallet takes, or by a proof.
import { type Hex, zeroAddress } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';

import { type Schemas, demand, ok, refused, same, until } from './api.mjs';
import type { Person } from './person.mjs';
import * as relay from './relay.mjs';

// Code that refuses whatever is sent to it (PUSH0 PUSH0 REVERT), behind code that deploys it.
const REFUSING: Hex = '0x600380600b6000396000f35f5ffd';

// A wallet asks to be paid, as often as its owner likes.
export async function asksToBePaid({ api }: Person): Promise<void> {
  const first = await ok(api.POST('/users/withdraw'));
  const again = await ok(api.POST('/users/withdraw'));
  same(again.id, first.id, 'the wish that was there');
  const { users, totals } = await ok(api.GET('/rewards/pending'));
  same([users.length, totals.users], [1, 1], 'whose rewards are pending');
}

// From now on the wallet behaves as a contract that refuses payments (EIP-7702).
export async function refusesPayments({ wallet, account, site }: Person): Promise<void> {
  const { chain, node } = site;
  const hash = await wallet.sendTransaction({ account, chain, data: REFUSING });
  const { contractAddress } = await node.waitForTransactionReceipt({ hash });
  demand(contractAddress != null, 'nothing was deployed');
  const authorization = await wallet.signAuthorization({ account, contractAddress, executor: 'self' });
  const delegation = { account, chain, to: zeroAddress, authorizationList: [authorization] };
  await node.waitForTransactionReceipt({ hash: await wallet.sendTransaction(delegation) });
  demand((await node.getCode({ address: account.address })) !== undefined, 'the delegation has no effect');
}

// What the wallet could not be paid goes to another one that nobody has used, and the wallet pays no gas. Answers that one.
export async function takesCredit(person: Person, amount: string): Promise<Hex> {
  const to = privateKeyToAddress(generatePrivateKey());
  const { credit } = await ok(person.api.GET('/users/me/exits', { params: { query: { to } } }));
  same(credit?.amount, amount, 'the credit');
  demand(credit !== null, 'there is no credit');
  same(person.site.decoded(credit.transaction.calldata, 'withdrawCredit'), [to], 'a withdrawal of credit');
  await relay.credit(person, amount, to);
  same(await person.site.node.getBalance({ address: to }), amount, 'what arrived');
  await until('the withdrawal to be posted', async () => {
    const { credit } = await person.balances();
    return credit === '0' ? true : undefined;
  });
  return to;
}

// A user leaves by a proof, without an operator. Answers what that paid.
export async function claims(person: Person, { root, claimable_from }: Schemas['RootView']): Promise<string> {
  const { id } = await person.user();
  const proof = await ok(person.api.GET('/users/{id}/proof', { params: { path: { id } } }));
  const about = [proof.root, proof.claimable_from, proof.wallet];
  same(about, [root, claimable_from, person.address], 'what a proof is about');
  demand(claimable_from !== null, 'nobody knows when a published root can be claimed against');
  const { path, transaction } = proof;
  const args = [person.address, proof.entitled, root, path.map(({ hash, sum }) => ({ hash, sum }))];
  same(person.site.decoded(transaction.calldata, 'claim'), args, 'a claim');
  await person.site.pass(claimable_from - (await person.site.chainTime()) + 1);
  await relay.claim(person, root, proof.entitled, person.address);
  await until('the claim to be posted', async () => {
    const { withdrawn } = await person.balances();
    return withdrawn === proof.due ? true : undefined;
  });
  await refused('nothing_available', person.api.POST('/users/withdraw'));
  return proof.due;
}
