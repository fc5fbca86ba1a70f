// Writes src/heuristics/rule/measured.ts: what each rule measures, from the types of the objects in the files of rules.
//   node build/measured.mjs             writes it
//   node build/measured.mjs --check     writes nothing; exit status 1 when it would differ
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { MEASURED_WORDS } from './measured-words.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
export const MEASURED = 'src/heuristics/rule/measured.ts';
const RULE_FILE = /\/src\/heuristics\/rules\/[a-z-]+\/([a-z0-9-]+)\.ts$/;
const FACT_FILE = /\/src\/heuristics\/(?:facts|causes)\/.*\.ts$/;

/** @returns the text of the file, and what is wrong, a line each */
export function measuredFile() {
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.build.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic(problem) {
        throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
      },
    },
  );
  const program = ts.createProgram(fileNames, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const wrong = [];
  const rules = program
    .getSourceFiles()
    .map((file) => ({ file, id: RULE_FILE.exec(file.fileName)?.[1] }))
    .filter(({ id }) => id !== undefined)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const members = rules.map(({ file, id }) => {
    const objects = measuredIn(file);
    // Some rules take the whole occurrence, or a part of it, from a file of facts that several share.
    const isShared = objects.length === 0 || objects.some(takesOver);
    const facts = isShared ? importsOf(program, file).filter(({ fileName }) => FACT_FILE.test(fileName)) : [];
    const all = [...objects, ...facts.flatMap(measuredIn)];
    for (const node of all.flatMap((one) => untyped(checker, one)))
      wrong.push(`${id}: the type of ${node.getText()} names no fields: leave it to the compiler to infer it`);
    const types = all.flatMap((node) => typesOf(checker, node));
    if (types.length === 0) wrong.push(`${id} measures nothing that could be found in ${basename(file.fileName)}`);
    return `  /** ${summaryOf(file)}. */\n${memberOf(checker, id, types, wrong)}`;
  });
  return { text: textOf(members), wrong };
}

/** The summary in the `meta` of a rule. */
function summaryOf(file) {
  let summary;
  const visit = (node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'summary' && ts.isStringLiteralLike(node.initializer))
      summary ??= node.initializer.text;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return summary;
}

/** Values of properties named `measured` in a file. */
function measuredIn(file) {
  const found = [];
  const visit = (node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'measured') found.push(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** An object into which another `measured` is spread. */
const takesOver = (node) =>
  ts.isObjectLiteralExpression(node) &&
  node.properties.some((one) => ts.isSpreadAssignment(one) && /\.measured$/.test(one.expression.getText()));

function importsOf(program, file) {
  const found = [];
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const path = new URL(statement.moduleSpecifier.text, `file://${file.fileName}`).pathname;
    const imported = program.getSourceFile(path);
    if (imported !== undefined) found.push(imported);
  }
  return found;
}

/** What is spread into an object under a type without names, other than the `measured` of facts. */
const untyped = (checker, node) =>
  ts.isObjectLiteralExpression(node)
    ? node.properties
        .filter((one) => ts.isSpreadAssignment(one) && !/\.measured$/.test(one.expression.getText()))
        .map(({ expression }) => expression)
        .filter((one) => checker.getTypeAtLocation(one).getStringIndexType() !== undefined)
    : [];

/** Of an object its type, of a function what it returns; of alternatives all. */
function typesOf(checker, node) {
  const type = checker.getTypeAtLocation(node);
  const [call] = type.getCallSignatures();
  const measured = call === undefined ? type : call.getReturnType();
  return measured.isUnion() ? measured.types : [measured];
}

/** Kinds of one rule have different fields: those that not all have are optional. */
function memberOf(checker, id, types, wrong) {
  const fields = new Map();
  for (const type of types) {
    for (const field of type.getProperties()) {
      const known = fields.get(field.name) ?? { times: 0, isOptional: false, members: new Set() };
      known.times++;
      known.isOptional ||= (field.flags & ts.SymbolFlags.Optional) !== 0;
      for (const member of membersOf(checker, checker.getTypeOfSymbol(field))) known.members.add(member);
      fields.set(field.name, known);
    }
  }
  const lines = [...fields]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { times, isOptional, members }]) => {
      const words = MEASURED_WORDS[`${id}.${name}`] ?? MEASURED_WORDS[name];
      if (words === undefined)
        wrong.push(`build/measured-words.mjs does not say what ${name} is, which ${id} measures`);
      const mark = isOptional || times < types.length ? '?' : '';
      return `    /** ${words} */\n    ${name}${mark}: ${unionOf(members)};`;
    });
  return `  '${id}': {\n${lines.join('\n')}\n  };`;
}

/** The type in words of TypeScript without names of other files: a union as its members. */
function membersOf(checker, type) {
  if (type.isUnion()) return type.types.flatMap((member) => membersOf(checker, member));
  if ((type.flags & ts.TypeFlags.Undefined) !== 0) return [];
  if (checker.isTupleType(type)) {
    const parts = checker.getTypeArguments(type).map((part) => unionOf(new Set(membersOf(checker, part))));
    return [`[${parts.join(', ')}]`];
  }
  if (checker.isArrayType(type)) {
    const item = unionOf(new Set(checker.getTypeArguments(type).flatMap((part) => membersOf(checker, part))));
    return [item.includes('|') ? `(${item})[]` : `${item}[]`];
  }
  return [type.isStringLiteral() ? `'${type.value}'` : checker.typeToString(type)];
}

function unionOf(members) {
  const words = new Set(members);
  if (words.has('true') && words.has('false')) {
    words.delete('true');
    words.delete('false');
    words.add('boolean');
  }
  if (words.has('boolean')) for (const word of ['true', 'false']) words.delete(word);
  if (words.has('string')) for (const word of words) if (word.startsWith("'")) words.delete(word);
  const order = (word) => (word === 'null' ? 1 : 0);
  return [...words].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1)).join(' | ');
}

const textOf = (
  members,
) => `// Generated from the files of the rules by \`npm run docs\`: do not edit. build/measured-words.mjs has the comments.

/** What a rule may measure. */
export type Measured = Record<string, number | string | boolean | null | (number | string)[]>;

/** What each rule measures: the numbers behind its message, by its id. A field that is optional is not in every finding. */
// biome-ignore format: a field in one line
export interface MeasuredByRule {
${members.join('\n')}
}
`;

function main() {
  const { text, wrong } = measuredFile();
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
  const path = join(root, MEASURED);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (process.argv.includes('--check')) {
    console.error(`${MEASURED} does not follow from the files of the rules: run npm run docs`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
