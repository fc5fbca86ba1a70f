import { FIELD_BYTES, type RecordLayout } from '../../src/flows/tables/record-layout.ts';

/** A field where it lies in the whole record, bytes. */
export interface PlacedField {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Every field of a record as often as it occurs, in the order of their places. */
export const placedFields = ({ parts }: RecordLayout): PlacedField[] =>
  parts
    .flatMap((part) => part.at.flatMap((begin) => part.fields.map((field) => ({ begin, field }))))
    .map(({ begin, field: { name, at, type } }) => ({ name, from: begin + at, to: begin + at + FIELD_BYTES[type] }))
    .sort((a, b) => a.from - b.from);

/** What is wrong with a layout, a sentence each: fields that overlap, are not aligned, or reach beyond their part. */
export function layoutFaults(layout: RecordLayout): string[] {
  const faults: string[] = [];
  if (layout.bytes % 8 !== 0) faults.push(`a record of ${layout.bytes} bytes does not end at a multiple of 8`);
  const names = layout.parts.flatMap(({ fields }) => fields.map(({ name }) => name));
  if (new Set(names).size < names.length) faults.push('two fields have one name');
  for (const part of layout.parts) {
    for (const { name, at, type } of part.fields) {
      if (at < 0 || at + FIELD_BYTES[type] > part.bytes) faults.push(`${name} lies outside its part`);
      if (part.at.some((begin) => (begin + at) % FIELD_BYTES[type] !== 0)) faults.push(`${name} is not aligned`);
    }
    if (part.at.some((begin) => begin < 0 || begin + part.bytes > layout.bytes))
      faults.push('a part leaves the record');
  }
  const placed = placedFields(layout);
  for (const [number, { name, from }] of placed.entries())
    if (number > 0 && from < placed[number - 1].to) faults.push(`${name} overlaps ${placed[number - 1].name}`);
  return faults;
}
