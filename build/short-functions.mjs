// The functions that inline-calls.mjs may copy: those that only calculate, and read or write fields and elements.
import ts from 'typescript';

/** Most nodes of the syntax tree in a body that is copied. */
const MOST_NODES = 60;

/**
 * A short function: what it computes first, and its result.
 *
 * @typedef {object} Short
 * @property {ts.ParameterDeclaration[]} parameters
 * @property {ts.Statement[]} steps constants and assignments
 * @property {ts.Expression} result
 * @property {boolean} isEffect it returns nothing: `result` is called for what it changes
 * @property {number[]} uses how often each parameter occurs
 * @property {number} selfUses how often `this` occurs
 */

/** Finds short functions by what the checker of TypeScript knows. */
export class ShortFunctions {
  #checker;
  #isHot;
  #known = new Map();
  #pure = new Map();

  /** @param {ts.TypeChecker} checker @param {(fileName: string) => boolean} isHot */
  constructor(checker, isHot) {
    this.#checker = checker;
    this.#isHot = isHot;
  }

  /** The declaration of the function that a name stands for. @param {ts.Node} name */
  functionAt(name) {
    const declaration = this.symbolAt(name)?.valueDeclaration;
    if (declaration === undefined || !this.#isHot(declaration.getSourceFile().fileName)) return undefined;
    if (ts.isFunctionDeclaration(declaration) || ts.isMethodDeclaration(declaration)) return declaration;
    const value = isConstant(declaration) ? declaration.initializer : undefined;
    return value !== undefined && ts.isArrowFunction(value) ? value : undefined;
  }

  /** @returns {Short | undefined} undefined when the function is not short */
  of(declaration) {
    if (!this.#known.has(declaration)) this.#known.set(declaration, this.#read(declaration));
    return this.#known.get(declaration);
  }

  /** Whether it changes nothing, or one element or field as the last thing that it does. @param {Short} short */
  isPure(short) {
    const known = this.#pure.get(short);
    if (known !== undefined) return known;
    this.#pure.set(short, false);
    const { steps, result } = short;
    const last = isAssignment(result) ? [result.left, result.right] : [result];
    const isPure = [...steps.flatMap(valuesOf), ...last].every((part) => this.#isPurePart(part));
    this.#pure.set(short, isPure);
    return isPure;
  }

  /** The symbol of a name, whatever it was imported as. */
  symbolAt(node) {
    const symbol = this.#checker.getSymbolAtLocation(node);
    return symbol && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The number that a name always stands for. */
  numberAt(name) {
    const declaration = this.symbolAt(name)?.valueDeclaration;
    return declaration !== undefined && isConstant(declaration) ? this.#valueOf(declaration.initializer) : undefined;
  }

  /** Parameters and constants of the function itself. @param {Short} short */
  ownOf({ parameters, steps }) {
    return new Set([...parameters, ...steps.flatMap(declarationsOf)].map(({ name }) => this.symbolAt(name)));
  }

  #valueOf(node) {
    if (ts.isParenthesizedExpression(node)) return this.#valueOf(node.expression);
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (ts.isIdentifier(node)) return this.numberAt(node);
    const operation = ts.isBinaryExpression(node) ? OPERATIONS.get(node.operatorToken.kind) : undefined;
    const left = operation && this.#valueOf(node.left);
    const right = left === undefined ? undefined : this.#valueOf(node.right);
    return right === undefined ? undefined : operation(left, right);
  }

  #isPurePart(node) {
    if (isWrite(node)) return false;
    if (ts.isCallExpression(node) && !isOfMath(node)) {
      const declaration = this.functionAt(nameOf(node.expression));
      const short = declaration && this.of(declaration);
      if (short === undefined || short.isEffect || !this.isPure(short)) return false;
    }
    return !ts.forEachChild(node, (child) => !this.#isPurePart(child));
  }

  #read(declaration) {
    const { parameters, body } = declaration;
    const isOrdinary = !declaration.asteriskToken && (ts.getModifiers(declaration) ?? []).every(isSimpleModifier);
    if (body === undefined || !isOrdinary || !parameters.every(isSimpleParameter)) return undefined;
    const statements = ts.isBlock(body) ? [...body.statements] : [];
    const last = statements.pop();
    const isEffect = last !== undefined && ts.isExpressionStatement(last);
    const result = ts.isBlock(body)
      ? isEffect || (last && ts.isReturnStatement(last))
        ? last.expression
        : undefined
      : body;
    if (result === undefined || !statements.every(isStep)) return undefined;
    const declared = new Set(statements.flatMap(declarationsOf).map(({ name }) => this.symbolAt(name)));
    const assigned = statements
      .filter(ts.isExpressionStatement)
      .map(({ expression }) => this.symbolAt(expression.left));
    if (!assigned.every((symbol) => declared.has(symbol))) return undefined;
    const symbols = parameters.map(({ name }) => this.symbolAt(name));
    const uses = symbols.map(() => 0);
    let selfUses = 0;
    let nodes = 0;
    const isPlain = (node) => {
      if (ts.isTypeNode(node)) return true;
      if (++nodes > MOST_NODES || !isPlainNode(node)) return false;
      if (isWrite(node) && symbols.includes(this.symbolAt(node.left ?? node.operand))) return false;
      if (node.kind === ts.SyntaxKind.ThisKeyword) selfUses++;
      const at = ts.isIdentifier(node) ? symbols.indexOf(this.symbolAt(node)) : -1;
      if (at >= 0) uses[at]++;
      return !ts.forEachChild(node, (child) => !isPlain(child));
    };
    if (![...statements, result].every(isPlain)) return undefined;
    return { parameters: [...parameters], steps: statements, result, isEffect, uses, selfUses };
  }
}

/** What a constant may be computed by. */
const OPERATIONS = new Map([
  [ts.SyntaxKind.BarToken, (a, b) => a | b],
  [ts.SyntaxKind.AmpersandToken, (a, b) => a & b],
  [ts.SyntaxKind.LessThanLessThanToken, (a, b) => a << b],
  [ts.SyntaxKind.PlusToken, (a, b) => a + b],
  [ts.SyntaxKind.MinusToken, (a, b) => a - b],
  [ts.SyntaxKind.AsteriskToken, (a, b) => a * b],
]);

/** Calculations, and reading and writing of fields and elements. */
const PLAIN = new Set([
  ts.SyntaxKind.AsExpression,
  ts.SyntaxKind.BinaryExpression,
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.ElementAccessExpression,
  ts.SyntaxKind.ExpressionStatement,
  ts.SyntaxKind.FalseKeyword,
  ts.SyntaxKind.Identifier,
  ts.SyntaxKind.NonNullExpression,
  ts.SyntaxKind.NumericLiteral,
  ts.SyntaxKind.ParenthesizedExpression,
  ts.SyntaxKind.PrefixUnaryExpression,
  ts.SyntaxKind.PrivateIdentifier,
  ts.SyntaxKind.PropertyAccessExpression,
  ts.SyntaxKind.ThisKeyword,
  ts.SyntaxKind.TrueKeyword,
  ts.SyntaxKind.VariableDeclaration,
  ts.SyntaxKind.VariableDeclarationList,
  ts.SyntaxKind.VariableStatement,
]);

function isPlainNode(node) {
  const isOperator = node.kind >= ts.SyntaxKind.FirstPunctuation && node.kind <= ts.SyntaxKind.LastPunctuation;
  if (ts.isOptionalChain(node) || !(PLAIN.has(node.kind) || isOperator)) return false;
  return !(ts.isIdentifier(node) && node.text === 'arguments');
}

const SIMPLE_MODIFIERS = new Set([
  ts.SyntaxKind.ExportKeyword,
  ts.SyntaxKind.PublicKeyword,
  ts.SyntaxKind.ProtectedKeyword,
  ts.SyntaxKind.PrivateKeyword,
]);
const isSimpleModifier = ({ kind }) => SIMPLE_MODIFIERS.has(kind);
const isSimpleParameter = ({ name, initializer, dotDotDotToken, questionToken }) =>
  ts.isIdentifier(name) && !initializer && !dotDotDotToken && !questionToken;

/** The variables that a step declares. */
export const declarationsOf = (step) => (ts.isVariableStatement(step) ? [...step.declarationList.declarations] : []);
const isStep = (step) =>
  declarationsOf(step).every(({ name, initializer }) => ts.isIdentifier(name) && initializer) &&
  (ts.isVariableStatement(step) || (ts.isExpressionStatement(step) && isToName(step.expression)));
const isToName = (node) => isAssignment(node) && ts.isIdentifier(node.left);
const valuesOf = (step) =>
  ts.isVariableStatement(step) ? declarationsOf(step).map(({ initializer }) => initializer) : [step.expression.right];

const isConstant = (declaration) =>
  ts.isVariableDeclaration(declaration) &&
  declaration.initializer !== undefined &&
  (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;

const isAssignment = (node) =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
const isStepping = (node) =>
  (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
  (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken);
const isWrite = (node) => isAssignment(node) || isStepping(node);

/** The name that a call is made by. */
export const nameOf = (callee) => (ts.isPropertyAccessExpression(callee) ? callee.name : callee);
const isOfMath = ({ expression }) =>
  ts.isPropertyAccessExpression(expression) &&
  ts.isIdentifier(expression.expression) &&
  expression.expression.text === 'Math';

/** Whether evaluating an expression does, or may do, more than giving a value. */
export function hasEffect(node) {
  if ((ts.isCallExpression(node) && !isOfMath(node)) || ts.isNewExpression(node) || isWrite(node)) return true;
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node) || ts.isDeleteExpression(node)) return true;
  if (ts.isTaggedTemplateExpression(node)) return true;
  return ts.forEachChild(node, hasEffect) ?? false;
}
