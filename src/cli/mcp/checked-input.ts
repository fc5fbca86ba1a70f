import { didYouMean } from '../../text/suggestion.ts';

interface Schema {
  type?: string;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
}

/** @throws Error that names what is wrong with the arguments of a tool */
export function checkInput(
  given: Record<string, unknown>,
  { properties, required }: { properties: Record<string, object>; required: readonly string[] },
): void {
  const known = Object.keys(properties);
  const strange = Object.keys(given).find((name) => !known.includes(name));
  if (strange !== undefined) throw new Error(`no argument is called "${strange}"${didYouMean(strange, known)}`);
  const missing = required.find((name) => given[name] === undefined);
  if (missing !== undefined) throw new Error(`${missing} is missing`);
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !fits(value, properties[name] as Schema))
      throw new Error(`${name} does not fit ${JSON.stringify(properties[name])}`);
}

function fits(value: unknown, schema: Schema): boolean {
  if (schema.enum !== undefined) return schema.enum.includes(value);
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, minLength = 0 } = schema;
  if (schema.type === 'integer') return Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
  if (schema.type === 'string') return typeof value === 'string' && value.length >= minLength;
  if (schema.type === 'boolean') return typeof value === 'boolean';
  const { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  return (
    Array.isArray(value) &&
    value.length >= minItems &&
    value.length <= maxItems &&
    value.every((item) => fits(item, items))
  );
}
