import type { Evidence, FragmentedDatagram } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';
import { gatesOf } from '../gates.ts';

const TCP = 6;

/**
 * Are the missing fragments of a datagram really lost? Refuted where the receiver acknowledged the segment that the
 * datagram carried, or answered the request that came in fragments, where another device of the same host got the rest
 * (a LAG spreads fragments), and where acknowledgements prove that this capture misses packets. Unchecked for TCP without
 * its first fragment.
 */
export function fragmentIsLost(evidence: Evidence, datagram: FragmentedDatagram): Answer {
  const { point, protocol, outer, tcp, source, destination } = datagram;
  if (!gatesOf(evidence).loss(point).ok || isElsewhere(evidence, datagram) || isAnswered(evidence, datagram))
    return 'refuted';
  if (protocol !== TCP || outer) return 'passed';
  if (tcp === null) return 'unchecked';
  const acknowledged = evidence.connections.some((connection) => {
    if (connection.point !== point) return false;
    const { client, server, directions } = connection;
    const isFromClient = client.address === source && client.port === tcp.sourcePort && server.address === destination;
    const isFromServer = server.address === source && server.port === tcp.sourcePort && client.address === destination;
    if (!isFromClient && !isFromServer) return false;
    const other = isFromClient ? server : client;
    const { ackHigh } = directions[isFromClient ? TO_CLIENT : TO_SERVER];
    return other.port === tcp.destinationPort && ackHigh !== null && ((ackHigh - tcp.seq) | 0) > 0;
  });
  return acknowledged ? 'refuted' : 'passed';
}

/** Whether another device of the host has fragments of the same datagram that this one has not. */
function isElsewhere({ points, fragments }: Evidence, datagram: FragmentedDatagram): boolean {
  const { point, source, destination, protocol, ipId, hasFirst } = datagram;
  const { host } = points[point];
  return fragments.some(
    (other) =>
      other.point !== point &&
      host !== null &&
      points[other.point].host === host &&
      other.ipId === ipId &&
      other.source === source &&
      other.destination === destination &&
      other.protocol === protocol &&
      other.hasFirst !== hasFirst,
  );
}

/**
 * Whether the datagram is a request of a flow in which the point saw as many answers as requests, one by one: an answer
 * proves that all fragments of its request arrived.
 */
function isAnswered(
  { datagrams }: Evidence,
  { point, source, destination, hasFirst, outer }: FragmentedDatagram,
): boolean {
  if (!hasFirst || outer) return false;
  const flows = datagrams.filter(
    (flow) => flow.point === point && flow.client.address === source && flow.server.address === destination,
  );
  return (
    flows.length > 0 &&
    flows.every(
      ({ packets: [asked, answers], unanswered, sinceAnswer }) =>
        answers >= asked && unanswered === null && sinceAnswer === null,
    )
  );
}
