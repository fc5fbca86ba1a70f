import type { CarrierFlow, Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import {
  betweenSameNets,
  CARRIER_THRESHOLDS,
  handshakesInVain,
  mayBeForOthers,
  nextPointOfHost,
  type Undecrypted,
  undecryptedIn,
} from '../../facts/carriers.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Explanation, type Names, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

interface NotDecrypted extends Occurrence {
  kind: CarrierFlow['kind'];
  point: number;
  source: string;
  destination: string;
  spi: string;
  packetsArrived: number;
  /** '' for a handshake. */
  spiBefore: string;
  decryptedBefore: number;
  /** Packets of the other direction that were seen in plain before the host encrypted them. */
  encryptedHere: number;
  /** As `mayBeForOthers`. */
  forOthers: boolean;
  /** Of a handshake: whether the peer sends anything else at this point. */
  isPeerHeard: boolean;
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
    summary: 'ESP or WireGuard packets arrive at a node and are not decrypted',
    meaning:
      'The node receives the encrypted packets of its peer and nothing comes out of them. Most often it has no state for their SPI, as after a key rotation that only one side did: the kernel drops them without an answer.',
    rule: 'At one point three ESP packets or more of one SPI arrive from a node, and after none of them comes at once a plain packet that fits into it: of ESP on the same link, of WireGuard (by receiver index) at another interface of the capture. Of an earlier SPI of the same nodes three packets or more were followed so, half of all at least, and no SPI of these nodes is followed after the new one began. The plain packets may be in a file of their own, captured at another device of the host (wg0, the veth of a pod); there it is enough that three or more packets of the other direction come from it, half of all at least. Or: a WireGuard peer sends three handshake initiations or more and gets no response, nor any data of the other peer after the first one; a warning where nothing else of that peer is heard.',
    notThis: [
      'A capture that never shows decrypted packets (another interface, a filter): nothing was followed before either.',
      'What a node sends itself is never followed by plain packets.',
      'The plain packets were seen at the device of one pod, and neither the pod nor its peers wait for an answer since: the packets may be for other pods; told as a warning, and said.',
      'Both keys are in use during a rotation: an SPI is still decrypted after the new one began.',
      'Fewer than three packets of the new SPI: the capture ends at the rotation.',
      'The capture dropped packets: the plain ones may be among them.',
      'A handshake that the other peer begins meanwhile and that ends, or a cookie reply: that peer lives and knows the keys.',
      'The host of the other peer says "port unreachable": WireGuard does not run there (port-rejected).',
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
    references: [
      'RFC 4303, 2.1 and 3.4.2',
      'Linux Documentation/networking/xfrm_proc.rst',
      'Donenfeld: WireGuard, NDSS 2017, 5.4 and 6.4',
    ],
  },
  thresholds: { ...CARRIER_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const undecrypted of undecryptedIn(evidence)) yield occurrenceOf(evidence, undecrypted);
    for (const handshake of handshakesInVain(evidence)) yield handshakeOf(evidence, handshake);
  },

  explain(found, names) {
    const { kind, point, source, destination, spi, packetsArrived, spiBefore } = found;
    const [from, to] = [names.address(source), names.address(destination)];
    if (kind === 'wireguard-handshake') return explainHandshake(found, names);
    if (kind === 'wireguard') return explainWireguard(found, names);
    return {
      message: `${counted(packetsArrived, 'ESP packet')} of ${from} with SPI ${spi} ${packetsArrived === 1 ? 'arrives' : 'arrive'} at ${names.point(point)}, and none is decrypted`,
      why: whyNot(found, `SPI ${spi}`, `SPI ${spiBefore}`),
      causes: [
        {
          id: 'unknown-spi',
          cause: `${to} has no IPsec state for SPI ${spi}: the keys were rotated on one side only, or the states were lost`,
          telling: changed(found, 'SPI'),
          for: [],
          against: [],
        },
        {
          id: 'wrong-key',
          cause: `${to} has a state for SPI ${spi} with another key: the integrity check fails`,
          for: spiBefore === '' ? [] : ['the SPI changed'],
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

function explainWireguard(found: NotDecrypted, names: Names): Explanation {
  const { point, source, destination, spi, packetsArrived, spiBefore } = found;
  const [from, to] = [names.address(source), names.address(destination)];
  return {
    message: `${counted(packetsArrived, 'WireGuard packet')} of ${from} with receiver index ${spi} arrive at ${names.point(point)}, and none is decrypted`,
    why: whyNot(found, `receiver index ${spi}`, `receiver index ${spiBefore}`),
    causes: [
      {
        id: 'unknown-session',
        cause: `${to} has lost the session with index ${spi} (restart, interface made anew)`,
        telling: changed(found, 'receiver index'),
        for: [],
        against: [],
      },
      {
        id: 'allowed-ips',
        cause: `what is inside does not come from an address that ${to} allows to this peer (AllowedIPs)`,
        for: [],
        against: [],
      },
    ],
    confirm: [
      runs(names.host(point), 'wg show all', {
        expect: 'the latest handshake with this peer is older than three minutes, or AllowedIPs lack the source',
      }),
    ],
    fix: [`Make the keys and AllowedIPs of ${from} and ${to} fit, then restart the interface on ${to}.`],
    wireshark: `wg.receiver==${spi}`,
  };
}

/** What shows that the host would show what it decrypts. */
function whyNot({ decryptedBefore, encryptedHere, forOthers }: NotDecrypted, now: string, before: string): string {
  const shown =
    decryptedBefore > 0
      ? `${counted(decryptedBefore, 'packet')} with ${before} from the same machine ${decryptedBefore === 1 ? 'was' : 'were'} decrypted before: a plain packet that fits follows each.`
      : `${counted(encryptedHere, 'packet')} of the other direction ${encryptedHere === 1 ? 'was' : 'were'} seen in plain before the host encrypted them, so what it decrypts would be seen there too.`;
  const other = forOthers
    ? ' Nothing of that pod, and nothing sent to it, waits for an answer since then: the packets may be for another pod of the host.'
    : '';
  return `${shown} No plain packet follows any with ${now}.${other}`;
}

const changed = ({ spiBefore, spi }: NotDecrypted, what: string): string[] =>
  spiBefore === '' ? [] : [`the ${what} changed from ${spiBefore} to ${spi}, and nothing is decrypted since`];

function explainHandshake(
  { point, source, destination, packetsArrived, isPeerHeard }: NotDecrypted,
  names: Names,
): Explanation {
  const [from, to] = [names.address(source), names.address(destination)];
  return {
    message: `WireGuard: ${from} sends ${packetsArrived} handshake initiations to ${to}, and no response comes`,
    why: `A peer that can read an initiation answers it at once; one that cannot is silent. As seen at ${names.point(point)}, ${isPeerHeard ? `${to} sends other packets` : `nothing else comes from ${to}`}.`,
    causes: [
      {
        id: 'keys-do-not-fit',
        cause: `${to} does not know the key of ${from}, or ${from} has another public key of ${to}`,
        for: isPeerHeard ? [`${to} is alive and ignores the initiations`] : [],
        against: [],
        fix: [`Exchange the public keys of ${from} and ${to} anew.`],
      },
      {
        id: 'port-filtered',
        cause: 'a firewall or security group drops UDP to the port of WireGuard, or the response',
        for: isPeerHeard ? ['other traffic passes'] : [],
        against: [],
        fix: [`Open the UDP port of WireGuard between ${from} and ${to}, in both directions.`],
      },
      {
        id: 'other-end-down',
        cause: `${to} is down, or has another address than the configured end point`,
        for: isPeerHeard ? [] : [`nothing of ${to} is heard`],
        against: isPeerHeard ? [`${to} sends other packets`] : [],
        fix: [`Bring ${to} back, or correct its end point in the configuration of ${from}.`],
      },
    ],
    confirm: [
      runs(from, 'wg show all', { expect: 'no latest handshake with this peer; the public key of the other side' }),
      runs(to, 'wg show all', { expect: 'whether the public key of the initiator is among its peers' }),
    ],
    fix: [],
    wireshark: `wg.type==1 && ${withAddress(destination)}`,
  };
}

const spiText = (spi: number): string => `0x${spi.toString(16).padStart(8, '0')}`;

function occurrenceOf(evidence: Evidence, undecrypted: Undecrypted): NotDecrypted {
  const { before, now, back } = undecrypted;
  const index = indexOf(evidence);
  const { kind, point, source, destination, spi } = now;
  const what = kind === 'esp' ? 'ESP, SPI' : 'WireGuard, receiver index';
  const innerFlows = (before ?? back)?.innerFlows ?? [];
  const inner = innerFlows.flatMap((one) => index.conversationOfFlow(one.point, one.flow) ?? []);
  const inside = innerFlows.find((one) => one.point !== point)?.point;
  const carrying = index.conversationOfFlow(point, now.flow);
  const between: [number, number] | null | undefined =
    inside === undefined
      ? inner.map((conversation) => nextPointOfHost(evidence, conversation, point)).find((found) => found !== null)
      : [point, inside];
  const forOthers = mayBeForOthers(evidence, undecrypted);
  const conversations = new Set([...(carrying === undefined ? [] : [carrying]), ...betweenSameNets(evidence, inner)]);
  return {
    key: `${source}>${destination}`,
    ...(forOthers && { level: 'warning' as const }),
    grade: gradeOf({ 'inside-of-the-node-seen': whereSeen(between != null && !forOthers) }),
    subject: { protocol: 'tunnel', client: source, server: destination },
    conversations: [...conversations].map((conversation) => conversation.index),
    between: between ?? null,
    place: `on ${destination}, where ${evidence.points[point].name} hands them over for decryption`,
    ...excerpt(packetsAt(point, now.notFollowed, `${what} ${spiText(spi)}: no plain packet follows`, '>')),
    packetsTotal: now.packets,
    reach: Math.max(1, inner.length),
    measured: {
      arrived: now.packets,
      spi: spiText(spi),
      decryptedBefore: before?.followed ?? 0,
      ...(before !== null && { spiBefore: spiText(before.spi) }),
      ...(back !== null && { encryptedHere: back.entered }),
    },
    point,
    source,
    destination,
    spi: spiText(spi),
    packetsArrived: now.packets,
    spiBefore: before === null ? '' : spiText(before.spi),
    decryptedBefore: before?.followed ?? 0,
    encryptedHere: back?.entered ?? 0,
    kind,
    forOthers,
    isPeerHeard: true,
  };
}

function handshakeOf(evidence: Evidence, carrier: CarrierFlow): NotDecrypted {
  const { kind, point, flow, source, destination, packets, spi, notFollowed } = carrier;
  const conversation = indexOf(evidence).conversationOfFlow(point, flow);
  const isPeerHeard = evidence.hosts.some(
    (host) => host.point === point && host.address === destination && host.sent > 0,
  );
  return {
    key: `${source}>${destination} handshake`,
    ...(!isPeerHeard && { level: 'warning' as const }),
    grade: gradeOf({ 'peer-alive': whereSeen(isPeerHeard), 'initiation-seen-to-arrive': 'unchecked' }),
    subject: { protocol: 'tunnel', client: source, server: destination },
    conversations: conversation === undefined ? [] : [conversation.index],
    place: `at ${destination}, or on the way to it`,
    ...excerpt(packetsAt(point, notFollowed, 'WireGuard handshake initiation: no response', '>')),
    packetsTotal: packets,
    reach: 1,
    measured: { initiations: packets, seconds: Number((carrier.last.time - carrier.first.time).toFixed(3)) },
    kind,
    point,
    source,
    destination,
    spi: spiText(spi),
    packetsArrived: packets,
    spiBefore: '',
    decryptedBefore: 0,
    encryptedHere: 0,
    forOthers: false,
    isPeerHeard,
  };
}
