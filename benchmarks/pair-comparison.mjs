// Two captures of the same traffic, compared by us, and our word checked against the captured bytes.
import { createHash } from 'node:crypto';
import { analyze } from '../dist/analyze.js';
import { AddressBook } from '../dist/decode/address-book.js';
import { PacketDecoder } from '../dist/decode/decode-packet.js';
import { readCapture } from '../dist/decode/files/capture-source.js';
import { FRAGMENT_LATER } from '../dist/decode/packet.js';
import { correlate } from '../dist/flows/correlate/correlate.js';
import { digestCapture } from '../dist/flows/digest/digest-capture.js';
import { NOTHING_KNOWN } from '../dist/flows/evidence/evidence.js';
import { matchedPackets } from './lib/matched-packets.mjs';

const TCP = 6;
const SYN = 2;
const RST = 4;
const ACK = 16;
/** Payload that is not met twice by chance: octets, and the share of them that differ. */
const TELLING_OCTETS = 24;
const TELLING_SHARE = 1 / 3;

/**
 * Compares two captures of the same traffic.
 *
 * | result      | holds                                                                                          |
 * |-------------|------------------------------------------------------------------------------------------------|
 * | `matched`   | packets of either capture found again in the other; a merged segment counts for its originals    |
 * | `wrong`     | matches that the bytes contradict: another payload, another connection, a better partner         |
 * | `lost`      | packets said to be lost between the captures; `lostData` with data, `lostDataFrom` by capture     |
 * | `falseLost` | of these, with the reason: the other capture holds the packet, or had not begun, or had ended     |
 * | `findings`  | findings of level error or warning that place something between the captures                    |
 */
export async function comparePair(pathA, pathB) {
  const digests = [await digestCapture(pathA), await digestCapture(pathB)];
  const evidence = correlate(digests, { known: NOTHING_KNOWN });
  const packets = [await readPackets(pathA), await readPackets(pathB)];
  const allMatches = matchedPackets(digests, evidence);
  const matches = allMatches.filter(({ from, to }) => from.capture !== to.capture);
  const matched = countMatched(matches);
  const counted = countedByHops(evidence);
  const wrong = wrongMatches(allMatches, packets, digests);
  if (matched.rows !== counted) wrong.push(`hops count ${counted} packets, the match has ${matched.rows}`);
  const { lost, lostData, falseLost } = lossesOf(evidence, matches, packets);
  const report = await analyze([pathA, pathB]);
  const lostDataFrom = [0, 1].map((capture) => lostDataOf(evidence, capture));
  return {
    matched: matched.packets,
    wrong,
    lost,
    lostData,
    lostDataFrom,
    falseLost,
    findings: findingsBetween(report),
  };
}

/** Segments of the finer cut, and what the hops count. */
function countMatched(matches) {
  const coarse = [new Set(), new Set()];
  let pieces = 0;
  let rows = 0;
  const seen = new Set();
  for (const match of matches) {
    rows += Math.max(1, match.pieces);
    const [a, b] = match.from.capture === 0 ? [match.packet, match.found] : [match.found, match.packet];
    if (match.pieces > 1) {
      // A capture that shows one packet twice (before and after NAT) meets its pieces twice.
      const key = `${match.from.capture} ${match.packet}`;
      if (!seen.has(key)) pieces += match.pieces - 1;
      seen.add(key);
    }
    coarse[0].add(a);
    coarse[1].add(b);
  }
  return { packets: Math.max(coarse[0].size, coarse[1].size) + pieces, rows };
}

const between = (evidence, hop) => evidence.points[hop.from].capture !== evidence.points[hop.to].capture;

/** Data packets of one capture that are said not to have reached the other. */
function lostDataOf(evidence, capture) {
  return evidence.conversations
    .flatMap(({ hops }) => hops)
    .filter((hop) => between(evidence, hop) && hop.assessable && evidence.points[hop.from].capture === capture)
    .reduce((sum, { lostData }) => sum + lostData, 0);
}

function countedByHops(evidence) {
  let matched = 0;
  for (const { hops } of evidence.conversations)
    for (const hop of hops) if (between(evidence, hop)) matched += hop.matched;
  return matched;
}

function wrongMatches(matches, packets, digests) {
  const wrong = [];
  const partners = new Map();
  for (const match of matches) {
    const a = packets[match.from.capture][match.packet];
    const b = packets[match.to.capture][match.found];
    const name = `${match.from.capture}:${match.packet}=${match.to.capture}:${match.found}`;
    const problem =
      match.pieces === 0
        ? differenceOf(a, b)
        : a.protocol === TCP
          ? segmentsDiffer(match, a, packets, digests)
          : datagramsDiffer(a, b);
    if (problem !== null) wrong.push(`${name} ${problem}`);
    if (match.from.capture === match.to.capture) continue;
    const key = `${match.from.capture} ${a.connection.id}`;
    const known = partners.get(key) ?? partners.set(key, { from: a.connection, to: new Set() }).get(key);
    known.to.add(b.connection);
  }
  const best = [bestPartners(packets[0], packets[1]), bestPartners(packets[1], packets[0])];
  for (const [key, { from, to }] of partners) {
    if (to.size > 1) wrong.push(`connection ${key}: ${to.size} partners`);
    const [partner] = to;
    const other = best[Number(key[0])].get(from);
    if (other !== undefined && !other.has(partner)) wrong.push(`connection ${key}: others share more of its payload`);
    if (from.iss !== undefined && partner.iss !== undefined && from.iss !== partner.iss)
      wrong.push(`connection ${key}: initial sequence numbers ${from.iss} and ${partner.iss}`);
  }
  return wrong;
}

/** For each connection those of the other capture with the most equal payloads (TCP: at the same sequence numbers). */
function bestPartners(packets, others) {
  const byPayload = new Map();
  const identity = ({ protocol, seq, telling }) => `${protocol} ${seq} ${telling}`;
  for (const other of others) {
    if (other === undefined || other.telling === null) continue;
    const key = identity(other);
    if (!byPayload.has(key)) byPayload.set(key, new Set());
    byPayload.get(key).add(other.connection);
  }
  const counts = new Map();
  for (const packet of packets) {
    if (packet === undefined || packet.telling === null) continue;
    if (!counts.has(packet.connection)) counts.set(packet.connection, new Map());
    const votes = counts.get(packet.connection);
    for (const connection of byPayload.get(identity(packet)) ?? [])
      votes.set(connection, (votes.get(connection) ?? 0) + 1);
  }
  const best = new Map();
  for (const [connection, votes] of counts) {
    const most = Math.max(0, ...votes.values());
    const winners = [...votes].filter(([, count]) => count === most).map(([winner]) => winner);
    if (most > 0) best.set(connection, new Set(winners));
  }
  return best;
}

function differenceOf(a, b) {
  if (a.protocol !== b.protocol) return 'another protocol';
  if (a.protocol === TCP && (a.seq !== b.seq || a.ack !== b.ack || a.flags !== b.flags)) return 'another TCP header';
  if (a.payloadLength !== b.payloadLength) return 'another length';
  const captured = Math.min(a.payload.length, b.payload.length);
  return a.payload.subarray(0, captured).equals(b.payload.subarray(0, captured)) ? null : 'another payload';
}

/** Whether the octets said to have arrived are in the segments of the connection at the other point. */
function segmentsDiffer(match, a, packets, digests) {
  const { columns, length } = digests[match.to.capture].sightings;
  const arrived = new Uint8Array(a.payload.length);
  for (let row = 0; row < length; row++) {
    if (columns.flow[row] !== match.to.flow) continue;
    const b = packets[match.to.capture][columns.packet[row]];
    const start = (b.seq - a.seq) | 0;
    for (let at = Math.max(0, -start); at < b.payload.length && start + at < a.payload.length; at++)
      if (b.payload[at] === a.payload[start + at]) arrived[start + at] = 1;
  }
  const isThere = match.runs.every(([start, end]) => arrived.subarray(start, end).every((octet) => octet === 1));
  return isThere ? null : 'other octets in the pieces';
}

/** Datagrams merged by offload: the smaller one is in the larger. */
function datagramsDiffer(a, b) {
  const [large, small] = a.payload.length >= b.payload.length ? [a, b] : [b, a];
  return large.payload.includes(small.payload) ? null : 'not in the merged datagram';
}

function lossesOf(evidence, matches, packets) {
  const used = [new Set(), new Set()];
  const delays = new Map();
  for (const { from, to, packet, found } of matches) {
    used[from.capture].add(packet);
    used[to.capture].add(found);
    const delay = packets[to.capture][found].time - packets[from.capture][packet].time;
    const key = from.capture;
    if (!delays.has(key)) delays.set(key, []);
    delays.get(key).push(delay);
  }
  const result = { lost: 0, lostData: 0, falseLost: [] };
  for (const { hops } of evidence.conversations) {
    for (const hop of hops) {
      if (!between(evidence, hop) || !hop.assessable || hop.lost === 0) continue;
      result.lost += hop.lost;
      result.lostData += hop.lostData;
      const from = evidence.points[hop.from].capture;
      for (const { packet } of hop.lostPackets) {
        const lost = packets[from][packet];
        const why =
          isNotLost(lost, packets[1 - from], used[1 - from], delays.get(from)) ??
          isAcknowledgedUnseen(lost, packets[from], packets[1 - from]);
        if (why !== null) result.falseLost.push(`${from}:${packet} ${why}`);
      }
    }
  }
  return result;
}

function isNotLost(lost, others, used, delays) {
  for (const other of others) {
    if (other === undefined || used.has(other.number) || other.protocol !== lost.protocol) continue;
    if (lost.payloadLength === 0 && differenceOf(lost, other) === null && lost.ipId === other.ipId)
      return `is ${other.number} there`;
    if (lost.telling !== null && lost.telling === other.telling)
      return lost.protocol === TCP && lost.seq !== other.seq
        ? `has its payload in ${other.number} there, with another sequence number`
        : `is ${other.number} there`;
  }
  if (delays === undefined) return null;
  const first = others.find((other) => other !== undefined).time;
  const last = others[others.length - 1].time;
  const sorted = [...delays].sort((x, y) => x - y);
  const arrival = lost.time + sorted[Math.floor(sorted.length / 2)];
  if (arrival < first) return 'came before the other capture began';
  if (arrival > last) return 'came after the other capture had ended';
  return null;
}

/** Its receiver acknowledged it, and the other capture has no octet of it, not even sent again: it passed another way. */
function isAcknowledgedUnseen(lost, own, others) {
  if (lost.protocol !== TCP || lost.payloadLength === 0) return null;
  const end = (lost.seq + lost.payloadLength) >>> 0;
  const isAcknowledged = own.some(
    (packet) =>
      packet?.connection === lost.connection &&
      packet.sender === lost.receiver &&
      (packet.flags & (RST | ACK)) === ACK &&
      ((packet.ack - end) | 0) >= 0,
  );
  if (!isAcknowledged) return null;
  const wasSeen = others.some(
    (other) =>
      other?.protocol === TCP &&
      other.payloadLength > 0 &&
      ((other.seq - end) | 0) < 0 &&
      ((other.seq + other.payloadLength - lost.seq) | 0) > 0,
  );
  return wasSeen ? null : 'was acknowledged, and the other capture has no octet of it';
}

function findingsBetween(report) {
  const captureOf = new Map(report.points.map(({ id, capture }) => [id, capture]));
  return report.findings
    .filter(({ level }) => level !== 'note')
    .filter(({ location }) => {
      const between = location?.between;
      return between && captureOf.get(between[0]) !== captureOf.get(between[1]);
    })
    .map(({ ruleId, level, message }) => ({ ruleId, level, message }));
}

/** Packets of a capture by their number, with their payload and connection: addresses, ports and the SYN before. */
async function readPackets(path) {
  const packets = [];
  const addresses = new AddressBook();
  const decoder = new PacketDecoder(addresses);
  const linkTypes = [];
  const connections = new Map();
  let number = 0;
  let base;
  await readCapture(path, {
    onInterface({ index, linkType }) {
      linkTypes[index] = linkType;
    },
    onRecord(record) {
      const packet = decoder.decode(record, linkTypes[record.interfaceIndex] ?? 0);
      base ??= record.seconds;
      const payload = Buffer.from(packet.bytes.slice(packet.payloadAt, Math.max(packet.payloadAt, packet.payloadEnd)));
      const isTcp = packet.protocol === TCP && packet.transportAt >= 0 && packet.fragment !== FRAGMENT_LATER;
      const sender = `${packet.source}:${packet.sourcePort}`;
      const receiver = `${packet.destination}:${packet.destinationPort}`;
      packets[++number] = {
        number,
        time: record.seconds - base + record.nanoseconds / 1e9,
        absolute: record.seconds,
        protocol: packet.protocol,
        ipId: packet.ipId,
        sender,
        receiver,
        seq: isTcp ? packet.tcpSeq : 0,
        ack: isTcp ? packet.tcpAck : 0,
        flags: isTcp ? packet.tcpFlags : 0,
        payloadLength: packet.payloadLength,
        payload,
        telling: tellingOf(payload),
        connection: connectionOf(connections, packet, isTcp, sender, receiver),
      };
    },
    onProblem() {
      // A comparison takes what can be read.
    },
  });
  return packets;
}

function connectionOf(connections, packet, isTcp, sender, receiver) {
  const key = `${packet.protocol} ${packet.depth} ${[sender, receiver].sort().join(' ')}`;
  const known = connections.get(key);
  const isSyn = isTcp && (packet.tcpFlags & (SYN | ACK)) === SYN;
  if (known !== undefined && (!isSyn || known.iss === packet.tcpSeq)) return known;
  const connection = { id: `${key} #${connections.size}`, iss: isSyn ? packet.tcpSeq : undefined };
  connections.set(key, connection);
  return connection;
}

/** A hash of a payload that tells packets apart; null for one that may be met anywhere. */
function tellingOf(payload) {
  if (payload.length < TELLING_OCTETS || new Set(payload).size < TELLING_SHARE * Math.min(payload.length, 96))
    return null;
  return `${payload.length} ${createHash('sha256').update(payload).digest('base64')}`;
}
