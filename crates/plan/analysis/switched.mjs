// Asks the tests about every mutant of the list with one build for all: `switches` puts them into the copy behind a switch,
// and what the compiler refuses is left out and built again. Each binary of tests is then run with one mutant on, if it
// reaches it at all, the quick ones first, until one notices.
//
// Not responsible for which mutants there are, nor for what is argued about survivors.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Whose sources are changed, and whose tests are asked. */
export const PACKAGES = ['plan-file', 'components', 'plan', 'explain', 'plan-review'];
// A component that only tests have asks what no shipped one does.
const CHOSEN = [...PACKAGES, 'testkit-component'].flatMap((name) => ['--package', name]);
/** Optimized, for the tests run thousands of times; checked, for a panic notices a mutant. */
const PROFILE = {
  CARGO_PROFILE_TEST_OPT_LEVEL: '2',
  CARGO_PROFILE_DEV_OPT_LEVEL: '2',
  CARGO_PROFILE_TEST_DEBUG: '0',
  CARGO_PROFILE_DEV_DEBUG: '0',
};
/** The same random cases for every mutant, and no search for the smallest that fails. */
const RANDOM = { PROPTEST_RNG_SEED: '1', PROPTEST_MAX_SHRINK_ITERS: '0' };
const MEMORY_MAX = 4 * 1024 ** 3;
const TIMEOUT_MIN_S = 20;
const TIMEOUT_FACTOR = 10;
const ALONE_TIMEOUT_S = 1200;

/** @returns for each mutant of the list, in its order: 'noticed', 'timeout', 'unviable' or 'survived'. */
export function ask({ space, tree, list, environment }) {
  const run = new Run(space, tree, list, environment);
  run.build();
  run.findReached();
  const log = path.join(space, 'outcomes.jsonl');
  fs.rmSync(log, { force: true });
  return list.map((mutant, index) => {
    const started = Date.now();
    const result = run.ask(index + 1);
    fs.appendFileSync(log, `${JSON.stringify({ ...result, seconds: (Date.now() - started) / 1000, name: mutant.name })}\n`);
    return result.outcome;
  });
}

class Run {
  constructor(space, tree, list, environment) {
    Object.assign(this, { space, tree, list, plain: environment, environment: { ...environment, ...PROFILE } });
    this.pristine = path.join(space, 'pristine');
    this.refused = new Map();
    this.kept = new Set();
    this.site = new Map();
    fs.rmSync(this.pristine, { recursive: true, force: true });
    for (const name of PACKAGES) fs.cpSync(this.source(name), path.join(this.pristine, name), { recursive: true });
    fs.writeFileSync(path.join(space, 'list.json'), JSON.stringify(list));
  }

  source(name) {
    return path.join(this.tree, 'crates', name, 'src');
  }

  /** Takes every change back. */
  restore() {
    for (const name of PACKAGES) {
      fs.rmSync(this.source(name), { recursive: true });
      fs.cpSync(path.join(this.pristine, name), this.source(name), { recursive: true });
    }
  }

  /** Builds with all mutants in it that the compiler accepts. */
  build() {
    this.cargo(['build', '--quiet', '--package', 'switches', '--target-dir', path.join(this.space, 'tool')], true);
    for (let round = 1; ; round++) {
      this.place();
      const errors = this.cargo(['check', ...CHOSEN, '--tests', '--message-format', 'json']);
      if (errors.length === 0) break;
      const before = this.refused.size + this.kept.size;
      const fatal = errors.filter((error) => !this.blame(error));
      const found = this.refused.size + this.kept.size - before;
      console.log(`round ${round}: ${errors.length} errors, ${this.refused.size} mutants refused, ${this.kept.size} functions stay const`);
      if (found === 0) throw new Error(`the copy does not build:\n${fatal.map(({ rendered }) => rendered).join('\n')}`);
    }
    this.binaries = [];
    this.cargo(['test', ...CHOSEN, '--no-run', '--message-format', 'json'], true, ({ executable, target, profile }) => {
      if (executable && profile?.test) this.binaries.push({ name: target.name, executable });
    });
  }

  /** Writes the sources with their switches. */
  place() {
    this.restore();
    const tool = path.join(this.space, 'tool/debug/switches');
    const list = path.join(this.space, 'list.json');
    const done = spawnSync(tool, [list, JSON.stringify([...this.refused.keys()]), JSON.stringify([...this.kept]), this.tree], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (done.status !== 0) throw new Error(`switches: ${done.stderr}`);
    this.placed = JSON.parse(done.stdout);
    this.site.clear();
    for (const { mutants } of Object.values(this.placed)) for (const { id, site } of mutants) this.site.set(id, site);
  }

  /** Runs cargo in the copy. @returns the errors of the compiler. */
  cargo(more, must = false, each = () => {}) {
    const done = spawnSync('cargo', [...more, '--locked'], { cwd: this.tree, env: this.environment, encoding: 'utf8', maxBuffer: 2 ** 30 });
    const errors = [];
    for (const line of done.stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const message = JSON.parse(line);
      each(message);
      if (message.reason === 'compiler-message' && message.message.level === 'error') errors.push(message.message);
    }
    if (done.status !== 0 && (must || errors.length === 0)) throw new Error(`cargo ${more[0]}: ${done.stderr}\n${errors.map((error) => error.rendered).join('\n')}`);
    return errors;
  }

  /** Finds who is to blame for an error: a replacement, a switch that cannot stand here, or a constant that needs a `const fn`. */
  blame(error) {
    const { message, spans } = error;
    let found = /^aborting due to|^could not compile|^Some errors have/.test(message);
    for (const span of spans.filter(({ is_primary: primary }) => primary)) {
      let at = span;
      while (at.expansion && !this.placed[at.file_name]) at = at.expansion.span;
      const { byte_start: start, byte_end: end } = at;
      const file = this.placed[at.file_name];
      const alternative = file?.mutants.find((each) => each.start <= start && end <= each.end);
      if (alternative) {
        this.refused.set(alternative.id, 'replacement');
        found = true;
        continue;
      }
      const called = /cannot call non-const (?:function|method|associated function) `(?:.*::)?(\w+)/.exec(message);
      if (called) {
        this.kept.add(called[1]);
        found = true;
        continue;
      }
      found = this.refuse(file, start, end) || found;
    }
    // Some are shown at the signature of a function, and only a note says where it returns what.
    if (!found) for (const span of spans) found = this.refuse(this.placed[span.file_name], span.byte_start, span.byte_end) || found;
    return found;
  }

  /** Leaves out all mutants of the smallest place that contains a span. */
  refuse(file, start, end) {
    const around = (file?.sites ?? []).filter((place) => place.start <= start && end <= place.end);
    const smallest = around.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    if (!smallest) return false;
    for (const { id, site } of file.mutants) if (site === smallest.site) this.refused.set(id, 'switch');
    return true;
  }

  /** Runs every binary without a mutant: what it reaches, and how long it takes. */
  findReached() {
    for (const binary of this.binaries) {
      const reached = path.join(this.space, `reached-${binary.name}`);
      fs.writeFileSync(reached, '');
      this.must(binary, this.execute(binary, { MUTANT_REACHED: reached }));
      const started = Date.now();
      this.must(binary, this.execute(binary, { MUTANT: '0' }));
      binary.seconds = (Date.now() - started) / 1000;
      binary.reached = new Set(fs.readFileSync(reached, 'utf8').split('\n').filter(Boolean).map(Number));
    }
    this.binaries.sort((a, b) => a.seconds - b.seconds);
    this.binaries.forEach(({ name, seconds, reached }) => console.log(`${name}: ${seconds.toFixed(2)} s, reaches ${reached.size} places`));
  }

  must(binary, outcome) {
    if (outcome !== 'survived') throw new Error(`${binary.name} fails without a mutant: ${outcome}`);
  }

  /** @returns 'survived' if all is green, else 'noticed' or 'timeout'. */
  execute(binary, more) {
    const timeout = Math.ceil(Math.max(TIMEOUT_MIN_S, (binary.seconds ?? 60) * TIMEOUT_FACTOR) * 1000);
    const done = spawnSync('prlimit', [`--as=${MEMORY_MAX}`, binary.executable, '--quiet', '--test-threads', '1'], {
      cwd: path.join(this.tree, 'crates/plan'),
      env: { ...this.environment, ...RANDOM, ...more },
      stdio: 'ignore',
      timeout,
      killSignal: 'SIGKILL',
    });
    if (done.error?.code === 'ETIMEDOUT') return 'timeout';
    if (done.error) throw done.error;
    return done.status === 0 ? 'survived' : 'noticed';
  }

  /** Asks about a mutant of the list, by its place from 1. */
  ask(id) {
    if (this.refused.get(id) === 'replacement') return { outcome: 'unviable' };
    const site = this.site.get(id);
    if (site === undefined) return this.alone(this.list[id - 1]);
    const asked = this.binaries.filter(({ reached }) => reached.has(site));
    for (const binary of asked) {
      const outcome = this.execute(binary, { MUTANT: String(id) });
      if (outcome !== 'survived') return { outcome, by: binary.name };
    }
    return { outcome: 'survived', by: asked.length === 0 ? 'nothing reaches it' : undefined };
  }

  /** Asks about a mutant that cannot be switched, with a build of its own. */
  alone({ file, replacement, span: { start, end } }) {
    this.restore();
    const lines = fs.readFileSync(path.join(this.tree, file), 'utf8').split('\n');
    const before = [...lines.slice(0, start.line - 1), lines[start.line - 1].slice(0, start.column - 1)];
    const after = [lines[end.line - 1].slice(end.column - 1), ...lines.slice(end.line)];
    fs.writeFileSync(path.join(this.tree, file), `${before.join('\n')}${replacement}${after.join('\n')}`);
    const cargo = (...more) =>
      spawnSync('cargo', [...more, '--quiet', '--locked', ...CHOSEN], {
        cwd: this.tree,
        env: { ...this.plain, ...RANDOM },
        stdio: 'ignore',
        timeout: ALONE_TIMEOUT_S * 1000,
      });
    if (cargo('check').status !== 0) return { outcome: 'unviable', by: 'alone' };
    const done = cargo('test');
    if (done.error?.code === 'ETIMEDOUT') return { outcome: 'timeout', by: 'alone' };
    return { outcome: done.status === 0 ? 'survived' : 'noticed', by: 'alone' };
  }
}
