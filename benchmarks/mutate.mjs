// Mutants of the source: would a test notice? Works in a copy of the tree, never in place.
//   npm run mutate -- --count 100 --seed 1 [--under src/flows --under src/heuristics] [--seconds 120] [--copy FOLDER]
// Each mutant is one change by one of `OPERATORS` at a place drawn by the seed, outside comments and text. The tests that
// import the file run first (`vitest related`); what survives them meets all tests. Survivors are printed with file, line
// and change: each is an equivalent change, which is to be argued, or a test that is missing.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    under: { type: 'string', multiple: true, default: ['src/flows', 'src/heuristics'] },
    seconds: { type: 'string', default: '180' },
    copy: { type: 'string' },
    'related-only': { type: 'boolean', default: false },
  },
});
const K = ts.SyntaxKind;

/** What a token becomes. A place with several choices gets one of them. */
const OPERATORS = {
  comparison: new Map([
    [K.LessThanToken, ['<=', '>=']],
    [K.LessThanEqualsToken, ['<', '>']],
    [K.GreaterThanToken, ['>=', '<=']],
    [K.GreaterThanEqualsToken, ['>', '<']],
    [K.EqualsEqualsEqualsToken, ['!==']],
    [K.ExclamationEqualsEqualsToken, ['===']],
  ]),
  arithmetic: new Map([
    [K.PlusToken, ['-']],
    [K.MinusToken, ['+']],
    [K.AsteriskToken, ['/']],
    [K.SlashToken, ['*']],
  ]),
  logic: new Map([
    [K.AmpersandAmpersandToken, ['||']],
    [K.BarBarToken, ['&&']],
    [K.ExclamationToken, ['']],
  ]),
  constant: new Map([
    [K.TrueKeyword, ['false']],
    [K.FalseKeyword, ['true']],
    [K.NumericLiteral, ['1 +', '-1 +']],
  ]),
  call: new Map([
    ['some', ['every']],
    ['every', ['some']],
    ['min', ['max']],
    ['max', ['min']],
  ]),
};
/** A statement that is left out: `return;`, `continue;`, `x++;` or a call for its effect. */
const REMOVABLE = new Set([K.ExpressionStatement, K.ContinueStatement]);

const random = randomFrom(Number(values.seed));
const root = resolve(values.copy ?? copyOfTree());
const files = values.under.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !/-access\.ts$|catalogue\.ts$/.test(name))
    .map((name) => join(folder, name))
    .sort(),
);
const places = files.flatMap((file) => placesIn(file, readFileSync(join(root, file), 'utf8')));
console.log(
  `seed ${values.seed}: ${places.length} places in ${files.length} files; operators: ${Object.keys(OPERATORS).join(', ')}, statement left out`,
);

const tally = { killed: 0, survived: 0 };
for (const place of drawn(places, Number(values.count))) await tryMutant(place);
const total = tally.killed + tally.survived;
console.log(
  `${tally.killed} of ${total} killed (${((100 * tally.killed) / Math.max(1, total)).toFixed(0)} %), ${tally.survived} survived`,
);

/** Places in a file: where, what stands there, what it becomes, and by which operator. */
function placesIn(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, operator, choices) => {
    const at = node.getStart(source);
    found.push({
      file,
      at,
      end: node.getEnd(),
      was: text.slice(at, node.getEnd()),
      choices,
      operator,
      line: source.getLineAndCharacterOfPosition(at).line + 1,
    });
  };
  const visit = (node) => {
    // Types, pages of rules and thresholds' sources are no behaviour.
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'meta') return;
    if (REMOVABLE.has(node.kind)) add(node, 'statement left out', [';']);
    for (const [operator, tokens] of Object.entries(OPERATORS)) {
      const choices = tokens.get(
        ts.isIdentifier(node) && ts.isPropertyAccessExpression(node.parent) ? node.text : node.kind,
      );
      if (choices === undefined) continue;
      if (node.kind === K.PlusToken && /['"`]/.test(node.parent.getText(source))) continue;
      add(
        node,
        operator,
        node.kind === K.NumericLiteral ? choices.map((choice) => `(${choice} ${node.text})`) : choices,
      );
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === K.ExclamationToken)
      add(node, 'logic', [`(${node.operand.getText(source)})`]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function drawn(all, count) {
  const rest = [...all];
  return Array.from(
    { length: Math.min(count, rest.length) },
    () => rest.splice(Math.floor(random() * rest.length), 1)[0],
  );
}

async function tryMutant({ file, at, end, was, choices, operator, line }) {
  const path = join(root, file);
  const original = readFileSync(path, 'utf8');
  const becomes = choices[Math.floor(random() * choices.length)];
  writeFileSync(path, original.slice(0, at) + becomes + original.slice(end));
  const told = `${file}:${line}  ${was.replace(/\s+/g, ' ').slice(0, 80)}  →  ${becomes}  (${operator})`;
  try {
    const related = await vitest(['related', '--run', '--bail=1', path]);
    const isKilled = related || (!values['related-only'] && (await vitest(['run', '--bail=1'])));
    tally[isKilled ? 'killed' : 'survived']++;
    console.log(
      `${isKilled ? 'killed  ' : 'SURVIVED'} ${told}${isKilled ? `  by ${related ? 'related' : 'all'} tests` : ''}`,
    );
  } finally {
    writeFileSync(path, original);
  }
}

/** Whether a test fails, or the tests do not end in time. */
function vitest(words) {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...words, '--reporter=dot'], {
      cwd: root,
      stdio: 'ignore',
      detached: true,
    });
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), Number(values.seconds) * 1000);
    child.on('exit', (code) => {
      clearTimeout(timer);
      done(code !== 0);
    });
  });
}

/** What git knows of the tree, the build, and links to what is only read. */
function copyOfTree() {
  const from = process.cwd();
  const parent = mkdtempSync(join(tmpdir(), 'pcapdiag-mutants-'));
  const to = join(parent, 'tree');
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const file of listed) cpSync(join(from, file), join(to, file));
  cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true });
  symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
  try {
    readdirSync(join(from, '../shared'));
    symlinkSync(resolve(from, '../shared'), join(parent, 'shared'));
  } catch {
    // Without the shared captures their tests are skipped.
  }
  return to;
}

/** Mulberry32: the same seed gives the same numbers on every machine. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
