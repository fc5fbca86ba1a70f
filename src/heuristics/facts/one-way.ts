import type { Connection, Endpoint, Evidence } from '../../flows/evidence/evidence.ts';
import { netOf } from '../../text/addresses.ts';
import { connectionsBySocket } from './client-sockets.ts';

/** Share of one-way connections above which the capture as a whole is one-way. */
export const ONE_WAY_SHARE = { value: 0.95, unit: 'share', source: 'docs/thresholds.md, one-way-share' } as const;

export interface OneWay {
  /**
   * Connections whose packets prove that they ran in both directions, and those of them that were seen in one direction
   * only.
   */
  proved: number;
  oneWay: number;
  /** True when the capture point as a whole saw one direction only. */
  whole: boolean;
}

const cache = new WeakMap<Evidence, (OneWay | null)[]>();

/**
 * How much of the traffic of a point was captured in one direction only; null when no connection shows it. An
 * unanswered SYN does not make a capture one-way: only connections count whose packets prove that the other side sent
 * packets.
 */
export function oneWayAt(evidence: Evidence, point: number): OneWay | null {
  let known = cache.get(evidence);
  if (known === undefined) {
    known = countAll(evidence);
    cache.set(evidence, known);
  }
  return known[point] ?? null;
}

const halves = new WeakMap<Evidence, ReadonlySet<string>>();

/**
 * Whether answers from the net of `to` to that of `from` pass this point unseen: a connection between the two nets was
 * captured in one direction only, as its packets prove. The answers use another link (a bond, equal-cost routes), or a
 * filter hides them. Then a missing answer proves nothing, for other protocols as well.
 */
export function isReturnUnseen(evidence: Evidence, point: number, from: string, to: string): boolean {
  let known = halves.get(evidence);
  if (known === undefined) {
    const half = evidence.connections.filter((one) => isHalf(one) && !hasOtherHalf(evidence, one));
    known = new Set(half.map(wayOfHalf));
    halves.set(evidence, known);
  }
  return known.has(wayOf(point, from, to));
}

function wayOfHalf({ point, client, server, directions: [to] }: Connection): string {
  return to.packets > 0 ? wayOf(point, client.address, server.address) : wayOf(point, server.address, client.address);
}

const wayOf = (point: number, from: string, to: string): string => `${point} ${netOf(from)} ${netOf(to)}`;

function countAll(evidence: Evidence): (OneWay | null)[] {
  const counts = evidence.points.map(() => ({ proved: 0, oneWay: 0 }));
  for (const connection of evidence.connections) {
    const count = counts[connection.point];
    if (isHalf(connection) && !hasOtherHalf(evidence, connection)) count.oneWay++;
    else if (!isWhole(connection)) continue;
    count.proved++;
  }
  return counts.map(({ proved, oneWay }) =>
    proved === 0 ? null : { proved, oneWay, whole: oneWay / proved >= ONE_WAY_SHARE.value },
  );
}

const isWhole = ({ directions: [to, back] }: Connection): boolean =>
  to.packets > 0 && back.packets > 0 && back.packets > back.resets;

/**
 * Whether the point shows the other direction in another biflow. A point between translations (a bridge with
 * br_netfilter) shows the requests to the pod and the answers from the service: two biflows of one connection, with one
 * direction each.
 */
function hasOtherHalf(evidence: Evidence, connection: Connection): boolean {
  const atSocket = connectionsBySocket(evidence);
  return [connection.client, connection.server].some((socket) =>
    atSocket(connection.point, socket).some(
      (other) => other !== connection && isOneWay(other) && sends(other, socket) !== sends(connection, socket),
    ),
  );
}

const isOneWay = ({ directions: [to, back] }: Connection): boolean => to.packets === 0 || back.packets === 0;

/** Whether the socket sent any packet of this connection. */
function sends({ client, directions: [to, back] }: Connection, { address, port }: Endpoint): boolean {
  return (client.address === address && client.port === port ? to : back).packets > 0;
}

/**
 * Whether one direction is empty, and the other acknowledges data or continues beyond SYN and RST: then the peer must
 * have answered.
 */
function isHalf({ directions: [to, back] }: Connection): boolean {
  if (to.packets > 0 && back.packets > 0) return false;
  const seen = to.packets > 0 ? to : back;
  return seen.packets > seen.syns + seen.resets && seen.ackHigh !== null;
}
