// The list of changed contracts: every edit of every source, described so that people and a later run find it again.
import { createHash } from 'node:crypto';
import { edits } from './operators.mjs';
import { trees } from './sources.mjs';

/** Interfaces have no code; libraries of others have their own tests. */
export const isMutated = (file) => file.startsWith('src/') && !file.startsWith('src/interfaces/');

/**
 * @returns mutants, each with `id` (stable as long as the changed lines are), `key` (of the whole changed contract), where it is,
 * and the new content of its file
 */
export function mutants(sources) {
  const all = [];
  const whole = createHash('sha256').update(JSON.stringify(sources)).digest('hex');
  const syntax = trees(sources);
  for (const file of Object.keys(sources).filter(isMutated).sort()) {
    const bytes = Buffer.from(sources[file].content);
    const seen = new Set([sources[file].content]);
    const named = new Map();
    for (const edit of edits(syntax[file], bytes)) {
      const content = Buffer.concat([
        bytes.subarray(0, edit.start), Buffer.from(edit.replacement), bytes.subarray(edit.end),
      ]).toString();
      if (seen.has(content)) continue;
      seen.add(content);
      const [before, after] = lines(bytes, edit);
      const name = `${file} ${edit.place}: ${before} → ${after}`;
      const count = (named.get(name) ?? 0) + 1;
      named.set(name, count);
      const key = createHash('sha256').update(`${whole} ${file} ${content}`).digest('hex');
      const line = bytes.subarray(0, edit.start).toString().split('\n').length;
      all.push({ id: count > 1 ? `${name} (${count})` : name, key, file, line, operator: edit.operator, content });
    }
  }
  return all;
}

/** The whole lines of the edit before and after it, on one line each. */
function lines(bytes, { start, end, replacement }) {
  const from = bytes.lastIndexOf('\n', start - 1) + 1;
  const newline = bytes.indexOf('\n', end - 1);
  const to = newline < 0 ? bytes.length : newline;
  const flat = (text) => text.replace(/\s+/g, ' ').trim() || '(nothing)';
  const after = bytes.subarray(from, start) + replacement + bytes.subarray(end, Math.max(end, to));
  return [flat(bytes.subarray(from, to).toString()), flat(after)];
}
