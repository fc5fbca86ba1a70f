import { isDay } from '../text/day.ts';
import { ANALYZE_OPTIONS, type AnalyzeArguments, analyzeArguments } from './analyze-arguments.ts';
import type { OptionTable, RawOptions } from './option-rule.ts';
import { today } from './today.ts';
import { UsageError } from './usage-error.ts';

export const BASELINE_ACTIONS = ['write', 'update', 'prune'] as const;
export type BaselineAction = (typeof BASELINE_ACTIONS)[number];

/** Options that say which packets and which cluster: `baseline` reads captures as `analyze` does. */
const READING = {
  config: ANALYZE_OPTIONS.config,
  point: ANALYZE_OPTIONS.point,
  filter: ANALYZE_OPTIONS.filter,
  inside: ANALYZE_OPTIONS.inside,
  conversation: ANALYZE_OPTIONS.conversation,
  between: ANALYZE_OPTIONS.between,
  'service-cidr': ANALYZE_OPTIONS['service-cidr'],
  'pod-cidr': ANALYZE_OPTIONS['pod-cidr'],
  node: ANALYZE_OPTIONS.node,
  dns: ANALYZE_OPTIONS.dns,
  inventory: ANALYZE_OPTIONS.inventory,
  quiet: { ...ANALYZE_OPTIONS.quiet, describe: 'No progress' },
} as const satisfies OptionTable;

/** Options of `pcapdiag baseline`. */
export const BASELINE_OPTIONS = {
  baseline: { ...ANALYZE_OPTIONS.baseline, describe: 'The baseline (default: pcapdiag-baseline.json)' },
  'fail-on': {
    ...ANALYZE_OPTIONS['fail-on'],
    describe: 'Findings of this level or worse come into the baseline (default: warning)',
  },
  reason: { kind: 'text', value: 'TEXT', describe: 'Why the findings that are added may be there' },
  renew: { kind: 'text', value: 'DATE', describe: 'With update: expired entries that are found again hold until then' },
  ...READING,
} as const satisfies OptionTable;

export interface BaselineArguments {
  action: BaselineAction;
  reason: string | undefined;
  /** A date from today on. */
  renew: string | undefined;
  analyze: AnalyzeArguments;
}

/** @throws UsageError naming what is wrong */
export function baselineArguments([action, ...files]: readonly string[], raw: RawOptions): BaselineArguments {
  const found = BASELINE_ACTIONS.find((each) => each === action);
  if (found === undefined)
    throw new UsageError(`baseline must be told to ${BASELINE_ACTIONS.join(', ')}, not "${action}"`);
  const { reason, renew, ...others } = raw;
  if (reason === '') throw new UsageError('--reason needs a value');
  return {
    action: found,
    renew: renew === undefined ? undefined : renewal(found, String(renew)),
    reason: typeof reason === 'string' ? reason : undefined,
    analyze: analyzeArguments(files, others),
  };
}

function renewal(action: BaselineAction, date: string): string {
  if (action !== 'update') throw new UsageError('--renew goes with update');
  if (!isDay(date) || date < today())
    throw new UsageError(`--renew must be a date from today on, such as 2027-01-31, not "${date}"`);
  return date;
}
