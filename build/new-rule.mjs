// Writes a new rule that works, its test, and all that follows from it: the row of docs/catalogue-coverage.md, the line of
// CHANGELOG.md, the catalogue and the pages. The rule and its test are left to write; `npm run docs` follows them.
//   npm run new-rule -- CLASS/ID     as in: npm run new-rule -- dns/dns-slow-start
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportNameOf, faultClassesIn, RULES, rulesOfClass } from './catalogue.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const USAGE = 'usage: npm run new-rule -- CLASS/ID, as in dns/dns-slow-start';
/** Two words or more: the id is a word of its own, and no word of the language or of a class. */
const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/;
const COVERAGE = 'docs/catalogue-coverage.md';
const CHANGELOG = 'CHANGELOG.md';
/** The section of docs/catalogue-coverage.md to which the rules of a class belong. */
const SECTION_OF_CLASS = {
  'network-unreachable': 'Routing, layer 2, policy and middleboxes',
  'port-unreachable': 'Handshake and ports',
  dns: 'DNS',
  'large-packet-loss': 'Large packets and fragments',
  cni: 'Encapsulation and CNI',
  service: 'Connection tracking, NAT and services',
  tcp: 'TCP endpoints',
  application: 'Applications',
  capture: 'Captures',
};

const read = (path) => readFileSync(join(root, path), 'utf8');
const write = (path, text) => writeFileSync(join(root, path), text);

/** Why no rule of this name can be written; null if it can. */
function refusalOf(name) {
  const [faultClass, id, ...rest] = name.split('/');
  if (id === undefined || rest.length > 0) return USAGE;
  const classes = faultClassesIn(root);
  if (!classes.includes(faultClass)) return `no class "${faultClass}"; the classes are ${classes.join(', ')}`;
  if (!ID.test(id)) return `"${id}" is no id: two or more words of lower-case letters and digits, with hyphens between`;
  const other = classes.find((each) => rulesOfClass(root, each).includes(id));
  if (other !== undefined) return `a rule "${id}" exists: ${RULES}/${other}/${id}.ts`;
  const user = fileWithWord(id);
  if (user !== null) return `"${id}" is a word of ${user} already; choose another id`;
  return null;
}

/** A file of src that uses the id as a quoted word, for a role or a kind: nobody could tell the two apart. */
function fileWithWord(id) {
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts'));
  const found = files.find((name) =>
    [`'${id}'`, `"${id}"`, `\`${id}\``].some((word) => read(join('src', name)).includes(word)),
  );
  return found === undefined ? null : join('src', found);
}

/** The skeleton of a file under its new name, with imports from its new place. */
function fromSkeleton(file, { faultClass, id }, importsFrom) {
  const name = exportNameOf(id);
  const rewritten = importsFrom.reduce((text, [from, to]) => text.replaceAll(from, to), read(`build/skeleton/${file}`));
  return rewritten
    .replaceAll('skeletonRule', name)
    .replaceAll('SkeletonOccurrence', `${name[0].toUpperCase()}${name.slice(1)}Occurrence`)
    .replaceAll("'skeleton-rule'", `'${id}'`)
    .replace("faultClass: 'port-unreachable'", `faultClass: '${faultClass}'`);
}

/** A row at the end of the first table of the section. */
function withCoverageRow(text, { faultClass, id }) {
  const start = text.indexOf(`\n## ${SECTION_OF_CLASS[faultClass]}\n`);
  const table = start < 0 ? null : /\n\|.*(?:\n\|.*)*/.exec(text.slice(start));
  if (table === null) throw new Error(`${COVERAGE} has no table under "${SECTION_OF_CLASS[faultClass]}"`);
  const end = start + table.index + table[0].length;
  const row = `| \`${id}\` | **rule** [\`${id}\`](rules/${id}.md) | "What it is not" on its page | rows |`;
  return `${text.slice(0, end)}\n${row}${text.slice(end)}`;
}

/** A line at the end of "Added" of the version that is not released. */
function withChangelogLine(text, { id }) {
  const version = /^## .*\(unreleased\)\n/m.exec(text);
  if (version === null) throw new Error(`${CHANGELOG} has no version that is unreleased`);
  const start = version.index + version[0].length;
  const next = text.indexOf('\n## ', start);
  const part = text.slice(start, next < 0 ? text.length : next);
  const line = `- New rule [\`${id}\`](docs/rules/${id}.md).\n`;
  const added = /\n### Added\n\n(?:[-\s].*\n)+?(?=\n|$)/.exec(part);
  const at = added === null ? start : start + added.index + added[0].length;
  return text.slice(0, at) + (added === null ? `\n### Added\n\n${line}` : line) + text.slice(at);
}

const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

function main() {
  const [name, ...rest] = process.argv.slice(2);
  const refusal = name === undefined || rest.length > 0 ? USAGE : refusalOf(name);
  if (refusal !== null) {
    console.error(refusal);
    process.exitCode = 1;
    return;
  }
  const [faultClass, id] = name.split('/');
  const rule = `${RULES}/${faultClass}/${id}.ts`;
  const test = `test/heuristics/rules/${faultClass}/${id}.test.ts`;
  const names = { faultClass, id };
  if (existsSync(join(root, test))) throw new Error(`${test} exists already`);
  write(
    rule,
    fromSkeleton('rule.ts', names, [
      ["'../../src/heuristics/", "'../../"],
      ["'../../src/", "'../../../"],
    ]),
  );
  const up = '../'.repeat(dirname(test).split('/').length);
  const ruleFromTest = [
    ["'./rule.ts'", `'${up}${rule}'`],
    ["'../../test/", "'../../../"],
  ];
  write(test, fromSkeleton('rule.test.ts', names, ruleFromTest));
  write(COVERAGE, withCoverageRow(read(COVERAGE), names));
  write(CHANGELOG, withChangelogLine(read(CHANGELOG), names));
  run(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', rule, test]);
  run('npm', ['run', 'docs']);
  console.log(`Write these two, then run "npm run docs" and "npm run check":\n  ${rule}\n  ${test}`);
}

main();
