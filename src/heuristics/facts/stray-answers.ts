import {
  type DatagramFlow,
  type Endpoint,
  type Evidence,
  type IcmpError,
  type PacketRef,
  TO_CLIENT,
  TO_SERVER,
} from '../../flows/evidence/evidence.ts';
import { isSpecial } from '../../text/addresses.ts';
import type { EvidencePacket } from '../rule/rule.ts';
import { packetsAt } from '../words/excerpt.ts';
import { groupBy } from '../words/group-by.ts';
import { endpointText } from './attempts.ts';
import { inOrder, isLater } from './packet-order.ts';

export const STRAY_ANSWER_THRESHOLDS = {
  /** An answer comes at most this long after a request. */
  promptSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, prompt-answer' },
  /** Answers that show a habit where the client rejects none. */
  answers: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
} as const;

const UDP = 17;
const DNS_PORT = 53; // RFC 1035, 4.2

/** Datagrams to one address that another address answers, from the same port to the same socket. */
export interface StrayAnswer {
  asked: DatagramFlow;
  answerer: Endpoint;
  /** Biflow of the answers. */
  flow: number;
  answers: readonly PacketRef[];
  /** ICMP errors about the answers: of the client, whose socket is connected to the address that it asked, or of a firewall. */
  rejected: readonly IcmpError[];
}

/**
 * Requests by UDP that are answered from another address only:
 *
 *   client:40000 ──▶ S:9999        nothing comes back from S
 *   client:40000 ◀── O:9999        O was not asked, and answers each time
 *
 * DNS has names and ids to tell answers by, and is left out. So are peers that use one port at both ends: their
 * datagrams are no answers to anybody.
 */
function strayAnswersOf(evidence: Evidence): StrayAnswer[] {
  const bySocket = groupBy(evidence.datagrams.filter(isUnasked), (flow) => socketKey(flow, unaskedEnd(flow)[0]));
  return evidence.datagrams.filter(isUnanswered).flatMap((asked) => {
    const others = (bySocket.get(socketKey(asked, asked.client)) ?? []).filter((flow) => answersTo(asked, flow));
    // Where several answer, the request was meant for many.
    return others.length === 1 ? strayOf(evidence, asked, others[0]) : [];
  });
}

/** Stray answers by client and the two addresses: where the client rejects some, or enough of them make a habit. */
export const strayGroupsOf = (evidence: Evidence): StrayAnswer[][] =>
  [
    ...groupBy(
      strayAnswersOf(evidence),
      ({ asked, answerer }) =>
        `${asked.point} ${asked.client.address} ${endpointText(asked.server)} ${answerer.address}`,
    ).values(),
  ].filter(
    (strays) =>
      strays.some(({ rejected }) => rejected.length > 0) ||
      strays.reduce((sum, { answers }) => sum + answers.length, 0) >= STRAY_ANSWER_THRESHOLDS.answers.value,
  );

/** Requests, answers and rejections of one socket. */
export const packetsOfStray = ({ asked, answerer, answers, rejected }: StrayAnswer): EvidencePacket[] => [
  ...packetsAt(asked.point, asked.samples[TO_SERVER], 'request', '>'),
  ...packetsAt(asked.point, answers, `answer, from ${answerer.address}`, '<'),
  ...packetsAt(asked.point, rejected, 'ICMP error about it', '>'),
];

function strayOf(evidence: Evidence, asked: DatagramFlow, flow: DatagramFlow): StrayAnswer[] {
  const [, answerer, direction] = unaskedEnd(flow);
  const { client, point } = asked;
  const rejected = evidence.icmpErrors.filter(
    ({ point: at, quoted }) =>
      at === point &&
      quoted?.protocol === UDP &&
      quoted.source.address === answerer.address &&
      quoted.source.port === answerer.port &&
      quoted.destination.address === client.address &&
      quoted.destination.port === client.port,
  );
  return [{ asked, answerer, flow: flow.flow, answers: flow.samples[direction], rejected }];
}

const isUnanswered = ({ protocol, packets, toGroup, client, server }: DatagramFlow): boolean =>
  protocol === UDP &&
  packets[TO_SERVER] > 0 &&
  packets[TO_CLIENT] === 0 &&
  !toGroup[TO_SERVER] &&
  !isSpecial(server.address) &&
  server.port !== DNS_PORT &&
  server.port !== client.port &&
  server.port > 0;

/** Whether one end only sends: what it sends may be answers. */
const isUnasked = ({ protocol, packets }: DatagramFlow): boolean => protocol === UDP && packets.includes(0);

/** The end that only receives, the one that sends, and the direction of what it sends. */
const unaskedEnd = ({ client, server, packets }: DatagramFlow): [Endpoint, Endpoint, 0 | 1] =>
  packets[TO_SERVER] > 0 ? [server, client, TO_SERVER] : [client, server, TO_CLIENT];

const socketKey = ({ point, encapsulation }: DatagramFlow, { address, port }: Endpoint): string =>
  `${point} ${encapsulation.join()} ${address} ${port}`;

/** Whether each kept datagram of `flow` follows a request of `asked` at once. */
function answersTo(asked: DatagramFlow, flow: DatagramFlow): boolean {
  const [, answerer, direction] = unaskedEnd(flow);
  if (answerer.port !== asked.server.port || answerer.address === asked.server.address) return false;
  if (answerer.address === asked.client.address || flow.toGroup[direction]) return false;
  const requests = asked.samples[TO_SERVER];
  const { promptSeconds } = STRAY_ANSWER_THRESHOLDS;
  return flow.samples[direction].every((answer) => {
    const before = requests.filter((request) => isLater(answer, request)).sort(inOrder);
    const last = before[before.length - 1];
    return last !== undefined && answer.time - last.time <= promptSeconds.value;
  });
}
