import type { ValidateFunction } from 'ajv/dist/2020.js';

type Schema = { readonly $defs: Readonly<Record<string, { properties?: Readonly<Record<string, unknown>> }>> };

export const openSchema: Schema;
export const closedSchema: Schema;
export const fitsOpen: ValidateFunction;
export const fitsClosed: ValidateFunction;
export function whatIsMeasuredWrong(ruleId: string, measured: unknown): string | undefined;
