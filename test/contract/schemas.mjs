import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** schema/report.json as programs get it: open to fields of later versions. */
export const openSchema = JSON.parse(readFileSync(new URL('../../schema/report.json', import.meta.url), 'utf8'));

/** The same, closed: a field of a report that the schema does not describe is refused. */
export const closedSchema = closed(openSchema);

function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  // The words after `if` are a question, not a description.
  const copy = Object.fromEntries(
    Object.entries(value).map(([word, one]) => [word, word === 'if' ? one : closed(one)]),
  );
  if (copy.type === 'object' && copy.properties !== undefined && copy.additionalProperties === undefined)
    copy.additionalProperties = false;
  return copy;
}

const ajv = () => new Ajv2020({ allErrors: true, allowUnionTypes: true });

export const fitsOpen = ajv().compile(openSchema);
export const fitsClosed = ajv().compile(closedSchema);

/** Why the numbers of an occurrence are not those of `MeasuredByRule`; undefined when they are. */
export function whatIsMeasuredWrong(ruleId, measured) {
  const known = closedSchema.$defs.measuredByRule.properties[ruleId];
  if (known === undefined) return `MeasuredByRule has no ${ruleId}: npm run docs`;
  const fits = (compiled[ruleId] ??= ajv().compile({ ...known, $defs: closedSchema.$defs }));
  return fits(measured) ? undefined : `${JSON.stringify(fits.errors)}: npm run docs`;
}
const compiled = {};
