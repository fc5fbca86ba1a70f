import type { CarrierFlow, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { netOf } from '../../../text/addresses.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  arrived: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  decryptedBefore: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  decryptedShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

interface NotDecrypted extends Occurrence {
  point: number;
  source: string;
  destination: string;
  spi: string;
  packetsArrived: number;
  spiBefore: string;
  decryptedBefore: number;
}

/** ESP arrives at a node with a new SPI and is not decrypted. ESP with the earlier SPI was decrypted. */
export const encryptedTunnelNotDecrypted = defineRule<NotDecrypted>({
  meta: {
    id: 'encrypted-tunnel-not-decrypted',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'test/pcaps/esp-unknown-spi',
    place: 'mechanism',
    explains: ['tunnel-blocked'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'ESP packets arrive at a node and are not decrypted',
    meaning:
      'The node receives the encrypted packets of its peer and nothing comes out of them. Most often it has no state for their SPI, as after a key rotation that only one side did: the kernel drops them without an answer.',
    rule: 'At one point three ESP packets or more of one SPI arrive from a node, and after none of them comes at once a plain packet on the same link that is shorter by what ESP adds. Of an earlier SPI of the same nodes three packets or more were followed so, half of all at least, and no SPI of these nodes is followed after the new one began.',
    notThis: [
      'A capture that never shows decrypted packets (another interface, a filter): nothing was followed before either.',
      'What a node sends itself is never followed by plain packets.',
      'Both keys are in use during a rotation: an SPI is still decrypted after the new one began.',
      'Fewer than three packets of the new SPI: the capture ends at the rotation.',
      'The capture dropped packets: the plain ones may be among them.',
    ],
    causes: [
      'The keys were rotated on one node only',
      'The node lost its IPsec states (restart of the agent)',
      'The peer encrypts with a key that does not fit: the integrity check fails',
    ],
    confirm: [
      {
        on: '<receiving node>',
        command: 'cat /proc/net/xfrm_stat',
        expect: 'XfrmInNoStates or XfrmInStateProtoError rises',
      },
      { on: '<receiving node>', command: 'ip -s xfrm state', expect: 'no state with this SPI' },
    ],
    fix: ['Bring the keys of both nodes to the same generation; restart the agent that programs the IPsec states'],
    references: ['RFC 4303, 2.1 and 3.4.2', 'Linux Documentation/networking/xfrm_proc.rst'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const pairs = groupBy(evidence.carriers, ({ point, source, destination }) => `${point} ${source} ${destination}`);
    for (const carriers of pairs.values()) {
      if (mayMissPackets(evidence, carriers[0].point)) continue;
      const before = carriers.find(wasDecrypted);
      const now = carriers.find((carrier) => isNotDecrypted(carrier, carriers));
      if (before !== undefined && now !== undefined) yield occurrenceOf(evidence, before, now);
    }
  },

  explain({ point, source, destination, spi, packetsArrived, spiBefore, decryptedBefore }, names) {
    const [from, to] = [names.address(source), names.address(destination)];
    return {
      message: `${counted(packetsArrived, 'ESP packet')} of ${from} with SPI ${spi} ${packetsArrived === 1 ? 'arrives' : 'arrive'} at ${names.point(point)}, and none is decrypted`,
      why: `${decryptedBefore} packets with SPI ${spiBefore} from the same node were decrypted before: their plain copies follow them in the capture. No plain packet follows any with SPI ${spi}.`,
      causes: [
        {
          id: 'unknown-spi',
          cause: `${to} has no IPsec state for SPI ${spi}: the keys were rotated on one side only, or the states were lost`,
          telling: [`the SPI changed from ${spiBefore} to ${spi}, and nothing is decrypted since`],
          for: [],
          against: [],
        },
        {
          id: 'wrong-key',
          cause: `${to} has a state for SPI ${spi} with another key: the integrity check fails`,
          for: ['the SPI changed'],
          against: [],
        },
      ],
      confirm: [
        runs(names.host(point), 'cat /proc/net/xfrm_stat', {
          expect: 'XfrmInNoStates rises (no state), or XfrmInStateProtoError (another key)',
        }),
        runs(
          names.host(point),
          `ip -s xfrm state list src ${shellQuote(source)} dst ${shellQuote(destination)} spi ${spi}`,
          { expect: 'nothing, or a state whose counters stand still' },
        ),
        runs(from, `ip xfrm state list src ${shellQuote(source)} dst ${shellQuote(destination)}`, {
          expect: `a state with SPI ${spi}: it sends with keys that ${to} does not have`,
        }),
      ],
      fix: [
        `Bring the keys of ${from} and ${to} to the same generation (finish or repeat the rotation), then restart the agent that programs the IPsec states of ${to}.`,
      ],
      wireshark: `esp.spi==${spi}`,
    };
  },
});

/**
 * True if the capture may lack packets. A capture that looks one-way does not count: decrypted packets are seen in one
 * direction only.
 */
function mayMissPackets(evidence: Evidence, point: number): boolean {
  const gate = gatesOf(evidence).absence(point);
  return !gate.ok && gate.code !== 'one-way';
}

const wasDecrypted = ({ followed, packets }: CarrierFlow): boolean =>
  followed >= thresholds.decryptedBefore.value && followed >= thresholds.decryptedShare.value * packets;

/** @param all carrier flows of the same two addresses, at the same point and in the same direction */
function isNotDecrypted({ packets, followed, first }: CarrierFlow, all: readonly CarrierFlow[]): boolean {
  if (packets < thresholds.arrived.value || followed > 0) return false;
  return all.every(({ lastFollowed }) => lastFollowed === null || lastFollowed.time <= first.time);
}

const spiText = (spi: number): string => `0x${spi.toString(16).padStart(8, '0')}`;

function occurrenceOf(evidence: Evidence, before: CarrierFlow, now: CarrierFlow): NotDecrypted {
  const index = indexOf(evidence);
  const { point, source, destination, spi } = now;
  const inner = before.innerFlows.flatMap((flow) => index.conversationOfFlow(point, flow) ?? []);
  const carrying = index.conversationOfFlow(point, now.flow);
  const between = inner.map((conversation) => behind(evidence, conversation, point)).find((found) => found !== null);
  const conversations = new Set([...(carrying === undefined ? [] : [carrying]), ...sameEnds(evidence, inner)]);
  return {
    key: `${source}>${destination}`,
    grade: gradeOf({ 'inside-of-the-node-seen': whereSeen(between !== undefined) }),
    subject: { protocol: 'tunnel', client: source, server: destination },
    conversations: [...conversations].map((conversation) => conversation.index),
    between: between ?? null,
    place: `on ${destination}, where ${evidence.points[point].name} hands ESP over for decryption`,
    ...excerpt(packetsAt(point, now.notFollowed, `ESP, SPI ${spiText(spi)}: no plain packet follows`, '>')),
    packetsTotal: now.packets,
    reach: Math.max(1, inner.length),
    measured: {
      arrived: now.packets,
      spi: spiText(spi),
      decryptedBefore: before.followed,
      spiBefore: spiText(before.spi),
    },
    point,
    source,
    destination,
    spi: spiText(spi),
    packetsArrived: now.packets,
    spiBefore: spiText(before.spi),
    decryptedBefore: before.followed,
  };
}

/** The given point and the next point of its host that saw the conversation. Null if there is no such point. */
function behind({ points }: Evidence, { legs }: Conversation, point: number): [number, number] | null {
  const { host } = points[point];
  const next = legs.find((leg) => leg.point !== point && host !== null && points[leg.point].host === host);
  return next === undefined ? null : [point, next.point];
}

/** Conversations between the same nets as those that were decrypted before. The fault affects them too. */
function sameEnds({ conversations }: Evidence, inner: readonly Conversation[]): Conversation[] {
  const nets = ({ client, server }: Conversation): string =>
    [netOf(client.address), netOf(server.address)].sort().join(' ');
  const known = new Set(inner.map(nets));
  return conversations.filter((conversation) => known.has(nets(conversation)));
}
