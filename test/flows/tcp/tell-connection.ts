import type { Connection, TcpDirection } from '../../../src/flows/evidence/evidence.ts';
import { HANDSHAKE, trace } from './segment-trace.ts';

type Numbers = readonly [number, number];

const SECONDS = /seconds$|time$|^(sincePeer|min|median|max|handshake\w+Side)$/i;
const OCTETS = /octets$|^(l3Length|smallestL3Length|largest\w+|sackedAhead|window|meanWindow|mss)$/i;
/** Fields that say which connection it is, and nothing of its segments. */
const NAMES: ReadonlySet<string> = new Set(['index', 'point', 'flow', 'client', 'server', 'complete', 'directions']);

/**
 * Every field of a connection that is not as after the bare handshake of `HANDSHAKE`: first of the connection, then of the
 * direction to the server (`>`) and to the client (`<`). Numbers and words stand in one line, each object in its own.
 * Sequence numbers are relative to `iss`; `#3 at 0.01 s` is a packet.
 */
export function tellConnection(connection: Connection, iss: Numbers): string {
  const lines = [
    ...fieldsOf(relative(connection, iss), usual.connection),
    ...([0, 1] as const).flatMap((side) =>
      fieldsOf(relativeSide(connection, side, iss), usual.sides[side]).map((line) => `${'><'[side]} ${line}`),
    ),
  ];
  return lines.join('\n');
}

/** The fields in words: numbers and words in one line, each object in its own. @param usual words that say nothing */
export function fieldsOf(fields: Record<string, unknown>, usual: Record<string, string>): string[] {
  const changed = Object.entries(fields).filter(([name, value]) => told(name, value) !== usual[name]);
  const [objects, words] = [true, false].map((isList) =>
    changed.filter(([, value]) => isListOfObjects(value) === isList),
  );
  return [
    words.map(([name, value]) => toldField(name, value)).join(', '),
    ...objects.flatMap(([name, value]) => (value as object[]).map((one) => `${name}: ${told(name, one)}`)),
  ].filter((line) => line !== '');
}

const isListOfObjects = (value: unknown): boolean => Array.isArray(value) && value.some(isObject);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function told(name: string, value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => told(name, one)).join(', ');
  if (isObject(value)) return toldObject(value as Record<string, unknown>);
  if (name === 'direction') return '><'[Number(value)];
  if (typeof value !== 'number') return String(value);
  const rounded = Number(value.toFixed(6));
  return SECONDS.test(name) ? `${rounded} s` : OCTETS.test(name) ? `${rounded} o` : String(rounded);
}

function toldObject({ packet, time, ...rest }: Record<string, unknown>): string {
  const words = Object.entries(rest).map(([name, value]) =>
    name === 'value' ? String(value) : name === 'count' ? `${value} times` : toldField(name, value),
  );
  if (packet !== undefined) words.unshift(`#${packet} at ${told('time', time)}`);
  return words.join(', ');
}

const toldField = (name: string, value: unknown): string =>
  isObject(value) ? `${name} (${told(name, value)})` : `${name} ${told(name, value)}`;

const below = (value: number | null, first: number): number | null => (value === null ? null : (value - first) >>> 0);

function relative(connection: Connection, iss: Numbers): Record<string, unknown> {
  const { synAckAcks, resets, events, directions } = connection;
  const mine = (side: 0 | 1): number => (directions[side].iss === null ? iss[side] : 0);
  const { rtt: _, ...fields } = connection;
  const all = {
    ...fields,
    synAckAcks: below(synAckAcks, iss[0]),
    resets: resets.map(({ seq, ack, ...reset }) => ({
      ...reset,
      seq: below(seq, iss[reset.direction]),
      ack: reset.hasAck ? below(ack, iss[1 - reset.direction]) : 'none',
    })),
    events: events.map(({ seqStart, seqEnd, ack, ...event }) => {
      // A SYN with a new number tells it as it is: what it is relative to begins with it.
      const base = event.kind === 'portsReused' ? iss[event.direction] : mine(event.direction);
      const hasAck = (event.flags & 16) !== 0;
      return {
        ...event,
        seqStart: below(seqStart, base),
        seqEnd: below(seqEnd, base),
        ack: hasAck ? below(ack, mine((1 - event.direction) as 0 | 1)) : 'none',
      };
    }),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !NAMES.has(name)));
}

function relativeSide({ directions, rtt }: Connection, side: 0 | 1, iss: Numbers): Record<string, unknown> {
  const direction: TcpDirection = directions[side];
  const { seqLow, seqHigh, ackHigh, repeats, holes } = direction;
  const base = direction.iss === null ? iss[side] : 0;
  const range = <T extends { seqStart: number; seqEnd: number }>(one: T): T => ({
    ...one,
    seqStart: below(one.seqStart, base),
    seqEnd: below(one.seqEnd, base),
  });
  return {
    ...direction,
    rtt: rtt[side],
    iss: below(direction.iss, iss[side]),
    seqLow: below(seqLow, iss[side]),
    seqHigh: below(seqHigh, iss[side]),
    ackHigh: below(ackHigh, iss[1 - side]),
    repeats: repeats.map(range),
    holes: holes.map(range),
  };
}

const usual = usualOf();

function usualOf(): { connection: Record<string, string>; sides: Record<string, string>[] } {
  const iss = [1000, 5000] as const;
  const [connection] = trace(HANDSHAKE, { iss: [...iss] }).connections;
  const words = (fields: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, told(name, value)]));
  return {
    connection: words(relative(connection, iss)),
    sides: ([0, 1] as const).map((side) => words(relativeSide(connection, side, iss))),
  };
}
