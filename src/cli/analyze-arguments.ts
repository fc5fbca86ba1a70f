import type { FailLevel, FormatName, JudgedClass, PictureName, Selection } from '../index.ts';
import type { OptionTable, RawOptions as RawOptionsOf } from './option-rule.ts';
import {
  checkedAddress,
  checkedCidr,
  EVIDENCE_CLASSES,
  evidenceClass,
  grouped,
  nodeEntry,
  pointEntry,
} from './option-values.ts';
import { UsageError } from './usage-error.ts';

/** Every name of `FORMAT_TABLE` in the library; a test compares them. */
export const FORMATS = [
  'text',
  'json',
  'markdown',
  'html',
  'ndjson',
  'sarif',
  'junit',
  'github',
  'prometheus',
] as const satisfies readonly FormatName[];
export type Format = (typeof FORMATS)[number];
/** Every name of `PICTURE_NAMES` in the library; a test compares them. */
export const PICTURES = [
  'map',
  'ladder',
  'sequence',
  'throughput',
  'sizes',
  'tries',
  'waits',
] as const satisfies readonly PictureName[];
export const FAIL_LEVELS = ['error', 'warning', 'note', 'never'] as const satisfies readonly FailLevel[];

/** Options of `pcapdiag analyze`. */
export const ANALYZE_OPTIONS = {
  format: { kind: 'choice', short: 'f', choices: FORMATS, describe: 'How to write the report (default: text)' },
  output: {
    kind: 'text',
    short: 'o',
    value: 'FILE',
    describe: 'Write the report to this file instead of standard output',
  },
  picture: {
    kind: 'choice',
    choices: PICTURES,
    describe: 'Write one picture of the report (SVG) in its place; --format html has all of them',
  },
  'export-missing': {
    kind: 'text',
    value: 'FILE',
    describe: 'Write the packets that were lost between capture points to this file (pcapng)',
  },
  'fail-on': {
    kind: 'choice',
    choices: FAIL_LEVELS,
    describe: 'Exit with 1 for findings of this level or worse (default: error)',
  },
  'max-warnings': { kind: 'text', value: 'NUMBER', describe: 'Exit with 1 when there are more warnings than this' },
  'require-evidence': {
    kind: 'list',
    value: 'CLASS',
    describe: `Exit with 2 when the captures allow no verdict on a class: ${EVIDENCE_CLASSES.join(', ')}`,
  },
  baseline: { kind: 'text', value: 'FILE', describe: 'Let findings pass that this file lists (pcapdiag baseline)' },
  config: {
    kind: 'text',
    value: 'FILE',
    describe: 'Rules, levels, cluster facts and known findings (default: pcapdiag.config.json or .yml in this folder)',
  },
  strict: { kind: 'flag', describe: 'Exit with 2 when a capture is damaged' },
  'allow-nothing': { kind: 'flag', describe: 'Exit with 0, not 2, when there is nothing to judge' },
  point: { kind: 'list', value: 'FILE=HOST/INTERFACE', describe: 'Where a capture was taken' },
  filter: { kind: 'text', value: 'EXPRESSION', describe: "Look only at packets that tcpdump's filter selects" },
  inside: { kind: 'flag', describe: 'Try --filter on the packets inside tunnels too, at any depth' },
  conversation: {
    kind: 'text',
    value: 'A:PORT,B:PORT',
    describe: 'Look only at packets between two ends, also inside tunnels; ports may be left out',
  },
  pod: {
    kind: 'text',
    value: 'NAMESPACE/NAME',
    describe: 'Look only at packets of this pod of --inventory, also inside tunnels',
  },
  between: {
    kind: 'text',
    value: 'TIME TIME',
    isPair: true,
    describe: 'Look only at packets of this time: seconds since the first packet, or dates (2026-11-29T03:00:00Z)',
  },
  'service-cidr': { kind: 'list', value: 'CIDR', describe: 'Range of service addresses, for example 10.96.0.0/12' },
  'pod-cidr': { kind: 'list', value: 'CIDR', describe: 'Range of pod addresses' },
  node: { kind: 'list', value: 'NAME=ADDRESS', describe: 'A node; once for each of its addresses' },
  dns: { kind: 'list', value: 'ADDRESS', describe: 'A DNS server of the cluster' },
  inventory: {
    kind: 'text',
    value: 'FILE',
    describe: 'Output of kubectl get nodes,pods,services,endpointslices -A -o json',
  },
  redact: {
    kind: 'flag',
    describe: 'Replace addresses, names and payload by pseudonyms, by a key made by chance unless one is given',
  },
  'redact-key': { kind: 'text', value: 'KEY', describe: 'The key: the same one gives the same pseudonyms (--redact)' },
  'redact-key-file': {
    kind: 'text',
    value: 'FILE',
    describe: 'A file with the key, which stays out of the shell history',
  },
  'inflate-limit': {
    kind: 'text',
    value: 'SIZE',
    describe: 'Most bytes that a compressed capture may give, for example 100G',
  },
  'memory-limit': {
    kind: 'text',
    value: 'SIZE',
    describe: 'Memory for comparing packets of several captures, for example 512M',
  },
  'all-findings': {
    kind: 'flag',
    describe: 'Every finding by itself, and a report of any length (default: one for each cause, below 1 MB)',
  },
  core: { kind: 'flag', describe: 'WebAssembly (default); --no-core: its source, slower, the same report' },
  color: { kind: 'flag', describe: 'Colours even when the output is no terminal; --no-color: none' },
  verbose: {
    kind: 'flag',
    short: 'v',
    describe: 'The whole report (text): all packets, causes, commands, the path, clocks and captures',
  },
  commands: { kind: 'flag', describe: 'Only the commands of the report, one a line, for copying (text)' },
  quiet: { kind: 'flag', short: 'q', describe: 'Verdict and heads of findings only (text), and no progress' },
} as const satisfies OptionTable;

export type OptionName = keyof typeof ANALYZE_OPTIONS;
/** Option values as given on the command line. */
export type RawOptions = RawOptionsOf<OptionName>;

export interface AnalyzeArguments {
  files: readonly string[];
  format: Format;
  output: string | undefined;
  picture: PictureName | undefined;
  exportMissing: string | undefined;
  /** Undefined where it is not said: then the configuration says it, or errors fail. */
  failOn: FailLevel | undefined;
  maxWarnings: number | undefined;
  requireEvidence: readonly JudgedClass[];
  baseline: string | undefined;
  config: string | undefined;
  strict: boolean;
  allowNothing: boolean;
  points: Record<string, { host: string; interface: string }>;
  serviceCidrs: readonly string[];
  podCidrs: readonly string[];
  nodes: Record<string, readonly string[]>;
  dnsServers: readonly string[];
  inventory: string | undefined;
  /** Who names the inventory, for messages: `--inventory`, or a place of a configuration. */
  inventoryFrom: string;
  /** Bytes, as `inflateLimit`. */
  memoryLimit: number | undefined;
  inflateLimit: number | undefined;
  allFindings: boolean;
  core: boolean;
  color: boolean | undefined;
  verbose: boolean;
  commands: boolean;
  quiet: boolean;
  selection: Selection;
  redact: boolean;
  redactKey: string | undefined;
  redactKeyFile: string | undefined;
  /** NAMESPACE/NAME: its addresses are not in `selection` yet. */
  pod: string | undefined;
}

/** @throws UsageError naming the option that is wrong */
export function analyzeArguments(files: readonly string[], raw: RawOptions): AnalyzeArguments {
  if (files.includes('')) throw new UsageError('a file name is empty');
  if (files.filter((file) => file === '-').length > 1) throw new UsageError('standard input (-) can be read only once');
  return {
    files,
    format: choice(raw, 'format', FORMATS) ?? 'text',
    output: text(raw, 'output'),
    picture: choice(raw, 'picture', PICTURES),
    exportMissing: fileToWrite(raw, 'export-missing'),
    failOn: choice(raw, 'fail-on', FAIL_LEVELS),
    maxWarnings: wholeNumber(raw, 'max-warnings'),
    requireEvidence: list(raw, 'require-evidence').map(evidenceClass),
    baseline: text(raw, 'baseline'),
    config: text(raw, 'config'),
    strict: raw.strict === true,
    allowNothing: raw['allow-nothing'] === true,
    points: Object.fromEntries(list(raw, 'point').map(pointEntry)),
    serviceCidrs: list(raw, 'service-cidr').map((cidr) => checkedCidr('service-cidr', cidr)),
    podCidrs: list(raw, 'pod-cidr').map((cidr) => checkedCidr('pod-cidr', cidr)),
    nodes: grouped(list(raw, 'node').map(nodeEntry)),
    dnsServers: list(raw, 'dns').map((address) => checkedAddress('dns', address)),
    inventory: text(raw, 'inventory'),
    inventoryFrom: '--inventory',
    memoryLimit: sizeOf(raw, 'memory-limit'),
    inflateLimit: sizeOf(raw, 'inflate-limit'),
    allFindings: raw['all-findings'] === true,
    core: raw.core !== false,
    color: typeof raw.color === 'boolean' ? raw.color : undefined,
    verbose: raw.verbose === true,
    commands: raw.commands === true,
    quiet: raw.quiet === true,
    selection: selectionOf(raw),
    pod: text(raw, 'pod'),
    ...redactionOf(raw),
  };
}

function text(raw: RawOptions, name: OptionName): string | undefined {
  const value = raw[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new UsageError(`--${name} may be given once only`);
  if (value === '') throw new UsageError(`--${name} needs a value`);
  return value;
}

/** @throws UsageError when a key is given twice */
export function redactionOf(raw: RawOptionsOf): Pick<AnalyzeArguments, 'redact' | 'redactKey' | 'redactKeyFile'> {
  const [redactKey, redactKeyFile] = [
    text(raw as RawOptions, 'redact-key'),
    text(raw as RawOptions, 'redact-key-file'),
  ];
  if (redactKey !== undefined && redactKeyFile !== undefined)
    throw new UsageError('--redact-key and --redact-key-file: give one of them');
  return { redact: raw.redact === true || (redactKey ?? redactKeyFile) !== undefined, redactKey, redactKeyFile };
}

/** Which packets are looked at, but for `--pod`: the library checks the values. */
export function selectionOf(raw: RawOptionsOf): Selection {
  const one = (name: string): string | undefined => {
    const value = raw[name];
    if (value === '') throw new UsageError(`--${name} needs a value`);
    return typeof value === 'string' ? value : undefined;
  };
  const [filter, conversation, between] = [one('filter'), one('conversation'), one('between')?.trim().split(/\s+/)];
  if (between !== undefined && between.length !== 2) throw new UsageError('--between needs two times');
  if (raw.inside === true && filter === undefined) throw new UsageError('--inside goes with --filter');
  return {
    ...(filter !== undefined && { filter }),
    ...(raw.inside === true && { filterInside: true }),
    ...(conversation !== undefined && { conversation }),
    ...(between !== undefined && { between: [between[0], between[1]] as const }),
  };
}

/** Standard output holds the report. */
function fileToWrite(raw: RawOptions, name: OptionName): string | undefined {
  const path = text(raw, name);
  if (path === '-') throw new UsageError(`--${name} needs a file: standard output holds the report`);
  return path;
}

function choice<C extends string>(raw: RawOptions, name: OptionName, choices: readonly C[]): C | undefined {
  const value = text(raw, name);
  if (value === undefined) return undefined;
  const found = choices.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not "${value}"`);
  return found;
}

function list(raw: RawOptions, name: OptionName): readonly string[] {
  const value = raw[name];
  if (value === undefined || typeof value === 'boolean') return [];
  const items = typeof value === 'string' ? [value] : value;
  if (items.includes('')) throw new UsageError(`--${name} needs a value`);
  return items;
}

function wholeNumber(raw: RawOptions, name: OptionName): number | undefined {
  const given = text(raw, name);
  if (given !== undefined && !/^\d{1,9}$/.test(given))
    throw new UsageError(`--${name} must be a whole number from 0, not "${given}"`);
  return given === undefined ? undefined : Number(given);
}

const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A number with K, M, G or T. @throws UsageError */
export function sizeOf(raw: RawOptionsOf, name: string): number | undefined {
  const given = raw[name];
  if (given === undefined) return undefined;
  if (typeof given !== 'string') throw new UsageError(`--${name} may be given once only`);
  const parts = /^(\d+)([KMGT]?)i?B?$/i.exec(given);
  const value = parts === null ? 0 : Number(parts[1]) * UNITS[parts[2].toUpperCase()];
  if (value <= 0 || !Number.isSafeInteger(value))
    throw new UsageError(`--${name} must be a size such as 512M, not "${given}"`);
  return value;
}
