import {
  type DatagramFlow,
  type Evidence,
  type PacketRef,
  TO_CLIENT,
  TO_SERVER,
} from '../../flows/evidence/evidence.ts';
import { endpointParts } from '../words/endpoint-parts.ts';
import { type Attempt, endpointText } from './attempts.ts';
import type { IcmpGroup } from './icmp-findings.ts';
import { isLater } from './packet-order.ts';

export const LATE_START_THRESHOLDS = {
  /** Share of the datagrams, or connections, that are not refused. */
  takenShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
  taken: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  /** Errors are rate limited, so a pause of them says nothing unless it is longer. */
  quietSeconds: { value: 3, unit: 's', source: 'docs/thresholds.md, errors-stopped' },
  /** The pause after the last error, as a multiple of the longest pause between two. */
  quietFactor: { value: 3, unit: 'factor', source: 'docs/thresholds.md, errors-stopped' },
} as const;

/**
 * Whether the receiver of refused datagrams started late, or opened its port anew: everything was refused up to one
 * moment, and from then on it answers; or it never answers (syslog, metrics), and the errors stop while the datagrams go
 * on. Most datagrams are taken.
 */
export function startsLate(evidence: Evidence, group: IcmpGroup): boolean {
  const errors = group.packets;
  if (group.subject.protocol !== 'udp' || errors.length === 0 || errors.length < group.packetsTotal) return false;
  const last = errors.reduce((a, b) => (isLater(a, b) ? a : b));
  const { address, port } = endpointParts(group.destination);
  const flows = evidence.datagrams.filter(
    (flow) => flow.point === last.point && isOf(flow, group.client, address, port),
  );
  if (flows.length === 0) return false;
  const answers = flows.flatMap((flow) => sentBy(flow, address).first ?? []);
  const goesOn = flows.some((flow) => isAfter(sentBy(flow, group.client).last, last));
  // A single error may also fall between two sockets of a port that is opened anew.
  if (errors.length === 1 && goesOn && flows.some((flow) => isAfter(sentBy(flow, address).last, last))) return true;
  if (answers.some((answer) => !isLater(answer, last))) return false;
  const sent = flows.reduce((sum, flow) => sum + sentBy(flow, group.client).packets, 0);
  if (sent - errors.length < LATE_START_THRESHOLDS.takenShare.value * sent) return false;
  return answers.length > 0 ? goesOn : errorsStop(flows, group.client, errors);
}

/** Whether the client sent on for long after the last error, and nothing was refused any more. */
function errorsStop(flows: readonly DatagramFlow[], client: string, errors: readonly PacketRef[]): boolean {
  const { quietSeconds, quietFactor, taken } = LATE_START_THRESHOLDS;
  const times = errors.map(({ time }) => time).sort((a, b) => a - b);
  const last = times[times.length - 1];
  const pauses = times.slice(1).map((time, at) => time - times[at]);
  const least = last + Math.max(quietSeconds.value, quietFactor.value * Math.max(...pauses));
  const late = flows.reduce((sum, flow) => {
    const { samples, packets, last: end } = sentBy(flow, client);
    const kept = samples.filter(({ time }) => time >= least).length;
    const isCapped = packets > samples.length && end !== null && end.time >= least;
    return sum + (isCapped ? packets - samples.length : 0) + kept;
  }, 0);
  return late >= taken.value;
}

/** Whether a service that refuses by ICMP is reached by attempts that all come after the last refusal. */
export function servesLater(attempts: readonly Attempt[], { client, destination, packets }: IcmpGroup): boolean {
  if (packets.length === 0) return false;
  const last = packets.reduce((a, b) => (isLater(a, b) ? a : b));
  const same = attempts.filter(
    ({ connection }) => connection.client.address === client && endpointText(connection.server) === destination,
  );
  const served = same.filter(({ outcome }) => outcome === 'answered');
  const refused = same.length - served.length;
  return (
    served.length > 0 &&
    served.every(({ connection }) => connection.point === last.point && isAfter(connection.syn[0] ?? null, last)) &&
    served.length >= LATE_START_THRESHOLDS.takenShare.value * (served.length + refused)
  );
}

interface Sent {
  packets: number;
  first: PacketRef | null;
  last: PacketRef | null;
  samples: readonly PacketRef[];
}

function sentBy(flow: DatagramFlow, address: string): Sent {
  const direction = flow.client.address === address ? TO_SERVER : TO_CLIENT;
  const [packets, first, last] = [flow.packets[direction], flow.first[direction], flow.last[direction]];
  return { packets, first, last, samples: flow.samples[direction] };
}

const isAfter = (ref: PacketRef | null, other: PacketRef): boolean => ref !== null && isLater(ref, other);

/**
 * Whether the flow is between the two, and one of its ports is that of the service. Protocols such as BFD use one flow
 * for each direction (RFC 5881, 4).
 */
const isOf = ({ client, server }: DatagramFlow, a: string, b: string, port: number): boolean =>
  (client.port === port || server.port === port) &&
  ((client.address === a && server.address === b) || (client.address === b && server.address === a));
