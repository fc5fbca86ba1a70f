// Makes schema/report.json from the types and comments of src/report/model: node build/schema.mjs
//   node build/schema.mjs --check    writes nothing; exit status 1 when the file would differ
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFormatter, createParser, createProgram, SchemaGenerator } from 'ts-json-schema-generator';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const MODEL = join(root, 'src/report/model/report.ts');
const MEASURED = join(root, 'src/heuristics/rule/measured.ts');
export const SCHEMA = 'schema/report.json';

const CONFIG = {
  path: MODEL,
  tsconfig: join(root, 'tsconfig.build.json'),
  expose: 'export',
  topRef: true,
  jsDoc: 'extended',
  sortProps: false,
  strictTuples: true,
  skipTypeCheck: true,
  // Later versions add fields: a program that checks a report with this schema goes on to accept it.
  additionalProperties: true,
};

/** A finding of any rule as what all have in common: what each measures is added below, once for each rule. */
function withFindingsOfAnyRule(program) {
  return (chain) =>
    chain.addNodeParser({
      supportsNode: (node) => ts.isTypeReferenceNode(node) && node.typeName.getText() === 'ReportFinding',
      createType(_, context) {
        const declaration = program
          .getSourceFiles()
          .flatMap(({ statements }) => statements)
          .find((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'FindingBase');
        return chain.createType(declaration, context);
      },
    });
}

function generated(path, type) {
  const config = { ...CONFIG, path, type };
  const program = createProgram(config);
  const parser = createParser(program, config, withFindingsOfAnyRule(program));
  return new SchemaGenerator(program, parser, createFormatter(config), config).createSchema(type);
}

export function schemaText() {
  const { definitions: defs } = generated(MODEL, 'Report');
  const { properties: byRule } = generated(MEASURED, 'MeasuredByRule').definitions.MeasuredByRule;
  const { Report: report, FindingBase: finding, ...others } = defs;
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://unpkg.com/pcapdiag/schema/report.json',
    title: 'pcapdiag report, schema version 1',
    ...report,
    $defs: {
      ...Object.fromEntries(Object.entries(others).map(([name, def]) => [shortName(name), def])),
      finding: {
        ...finding,
        allOf: Object.keys(byRule).map((ruleId) => ({
          if: { properties: { ruleId: { const: ruleId } }, required: ['ruleId'] },
          // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema.
          then: { properties: { measured: { $ref: `#/$defs/measuredByRule/properties/${ruleId}` } } },
        })),
      },
      measuredByRule: { description: 'What each rule measures, by its id.', properties: byRule },
    },
  };
  return `${JSON.stringify(inDraft2020(schema), null, 2)}\n`;
}

/** "ReportCapture" → "capture". */
const shortName = (name) => name.replace(/^Report(?=[A-Z])/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase());

/** The generator writes draft 07: places of definitions and tuples have other words since. */
function inDraft2020(value) {
  if (Array.isArray(value)) return value.map(inDraft2020);
  if (typeof value !== 'object' || value === null) return value;
  const said = {};
  for (const [key, one] of Object.entries(value)) {
    if (key === '$ref') {
      const name = one.replace(/^#\/(?:definitions|\$defs)\//, '');
      said.$ref = `#/$defs/${name === 'FindingBase' ? 'finding' : shortName(name)}`;
    } else if (key === 'items' && Array.isArray(one)) said.prefixItems = inDraft2020(one);
    else if (key === 'additionalItems') said.items = inDraft2020(one);
    else if (key === 'additionalProperties' && (one === true || Object.keys(one).length === 0)) continue;
    else said[key] = inDraft2020(one);
  }
  if (said.prefixItems !== undefined) {
    said.items ??= false;
    delete said.maxItems;
  }
  return said;
}

function main() {
  const path = join(root, SCHEMA);
  const text = schemaText();
  if (readFileSync(path, 'utf8') === text) return;
  if (process.argv.includes('--check')) {
    console.error(`${SCHEMA} does not follow from src/report/model: run npm run docs`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
