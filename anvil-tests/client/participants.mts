// What participants do: they sign in, register, pay again, take money back, choose and look.
import { type Hex, keccak256, stringToBytes } from 'viem';

import { type Schemas, demand, ok, pages, refused, same, until } from './api.mjs';
import { Person } from './person.mjs';
import * as relay from './relay.mjs';
import type { Site } from './site.mjs';

// Everybody of the journey. Under the root are three sponsors, who are due a reward for the person below each.
export interface People {
  root: Person;
  // Is paid by a batch.
  ann: Person;
  // Has a wallet that refuses payments, and takes the credit.
  ben: Person;
  // Claims by a proof.
  cat: Person;
  dan: Person;
  // Registered under Dan, and changed their mind.
  eve: Person;
}

const ENOUGH_FOR_ONE_PAGE = 100;

// What anybody may read, and what nobody is let do.
export async function strangersLook(site: Site): Promise<void> {
  const { api, config } = site;
  await ok(api.GET('/health'));
  const { chain_age_seconds, signer } = await ok(api.GET('/ready'));
  demand(chain_age_seconds !== null && signer === 'available', 'the system is not ready');
  const disclosure = await ok(api.GET('/disclosure'));
  same(keccak256(stringToBytes(disclosure.text)), disclosure.hash, 'the hash of the disclosure');
  const { tiers } = await ok(api.GET('/pool/summary'));
  same(tiers.map((tier) => tier.price), config.prices?.tiers, 'the prices of the tiers');
  await ok(api.GET('/liabilities/roots', { params: { query: { limit: 1 } } }));
  const metrics = await ok(api.GET('/metrics', { parseAs: 'text' }));
  demand(metrics.includes('# TYPE'), 'there are no metrics');
  await refused('unauthenticated', api.GET('/users/me'));
  await refused('malformed_query', api.GET('/liabilities/roots', { params: { query: { limit: 0 } } }));
}

export async function loginsAreRefused(site: Site): Promise<void> {
  const stranger = new Person(site, site.freeKey());
  const login = async (other: Parameters<Person['login']>[0]) =>
    stranger.api.POST('/auth/wallet', { body: await stranger.login(other) });
  await refused('wrong_domain', login({ domain: 'phishing.example' }));
  await refused('wrong_chain', login({ chainId: site.config.chain_id + 1 }));
  await refused('unknown_nonce', login({ nonce: 'nobodyissuedthis' }));
  const ours = await stranger.login();
  const forged = { ...ours, signature: await new Person(site, site.freeKey()).account.signMessage(ours) };
  await refused('bad_signature', stranger.api.POST('/auth/wallet', { body: forged }));
  await stranger.signIn();
  await refused('not_registered', stranger.api.POST('/users/withdraw'));
  const disclosure_hash = await stranger.disclosure();
  await refused('sponsor_required', stranger.api.POST('/users/register', { body: { disclosure_hash } }));
  const sponsor = new Person(site, site.key('root')).address;
  await refused('unknown_sponsor', stranger.api.POST('/users/register', { body: { disclosure_hash, sponsor } }));
}

async function sponsorState(site: Site, { address }: Person): Promise<Schemas['SponsorState']> {
  return (await ok(site.api.GET('/sponsors/{wallet}', { params: { path: { wallet: address } } }))).state;
}

// From the first look at a sponsor to a registration that is posted, and what becomes of its authorization meanwhile.
async function register(person: Person, sponsor?: Person): Promise<void> {
  const { site, api } = person;
  if (sponsor !== undefined) same(await sponsorState(site, sponsor), 'registered', 'the state of the sponsor');
  same(await sponsorState(site, person), 'unknown', 'the state of somebody who has not registered');
  await person.signIn();
  const own = { disclosure_hash: await person.disclosure(), sponsor: person.address };
  await refused('self_referral', api.POST('/users/register', { body: own }));
  if (sponsor !== undefined) {
    const unheard = { disclosure_hash: keccak256('0x00'), sponsor: sponsor.address };
    await refused('unknown_disclosure', api.POST('/users/register', { body: unheard }));
  }
  const authorization = await person.askToRegister(sponsor);
  same(authorization.payload.value, site.config.prices?.registration, 'the price of a registration');
  const newest = async () => {
    const { authorizations } = await ok(api.GET('/users/me/authorizations'));
    return authorizations.find(({ ref }) => ref === authorization.nonce);
  };
  const open = await newest();
  const listed = { ...authorization, provisional_placement: null };
  same([open?.state, open?.authorization], ['open', listed], 'the authorization that was answered');
  await person.pay(authorization, 'register');
  const mined = await until('the registration to be seen on the chain', async () => {
    const { pending, user } = await person.me();
    return user !== null || pending.length > 0 ? pending : undefined;
  });
  // A chain may be faster than whoever looks.
  for (const { ref, kind } of mined) same([ref, kind], [authorization.nonce, 'registration'], 'what is pending');
  await until('the registration to be posted', async () => (await person.me()).user ?? undefined);
  const posted = await newest();
  same([posted?.state, posted?.authorization], ['posted', null], 'the authorization that was used');
  same(await sponsorState(site, person), 'registered', 'the state of who has registered');
}

export async function everybodyRegisters(site: Site): Promise<People> {
  const somebody = () => new Person(site, site.freeKey());
  const [ann, ben, cat, dan, eve] = [somebody(), somebody(), somebody(), somebody(), somebody()];
  const root = new Person(site, site.key('root'));
  await register(root);
  await Promise.all([ann, ben, cat].map((person) => register(person, root)));
  await Promise.all([register(dan, ann), register(somebody(), ben), register(somebody(), cat)]);
  await register(eve, dan);
  return { root, ann, ben, cat, dan, eve };
}

// Pays a further time, and waits until that is posted.
async function retopUp(person: Person): Promise<Hex> {
  const authorization = await person.askToRetopUp();
  same(authorization.payload.value, person.site.config.prices?.retopup, 'the price of a retopup');
  await person.pay(authorization, 'retopup');
  await until('the retopup to be posted', async () => ((await person.user()).retopups > 0 ? true : undefined));
  return authorization.nonce;
}

// Takes the newest deposit back with the transaction that the API answers, or by a signed message.
async function refund(person: Person, kind: Schemas['DepositKindName'], without?: 'gas'): Promise<void> {
  const { refunds } = await ok(person.api.GET('/users/me/exits'));
  const deposit = refunds.find((refund) => refund.kind === kind);
  demand(deposit !== undefined, `there is no ${kind} to take back`);
  demand(deposit.refundable_until >= (await person.site.chainTime()), 'the time for a refund is over');
  same(person.site.decoded(deposit.transaction.calldata, 'refund'), [deposit.ref, person.address], 'a refund');
  const before = await person.site.node.getBalance({ address: person.address });
  if (without === 'gas') {
    await relay.refund(person, deposit.ref, person.address);
    const relayed = await person.site.node.getBalance({ address: person.address });
    same(relayed - before, deposit.amount, 'what came back without gas');
    return;
  }
  const { gasUsed, effectiveGasPrice } = await person.send(deposit.transaction);
  const after = await person.site.node.getBalance({ address: person.address });
  same(after - before + gasUsed * effectiveGasPrice, deposit.amount, 'what came back');
}

// Some pay again; some money is taken back, in time.
export async function moneyComesAndGoesBack({ ann, ben, dan, eve }: People): Promise<void> {
  const held = await dan.balances();
  demand(BigInt(held.held) > 0n && held.gross_income === held.held, 'there is no reward for a direct');
  await Promise.all([retopUp(ann), retopUp(ben)]);
  await Promise.all([refund(ben, 'retopup'), refund(eve, 'registration', 'gas')]);
  await until('the refunds to be posted', async () => {
    const [other, gone] = await Promise.all([ben.user(), eve.user()]);
    return other.retopups === 0 && gone.status === 'refunded' ? true : undefined;
  });
  same(await sponsorState(eve.site, eve), 'refunded', 'the state of who took everything back');
  const again = { disclosure_hash: await eve.disclosure(), sponsor: ann.address };
  await refused('already_registered', eve.api.POST('/users/register', { body: again }));
  const left = await dan.balances();
  same([left.gross_income, left.net_income, left.held], [held.gross_income, '0', '0'], 'an income whose cause is gone');
}

// The wallet agrees to a choice; the same choice again has no effect, with its cause.
export async function choices({ dan }: People): Promise<void> {
  const { id } = await dan.user();
  const choose = async (key: string) => {
    const query = { tier: 1, choice: 'in' } as const;
    const named = { path: { id }, header: { 'idempotency-key': key } };
    const wanted = await ok(dan.api.GET('/users/{id}/reserve', { params: { ...named, query } }));
    const body = { ...query, signature: await dan.signWanted(wanted) };
    const { command_id } = await ok(dan.api.POST('/users/{id}/reserve', { params: named, body }));
    return until('the fate of a command', async () => {
      const fate = await ok(dan.api.GET('/users/me/commands/{id}', { params: { path: { id: command_id } } }));
      return fate.state === 'waiting' ? undefined : fate;
    });
  };
  const done = await choose('first');
  same([done.state, done.cause], ['done', null], 'what became of a choice');
  const again = await choose('again');
  same([again.state, again.cause], ['ignored', 'unchanged'], 'what became of the same choice again');
  const { reserves } = await dan.me();
  same(reserves.map(({ tier, reserving }) => [tier, reserving]), [[1, true]], 'what is reserved');
}

// Whoever looks finds people, places and reasons, page by page.
export async function peopleLook({ root, ann, ben, dan }: People): Promise<void> {
  const [first, { id }] = await Promise.all([root.user(), ann.user()]);
  const directs = await pages(
    (cursor) => ok(root.api.GET('/users/{id}/referrals', {
      params: { path: { id: first.id }, query: { limit: 1, ...(cursor === undefined ? {} : { cursor }) } },
    })),
    (page) => page.referrals,
  );
  same(directs.length, first.directs, 'the directs of the root');
  const { downline, truncated } = await ok(root.api.GET('/users/{id}/tree', { params: { path: { id: first.id } } }));
  demand(!truncated && downline.some(({ generation }) => generation === 2), 'there is no second level');
  const history = (limit: number, cursor: string | undefined) =>
    ok(ann.api.GET('/users/{id}/history', {
      params: { path: { id }, query: { limit, ...(cursor === undefined ? {} : { cursor }) } },
    }));
  const whole = (await history(ENOUGH_FOR_ONE_PAGE, undefined)).entries;
  const paged = await pages((cursor) => history(1, cursor), (page) => page.entries);
  demand(whole.length > 2, 'there is little to page');
  same(paged, whole, 'the history page by page');
  const caused = whole.find(({ kind }) => kind === 'direct');
  same(caused?.source?.wallet, dan.address, 'who caused the reward');
  await refused('not_your_resource', ben.api.GET('/users/{id}/history', { params: { path: { id } } }));
  const path = { tier: 1 };
  const { nodes } = await ok(root.api.GET('/pool/{tier}/nodes', { params: { path } }));
  const { slots } = await ok(root.api.GET('/pool/{tier}/queue', { params: { path, query: { limit: 3 } } }));
  demand(nodes.length > 0 && slots.length === 3, 'nobody has a place, or nobody gets one');
}

// Gross is what was granted, net what is left of it: nothing is unaccounted for.
export async function incomesAddUp({ root, ann, ben, cat, dan, eve }: People): Promise<void> {
  for (const person of [root, ann, ben, cat, dan, eve]) {
    const balances = await person.balances();
    const sum = (...names: (keyof typeof balances)[]) =>
      names.reduce((all, name) => all + BigInt(balances[name]), 0n);
    same(sum('direct_income', 'pool_income', 'generation_income'), balances.gross_income, 'the gross income by kind');
    const has = sum('available', 'held', 'reserved', 'credit', 'withdrawn') - sum('receivable');
    same(has, balances.net_income, 'the net income');
  }
}

// The cooling-off time passes; the settlement worker sweeps, and rewards become available.
export async function timePasses(site: Site, { ann, ben, cat, dan }: People): Promise<void> {
  const { cooling_off_seconds } = site.config;
  demand(cooling_off_seconds !== null, 'the cooling-off time is not known');
  await site.pass(cooling_off_seconds + 24 * 60 * 60);
  for (const person of [ann, ben, cat]) {
    await until('rewards to mature', async () => {
      const { available, held } = await person.balances();
      return BigInt(available) > 0n && held === '0' ? true : undefined;
    });
    const { refunds } = await ok(person.api.GET('/users/me/exits'));
    same(refunds, [], 'what can be taken back after the cooling-off time');
  }
  await refused('nothing_available', dan.api.POST('/users/withdraw'));
}

// A session is renewed and ended.
export async function sessionsEnd({ dan }: People): Promise<void> {
  const old = dan.session;
  demand(old !== undefined, 'nobody is signed in');
  dan.session = await ok(dan.api.POST('/auth/refresh', { body: { refresh_token: old.refresh_token } }));
  demand(dan.session.access_token !== old.access_token, 'the token is the same');
  await dan.me();
  await ok(dan.api.POST('/auth/logout'));
  await refused('session_expired', dan.api.GET('/users/me'));
}
