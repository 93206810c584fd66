// Somebody with a wallet and, after signing in, a session: what a front end does for its user.
import { SiweMessage } from 'siwe';
import { type Hex, type TransactionReceipt, type WalletClient, createWalletClient, hashTypedData, http } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';

import { type Api, type Schemas, connect, demand, ok, same } from './api.mjs';
import type { Site } from './site.mjs';

type Transaction = Pick<Schemas['TransactionView'], 'contract' | 'value' | 'calldata' | 'chain_id'>;
type Wanted = Pick<Schemas['ApprovalAnswer'], 'typed_data' | 'digest'>;

export class Person {
  readonly account: PrivateKeyAccount;
  readonly api: Api;
  session: Schemas['SessionAnswer'] | undefined;

  constructor(
    readonly site: Site,
    key: Hex,
  ) {
    this.account = privateKeyToAccount(key);
    this.api = connect(site.endpoints.api, () => this.session?.access_token);
  }

  get address(): Hex {
    return this.account.address;
  }

  get wallet(): WalletClient {
    return createWalletClient({ account: this.account, chain: this.site.chain, transport: http() });
  }

  // A login as the `siwe` package writes it, with fields other than those that the API asks for.
  async login(other: Partial<SiweMessage> = {}): Promise<Schemas['WalletLogin']> {
    const { nonce, domain, uri, version, chain_id } = await ok(this.api.POST('/auth/nonce'));
    const fields = { domain, uri, version, nonce, chainId: chain_id, address: this.address };
    const message = new SiweMessage({ ...fields, statement: 'Sign in to Trellis.', ...other }).prepareMessage();
    return { message, signature: await this.account.signMessage({ message }) };
  }

  async signIn(): Promise<void> {
    this.session = await ok(this.api.POST('/auth/wallet', { body: await this.login() }));
    same(this.session.wallet, this.address, 'the wallet of the session');
  }

  me(): Promise<Schemas['MeAnswer']> {
    return ok(this.api.GET('/users/me'));
  }

  async user(): Promise<Schemas['UserView']> {
    const { user } = await this.me();
    demand(user !== null, `${this.address} is not registered`);
    return user;
  }

  async balances(): Promise<Schemas['BalancesView']> {
    const { balances } = await this.me();
    demand(balances !== null, `${this.address} is not registered`);
    return balances;
  }

  async disclosure(): Promise<Hex> {
    return (await ok(this.api.GET('/disclosure'))).hash;
  }

  async askToRegister(sponsor?: Person): Promise<Schemas['AuthorizationAnswer']> {
    const named = sponsor === undefined ? {} : { sponsor: sponsor.address };
    const body = { ...named, disclosure_hash: await this.disclosure() };
    return ok(this.api.POST('/users/register', { body }));
  }

  async askToRetopUp(): Promise<Schemas['AuthorizationAnswer']> {
    const { id } = await this.user();
    const body = { disclosure_hash: await this.disclosure() };
    return ok(this.api.POST('/users/{id}/retopup', { params: { path: { id } }, body }));
  }

  // Sends the transaction of an authorization, which must call this function with what was signed.
  async pay(authorization: Schemas['AuthorizationAnswer'], call: 'register' | 'retopup'): Promise<TransactionReceipt> {
    const { payload, signer, signature } = authorization;
    const { user, sponsor, amount, ref, deadline, planHash, disclosureHash } = payload.intake;
    same(user, this.address, 'who pays');
    same(ref, authorization.nonce, 'the reference');
    same(payload.value, amount, 'what is to be sent');
    // In the contract's order.
    const intake = { user, sponsor, amount, planHash, disclosureHash, ref, deadline: String(deadline) };
    same(this.site.decoded(payload.calldata, call), [intake, signer, signature], `the arguments of ${call}`);
    return this.send(payload);
  }

  // Sends a transaction of the API from this wallet; it must succeed.
  async send(transaction: Transaction): Promise<TransactionReceipt> {
    const { contract, value, calldata, chain_id } = transaction;
    same(contract, this.site.config.contract, 'the recipient of a transaction');
    same(chain_id, this.site.config.chain_id, 'the chain of a transaction');
    const { account, wallet } = this;
    const hash = await wallet.sendTransaction({
      account,
      chain: this.site.chain,
      to: contract,
      value: BigInt(value),
      data: calldata,
    });
    const receipt = await this.site.node.waitForTransactionReceipt({ hash });
    same(receipt.status, 'success', `the transaction ${hash}`);
    return receipt;
  }

  // Signs a message of the API, whose digest must be what the wallet hashes.
  async signWanted({ typed_data, digest }: Wanted): Promise<Hex> {
    same(hashTypedData(typed_data), digest, 'the digest of a message');
    same(typed_data.domain.verifyingContract, this.site.config.contract, 'where a message counts');
    return this.account.signTypedData(typed_data);
  }
}
