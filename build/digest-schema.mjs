// Writes src/flows/digest/written-types.ts: the data of a digest as it is in files, from the types of src/flows.
//   node build/digest-schema.mjs             writes it
//   node build/digest-schema.mjs --check     writes nothing; exit status 1 when it would differ
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
export const WRITTEN_TYPES = 'src/flows/digest/written-types.ts';
const CODEC = join(root, 'src/flows/digest/digest-codec.ts');
const MESSAGE = 'DigestMessage';
const COLUMN = /^(?:Float64|Uint32|Uint16|Uint8)Array$|^ArrayBuffer$/;
const MAP = /^(?:Readonly)?Map$/;
const SET = /^(?:Readonly)?Set$/;
/** Fields that count or number something, by the end of their name; the others may have fractions. */
const WHOLE =
  /(?:^|[a-z])(?:packets?|segments|octets|bytes|connections|requests|answers|errors|total|count|index|flow|point|capture|port|type|code|id|ttl|l3|l3length|snaplen|mss|iss|dropped|seqstart|seqend|seqlow|seqhigh)$/i;

/** The text of the file. */
export function writtenTypes() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([CODEC], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const codec = checker.getSymbolAtLocation(program.getSourceFile(CODEC));
  const message = checker.getExportsOfModule(codec).find(({ name }) => name === MESSAGE);
  const shapes = new Shapes(checker);
  shapes.of(checker.getDeclaredTypeOfSymbol(message), MESSAGE);
  return textOf(shapes.records);
}

/** Shapes of types, as `plain-data.ts` describes them; those of objects by name. */
class Shapes {
  records = new Map();
  #names = new Map();
  #checker;

  constructor(checker) {
    this.#checker = checker;
  }

  /** @param name for an object without a name of its own, and of the field */
  of(type, name) {
    const is = (flag) => (type.flags & flag) !== 0;
    if (is(ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral)) return { is: [type.value] };
    if (is(ts.TypeFlags.BooleanLiteral)) return { is: [this.#checker.typeToString(type) === 'true'] };
    if (is(ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral)) return 'text';
    if (is(ts.TypeFlags.Number)) return WHOLE.test(name) ? 'whole' : 'number';
    if (is(ts.TypeFlags.Null)) return 'null';
    if (type.isUnion()) return this.#anyOf(type.types, name);
    const own = type.symbol?.name;
    const inner = () => this.#checker.getTypeArguments(type);
    if (COLUMN.test(own)) return { column: own };
    if (MAP.test(own)) return { map: inner().map((one) => this.of(one, name)) };
    if (SET.test(own)) return { set: this.of(inner()[0], name) };
    if (this.#checker.isArrayType(type)) return { list: this.of(inner()[0], name) };
    if (this.#checker.isTupleType(type)) return { tuple: inner().map((one) => this.of(one, name)) };
    const values = type.getStringIndexType();
    if (values !== undefined) return { values: this.of(values, name) };
    if (is(ts.TypeFlags.Object) || type.isIntersection()) return this.#record(type, name);
    throw new Error(`${name}: ${this.#checker.typeToString(type)} has no form in a file`);
  }

  #anyOf(types, name) {
    // An ordinary item is written as a record of octets, and not in the list of objects; nothing undefined is written.
    const written = types.filter((type) => !isUndefined(type) && !isClass(type));
    if (written.every(({ flags }) => flags & ts.TypeFlags.BooleanLiteral) && written.length === 2) return 'flag';
    const shapes = written.map((type) => this.of(type, name));
    const literals = shapes.filter(({ is }) => is !== undefined).flatMap(({ is }) => is);
    const others = shapes.filter(({ is }) => is === undefined);
    const all = [...others, ...(literals.length > 0 ? [{ is: literals.sort() }] : [])];
    return all.length === 1 ? all[0] : { any: all };
  }

  #record(type, name) {
    const known = this.#names.get(type);
    if (known !== undefined) return known;
    const alias = type.aliasSymbol?.name ?? type.symbol?.name;
    const own = this.#unused(/^(?:__type|Partial|Omit|Pick)?$/.test(alias ?? '') ? capitalised(name) : alias);
    this.#names.set(type, own);
    this.records.set(own, []);
    const fields = type.getProperties().map((field) => {
      const given = this.#checker.getTypeOfSymbol(field);
      const isOptional = field.flags & ts.SymbolFlags.Optional || (given.isUnion() && given.types.some(isUndefined));
      return [`${field.name}${isOptional ? '?' : ''}`, this.of(given, field.name)];
    });
    // Of a class nothing is written but what its message has beside it.
    this.records.set(
      own,
      fields.filter(([, shape]) => shape.any?.length !== 0),
    );
    return own;
  }

  #unused(name) {
    let free = name;
    for (let nth = 2; this.records.has(free); nth++) free = `${name}${nth}`;
    return free;
  }
}

const isUndefined = ({ flags }) => (flags & ts.TypeFlags.Undefined) !== 0;
const isClass = ({ symbol }) => {
  const [declaration] = symbol?.declarations ?? [];
  return declaration !== undefined && ts.isClassDeclaration(declaration);
};
const capitalised = (name) => `${name[0].toUpperCase()}${name.slice(1)}`;

/** A type a line; fields of one shape stand together. */
function textOf(records) {
  const lines = [...records].map(([name, fields]) => {
    const byShape = new Map();
    for (const [field, shape] of fields) {
      const key = shapeText(shape);
      byShape.set(key, [...(byShape.get(key) ?? []), field]);
    }
    const members = Array.from(byShape, ([shape, names]) => `${keyOf(names.join(' '))}: ${shape}`);
    return `  ${name}: { ${members.join(', ')} },`;
  });
  return `// Generated from the types of src/flows by \`npm run docs\`: do not edit.
import type { Written } from './plain-data.ts';

/** Fields of each object in a digest, by shape; those with "?" may be missing. */
// biome-ignore format: a type a line.
export const WRITTEN_TYPES: Readonly<Record<string, Readonly<Record<string, Written>>>> = {
${lines.join('\n')}
};
`;
}

const keyOf = (text) => (/^[A-Za-z_]\w*$/.test(text) ? text : `'${text}'`);
const shapeText = (shape) => {
  if (typeof shape === 'string') return `'${shape}'`;
  if (typeof shape !== 'object') return JSON.stringify(shape);
  if (Array.isArray(shape)) return `[${shape.map((one) => shapeText(one)).join(', ')}]`;
  return `{ ${Object.entries(shape)
    .map(([key, value]) => `${key}: ${shapeText(value)}`)
    .join(', ')} }`;
};

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  const text = writtenTypes();
  if (process.argv.includes('--check')) {
    if (readFileSync(join(root, WRITTEN_TYPES), 'utf8') !== text) {
      console.error(`${WRITTEN_TYPES} differs from the types of src/flows: npm run docs`);
      process.exitCode = 1;
    }
  } else writeFileSync(join(root, WRITTEN_TYPES), text);
}
