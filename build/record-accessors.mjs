/** Writes the accessors of a record from its layout: a class whose methods alone know the view and the place of a field. */

/** @typedef {import('../src/flows/tables/record-layout.ts').RecordField} RecordField */

const SHIFTS = { u8: 0, u16: 1, u32: 2, i32: 2, f32: 2, f64: 3 };

const capital = (name) => name[0].toUpperCase() + name.slice(1);

const element = ({ at, type }, view = type) => {
  const place = at === 0 ? 'at' : `at + ${at}`;
  if (SHIFTS[type] === 0) return `this.${view}[${place}]`;
  return `this.${view}[${at === 0 ? place : `(${place})`} >> ${SHIFTS[type]}]`;
};

/** @param {RecordField} field */
function* accessorsOf(field) {
  const { name, says, kind } = field;
  const one = element(field);
  yield `  /** ${says} */`;
  yield `  ${name}(at: number): number { return ${one}; }`;
  if (kind === 'signed') yield `  ${name}Signed(at: number): number { return ${element(field, 'i32')}; }`;
  yield `  set${capital(name)}(at: number, value: number): void { ${one} = value; }`;
  if (kind !== 'bits') return;
  yield `  has${capital(name)}(at: number, bits: number): boolean { return (${one} & bits) !== 0; }`;
  yield `  add${capital(name)}(at: number, bits: number): void { ${one} |= bits; }`;
  yield `  remove${capital(name)}(at: number, bits: number): void { ${one} &= ~bits; }`;
}

/** @type {typeof import('./record-accessors.d.mts').accessorFile} */
export function accessorFile({ layout, className, from, viewsFrom, says }) {
  const fields = layout.parts.flatMap((part) => part.fields);
  return [
    `// Made from ${from} by \`npm run accessors\`: change the layout, not this file.`,
    `import { RecordViews } from '${viewsFrom}';`,
    '',
    `/** ${says} */`,
    '// biome-ignore format: an accessor in one line',
    `export class ${className} extends RecordViews {`,
    ...fields.flatMap((field) => [...accessorsOf(field)]),
    '}',
    '',
  ].join('\n');
}

/** The same layout as constants, for code that works with addresses. @type {typeof import('./record-accessors.d.mts').offsetFile} */
export function offsetFile({ layout, from, begin = 0 }) {
  const fields = layout.parts.flatMap((part) => part.fields);
  return [
    `// Made from ${from} by \`npm run accessors\`: change the layout, not this file.`,
    '',
    '/** Bytes of a record. */',
    `export const RECORD_BYTES: i32 = ${layout.bytes};`,
    ...fields.flatMap(({ name, at, says }) => [
      `/** ${says} */`,
      `export const ${constantName(name)}: i32 = ${begin + at};`,
    ]),
    '',
  ].join('\n');
}

/** "nextSeq" → "NEXT_SEQ" */
const constantName = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
