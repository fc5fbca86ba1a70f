// Makes schema/report-line.json from schema/report.json: a line of NDJSON is an item of a list of the report, with its type.
//   node build/line-schema.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Types of lines that are items of lists. */
const ITEMS = ['capture', 'point', 'triage', 'finding', 'nat', 'path'];
const COUNT = { type: 'integer', minimum: 0 };

/** The schema of a line. */
export function lineSchemaOf(report) {
  const { capture, point, triage, finding, nat, path, verdict, ...used } = report.$defs;
  const items = { capture, point, triage, finding, nat, path };
  const { schemaVersion, tool, partial, gate, failureDomain, unseen, leftOut } = report.properties;
  return {
    $schema: report.$schema,
    $id: 'https://unpkg.com/pcapdiag/schema/report-line.json',
    title: 'A line of a pcapdiag report as NDJSON, schema version 1',
    description:
      'Captures, capture points, triage, findings, translations and paths, and last one summary. Only grows, as the report does.',
    type: 'object',
    required: ['type'],
    discriminator: { propertyName: 'type' },
    oneOf: [...ITEMS, 'summary'].map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: {
      ...Object.fromEntries(ITEMS.map((type) => [type, typed(type, items[type])])),
      summary: typed('summary', {
        type: 'object',
        additionalProperties: false,
        required: ['schemaVersion', 'tool', 'verdict', 'failureDomain', 'findings', 'unseen'],
        properties: {
          schemaVersion,
          tool,
          partial,
          gate,
          verdict: { anyOf: [leading(verdict), { type: 'null' }] },
          failureDomain,
          findings: {
            type: 'object',
            additionalProperties: false,
            required: ['error', 'warning', 'note', 'known'],
            properties: { error: COUNT, warning: COUNT, note: COUNT, known: COUNT },
            description: 'How many of each level are new, and how many are known',
          },
          unseen,
          leftOut,
        },
      }),
      ...without(used, ['ladder', 'nextCapture', 'rule', 'clock']),
    },
  };
}

/** The verdict names its finding. */
const leading = ({ properties, required, ...rest }) => ({
  ...rest,
  required: [...required, 'fingerprint'],
  properties: { ...properties, fingerprint: { type: 'string' } },
});

const typed = (type, { properties, required, ...rest }) => ({
  ...rest,
  required: ['type', ...required],
  properties: { type: { const: type }, ...properties },
});

const without = (given, names) => Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));

const file = (name) => fileURLToPath(new URL(`../schema/${name}`, import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = lineSchemaOf(JSON.parse(readFileSync(file('report.json'), 'utf8')));
  writeFileSync(file('report-line.json'), `${JSON.stringify(made, null, 2)}\n`);
}
