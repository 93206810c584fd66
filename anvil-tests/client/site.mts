// A running system as a front end finds it: the API, what `/config` says, and the chain through a node.
import { readFile } from 'node:fs/promises';
import {
  type Abi,
  type Chain,
  type Hex,
  createPublicClient,
  createTestClient,
  decodeFunctionData,
  defineChain,
  http,
} from 'viem';

import { type Api, type Schemas, connect, demand, ok, same } from './api.mjs';

// What `./scripts/dev` writes about a development system.
interface Endpoints {
  api: string;
  rpc: string;
  accounts: { role: string; private_key: Hex }[];
}

const POLL_MS = 100;
const BETWEEN_BLOCKS_MS = 250;

export class Site {
  private readonly free: Hex[];

  private constructor(
    readonly endpoints: Endpoints,
    readonly api: Api,
    readonly config: Schemas['ConfigAnswer'],
    readonly abi: Abi,
    readonly chain: Chain,
  ) {
    this.free = this.keys('user');
  }

  static async at(file: string): Promise<Site> {
    const endpoints = JSON.parse(await readFile(file, 'utf8')) as Endpoints;
    const api = connect(endpoints.api);
    const config = await ok(api.GET('/config'));
    const abi = await ok(api.GET('/abi'));
    const { code, decimals } = config.asset;
    const chain = defineChain({
      id: config.chain_id,
      name: 'the chain of the API',
      nativeCurrency: { name: code, symbol: code, decimals },
      rpcUrls: { default: { http: [endpoints.rpc] } },
    });
    const site = new Site(endpoints, api, config, abi, chain);
    same(await site.node.getChainId(), config.chain_id, 'the chain of the node');
    return site;
  }

  get node() {
    return createPublicClient({ chain: this.chain, transport: http(), pollingInterval: POLL_MS });
  }

  // Lets time pass on a development chain, as docs/development.md says.
  async pass(seconds: number): Promise<void> {
    await this.development.increaseTime({ seconds });
    await this.development.mine({ blocks: 1 });
  }

  // Does something while blocks come faster than a development chain makes them.
  async hurry<T>(work: () => Promise<T>): Promise<T> {
    let done = false;
    const mining = (async () => {
      while (!done) {
        await this.development.mine({ blocks: 1 });
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_BLOCKS_MS));
      }
    })();
    try {
      return await work();
    } finally {
      done = true;
      await mining;
    }
  }

  private get development() {
    return createTestClient({ mode: 'anvil', chain: this.chain, transport: http() });
  }

  async chainTime(): Promise<number> {
    return Number((await this.node.getBlock()).timestamp);
  }

  // The key of the only account with this role.
  key(role: string): Hex {
    const [key] = this.keys(role);
    demand(key !== undefined, `there is no account with the role ${role}`);
    return key;
  }

  // The key of an account that nobody uses.
  freeKey(): Hex {
    const key = this.free.shift();
    demand(key !== undefined, 'all accounts are in use');
    return key;
  }

  // The arguments with which calldata of the API calls this function, by the interface that the API serves.
  decoded(calldata: Hex, functionName: string): readonly unknown[] {
    const call = decodeFunctionData({ abi: this.abi, data: calldata });
    same(call.functionName, functionName, 'the function that the calldata calls');
    return call.args ?? [];
  }

  private keys(role: string): Hex[] {
    return this.endpoints.accounts.filter((account) => account.role === role).map((account) => account.private_key);
  }
}
