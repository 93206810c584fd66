// One of several processes that compile a changed contract and run the compiled tests against it. Not responsible for which.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { FAST, FULL, creationCode } from './sources.mjs';

/** The cheapest tests come first. Shorter campaigns than `forge test` runs: a survivor is what these do not see. Tests of gas measure the
 * unchanged contract. */
const STAGES = {
  coin: [
    { name: 'unit', select: ['--match-path', 'test/unit/**', '--no-match-contract', '^Token'], env: {} },
    { name: 'fuzz', select: ['--no-match-path', 'test/{unit,invariant,gas}/**'], env: { FOUNDRY_FUZZ_RUNS: '48' } },
    {
      name: 'invariant',
      select: ['--match-path', 'test/invariant/**'],
      env: {
        FOUNDRY_INVARIANT_RUNS: '8', FOUNDRY_INVARIANT_DEPTH: '64', FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: '0', FOUNDRY_FUZZ_RUNS: '24',
      },
    },
  ],
  // The code that is judged is larger than what is deployed.
  token: [{ name: 'token', select: ['--match-contract', '^(Token|Interface)', '--no-match-test', 'small_enough'], env: { FOUNDRY_FUZZ_RUNS: '48' } }],
};
/** A changed loop may never end; gas bounds it, but not soon. */
const STAGE_MS_MAX = 240_000;

let job;

process.on('message', (message) => {
  if (message.job) job = message.job;
  else process.send({ index: message.index, ...judge(message.mutant) });
});

/** @returns how it ended, and the first test that failed */
function judge({ file, content, unchanged }) {
  const began = Date.now();
  const sources = { ...job.sources, [file]: { content } };
  const result = (status, by = '') => ({ status, by, ms: Date.now() - began });
  const targets = job.targets.filter((target) => target.sources.includes(file));
  if (unchanged) {
    const failed = targets.map((target) => firstFailure(target, target.fast)).find(Boolean);
    return failed ? result('failed', failed) : result('unchanged');
  }
  let same = true;
  for (const target of targets) {
    const code = creationCode(sources, target, FAST);
    if (code === null) return result('invalid');
    if (code === target.fast) continue;
    same = false;
    const failed = firstFailure(target, code);
    if (failed) return result('killed', failed);
  }
  if (same) return result('equivalent');
  // Nobody noticed. What the deployed code has in common with the original is not in it any more.
  const differing = targets.filter((target) => creationCode(sources, target, FULL) !== target.full);
  return differing.length === 0 ? result('equivalent') : result('survived');
}

function firstFailure(target, code) {
  const artifact = path.join(job.root, 'mutants', `${process.pid}.json`);
  fs.mkdirSync(path.dirname(artifact), { recursive: true });
  fs.writeFileSync(artifact, JSON.stringify({ bytecode: { object: `0x${code}` } }));
  for (const stage of STAGES[target.stages]) {
    const failed = run(stage, { [target.variable]: artifact });
    if (failed) return failed;
  }
  return null;
}

function run(stage, variables) {
  const own = path.join(job.root, 'mutants', `failures-${process.pid}`);
  fs.rmSync(own, { recursive: true, force: true });
  const env = {
    ...process.env, ...stage.env, ...variables, FOUNDRY_SOLC: job.solc, FOUNDRY_TEST_FAILURES_FILE: path.join(own, 'last'),
    FOUNDRY_FUZZ_FAILURE_PERSIST_DIR: path.join(own, 'fuzz'),
    FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR: path.join(own, 'invariant'),
  };
  const args = ['test', '--fail-fast', '--threads', '1', ...stage.select];
  const options = { cwd: job.root, env, encoding: 'utf8', timeout: STAGE_MS_MAX, maxBuffer: 1 << 26, killSignal: 'SIGKILL' };
  const { status, stdout, stderr, error } = spawnSync(job.forge, args, options);
  if (error?.code === 'ETIMEDOUT') return `${stage.name}: no end`;
  if (status === 0) return null;
  // A broken invariant has its name below the calls that broke it.
  const failed = stdout.match(/^\[FAIL.*\] (\S+)\(.*$/m) ?? stdout.match(/^ (invariant_\w+)\(/m);
  if (!failed) throw new Error(`forge failed otherwise than by a test: ${stdout.slice(-2000)} ${stderr.slice(-2000)}`);
  return `${stage.name}: ${failed[1]}`;
}
