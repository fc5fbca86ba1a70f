/** Values of options that are more than a text: read, and refused by the name of their option. */
import { isIP } from 'node:net';
import type { JudgedClass } from '../index.ts';
import { UsageError } from './usage-error.ts';

/** Classes on which every report has a verdict. */
export const EVIDENCE_CLASSES = [
  'network-unreachable',
  'port-unreachable',
  'dns',
  'large-packet-loss',
  'cni',
  'application',
] as const satisfies readonly JudgedClass[];

/** FILE=HOST/INTERFACE. */
export function pointEntry(given: string): [string, { host: string; interface: string }] {
  // The file name may contain "="; host and interface may not.
  const parts = /^(.+)=([^=/]+)\/([^=/]+)$/.exec(given);
  if (parts === null) throw new UsageError(`--point must be FILE=HOST/INTERFACE, not "${given}"`);
  return [parts[1], { host: parts[2], interface: parts[3] }];
}

export function nodeEntry(given: string): [string, string] {
  const parts = /^([^=]+)=(.+)$/.exec(given);
  if (parts === null) throw new UsageError(`--node must be NAME=ADDRESS, not "${given}"`);
  return [parts[1], checkedAddress('node', parts[2])];
}

/** A node may have several addresses; then the option is given once for each. */
export function grouped(entries: readonly [string, string][]): Record<string, readonly string[]> {
  const nodes = new Map<string, string[]>();
  for (const [name, address] of entries) nodes.set(name, [...(nodes.get(name) ?? []), address]);
  return Object.fromEntries(nodes);
}

export function checkedAddress(option: string, address: string): string {
  if (!isAddress(address)) throw new UsageError(`--${option}: "${address}" is no IP address`);
  return address;
}

/** An address of a zone ("fe80::1%eth0") is one of this machine, and stands in no capture. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

export function checkedCidr(option: string, cidr: string): string {
  const [address, length, ...more] = cidr.split('/');
  const longest = isAddress(address) ? (isIP(address) === 4 ? 32 : 128) : -1;
  if (more.length > 0 || !/^\d{1,3}$/.test(length ?? '') || Number(length) > longest)
    throw new UsageError(`--${option}: "${cidr}" is no range such as 10.96.0.0/12`);
  return cidr;
}

export function evidenceClass(given: string): JudgedClass {
  const found = EVIDENCE_CLASSES.find((each) => each === given);
  if (found === undefined)
    throw new UsageError(`--require-evidence must be one of ${EVIDENCE_CLASSES.join(', ')}, not "${given}"`);
  return found;
}
