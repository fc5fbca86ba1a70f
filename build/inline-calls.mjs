// Puts the bodies of short functions in the place of their calls, for what every packet passes. Called by compile.mjs.
//
//   block.setWindow(mine, u16(bytes, at + 14))   →   block.u16[(mine + 4) >> 1] = (bytes[at + 14] << 8) | bytes[at + 15]
//
// V8 does the same, but only in code that it has optimised, and half of the time of most captures is over before. The
// checker of TypeScript tells which function a call reaches, so a name alone decides nothing.
import ts from 'typescript';
import { declarationsOf, hasEffect, nameOf, ShortFunctions } from './short-functions.mjs';

const { factory, SyntaxKind } = ts;

/** Folders whose functions every packet passes. Calls there are replaced, by functions from there. */
const HOT = /\/src\/(?:decode|flows)\//;
/** Generated methods, which no subclass may declare again. */
const ACCESSORS = /\/src\/flows\/[a-z]+\/[a-z]+-access\.ts$/;
/** Most functions inside each other. */
const MOST_DEPTH = 6;

/** @param {ts.Program} program @returns {ts.TransformerFactory<ts.SourceFile>} */
export function inlineCalls(program) {
  const checker = program.getTypeChecker();
  const functions = new ShortFunctions(checker, (fileName) => HOT.test(fileName));
  noneDeclaredAgain(program, functions);
  return (context) => (file) => (HOT.test(file.fileName) ? new Inliner(checker, functions, context).file(file) : file);
}

/** An accessor may be copied only when it is the one that runs, whatever the class of the object. */
function noneDeclaredAgain(program, functions) {
  const files = program.getSourceFiles().filter(({ fileName }) => !fileName.includes('/node_modules/'));
  for (const declared of files.flatMap(({ statements }) => statements.filter(ts.isClassDeclaration))) {
    const inherited = accessorsAbove(declared, functions);
    const again = declared.members.find(({ name }) => name && inherited.has(name.getText()));
    if (again) throw new Error(`${declared.name?.text} declares the accessor ${again.name.getText()} again`);
  }
}

/** Names of the accessors that a class inherits. */
function accessorsAbove(declared, functions) {
  const above = declared.heritageClauses?.find(({ token }) => token === SyntaxKind.ExtendsKeyword)?.types[0];
  const parent = above && functions.symbolAt(above.expression)?.valueDeclaration;
  if (parent === undefined || !ts.isClassDeclaration(parent)) return new Set();
  const own = ACCESSORS.test(parent.getSourceFile().fileName) ? parent.members : [];
  return new Set([...accessorsAbove(parent, functions), ...own.map(({ name }) => name?.getText())]);
}

class Inliner {
  #checker;
  #functions;
  #context;
  /** What stands for a parameter or a variable of a function that is copied, by symbol. */
  #names = new Map();
  /** What stands for `this` there. */
  #self;
  /** How many functions deep the node at hand is in what is copied; 0 in the file itself. */
  #depth = 0;
  /** The call that is replaced. */
  #place;
  /** Functions whose bodies are being looked at, and those that are being copied: none is copied into itself. */
  #open = new Set();
  #copied = [];
  /** False where no variable can be declared: in default values of parameters and in fields of classes. */
  #hasRoom = true;

  constructor(checker, functions, context) {
    this.#checker = checker;
    this.#functions = functions;
    this.#context = context;
  }

  file(file) {
    return ts.visitEachChild(file, this.#visit, this.#context);
  }

  #visit = (node) => {
    if (ts.isTypeNode(node)) return node;
    if (ts.isParameter(node) || ts.isPropertyDeclaration(node)) return this.#within(node, false);
    if (ts.isFunctionLike(node)) return this.#within(node, true);
    if (this.#depth > 0) return this.#copy(node);
    return (ts.isCallExpression(node) && this.#replace(node)) || this.#children(node);
  };

  #children(node) {
    return ts.visitEachChild(node, this.#visit, this.#context);
  }

  #within(node, hasRoom) {
    const before = this.#hasRoom;
    this.#hasRoom = hasRoom;
    const visited = this.#children(node);
    this.#hasRoom = before;
    return visited;
  }

  /** A node of a function, with what it stands for at the place of the call. */
  #copy(node) {
    if (ts.isCallExpression(node)) return this.#replace(node) ?? withoutPlace(this.#children(node));
    if (node.kind === SyntaxKind.ThisKeyword) return this.#self;
    if (ts.isIdentifier(node)) return this.#names.get(this.#functions.symbolAt(node)) ?? this.#named(node);
    if (ts.isPropertyAccessExpression(node)) {
      const { name } = node;
      const copied = ts.isPrivateIdentifier(name) ? name : factory.createIdentifier(name.text);
      const value = this.#functions.numberAt(name);
      if (value !== undefined) return numberNode(value);
      return factory.createPropertyAccessExpression(ts.visitNode(node.expression, this.#visit), copied);
    }
    const copied = withoutPlace(this.#children(node));
    return this.#isNumber(node) ? summedUp(copied) : copied;
  }

  #isNumber(node) {
    return ts.isBinaryExpression(node) && (this.#checker.getTypeAtLocation(node).flags & ts.TypeFlags.NumberLike) !== 0;
  }

  #named(node) {
    const value = this.#functions.numberAt(node);
    return value === undefined ? factory.createIdentifier(node.text) : numberNode(value);
  }

  /** What a call computes, in its place; undefined when the call stays. */
  #replace(node) {
    if (this.#depth === 0) this.#place = node;
    const target = this.#hasRoom ? this.#targetOf(node) : undefined;
    if (target === undefined) return undefined;
    const { short, declaration, receiver } = target;
    const given = node.arguments.map((one) => ts.visitNode(one, this.#visit));
    const object = receiver && ts.visitNode(receiver, this.#visit);
    if (this.#depth === 0) this.#place = node;

    const kept = [];
    const isInOrder = !this.#functions.isPure(short) || [...given, ...(object ? [object] : [])].some(hasEffect);
    const nameFor = (one, uses) =>
      isConstant(one) || (!isInOrder && (uses <= 1 || isShort(one))) ? one : this.#keep(one, kept);
    const before = { names: this.#names, self: this.#self };
    const self = object && nameFor(object, short.selfUses);
    const values = given.map((one, at) => nameFor(one, short.uses[at]));
    this.#self = self;
    this.#names = new Map(this.#names);
    for (const [at, { name }] of short.parameters.entries())
      this.#names.set(this.#functions.symbolAt(name), values[at]);
    this.#depth++;
    this.#copied.push(declaration);
    for (const step of short.steps) this.#step(step, kept);
    kept.push(ts.visitNode(short.result, this.#visit));
    this.#depth--;
    this.#copied.pop();
    this.#names = before.names;
    this.#self = before.self;
    return factory.createParenthesizedExpression(kept.reduce((all, one) => factory.createComma(all, one)));
  }

  #step(step, kept) {
    if (ts.isExpressionStatement(step)) kept.push(ts.visitNode(step.expression, this.#visit));
    for (const { name, initializer } of declarationsOf(step))
      this.#names.set(this.#functions.symbolAt(name), this.#keep(ts.visitNode(initializer, this.#visit), kept));
  }

  /** A variable with that value. */
  #keep(expression, kept) {
    const name = factory.createUniqueName('_', ts.GeneratedIdentifierFlags.Optimistic);
    this.#context.hoistVariableDeclaration(name);
    kept.push(factory.createAssignment(name, expression));
    return name;
  }

  /** The function that a call reaches, when it can be copied to this place. */
  #targetOf(node) {
    if (ts.isOptionalChain(node) || this.#open.size >= MOST_DEPTH) return undefined;
    const callee = node.expression;
    const isNamed = ts.isIdentifier(callee) || ts.isPropertyAccessExpression(callee);
    const declaration = isNamed ? this.#functions.functionAt(nameOf(callee)) : undefined;
    if (declaration === undefined || this.#open.has(declaration) || this.#copied.includes(declaration))
      return undefined;
    const isMethod = ts.isMethodDeclaration(declaration);
    if (isMethod && !isKnownMethod(declaration, callee)) return undefined;
    const short = this.#functions.of(declaration);
    if (short === undefined || short.parameters.length !== node.arguments.length) return undefined;
    if (short.isEffect && !ts.isExpressionStatement(node.parent)) return undefined;
    this.#open.add(declaration);
    const isInReach = this.#isInReach(short, declaration);
    this.#open.delete(declaration);
    return isInReach ? { short, declaration, receiver: isMethod ? callee.expression : undefined } : undefined;
  }

  /** Whether every name in the function means the same at the call, is a number, or is that of a call copied too. */
  #isInReach(short, declaration) {
    const functions = this.#functions;
    const own = functions.ownOf(short);
    const isOfFile = this.#place.getSourceFile() === declaration.getSourceFile();
    const isKnown = (node) => {
      if (ts.isTypeNode(node)) return true;
      if (node.kind === SyntaxKind.ThisKeyword) return ts.isMethodDeclaration(declaration);
      if (ts.isCallExpression(node)) {
        const { expression } = node;
        const target = this.#targetOf(node);
        if (target === undefined) return isKnown(expression) && node.arguments.every(isKnown);
        return node.arguments.every(isKnown) && (target.receiver === undefined || isKnown(expression.expression));
      }
      if (ts.isPropertyAccessExpression(node)) {
        const isForeign = ts.isPrivateIdentifier(node.name) && !isOfFile;
        return functions.numberAt(node.name) !== undefined || (!isForeign && isKnown(node.expression));
      }
      if (!ts.isIdentifier(node)) return !ts.forEachChild(node, (child) => !isKnown(child));
      const symbol = functions.symbolAt(node);
      if (own.has(symbol) || functions.numberAt(node) !== undefined) return true;
      const isGlobal = symbol?.declarations?.every((one) => one.getSourceFile().isDeclarationFile) ?? false;
      if (!isGlobal && !isOfFile) return false;
      const seen = this.#checker.resolveName(node.text, this.#place, ts.SymbolFlags.Value, false);
      return seen !== undefined && seen === this.#checker.getSymbolAtLocation(node);
    };
    return [...short.steps, short.result].every(isKnown);
  }
}

/** Whether the method that runs is the declared one: an accessor, or a private method of the same object. */
function isKnownMethod(declaration, callee) {
  if (ACCESSORS.test(declaration.getSourceFile().fileName)) return true;
  return ts.isPrivateIdentifier(declaration.name) && callee.expression.kind === SyntaxKind.ThisKeyword;
}

/** A node that is emitted by what it holds: at its place in this file there is other text. */
function withoutPlace(node) {
  if (ts.isNumericLiteral(node)) return factory.createNumericLiteral(node.text);
  if (ts.isBinaryExpression(node))
    return factory.createBinaryExpression(node.left, node.operatorToken.kind, node.right);
  if (ts.isParenthesizedExpression(node)) return factory.createParenthesizedExpression(node.expression);
  if (ts.isElementAccessExpression(node))
    return factory.createElementAccessExpression(node.expression, node.argumentExpression);
  return ts.isToken(node)
    ? factory.createToken(node.kind)
    : ts.setTextRange(factory.cloneNode(node), { pos: -1, end: -1 });
}

/** `a + 12 + 1` → `a + 13`: offsets are small. */
function summedUp(node) {
  const left = isSumWithNumber(node) ? unwrapped(node.left) : undefined;
  if (left === undefined || !isSumWithNumber(left)) return node;
  return factory.createAdd(left.left, numberNode(Number(left.right.text) + Number(node.right.text)));
}

const isSumWithNumber = (node) =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind === SyntaxKind.PlusToken &&
  ts.isNumericLiteral(node.right) &&
  Number.isInteger(Number(node.right.text));

const numberNode = (value) =>
  value < 0
    ? factory.createParenthesizedExpression(
        factory.createPrefixUnaryExpression(SyntaxKind.MinusToken, factory.createNumericLiteral(-value)),
      )
    : factory.createNumericLiteral(value);

function unwrapped(node) {
  const isWrapper = ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node);
  return isWrapper ? unwrapped(node.expression) : node;
}

const isConstant = (node) => ts.isNumericLiteral(unwrapped(node)) || node.kind === SyntaxKind.ThisKeyword;

/** Whether reading it twice costs no more than a variable would: a name, a number, or a name plus a number. */
function isShort(node) {
  const inner = unwrapped(node);
  return (
    ts.isIdentifier(inner) || isConstant(inner) || (isSumWithNumber(inner) && ts.isIdentifier(unwrapped(inner.left)))
  );
}
