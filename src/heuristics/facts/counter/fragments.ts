import type { Evidence, FragmentedDatagram } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';
import { gatesOf } from '../gates.ts';

const TCP = 6;

/**
 * Are the missing fragments of a datagram really lost? Refuted where the receiver acknowledged the segment that the
 * datagram carried, and where acknowledgements prove that this capture misses packets. Unchecked for TCP without its
 * first fragment.
 */
export function fragmentIsLost(evidence: Evidence, datagram: FragmentedDatagram): Answer {
  const { point, protocol, outer, tcp, source, destination } = datagram;
  if (!gatesOf(evidence).loss(point).ok) return 'refuted';
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
