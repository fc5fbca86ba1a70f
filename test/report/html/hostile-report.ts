import type { Report } from '../../../src/report/model/report.ts';
import { sampleReport } from '../sample.ts';

/** What a name in a capture may hold: markup, an escape sequence, a right-to-left override, a formula, a half surrogate. */
export const HOSTILE = `</style><script>alert(1)</script><img src=x onerror="alert(2)">'"><b><i>\u001b[31m\u202e=cmd|'/C calc'!A0\u0000\ud800\u2028&lt;`;

/** Words that programs decide by; every other text may come from a capture. */
const CODES = new Set([
  'level',
  'class',
  'verdict',
  'code',
  'grade',
  'direction',
  'status',
  'likelihood',
  'role',
  'id',
  'capture',
  'point',
  'points',
  'between',
  'explainedBy',
  'fingerprint',
  'explains',
  'firstTime',
  'time',
  'end',
  'knownBy',
  'sent',
  'kind',
  'protocol',
  'format',
  'version',
]);

/** The sample report with every free text in it hostile, keys of names included. */
export function hostileReport(report: Report = sampleReport()): Report {
  return hostile(report, '') as Report;
}

function hostile(value: unknown, key: string): unknown {
  if (CODES.has(key)) return value;
  if (typeof value === 'string') return `${HOSTILE}${value}`;
  if (Array.isArray(value)) return value.map((item) => hostile(item, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hostile(item, name)]));
}
