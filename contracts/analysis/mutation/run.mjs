#!/usr/bin/env node
// Changes the contract in one place at a time and asks the tests. Every change that no test notices must be argued in
// ../survivors.md, and nothing else may be argued there.
//   node run.mjs [--resume | --continue] [--list] [--workers N] [FILE …]
// --resume keeps what an earlier run killed in the same sources, and tries its survivors again; --continue goes on with a run that was
// interrupted, and keeps both. FILEs (such as src/Escrow.sol) are changed, without them all.
import { fork, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.mjs';
import { CHECKOUT, CONTRACTS, FAST, FULL, collect, creationCode } from './sources.mjs';
import { checkArguments, report } from './survivors.mjs';

/** At least this part of the changes, in percent, must be noticed. */
const KILLED_MIN = 97.5;
/** What the tests deploy, the first as a harness that only adds views. `variable` is where they read the artifact's path. */
const TARGETS = [
  { file: 'test/CustodyUnderTest.sol', name: 'CustodyUnderTest', variable: 'CUSTODY_ARTIFACT', stages: 'coin' },
  { file: 'src/CustodyToken.sol', name: 'CustodyToken', variable: 'CUSTODY_TOKEN_ARTIFACT', stages: 'token' },
];

/** Published code of the wallets that tests pay. */
const SAFES = 'node_modules/@safe-global/safe-contracts/build/artifacts';
const SPACE = path.join(CHECKOUT, '.local/mutation');
const RESULTS = path.join(SPACE, 'results.jsonl');
const FORGE = path.join(CHECKOUT, `node_modules/@foundry-rs/forge-linux-${os.arch() === 'arm64' ? 'arm64' : 'amd64'}/bin/forge`);

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { resume: { type: 'boolean' }, continue: { type: 'boolean' }, list: { type: 'boolean' }, workers: { type: 'string', default: '2' } },
});

const sources = collect(CONTRACTS, TARGETS.map((target) => target.file));
for (const file of files) if (!sources[file]) throw new Error(`${file} is no source of the contract`);
const wanted = mutants(sources).filter(({ file }) => files.length === 0 || files.includes(file));
const job = { sources, forge: FORGE, solc: path.join(SPACE, 'solc') };
const roots = Array.from({ length: Number(options.workers) }, (_, worker) => path.join(SPACE, `worker-${worker}`));
if (options.list) {
  wanted.forEach(({ id, operator, line }) => console.log(`${operator} at line ${line}: ${id}`));
  console.log(`${wanted.length} mutants`);
} else {
  job.targets = TARGETS.map(prepared);
  snapshot(roots);
  const results = await judgeAll(wanted, options.resume || options.continue ? earlier() : new Map());
  fs.writeFileSync(path.join(SPACE, 'survivors.md'), report(results));
  const argued = fs.readFileSync(path.join(CONTRACTS, 'analysis/survivors.md'), 'utf8');
  conclude(results, checkArguments(results, argued, files));
}

function prepared(target) {
  const own = Object.keys(collect(CONTRACTS, [target.file]));
  return {
    ...target, sources: own, fast: creationCode(sources, target, FAST), full: creationCode(sources, target, FULL),
  };
}

/** Each worker runs the tests on a copy of its own, which nobody edits meanwhile, with a compiler that says its version and is asked
 * for nothing else. */
function snapshot([first, ...others]) {
  roots.forEach((root) => fs.rmSync(root, { recursive: true, force: true }));
  for (const part of ['src', 'test', 'script', 'deployments', 'out', 'cache', 'foundry.toml', 'node_modules/@openzeppelin', SAFES]) {
    const from = path.join(CONTRACTS, part);
    if (fs.existsSync(from)) fs.cpSync(from, path.join(first, part), { recursive: true });
  }
  for (const part of ['abi/vectors', 'abi/json', 'docs/trust.md']) {
    fs.cpSync(path.join(CHECKOUT, part), path.join(SPACE, part), { recursive: true });
  }
  const compiler = path.join(CHECKOUT, 'scripts/solc');
  const built = spawnSync(FORGE, ['build'], { cwd: first, env: { ...process.env, FOUNDRY_SOLC: compiler }, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('the tests do not compile');
  others.forEach((other) => fs.cpSync(first, other, { recursive: true }));
  const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout;
  fs.writeFileSync(job.solc, `#!/bin/sh\n[ "$1" = --version ] || exit 1\ncat <<'END'\n${version}END\n`, { mode: 0o755 });
}

/** Deaths of an earlier run, of the same mutant in the same sources. Survivors are tried again, unless the run only goes on: tests may be
 * better now. */
function earlier() {
  if (!fs.existsSync(RESULTS)) return new Map();
  const lines = fs.readFileSync(RESULTS, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const known = new Map(lines.map((result) => [result.key, result]));
  return new Map([...known].filter(([, { status }]) => options.continue || status !== 'survived'));
}

async function judgeAll(list, known) {
  if (!options.resume && !options.continue) fs.rmSync(RESULTS, { force: true });
  const results = list.map((mutant) => known.get(mutant.key));
  const open = results.flatMap((result, index) => (result ? [] : [index]));
  // The unchanged contract first: what fails on it would kill everything.
  console.log(`${list.length} mutants, ${open.length} to try`);
  const began = Date.now();
  let done = 0;
  const work = async (worker) => {
    for (let index = open.shift(); index !== undefined; index = open.shift()) {
      const { content, ...mutant } = list[index];
      const verdict = await ask(worker, { file: mutant.file, content }, index);
      results[index] = { ...mutant, ...verdict };
      fs.appendFileSync(RESULTS, `${JSON.stringify(results[index])}\n`);
      if (verdict.status === 'survived') console.log(`survived: ${mutant.id}`);
      if (++done % 25 === 0) console.log(`${done} tried in ${Math.round((Date.now() - began) / 1000)} s`);
    }
    worker.disconnect();
  };
  const workers = roots.map(start);
  const first = await ask(workers[0], { file: 'src/Vault.sol', unchanged: true }, -1);
  if (first.status !== 'unchanged') throw new Error(`the tests fail without any change: ${first.by}`);
  await Promise.all(workers.map(work));
  return results;
}

function start(root) {
  const worker = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)));
  worker.send({ job: { ...job, root } });
  return worker;
}

function ask(worker, mutant, index) {
  return new Promise((resolve, reject) => {
    const died = (code) => reject(new Error(`a worker ended with status ${code}`));
    worker.once('exit', died);
    worker.once('message', ({ index: _, ...verdict }) => {
      worker.off('exit', died);
      resolve(verdict);
    });
    worker.send({ mutant, index });
  });
}

function conclude(results, findings) {
  const count = (status) => results.filter((result) => result.status === status).length;
  const [killed, survived] = [count('killed'), count('survived')];
  const percent = (100 * killed) / (killed + survived);
  for (const operator of [...new Set(results.map((result) => result.operator))].sort()) {
    const of = results.filter((result) => result.operator === operator);
    const by = (status) => of.filter((result) => result.status === status).length;
    console.log(`${operator}: ${by('killed')} killed, ${by('survived')} survived`);
  }
  console.log(`${count('invalid')} do not compile, ${count('equivalent')} compile to the same code`);
  findings.forEach((finding) => console.log(finding));
  const short = percent < KILLED_MIN ? `, less than ${KILLED_MIN} %` : '';
  console.log(`mutation: ${killed} of ${killed + survived} mutants killed, ${percent.toFixed(1)} %${short}; ${findings.length} findings`);
  process.exitCode = findings.length > 0 || short ? 1 : 0;
}
