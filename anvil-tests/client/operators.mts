// What operators do: they end a stop, publish what is owed, pay a batch that two people agree to, and watch.
import { type Hex, keccak256, stringToBytes } from 'viem';

import { type Schemas, demand, ok, refused, same, until } from './api.mjs';
import { Person } from './person.mjs';
import type { Site } from './site.mjs';

export interface Staff {
  builder: Person;
  approver: Person;
  configAdmin: Person;
  auditor: Person;
}

export async function staffSignsIn(site: Site): Promise<Staff> {
  const operator = async (name: string, role: Schemas['RoleName']) => {
    const person = new Person(site, site.key(`operator:${name}`));
    await person.signIn();
    const { roles } = await person.me();
    demand(roles.includes(role), `${name} has the roles ${roles.join()}`);
    return person;
  };
  const [builder, approver, configAdmin, auditor] = await Promise.all([
    operator('builder', 'builder'),
    operator('approver', 'approver'),
    operator('config-admin', 'config_admin'),
    operator('auditor', 'auditor'),
  ]);
  return { builder, approver, configAdmin, auditor };
}

// One person stops everything, and two people agree that it goes on.
export async function stopsEnd({ builder, approver, configAdmin, auditor }: Staff): Promise<void> {
  await refused('role_missing', auditor.api.POST('/admin/stop', { body: { reason: 'a drill' } }));
  const stopped = await ok(builder.api.POST('/admin/stop', { body: { reason: 'a drill' } }));
  same(stopped.stops.at(-1)?.reason, 'a drill', 'the reason of the stop');
  same(stopped.stops.at(-1)?.opened_by, builder.address, 'who stopped');
  const { stops } = await ok(auditor.api.GET('/monitoring/stops'));
  const open = stops.filter(({ resumed_at }) => resumed_at === null).map(({ id }) => id).sort((one, other) => one - other);
  await refused('role_missing', builder.api.GET('/monitoring/resume/approval'));
  const agree = async (person: Person) => {
    const wanted = await ok(person.api.GET('/monitoring/resume/approval'));
    same(wanted.stops, open, 'the stops that the message names');
    const body = { expires: wanted.expires, stops: wanted.stops, signature: await person.signWanted(wanted) };
    return ok(person.api.POST('/monitoring/resume', { body }));
  };
  same((await agree(approver)).resumed, false, 'whether one person is enough');
  same((await agree(configAdmin)).resumed, true, 'whether two people are enough');
  await refused('not_stopped', approver.api.GET('/monitoring/resume/approval'));
  // The settlement worker closes them.
  await until('the stops to be closed', async () => {
    const { settlement_stopped } = await ok(auditor.api.GET('/monitoring/reconciliation'));
    return settlement_stopped ? undefined : true;
  });
}

// Everybody's entitlements are built, agreed to and published, until they can be claimed.
export async function rootIsPublished({ builder, approver }: Staff): Promise<Schemas['RootView']> {
  const { id } = await ok(builder.api.POST('/liabilities/roots', { body: { accept_claims: false } }));
  const root = await until('the root to be built', async () => {
    const request = await ok(builder.api.GET('/liabilities/requests/{id}', { params: { path: { id } } }));
    demand(request.state !== 'refused', `the root was not built: ${request.refused}`);
    return request.root ?? undefined;
  });
  const agree = async (person: Person) => {
    const params = { path: { root } };
    const wanted = await ok(person.api.GET('/liabilities/roots/{root}/approval', { params }));
    const body = { expires: wanted.expires, signature: await person.signWanted(wanted) };
    return ok(person.api.POST('/liabilities/roots/{root}/approve', { params, body }));
  };
  same((await agree(builder)).approved_by, null, 'who approved after one signature');
  same((await agree(approver)).approved_by, approver.address, 'who approved after two');
  return until('the root to be published', async () => {
    const { roots } = await ok(builder.site.api.GET('/liabilities/roots'));
    return roots.find((found) => found.root === root && found.state === 'published');
  });
}

// What is published is what the contract has, and names everybody.
export async function rootIsChecked({ auditor }: Staff, root: Hex, user: Person): Promise<void> {
  const { api, endpoints } = user.site;
  const { chain } = await ok(auditor.api.GET('/treasury/summary'));
  demand(chain !== null, `no node responds at ${endpoints.rpc}`);
  same(chain.published?.root, root, 'the root that the contract has');
  const text = { params: { path: { root } }, parseAs: 'text' } as const;
  const leaves = await ok(api.GET('/liabilities/roots/{root}/leaves', text));
  demand(leaves.toLowerCase().includes(user.address.toLowerCase()), 'the leaves do not name a user');
}

async function batchIs(state: Schemas['BatchStateName'], operator: Person, id: Hex): Promise<Schemas['BatchAnswer']> {
  return until(`the batch to be ${state}`, async () => {
    const batch = await ok(operator.api.GET('/payouts/{id}', { params: { path: { id } } }));
    return batch.state === state ? batch : undefined;
  });
}

async function build({ builder, auditor }: Staff, people: Person[]): Promise<Schemas['BatchAnswer']> {
  const users = await Promise.all(people.map(async (person) => (await person.user()).id));
  const wish = { filters: { users } };
  const dry = await ok(auditor.api.POST('/payouts/build-batch', { body: { ...wish, dry_run: true } }));
  same([dry.batch, dry.proposal?.count], [null, people.length], 'what a dry run proposes');
  await refused('role_missing', auditor.api.POST('/payouts/build-batch', { body: wish }));
  await refused('idempotency_key_missing', builder.api.POST('/payouts/build-batch', { body: wish }));
  const params = { header: { 'idempotency-key': `payout of ${users.join()}` } };
  const { batch } = await ok(builder.api.POST('/payouts/build-batch', { params, body: wish }));
  const again = await ok(builder.api.POST('/payouts/build-batch', { params, body: wish }));
  demand(batch !== null && again.batch?.id === batch.id, 'the same key asked for two batches');
  return batchIs('sealed', builder, batch.id);
}

async function agree(person: Person, batch: Schemas['BatchAnswer']): Promise<Schemas['BatchView']> {
  const params = { path: { id: batch.id } };
  const wanted = await ok(person.api.GET('/payouts/{id}/approval', { params }));
  const { list_hash } = batch;
  demand(list_hash !== null, 'a sealed batch has no list');
  same(wanted.typed_data.message['listHash'], list_hash, 'the list that the message names');
  const body = { list_hash, expires: wanted.expires, signature: await person.signWanted(wanted) };
  return ok(person.api.POST('/payouts/{id}/approve', { params, body }));
}

// A batch from the wish to the chain, by two people. Answers what it paid, sent or credited.
export async function batchIsPaid(staff: Staff, people: Person[]): Promise<Schemas['LineView'][]> {
  const { builder, approver } = staff;
  const { users } = await ok(builder.api.GET('/rewards/pending', { params: { query: { kind: 'direct' } } }));
  const due = users.filter(({ wallet }) => people.some(({ address }) => address === wallet));
  demand(due.length === people.length && due.every((user) => user.withdrawal_requested), 'nobody asked to be paid');
  demand(due.every((user) => user.frozen_until === null && user.oldest_matured_at !== null), 'somebody cannot be paid');
  const sealed = await build(staff, people);
  const { id } = sealed;
  const params = { path: { id } };
  const manifest = await ok(builder.api.GET('/payouts/{id}/manifest', { params, parseAs: 'text' }));
  same(keccak256(stringToBytes(manifest)), sealed.manifest_hash, 'the hash of the manifest');
  same((await agree(builder, sealed)).state, 'sealed', 'the state after one signature');
  same((await agree(approver, sealed)).state, 'approved', 'the state after two');
  await ok(approver.api.POST('/payouts/{id}/sign', { params }));
  await batchIs('signed', builder, id);
  await ok(builder.api.POST('/payouts/{id}/submit', { params }));
  await ok(approver.api.POST('/payouts/{id}/retry', { params }));
  await refused('wrong_batch_state', approver.api.POST('/payouts/{id}/sign', { params }));
  const executed = await batchIs('executed', builder, id);
  const { batches } = await ok(builder.api.GET('/payouts', { params: { query: { state: 'executed' } } }));
  same(batches.map((batch) => batch.id), [id], 'the batches that are executed');
  await until('the submission to be final', async () => {
    const { submissions } = await ok(builder.api.GET('/payouts/{id}', { params }));
    return submissions.find(({ state }) => state === 'final_ok');
  });
  return executed.lines;
}

// A batch that is given up lets the money go.
export async function batchIsGivenUp(staff: Staff, user: Person): Promise<void> {
  const before = await user.balances();
  const { id } = await build(staff, [user]);
  demand((await user.balances()).in_payout === before.available, 'the batch holds nothing back');
  await ok(staff.approver.api.POST('/payouts/{id}/cancel', { params: { path: { id } } }));
  await batchIs('cancelled', staff.builder, id);
  same((await user.balances()).in_payout, '0', 'what a cancelled batch holds back');
}

// The books beside the contract, the reconciler's findings, and a range that is read again.
export async function booksAreWatched({ auditor, configAdmin }: Staff): Promise<void> {
  const { ledger } = await ok(auditor.api.GET('/treasury/summary'));
  demand(ledger.block_number !== null && BigInt(ledger.custody) > 0n, 'the ledger is empty');
  const seen = await ok(auditor.api.GET('/monitoring/reconciliation'));
  same(seen.findings, [], 'what the reconciler found');
  demand(seen.last_run !== null && !seen.settlement_stopped, 'the reconciler does not run, or settlement is stopped');
  const range = { from_block: 1, to_block: ledger.block_number };
  const tooEarly = { ...range, dry_run: false };
  await refused('dry_run_first', configAdmin.api.POST('/monitoring/replay-events', { body: tooEarly }));
  for (const dry_run of [true, false]) {
    const { id } = await ok(configAdmin.api.POST('/monitoring/replay-events', { body: { ...range, dry_run } }));
    const replay = await until('the range to be read', async () => {
      const found = await ok(auditor.api.GET('/monitoring/replay-events/{id}', { params: { path: { id } } }));
      return 'different' in found ? found : undefined;
    });
    same([replay.different, replay.missing_entries, replay.added_logs], [[], [], 0], 'what was missing');
    demand(replay.entries > 0, 'the range is empty');
  }
}

// What was done is on record, sealed and complete, and reports and users can be looked up.
export async function recordsAreRead({ auditor, builder }: Staff, user: Person): Promise<void> {
  await refused('role_missing', builder.api.GET('/admin/audit'));
  const { entries } = await ok(
    auditor.api.GET('/admin/audit', { params: { query: { operator: builder.address, action: 'settlement.stop' } } }),
  );
  same(entries[0]?.operator, builder.address.toLowerCase(), 'who is on record');
  const file = await ok(
    auditor.api.GET('/admin/audit/export', { params: { query: { format: 'csv', action: 'settlement.stop' } }, parseAs: 'text' }),
  );
  demand(file.includes('settlement.stop'), 'the file lacks the stop');
  await until('the record to be sealed', async () => {
    const part = await ok(auditor.api.POST('/admin/audit/verify', { body: {} }));
    same(part.broken.length, 0, 'how often the record is broken');
    return part.head === null ? undefined : part.head;
  });
  const found = await ok(auditor.api.GET('/admin/users', { params: { query: { query: user.address } } }));
  same(found.users[0]?.wallet, user.address, 'whose wallet was looked for');
  const report = await ok(
    auditor.api.GET('/admin/reports/{report}', {
      params: { path: { report: 'registrations' }, query: { from: 0, to: 253_370_764_800 } },
      parseAs: 'text',
    }),
  );
  demand(report.includes(user.address.toLowerCase()), 'the report lacks the registration');
}
