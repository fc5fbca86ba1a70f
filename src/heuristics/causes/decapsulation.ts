import { type Conversation, type Evidence, TO_SERVER, type TunnelFlow } from '../../flows/evidence/evidence.ts';
import { indexOf } from '../facts/evidence-index.ts';
import type { Cause } from '../rule/weigh.ts';
import { tunnelName } from '../words/tunnel-name.ts';

/** How the packets that vanish at the end of a tunnel look: what that end would have to accept. */
export interface Arrival {
  /**
   * The tunnel that carries the packets to the first point, where the second point is the device that decapsulates
   * them.
   */
  tunnel: TunnelFlow | null;
  /**
   * Behind that device: the packets' destination MAC when it belongs to no device there, and the MAC that all other
   * packets share.
   */
  foreignMac: string | null;
  ownMac: string | null;
}

/**
 * @param between first and second point of one host @param gone conversations of which no packet gets from one to the
 * other
 */
export function arrivalOf(
  evidence: Evidence,
  [from, to]: readonly [number, number],
  gone: readonly Conversation[],
): Arrival {
  const roles = [evidence.points[from].role, evidence.points[to].role];
  const opens = roles[1] === 'tunnel-device' && roles[0] !== 'tunnel-device';
  const tunnel = opens ? tunnelAt(evidence, from, gone) : null;
  const macs = roles[0] === 'tunnel-device' ? foreignMacAt(evidence, from, gone) : null;
  return { tunnel, foreignMac: macs?.foreign ?? null, ownMac: macs?.own ?? null };
}

function tunnelAt(evidence: Evidence, point: number, gone: readonly Conversation[]): TunnelFlow | null {
  const index = indexOf(evidence);
  for (const conversation of gone) {
    const carriers = [
      ...index
        .connections(conversation)
        .filter((leg) => leg.point === point)
        .flatMap((leg) => leg.directions[TO_SERVER].tunnels),
      ...index
        .datagrams(conversation)
        .filter((leg) => leg.point === point)
        .flatMap((leg) => leg.tunnels),
    ];
    if (carriers.length > 0) return evidence.tunnels[carriers[0]];
  }
  return null;
}

export const DECAPSULATION_THRESHOLDS = {
  /** Other connections at the device that must share one MAC before it counts as the device's own. */
  deviceMacConnections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, device-mac' },
} as const;

/**
 * A device accepts packets to its own MAC. Its MAC is at one end of all other packets that pass it. The sender of the
 * lost packets has the other MAC, where it is the only peer.
 */
function foreignMacAt(
  evidence: Evidence,
  point: number,
  gone: readonly Conversation[],
): { foreign: string; own: string } | null {
  const index = indexOf(evidence);
  const lost = new Set(
    gone.flatMap((conversation) => index.connections(conversation)).filter((leg) => leg.point === point),
  );
  const [first] = lost;
  const foreign = first?.directions[TO_SERVER].destinationMacs;
  const sender = first?.directions[TO_SERVER].sourceMacs[0]?.value;
  if (foreign?.length !== 1) return null;
  const others = evidence.connections.filter((connection) => connection.point === point && !lost.has(connection));
  if (others.length < DECAPSULATION_THRESHOLDS.deviceMacConnections.value) return null;
  const macsOf = ({ directions: [{ sourceMacs, destinationMacs }] }: (typeof others)[number]): string[] =>
    [...sourceMacs, ...destinationMacs].map(({ value }) => value);
  const common = macsOf(others[0]).filter(
    (mac) => mac !== sender && others.every((other) => macsOf(other).includes(mac)),
  );
  return common.length === 1 && common[0] !== foreign[0].value ? { foreign: foreign[0].value, own: common[0] } : null;
}

/**
 * The causes that an arrival suggests.
 *
 * @param host name of the receiving host
 */
export function arrivalCauses({ tunnel, foreignMac, ownMac }: Arrival, host: string): Cause[] {
  if (foreignMac !== null)
    return [
      {
        id: 'tunnel-mac-stale',
        cause: `the tunnel device of ${host} has another MAC than the sender believes: a stale neighbour entry there`,
        telling: [`the packets are addressed to ${foreignMac}, all others on the device are from or for ${ownMac}`],
        for: [],
        against: [],
        fix: [`Flush the neighbour and fdb entries for ${foreignMac} on the sending node, or restart its CNI agent.`],
      },
    ];
  if (tunnel === null) return [];
  const carrier = tunnelName(tunnel);
  const network = tunnel.kind === 'vxlan' || tunnel.kind === 'geneve' ? ` VNI ${tunnel.networkId}` : '';
  return [
    {
      id: 'tunnel-not-opened',
      cause: `no tunnel device of ${host} takes ${carrier}${network} from ${tunnel.source}: it has another ${network === '' ? 'peer' : 'VNI'}, or is not there`,
      for: ['the packets end where the tunnel should be opened'],
      against: [],
      fix: [
        `Give ${host} a tunnel device for ${carrier}${network} with peer ${tunnel.source}, or restart its CNI agent.`,
      ],
    },
  ];
}
