import { isIP } from 'node:net';
import { basename } from 'node:path';
import type { AnalyzeOptions, CorrelateDigestsOptions } from './analyze-options.ts';
import { type CaptureSource, sourceName } from './decode/files/capture-source.ts';
import { packetSelection } from './filter/selection.ts';
import { NAMELESS } from './flows/digest/digest-capture.ts';
import type { RuleSetting } from './heuristics/judge/rule-settings.ts';
import { catalogue } from './heuristics/rules/catalogue.ts';
import { assertOwnRules } from './own-rule.ts';
import { Redaction } from './redact/redaction.ts';
import { assertOptionKeys } from './text/option-keys.ts';
import { PcapdiagError } from './text/pcapdiag-error.ts';
import { didYouMean } from './text/suggestion.ts';

const SETTINGS: readonly unknown[] = ['on', 'off', 'error', 'warning', 'note'] satisfies RuleSetting[];

/** What is asked of the value of an option. @throws PcapdiagError 'bad-option' */
type Check = (value: never, option: string) => void;

const CHECKS: Record<keyof AnalyzeOptions, Check> = {
  points: anObject,
  serviceCidrs: (cidrs: unknown, option) => listOf(cidrs, option, assertCidr),
  podCidrs: (cidrs: unknown, option) => listOf(cidrs, option, assertCidr),
  nodes: (nodes: unknown, option) => {
    anObject(nodes, option);
    for (const [name, addresses] of Object.entries(nodes as object))
      listOf([addresses].flat(), `${option}, ${name}`, assertAddress);
  },
  dnsServers: (addresses: unknown, option) => listOf(addresses, option, assertAddress),
  inventory: () => {},
  selection: (selection: unknown, option) => {
    anObject(selection, option);
    assertOptionKeys(selection as object, ['filter', 'filterInside', 'conversation', 'hosts', 'between'], option);
    packetSelection(selection as object);
  },
  rules: (switches: unknown, option) => {
    anObject(switches, option);
    const ids = catalogue.map(({ meta }) => meta.id);
    for (const [id, value] of Object.entries(switches as object)) {
      if (!ids.includes(id)) throw wrong(`${option}: no rule is called "${id}"${didYouMean(id, ids)}`);
      if (value !== undefined && !SETTINGS.includes(value))
        throw wrong(`${option}: ${id} must be one of ${SETTINGS.join(', ')}, not ${told(value)}`);
    }
  },
  ownRules: (own: unknown, option) => {
    if (!Array.isArray(own)) throw wrong(`${option} is no list`);
    assertOwnRules(own);
  },
  sightings: aCount,
  onProgress: aFunction,
  signal: aSignal,
  stop: aSignal,
  inflateLimit: aCount,
  allFindings: aSwitch,
  core: aSwitch,
  redaction: (value: unknown, option) => {
    if (!(value instanceof Redaction)) throw wrong(`${option} is no Redaction`);
  },
  pictures: aSwitch,
  onUnreadable: aFunction,
  onMissing: aFunction,
};

const { points, serviceCidrs, podCidrs, nodes, dnsServers, inventory, rules } = CHECKS;
const { sightings, onUnreadable, signal, allFindings, redaction } = CHECKS;
const DIGEST_CHECKS: Record<keyof CorrelateDigestsOptions, Check> = {
  ...{ points, serviceCidrs, podCidrs, nodes, dnsServers, inventory, rules },
  ...{ sightings, onUnreadable, signal, allFindings, redaction },
  expected: (names: unknown, option) => {
    if (!Array.isArray(names)) throw wrong(`${option} is no list`);
    for (const name of names) if (typeof name !== 'string') throw wrong(`${option}: ${told(name)} is no name`);
  },
};

/**
 * Every mistake of the caller that can be known before anything is read.
 *
 * @throws PcapdiagError 'bad-option' naming the option and the value
 */
export function checkOptions(sources: readonly CaptureSource[], options: AnalyzeOptions): void {
  if (sources.length === 0) throw wrong('there is nothing to analyze: the list of captures is empty');
  checkEach(options, CHECKS, 'analyze');
  assertPoints(sources, options.points ?? {});
}

/** @throws PcapdiagError 'bad-option' naming the option and the value */
export const checkDigestOptions = (options: CorrelateDigestsOptions): void =>
  checkEach(options, DIGEST_CHECKS, 'correlateDigests');

function checkEach(options: object, checks: Readonly<Record<string, Check>>, of: string): void {
  assertOptionKeys(options, Object.keys(checks), of);
  for (const [option, value] of Object.entries(options))
    if (value !== undefined) checks[option](value as never, option);
}

/** @throws PcapdiagError 'bad-option' for what only `analyze` does */
export function assertExaminable(options: object, caller: string): void {
  for (const option of ['redaction', 'pictures'] satisfies (keyof AnalyzeOptions)[])
    if (option in options) throw wrong(`${caller}: ${option} is an option of analyze only`);
}

/** A point of a file that is not read would have no effect. */
function assertPoints(sources: readonly CaptureSource[], points: NonNullable<AnalyzeOptions['points']>): void {
  const files = Object.keys(points);
  if (files.length === 0) return;
  const paths = sources.map((source) => sourceName(source) ?? NAMELESS);
  const known = new Set(paths.flatMap((path) => [path, basename(path)]));
  for (const file of files) {
    if (!known.has(file))
      throw wrong(`points: no capture that is read is called "${file}"${didYouMean(file, [...known])}`);
    const { host, interface: device } = points[file];
    for (const [name, value] of Object.entries({ host, interface: device }))
      if (typeof value !== 'string' || value === '') throw wrong(`points, ${file}: ${name} is no name`);
  }
}

function listOf(list: unknown, option: string, check: (item: unknown, option: string) => void): void {
  if (!Array.isArray(list)) throw wrong(`${option} is no list`);
  if (list.length === 0) throw wrong(`${option} is an empty list: leave it out`);
  for (const item of list) check(item, option);
}

/** An address of a zone ("fe80::1%eth0") is one of this machine, and stands in no capture. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

function assertAddress(address: unknown, option: string): void {
  if (typeof address !== 'string' || !isAddress(address)) throw wrong(`${option}: ${told(address)} is no IP address`);
}

function assertCidr(cidr: unknown, option: string): void {
  const [address, length = '', ...more] = typeof cidr === 'string' ? cidr.split('/') : [''];
  const longest = isAddress(address) ? (isIP(address) === 4 ? 32 : 128) : -1;
  if (more.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > longest)
    throw wrong(`${option}: ${told(cidr)} is no range such as 10.96.0.0/12`);
}

function anObject(value: unknown, option: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${option} is no object`);
}

function aFunction(value: unknown, option: string): void {
  if (typeof value !== 'function') throw wrong(`${option} is no function`);
}

function aSwitch(value: unknown, option: string): void {
  if (typeof value !== 'boolean') throw wrong(`${option} must be true or false, not ${told(value)}`);
}

function aSignal(value: unknown, option: string): void {
  if (!(value instanceof AbortSignal)) throw wrong(`${option} is no AbortSignal`);
}

function aCount(value: unknown, option: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw wrong(`${option} must be a whole number from 1, not ${told(value)}`);
}

const told = (value: unknown): string => JSON.stringify(value) ?? String(value);
const wrong = (message: string): PcapdiagError => new PcapdiagError('bad-option', message);
