// The API as its description has it: typed calls, what they answer, and which operations have succeeded.
import createClient, { type Client, type Middleware } from 'openapi-fetch';

import type { components, paths } from './openapi.mjs';

export type Schemas = components['schemas'];
export type Problem = Schemas['ProblemBody'];
export type Api = Client<paths>;

type Answer<T> = { data: T; error?: never; response: Response } | { data?: never; error: Problem; response: Response };

// `METHOD path` of every call that was answered with success, by anybody.
export const succeeded = new Set<string>();

const recording: Middleware = {
  onResponse({ request, schemaPath, response }) {
    if (response.ok) succeeded.add(`${request.method} ${schemaPath}`);
  },
};

// A client that sends what `token` answers with every call, if it answers anything.
export function connect(baseUrl: string, token: () => string | undefined = () => undefined): Api {
  const client = createClient<paths>({ baseUrl });
  const bearing: Middleware = {
    onRequest({ request }) {
      const present = token();
      if (present !== undefined) request.headers.set('authorization', `Bearer ${present}`);
      return request;
    },
  };
  client.use(bearing, recording);
  return client;
}

// What a call answers; anything but a success is an error.
export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
  const answer = await call;
  if (answer.error !== undefined) {
    const { code, detail, trace_id } = answer.error;
    throw new Error(`${answer.response.url} answered ${answer.response.status} ${code}: ${detail} (${trace_id})`);
  }
  return answer.data;
}

// Demands that a call is refused with this code.
export async function refused<T>(code: Problem['code'], call: Promise<Answer<T>>): Promise<Problem> {
  const { error, response } = await call;
  if (error === undefined) throw new Error(`${response.url} answered ${response.status}, not ${code}`);
  demand(error.code === code, `${response.url} answered ${error.code}, not ${code}: ${error.detail}`);
  demand(error.status === response.status, `a problem of ${error.status} came with ${response.status}`);
  return error;
}

// Every entry of a list, page by page.
export async function pages<P extends { next_cursor: string | null }, T>(
  page: (cursor: string | undefined) => Promise<P>,
  entries: (page: P) => T[],
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    all.push(...entries(answer));
    cursor = answer.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

// Compares what JSON can say; integers of any size are written in decimal.
export function same(found: unknown, expected: unknown, what: string): void {
  const written = (value: unknown) =>
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
  demand(written(found) === written(expected), `${what}: ${written(found)}, expected ${written(expected)}`);
}

const PATIENCE_MS = 120_000;
const BETWEEN_LOOKS_MS = 100;

// Looks until there is something; a wait that takes too long is an error.
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
  throw new Error(`waited in vain for ${what}`);
}
