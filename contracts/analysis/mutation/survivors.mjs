// What survived against what is argued. In survivors.md each argument stands below a heading of the third order that is the
// mutant's id in backquotes.

/** @returns one line per survivor without argument, and per argument without survivor */
export function checkArguments(results, text, files) {
  const argued = new Set([...text.matchAll(/^### `+ ?(.+?) ?`+$/gm)].map(([, id]) => id));
  const survived = new Set(results.filter(({ status }) => status === 'survived').map(({ id }) => id));
  const inScope = (id) => files.length === 0 || files.includes(id.split(' ')[0]);
  return [
    ...[...survived].filter((id) => !argued.has(id)).map((id) => `survived without an argument: ${id}`),
    ...[...argued].filter((id) => inScope(id) && !survived.has(id)).map((id) => `argued, but no survivor: ${id}`),
  ];
}

/** @returns the survivors by file and line, in the form of survivors.md, for whoever kills or argues them */
export function report(results) {
  return results
    .filter(({ status }) => status === 'survived')
    .map(({ id, operator, line }) => `### \`\` ${id} \`\`\n\n${operator}, line ${line}\n`)
    .join('\n');
}
