import { isIP } from 'node:net';
import type { Packet } from '../decode/packet.ts';
import type { PacketSelection } from '../decode/packet-selection.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';
import { packetFilter } from './packet-filter.ts';

/** Which packets are looked at, as plain data: it goes to other threads. All that is given has to hold. */
export interface Selection {
  /** An expression of pcap-filter(7), the language of tcpdump. */
  filter?: string;
  /** Try the filter on the packets inside tunnels too, at any depth. */
  filterInside?: boolean;
  /** Both directions between two ends, `10.0.0.1:5000,10.0.0.2:80`; ports may be left out. Also inside tunnels. */
  conversation?: string;
  /** Packets from or to one of these addresses, for example those of a pod. Also inside tunnels. */
  hosts?: readonly string[];
  /**
   * First and last time, both included: seconds since the first packet of the capture, seconds since 1970 (from 10⁸ on),
   * or a date with a time (ISO 8601; without a zone it is UTC).
   */
  between?: readonly [from: string, to: string];
}

/**
 * A selection for one reading of one capture; undefined when every packet is wanted.
 *
 * @throws PcapdiagError 'bad-option' (`FilterError` for the filter)
 */
export function packetSelection(selection: Selection): PacketSelection | undefined {
  const tests: ((packet: Packet) => boolean)[] = [];
  const texts: string[] = [];
  const { filter, filterInside, conversation, hosts, between } = selection;
  if (between !== undefined) {
    tests.push(inTime(timeOf(between[0]), timeOf(between[1])));
    texts.push(`between ${between[0]} and ${between[1]}`);
  }
  if (conversation !== undefined) {
    const expression = conversationFilter(conversation);
    tests.push(packetFilter(expression, { inside: true }));
    texts.push(expression);
  }
  if (hosts !== undefined) {
    const expression = hosts.map(hostFilter).join(' or ');
    if (expression === '') throw badOption('a selection by hosts needs an address');
    tests.push(packetFilter(expression, { inside: true }));
    texts.push(hosts.length === 1 ? expression : `(${expression})`);
  }
  if (filter !== undefined) {
    tests.push(packetFilter(filter, { inside: filterInside === true }));
    texts.push(filterInside ? `${filter} (also inside tunnels)` : filter);
  }
  if (tests.length === 0) return undefined;
  return { text: texts.join(' and '), selects: (packet) => tests.every((test) => test(packet)) };
}

/** From here on a number is seconds since 1970 (it was in March 1973), below it seconds since the first packet. */
const FIRST_EPOCH_SECONDS = 1e8;
const NANOSECONDS = 1e9;
const DATE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

interface Time {
  seconds: number;
  sinceFirst: boolean;
}

function timeOf(text: string): Time {
  if (/^\d+(\.\d+)?$/.test(text)) return { seconds: Number(text), sinceFirst: Number(text) < FIRST_EPOCH_SECONDS };
  const date = DATE.exec(text);
  const milliseconds = date === null ? Number.NaN : Date.parse(date[3] === undefined ? `${text}Z` : text);
  if (!Number.isNaN(milliseconds)) return { seconds: milliseconds / 1000, sinceFirst: false };
  throw badOption(
    `"${text}" is no time: seconds since the first packet (12.5), or a date (2026-11-29T03:00:00Z, or seconds since 1970)`,
  );
}

function inTime(from: Time, to: Time): (packet: Packet) => boolean {
  let first: { seconds: number; nanoseconds: number } | undefined;
  const secondsOf = ({ seconds, nanoseconds }: Packet, sinceFirst: boolean): number => {
    if (!sinceFirst) return seconds + nanoseconds / NANOSECONDS;
    first ??= { seconds, nanoseconds };
    return seconds - first.seconds + (nanoseconds - first.nanoseconds) / NANOSECONDS;
  };
  return (packet) =>
    secondsOf(packet, from.sinceFirst) >= from.seconds && secondsOf(packet, to.sinceFirst) <= to.seconds;
}

function hostFilter(address: string): string {
  if (isIP(address) === 0 || address.includes('%')) throw badOption(`"${address}" is no IP address`);
  return `host ${address}`;
}

/** Both directions as an expression. */
function conversationFilter(text: string): string {
  const ends = text.split(',').map((end) => endOf(end.trim()));
  const [a, b] = ends;
  if (ends.length !== 2 || a === undefined || b === undefined)
    throw badOption(`"${text}" is no conversation such as 10.0.0.1:5000,10.0.0.2:80`);
  const oneWay = (from: End, to: End): string => [...words(from, 'src'), ...words(to, 'dst')].join(' and ');
  return `(${oneWay(a, b)}) or (${oneWay(b, a)})`;
}

interface End {
  address: string;
  port: string | undefined;
}

function endOf(text: string): End | undefined {
  const parts =
    /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([\d.]+)(?::(\d+))?$/.exec(text) ?? /^([\da-f:.]+)$/i.exec(text);
  if (parts === null || isIP(parts[1]) === 0 || Number(parts[2] ?? 0) > 0xffff) return undefined;
  return { address: parts[1], port: parts[2] };
}

const words = ({ address, port }: End, direction: 'src' | 'dst'): string[] => [
  `${direction} host ${address}`,
  ...(port === undefined ? [] : [`${direction} port ${port}`]),
];

const badOption = (message: string): PcapdiagError => new PcapdiagError('bad-option', message);
