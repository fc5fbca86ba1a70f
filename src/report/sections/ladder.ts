/** The packets behind the verdict, each across all capture points that saw it. */
import type { Conversation, Direction, Evidence, Hop } from '../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../flows/evidence/evidence.ts';
import type { Judgement } from '../../heuristics/judge/judgement.ts';
import type { Occurrence } from '../../heuristics/rule/rule.ts';
import { endText } from '../../text/end-text.ts';
import { type PacketSighting, sightingsOf } from './ladder-sightings.ts';

/** Most lines; a person follows no more. */
const LADDER_ROWS = 20;
/** Most conversations of a finding that are searched for one that shows it. */
const CONVERSATIONS_TRIED = 50;
/**
 * Longest time between two points at which packets of equal content without IP ID are taken for one transmission. It is
 * below the shortest retransmission timeout (200 ms on Linux).
 */
const SAME_TRANSMISSION_SECONDS = 0.1;

/**
 * A column is a passage of a point. A packet may pass a point twice: plain and then encapsulated, or before and after
 * NAT.
 */
export interface Ladder {
  client: string;
  server: string;
  /** Points (indexes into `Evidence.points`) along the path from client to server; a point may occur twice. */
  points: number[];
  rows: LadderRow[];
  rowsTotal: number;
}

/** One transmission. */
export interface LadderRow {
  /** Seconds since the first row, on the common clock. */
  relativeSeconds: number;
  direction: '>' | '<';
  /** Packet number in the capture, by column; null where the packet is not known to have been seen. */
  packets: (number | null)[];
  /** The next column that should have seen the packet and did not; null when it is not known to be lost. */
  missing: number | null;
  note: string;
}

/** Null when no single packet of the verdict is known at several points, or known to be lost between two points. */
export function ladderOf(evidence: Evidence, { findings: [first] }: Judgement): Ladder | null {
  if (first === undefined || first.level === 'note') return null;
  const conversation = conversationOf(evidence, first.occurrence);
  if (conversation === undefined) return null;
  const columns = columnsOf(conversation);
  const transmissions = transmissionsOf(evidence, conversation, columns);
  markLost(evidence, transmissions, conversation.hops, columns);
  const rows = troubled(transmissions, columns, first.occurrence);
  if (!rows.some(({ missing, seenAt }) => missing !== null || seenAt.size > 1)) return null;
  const start = rows[0].time;
  return {
    client: endText(conversation.client),
    server: endText(conversation.server),
    points: columns.map(({ point }) => point),
    rows: rows.slice(0, LADDER_ROWS).map(({ time, direction, seenAt, missing, note }) => ({
      relativeSeconds: time - start,
      direction: direction === TO_SERVER ? '>' : '<',
      packets: columns.map((_, column) => seenAt.get(column) ?? null),
      missing,
      note,
    })),
    rowsTotal: rows.length,
  };
}

/** The conversation of the finding that shows most of the break; else the first one with several points. */
function conversationOf(evidence: Evidence, { conversations, between }: Occurrence): Conversation | undefined {
  const own = conversations.slice(0, CONVERSATIONS_TRIED).flatMap((index) => evidence.conversations[index] ?? []);
  const lostThere = ({ hops }: Conversation): number =>
    hops
      .filter(({ unknown, from, to }) => unknown === null && from === between?.[0] && to === between[1])
      .reduce((sum, { lostPackets }) => sum + lostPackets.length, 0);
  let best: Conversation | undefined;
  let most = 0;
  for (const conversation of own.length === 0 ? evidence.conversations : own) {
    const lost = Math.min(LADDER_ROWS, lostThere(conversation));
    if (lost > most) [best, most] = [conversation, lost];
  }
  return best ?? own.find((conversation) => columnsOf(conversation).length > 1);
}

interface Column {
  point: number;
  /** Index into `Conversation.legs`; -1 for a point that should have seen packets but saw none. */
  leg: number;
}

function columnsOf({ legs, hops }: Conversation): Column[] {
  const columns = legs.map(({ point }, leg): Column => ({ point, leg }));
  for (const { from, to, direction, unknown, lost } of hops) {
    if (unknown !== null || lost === 0 || columns.some(({ point }) => point === to)) continue;
    const isFrom = ({ point }: Column) => point === from;
    const at = direction === TO_SERVER ? columns.findLastIndex(isFrom) + 1 : Math.max(0, columns.findIndex(isFrom));
    columns.splice(at, 0, { point: to, leg: -1 });
  }
  return columns;
}

interface Transmission {
  /** Column that saw the transmission first. */
  time: number;
  direction: Direction;
  content: string;
  ipId: number;
  /** Packet number by column. */
  seenAt: Map<number, number>;
  missing: number | null;
  note: string;
}

/**
 * Sightings of the same content become one transmission when their IP IDs agree, or, without IP IDs, when their times
 * do.
 */
function transmissionsOf(evidence: Evidence, conversation: Conversation, columns: readonly Column[]): Transmission[] {
  const byContent = new Map<string, Transmission[]>();
  for (const sighting of sightingsOf(evidence, conversation)) {
    const column = columns.findIndex(({ leg }) => leg === sighting.leg);
    const same = byContent.get(sighting.content) ?? [];
    byContent.set(sighting.content, same);
    const known = sameTransmission(same, sighting, column);
    if (known === undefined) {
      const { time, direction, content, ipId, note, packet } = sighting;
      same.push({ time, direction, content, ipId, note, seenAt: new Map([[column, packet]]), missing: null });
      continue;
    }
    known.seenAt.set(column, sighting.packet);
    known.time = Math.min(known.time, sighting.time);
    if (known.ipId === 0) known.ipId = sighting.ipId;
  }
  return [...byContent.values()].flat();
}

function sameTransmission(
  candidates: readonly Transmission[],
  sighting: PacketSighting,
  column: number,
): Transmission | undefined {
  let nearest: Transmission | undefined;
  let least = SAME_TRANSMISSION_SECONDS;
  for (const candidate of candidates) {
    if (candidate.seenAt.has(column)) continue;
    const bothHaveIds = candidate.ipId !== 0 && sighting.ipId !== 0;
    if (bothHaveIds && candidate.ipId === sighting.ipId) return candidate;
    const apart = Math.abs(candidate.time - sighting.time);
    if (bothHaveIds || apart > least) continue;
    [nearest, least] = [candidate, apart];
  }
  return nearest;
}

/** Only packets that a hop claims are lost. A missing sighting alone proves nothing. */
function markLost(
  evidence: Evidence,
  transmissions: Transmission[],
  hops: readonly Hop[],
  columns: readonly Column[],
): void {
  const bySighting = new Map<string, Transmission>();
  for (const transmission of transmissions)
    for (const [column, packet] of transmission.seenAt)
      bySighting.set(`${columns[column].point} ${packet}`, transmission);
  for (const hop of hops) {
    const ends = hop.unknown === null ? endsOf(hop, columns) : undefined;
    if (ends === undefined) continue;
    for (const { packet, time } of hop.lostPackets) {
      let transmission = bySighting.get(`${hop.from} ${packet}`);
      if (transmission === undefined) {
        const seenAt = new Map([[ends.from, packet]]);
        const shifted = time + evidence.points[hop.from].timeShift;
        transmission = {
          time: shifted,
          direction: hop.direction,
          content: '',
          ipId: 0,
          seenAt,
          missing: null,
          note: '',
        };
        transmissions.push(transmission);
      }
      if (!transmission.seenAt.has(ends.to)) transmission.missing ??= ends.to;
    }
  }
}

/** Columns of a hop: those of its points that are adjacent in its direction. */
function endsOf({ from, to, direction }: Hop, columns: readonly Column[]): { from: number; to: number } | undefined {
  const order = columns.map((_, column) => column);
  if (direction !== TO_SERVER) order.reverse();
  for (let at = order.length - 1; at >= 0; at--) {
    if (columns[order[at]].point !== from) continue;
    const next = order.slice(at + 1).find((column) => columns[column].point === to);
    if (next !== undefined) return { from: order[at], to: next };
  }
  return undefined;
}

/** Lost packets and packets that the finding shows, in order of time. */
function troubled(
  transmissions: readonly Transmission[],
  columns: readonly Column[],
  { packets }: Occurrence,
): Transmission[] {
  const notes = new Map(packets.map(({ point, packet, note }) => [`${point} ${packet}`, note]));
  const shown = ({ seenAt }: Transmission): string | undefined => {
    for (const [column, packet] of seenAt) {
      const note = notes.get(`${columns[column].point} ${packet}`);
      if (note !== undefined) return note;
    }
    return undefined;
  };
  return transmissions
    .filter((transmission) => transmission.missing !== null || shown(transmission) !== undefined)
    .map((transmission) => ({ ...transmission, note: transmission.note || (shown(transmission) ?? '') }))
    .sort((a, b) => a.time - b.time || a.direction - b.direction || (a.content < b.content ? -1 : 1));
}
