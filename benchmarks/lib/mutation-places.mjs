// Places of a source file where one change gives a mutant, and the same file with a mark at each place that tells when it runs.
import ts from 'typescript';
import { randomFrom } from './seeded-random.mjs';

const K = ts.SyntaxKind;
/** Of a binary operator: what it becomes, by operator of mutation. */
const BINARY = {
  comparison: { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '===': '!==', '!==': '===' },
  boundary: { '<': '<=', '<=': '<', '>': '>=', '>=': '>' },
  arithmetic: { '+': '-', '-': '+', '*': '/', '/': '*' },
  logic: { '&&': '||', '||': '&&' },
};
const CALLED = { some: 'every', every: 'some', min: 'max', max: 'min' };
/**
 * comparison: turned into its opposite. boundary: with or without the equal case. arithmetic: + for -, * for /. logic: && for
 * ||, and a `!` left out. constant: a number one more, or counted from -1; true for false. call: some for every, min for max.
 * gate: the condition of an `if` that only leaves (return, continue, break, throw) becomes false, or one side of an && is left
 * out. statement: an expression for its effect, or a `continue`, is left out.
 */
export const OPERATORS = [...Object.keys(BINARY), 'constant', 'call', 'gate', 'statement'];

/**
 * Every place in document order: `at` and `end` of the text that is replaced, `was` that text, `choices` what it may become,
 * `operator` one of OPERATORS, `line` from 1, `runs` the expression or statement that runs when the place does,
 * and `isLoaded` whether that is when the file is loaded.
 * Types, the `meta` of a rule, names of properties and text are passed over.
 */
export function placesIn(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, operator, choices, around = node) => {
    const at = node.getStart(source);
    const end = node.getEnd();
    const { line } = source.getLineAndCharacterOfPosition(at);
    const runs = { at: around.getStart(source), end: around.getEnd(), isStatement: ts.isStatement(around) };
    found.push({
      file,
      at,
      end,
      was: text.slice(at, end),
      choices,
      operator,
      line: line + 1,
      runs,
      isLoaded: isOfModule(node),
    });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isTypeAliasDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'meta') return;
    if (ts.isBinaryExpression(node)) ofBinary(node, source, add);
    else if (ts.isIfStatement(node) && node.elseStatement === undefined && isLeaving(node.thenStatement))
      add(node.expression, 'gate', ['false'], node);
    else if (isRemovable(node)) add(node, 'statement', [';']);
    else if (ts.isPrefixUnaryExpression(node) && node.operator === K.ExclamationToken)
      add(node, 'logic', [`(${node.operand.getText(source)})`]);
    else if (ts.isNumericLiteral(node) && node.parent.name !== node)
      add(node, 'constant', [`(1 + ${node.text})`, `(-1 + ${node.text})`]);
    else if (node.kind === K.TrueKeyword) add(node, 'constant', ['false']);
    else if (node.kind === K.FalseKeyword) add(node, 'constant', ['true']);
    else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name } = node.expression;
      if (Object.hasOwn(CALLED, name.text)) add(name, 'call', [CALLED[name.text]], chainOf(node));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort((a, b) => a.at - b.at || a.end - b.end || a.operator.localeCompare(b.operator));
}

function ofBinary(node, source, add) {
  const token = node.operatorToken;
  if (token.kind === K.AmpersandAmpersandToken)
    add(
      node,
      'gate',
      [node.left.getText(source), node.right.getText(source)].map((side) => `(${side})`),
    );
  const isText = token.kind === K.PlusToken && /['"`]/.test(node.getText(source));
  for (const [operator, becomes] of Object.entries(BINARY)) {
    const choice = becomes[token.getText(source)];
    if (choice !== undefined && !isText) add(token, operator, [choice], node);
  }
}

function isOfModule(node) {
  return node === undefined || (!ts.isFunctionLike(node) && isOfModule(node.parent));
}

const isRemovable = (node) => node.kind === K.ExpressionStatement || node.kind === K.ContinueStatement;

function isLeaving(statement) {
  if (ts.isBlock(statement)) return statement.statements.length === 1 && isLeaving(statement.statements[0]);
  return [K.ReturnStatement, K.ContinueStatement, K.BreakStatement, K.ThrowStatement].includes(statement.kind);
}

/** The whole of an optional chain: a part in brackets would end it earlier. */
function chainOf(node) {
  let whole = node;
  while (
    (whole.parent.expression === whole && (ts.isAccessExpression(whole.parent) || ts.isCallExpression(whole.parent))) ||
    ts.isNonNullExpression(whole.parent)
  )
    whole = whole.parent;
  return whole;
}

/** Whether the text has the syntax of the language. */
const isParsed = (fileName, text) =>
  ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest).parseDiagnostics.length === 0;

/** The file with `__reached(number)` where each of the numbered places runs; what it computes stays the same. */
export function marked(text, numbered) {
  const insertions = numbered.flatMap(([number, { runs }]) => {
    const { at, end, isStatement } = runs;
    // At one offset the longer part opens first and closes last; what closes there goes before what opens.
    return [
      { at, order: 1, size: at - end, text: isStatement ? `{ __reached(${number}); ` : `(__reached(${number}), ` },
      { at: end, order: 0, size: end - at, text: isStatement ? ' }' : ')' },
    ];
  });
  insertions.sort((a, b) => a.at - b.at || a.order - b.order || a.size - b.size);
  let done = 0;
  let result = '';
  for (const insertion of insertions) {
    result += text.slice(done, insertion.at) + insertion.text;
    done = insertion.at;
  }
  return result + text.slice(done);
}

/**
 * `count` places in the order of the draw, each with one of its choices as `becomes`, and its `number` from 0. A mutant
 * that is no valid syntax would be found by any test; another is drawn instead.
 */
export function draw(places, count, seed, textOf) {
  const random = randomFrom(seed);
  const rest = [...places];
  const drawn = [];
  while (drawn.length < count && rest.length > 0) {
    const [place] = rest.splice(Math.floor(random() * rest.length), 1);
    const becomes = place.choices[Math.floor(random() * place.choices.length)];
    const mutant = { ...place, becomes, number: drawn.length };
    if (isParsed(place.file, mutated(textOf(place.file), [mutant]))) drawn.push(mutant);
  }
  return drawn;
}

/** The file with these changes. They must not overlap. */
export function mutated(text, mutants) {
  let result = text;
  for (const { at, end, becomes } of [...mutants].sort((a, b) => b.at - a.at))
    result = result.slice(0, at) + becomes + result.slice(end);
  return result;
}
