/** Words of `check` and `diff`. */
import { ANALYZE_OPTIONS } from './analyze-arguments.ts';
import type { OptionTable } from './option-rule.ts';

const CLUSTER = {
  'service-cidr': ANALYZE_OPTIONS['service-cidr'],
  'pod-cidr': ANALYZE_OPTIONS['pod-cidr'],
  node: ANALYZE_OPTIONS.node,
  dns: ANALYZE_OPTIONS.dns,
  inventory: ANALYZE_OPTIONS.inventory,
} as const satisfies OptionTable;

export const DIFFERENCES = ['finding', 'nat', 'mss', 'path-mtu', 'hops', 'loss', 'round-trip'] as const;

/** Options of `pcapdiag check`. */
export const CHECK_OPTIONS = {
  format: ANALYZE_OPTIONS.format,
  output: ANALYZE_OPTIONS.output,
  'fail-on': ANALYZE_OPTIONS['fail-on'],
  'max-warnings': ANALYZE_OPTIONS['max-warnings'],
  baseline: ANALYZE_OPTIONS.baseline,
  config: ANALYZE_OPTIONS.config,
  ...CLUSTER,
  color: ANALYZE_OPTIONS.color,
  verbose: ANALYZE_OPTIONS.verbose,
  quiet: ANALYZE_OPTIONS.quiet,
} as const satisfies OptionTable;

/** Options of `pcapdiag diff`. */
export const DIFF_OPTIONS = {
  json: { kind: 'flag', describe: 'As JSON' },
  ignore: { kind: 'list', value: 'KIND', describe: `What does not count: ${DIFFERENCES.join(', ')}` },
  filter: ANALYZE_OPTIONS.filter,
  inside: ANALYZE_OPTIONS.inside,
  conversation: ANALYZE_OPTIONS.conversation,
  config: ANALYZE_OPTIONS.config,
  ...CLUSTER,
  quiet: { ...ANALYZE_OPTIONS.quiet, describe: 'No progress' },
} as const satisfies OptionTable;
