import { type Evidence, type PacketRef, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { attemptsOf } from '../../facts/attempts.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { type EndedTranslation, endedTranslation } from '../../facts/tcp/ended-translation.ts';
import {
  AFTER_IDLE_THRESHOLDS,
  mayBeIdleTimeout,
  type SuddenEnd,
  suddenEnds,
  wasAcknowledgedElsewhere,
} from '../../facts/tcp/sudden-end.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { type Command, defineRule, type Names, type Occurrence } from '../../rule/rule.ts';
import { pings, podWith, runs, trackedFrom } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  sendings: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  seconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first timeout' },
  largestSmall: { value: 576, unit: 'octets', source: 'RFC 791, 3.2: every host takes packets of this size' },
} as const;

interface Vanished extends Occurrence {
  speaker: string;
  peer: string;
  sendings: number;
  seconds: number;
  keepAlive: boolean;
  otherTraffic: boolean;
  /** Another point hears the peer later: then it is not told that nothing of it is heard. */
  heardElsewhere: boolean;
  /** The node of the speaker translates the connection no more; null where nothing shows that. */
  ended: EndedTranslation | null;
}

/** A peer stops acknowledging packets of every size until the connection is given up. */
export const peerVanished = defineRule<Vanished>({
  meta: {
    id: 'peer-vanished',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-keepalive-dead-peer',
    place: 'last-seen',
    symptomOf: 'silent-path',
    explains: ['packet-loss', 'server-slow', 'zero-window-stall'],
    summary: 'The peer of a running connection stops answering, whatever is sent',
    meaning:
      'The process, pod or path on the other side is gone without a goodbye. The sender repeats until it gives up.',
    rule: 'Data or keep-alives of an established connection sent three times or more over 1 s and longer without any packet back from the peer, which had not closed, to the end of the connection.',
    notThis: [
      'Only large segments fail, small ones were acknowledged before and none was tried since: mtu-black-hole.',
      'The peer closed before (FIN or RST).',
      'A reset comes after all: idle-timeout or half-open.',
      'Less than a second passed since the first sending: the answer may be late.',
      'A pause before it that is long, and longer than all that were survived, points to a timeout of state in between: idle-timeout.',
      'Another point of the path shows that the peer acknowledged: its acknowledgement was lost on the way back.',
    ],
    causes: [
      'The pod was killed or its node went down',
      'The path broke',
      'A firewall or the NAT of a node lost its state',
    ],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: 'kubectl get pod -A -o wide',
        expect: 'the pod is gone, or restarted at that time',
      },
    ],
    fix: ['Find why the pod or node went away; use keep-alives and timeouts in the client'],
    references: ['RFC 9293, 3.8.3', 'RFC 1122, 4.2.3.6'],
  },
  thresholds: {
    ...thresholds,
    ...TRACEROUTE_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...AFTER_IDLE_THRESHOLDS,
  },

  *detect(evidence) {
    for (const end of suddenEnds(evidence)) if (isVanished(evidence, end)) yield occurrenceOf(evidence, end);
  },

  explain({ speaker, peer, sendings, seconds, keepAlive, otherTraffic, heardElsewhere, ended }, names) {
    const untranslated =
      ended === null
        ? []
        : [
            `${counted(ended.packets, 'later packet leaves', 'later packets leave')} ${names.point(ended.point)} with the address ${ended.service}, earlier ones were translated to ${ended.backend}`,
          ];
    return {
      message: `${names.address(peer)} stops answering in the middle of a connection: ${counted(sendings, keepAlive ? 'keep-alive' : 'transmission')} of ${names.address(speaker)} over ${seconds.toFixed(1)} s ${sendings === 1 ? 'gets' : 'get'} nothing back`,
      why: 'The connection was established and in use. Nothing came that closes it, and then nothing at all.',
      causes: [
        {
          id: 'peer-gone',
          cause:
            ended === null
              ? `the pod or process ${peer} is gone, or its node`
              : `the pod ${endpointParts(ended.backend).address} behind ${peer} is gone, or its node`,
          for: otherTraffic || heardElsewhere ? [] : [`nothing else of ${peer} is heard afterwards`],
          against: [...(otherTraffic ? [`${peer} goes on in other connections`] : []), ...untranslated],
          fix: [
            `Find why ${names.address(peer)} or its node went away, and bring it back.`,
            `Give ${names.address(speaker)} keep-alives and timeouts, so that it notices sooner.`,
          ],
        },
        {
          id: 'state-dropped',
          cause: 'a firewall or NAT on the way dropped the state of this connection',
          for: otherTraffic ? [`${peer} goes on in other connections`] : [],
          telling: untranslated,
          against: [],
          fix: [
            ended === null
              ? `Find the firewall or NAT between ${names.address(speaker)} and ${names.address(peer)} that lost the connection (restart, failover, full table); let it reset what it does not know.`
              : `Find what removed the conntrack entry of this connection on ${names.host(ended.point)} (conntrack -D or -F, full table, timeout, rewritten NAT rules); the client must connect again.`,
          ],
        },
      ],
      confirm: commandsFor(names, speaker, peer, otherTraffic, ended),
      fix: [],
      wireshark: `${withAddress(peer)} && tcp.analysis.retransmission`,
    };
  },
});

/** The node that lost its NAT entry is asked for the entry and for the pod, since a service address answers no ping. */
function commandsFor(
  names: Names,
  speaker: string,
  peer: string,
  otherTraffic: boolean,
  ended: EndedTranslation | null,
): Command[] {
  if (ended !== null)
    return [
      trackedFrom(names.host(ended.point), 'tcp', speaker, {
        expect: `no entry with dst=${endpointParts(ended.service).address} that is translated to ${ended.backend}`,
      }),
      podWith(endpointParts(ended.backend).address, 'the pod is there'),
    ];
  return [
    pings(names.machine(speaker), peer, otherTraffic),
    podWith(peer, 'nothing: no pod has the address any more; or it was restarted at that time'),
    runs(names.machine(peer), `ss -tno state established ${shellQuote(`dst ${speaker}`)}`, {
      expect: otherTraffic
        ? 'the connection is still there: its packets are dropped on the way'
        : 'nothing, if the machine was restarted',
    }),
  ];
}

function isVanished(evidence: Evidence, end: SuddenEnd): boolean {
  const { leg, speaker, sendings, seconds, reset, firstTime } = end;
  if (reset !== null || sendings < thresholds.sendings.value || seconds < thresholds.seconds.value) return false;
  if (mayBeIdleTimeout(evidence, end) || wasAcknowledgedElsewhere(evidence, end)) return false;
  const heardAfter = (leg.directions[1 - speaker].last?.time ?? 0) > firstTime;
  if (heardAfter) return false;
  const repeat = leg.directions[speaker].repeats.find((candidate) => candidate.ackedTime === null);
  const couldBeSize =
    repeat !== undefined &&
    repeat.smallestL3Length > Math.max(thresholds.largestSmall.value, leg.directions[speaker].largestAckedL3);
  if (couldBeSize && !smallOnesVanish(evidence, end)) return false;
  return gatesOf(evidence).absence(leg.point).ok;
}

/**
 * After the peer fell silent, small packets to it are unanswered too: connection attempts, echo requests, ARP. Without
 * such packets, the packet size could be the cause: large segments are never acknowledged, and small ones were.
 */
function smallOnesVanish(evidence: Evidence, { leg, speaker, firstTime }: SuddenEnd): boolean {
  if (speaksElsewhere(evidence, { leg, speaker, firstTime })) return false;
  const peer = (speaker === 0 ? leg.server : leg.client).address;
  const isAfter = (ref: PacketRef | undefined | null): boolean => ref != null && ref.time > firstTime;
  return (
    attemptsOf(evidence).some(
      ({ outcome, connection }) =>
        outcome === 'silent' &&
        connection.point === leg.point &&
        connection.server.address === peer &&
        isAfter(connection.syn[0]),
    ) ||
    evidence.echoes.some(
      (echo) => echo.point === leg.point && echo.destination === peer && echo.reply === null && isAfter(echo.request),
    ) ||
    evidence.arp.some(
      (asked) =>
        asked.point === leg.point && asked.target === peer && asked.replies.length === 0 && isAfter(asked.requests[0]),
    )
  );
}

/** The peer is heard in other conversations after it fell silent in this one. */
function speaksElsewhere(
  evidence: Evidence,
  { leg, speaker, firstTime }: Pick<SuddenEnd, 'leg' | 'speaker' | 'firstTime'>,
): boolean {
  const peer = (speaker === 0 ? leg.server : leg.client).address;
  return evidence.hosts.some(
    (host) => host.point === leg.point && host.address === peer && (host.lastSent ?? 0) > firstTime,
  );
}

/** Whether any point hears an address after a moment of the common clock, seconds. */
const isHeardAfter = ({ hosts, points }: Evidence, address: string, since: number): boolean =>
  hosts.some(
    (host) =>
      host.address === address && host.lastSent !== null && host.lastSent + points[host.point].timeShift > since,
  );

function occurrenceOf(evidence: Evidence, end: SuddenEnd): Vanished {
  const { leg, speaker, sendings, seconds, keepAlive, conversation, firstPacket, firstTime } = end;
  const [from, to] = speaker === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const repeat = leg.directions[speaker].repeats.find((candidate) => candidate.ackedTime === null);
  const ended = speaker === TO_SERVER ? endedTranslation(evidence, evidence.conversations[conversation]) : null;
  const refs = repeat?.packets ?? [{ packet: firstPacket, time: firstTime }];
  return {
    key: `${from.address}>${to.address}`,
    grade: 'inferred',
    subject: subjectOf([evidence.conversations[conversation]]).subject,
    conversations: [conversation],
    between: ended === null ? (breakPointOf([evidence.conversations[conversation]], speaker)?.between ?? null) : null,
    place:
      ended === null
        ? `at or before ${to.address}, as seen from ${evidence.points[leg.point].name}`
        : `at the node that translates ${to.address}, before ${evidence.points[ended.point].name}`,
    ...(ended !== null && { otherClasses: ['service'] as const }),
    ...excerpt(
      packetsAt(
        leg.point,
        refs,
        (ref, index) => (index === 0 ? 'not acknowledged' : `again after ${(ref.time - refs[0].time).toFixed(2)} s`),
        speaker === 0 ? '>' : '<',
      ),
    ),
    reach: 1,
    measured: { sendings, seconds, keepAlive },
    speaker: from.address,
    peer: to.address,
    sendings,
    seconds,
    keepAlive,
    otherTraffic: speaksElsewhere(evidence, end),
    heardElsewhere: isHeardAfter(evidence, to.address, firstTime + evidence.points[leg.point].timeShift),
    ended,
  };
}
