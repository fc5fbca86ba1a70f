import { type Connection, type DatagramFlow, type Evidence, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { appendTo } from '../../words/append-to.ts';
import { homesIn } from '../inner-homes.ts';
import { sendingVtep } from '../vtep.ts';

export const TWO_HOMES_THRESHOLDS = {
  changes: { value: 3, unit: 'count', source: 'docs/thresholds.md, two-homes' },
} as const;

/** The first packet of a connection or datagram flow that an address opens, and the node that it comes from. */
interface Opening {
  flow: Connection | DatagramFlow;
  /** Outer source address of the tunnel, or the MAC address that routes for the pod where there is no tunnel. */
  home: string;
  /** The overlay: an address is that of another pod in each; empty where there is no tunnel. */
  network: string;
}

/** One pod address behind two nodes or more at the same time. */
export interface TwoHomes {
  point: number;
  address: string;
  homes: string[];
  isTunnel: boolean;
  /** Inner MACs of the VTEPs, where the overlay has them. */
  macs: string[];
  openings: readonly Opening[];
  /** How often the node changed from one opening to the next. */
  changes: number;
}

/**
 * Addresses that open connections from behind two nodes or more in turn. A pod that moves changes its node once. Refuted where
 * the two share other addresses or one VTEP: then they are one node with two outer addresses, or two routers. Only what an
 * address opens counts: a service address that several nodes answer for opens nothing.
 *
 *   node1  ── SYN of 10.1.7.2 ──►      node2  ── SYN of 10.1.7.2 ──►      node1 …      node2 …
 */
export function twoHomes(evidence: Evidence): TwoHomes[] {
  const groups = new Map<string, Opening[]>();
  for (const opening of openingsOf(evidence)) {
    const { flow } = opening;
    if (isSpecial(flow.client.address)) continue;
    appendTo(groups, `${flow.point} ${opening.network} ${flow.client.address}`, opening);
  }
  return [...groups.values()].flatMap((openings) => twoHomesOf(evidence, openings) ?? []);
}

function* openingsOf(evidence: Evidence): Iterable<Opening> {
  for (const flow of evidence.connections) {
    const { tunnels, sourceMacs } = flow.directions[TO_SERVER];
    if (flow.syn.length === 0) continue;
    yield* openingOf(evidence, flow, tunnels, sourceMacs);
  }
  for (const flow of evidence.datagrams) {
    if (flow.tunnels.length === 0 || flow.packets[TO_SERVER] === 0 || flow.packets[1] > 0) continue;
    yield* openingOf(evidence, flow, flow.tunnels, []);
  }
}

function openingOf(
  evidence: Evidence,
  flow: Connection | DatagramFlow,
  tunnels: readonly number[],
  sourceMacs: readonly { value: string }[],
): Opening[] {
  if (flow.encapsulation.includes('gre')) return [];
  const carriers = tunnels.map((number) => evidence.tunnels[number]);
  const isTunnel = flow.encapsulation.length > 0;
  const homes = new Set(isTunnel ? carriers.map(({ source }) => source) : sourceMacs.map(({ value }) => value));
  const networks = new Set(carriers.map(({ kind, networkId }) => `${kind} ${networkId}`));
  const [home] = homes;
  const [network = ''] = networks;
  return homes.size === 1 && networks.size <= 1 && isTunnel === (networks.size === 1) ? [{ flow, home, network }] : [];
}

function twoHomesOf(evidence: Evidence, unsorted: readonly Opening[]): TwoHomes | null {
  const openings = [...unsorted].sort((a, b) => timeOf(a) - timeOf(b));
  const homes = [...new Set(openings.map(({ home }) => home))].sort();
  const changes = openings.filter(({ home }, at) => at > 0 && home !== openings[at - 1].home).length;
  if (homes.length < 2 || changes < TWO_HOMES_THRESHOLDS.changes.value) return null;
  const [{ flow }] = openings;
  const { point, client, encapsulation } = flow;
  const isTunnel = encapsulation.length > 0;
  if (!areApart(isTunnel ? behindTunnels(evidence, homes) : behindMacs(evidence, point, homes), client.address))
    return null;
  const macs = isTunnel ? homes.map((home) => vtepOf(evidence, home)) : [];
  const isAmbiguous = macs.includes(null) || new Set(macs).size < macs.length;
  if (macs.some((mac) => mac !== null) && isAmbiguous) return null;
  return {
    point,
    address: client.address,
    homes,
    isTunnel,
    macs: macs.filter((mac) => mac !== null),
    openings,
    changes,
  };
}

const timeOf = ({ flow }: Opening): number =>
  'syn' in flow ? flow.syn[0].time : (flow.first[TO_SERVER]?.time ?? Infinity);

/** Whether each home has an address of its own, and no two have another one in common. */
function areApart(behind: readonly ReadonlySet<string>[], address: string): boolean {
  const others = behind.flatMap((addresses) => [...addresses].filter((each) => each !== address));
  return (
    behind.every((addresses) => addresses.size > Number(addresses.has(address))) &&
    new Set(others).size === others.length
  );
}

function behindTunnels(evidence: Evidence, homes: readonly string[]): Set<string>[] {
  const { addresses } = homesIn(evidence);
  return homes.map(
    (home) =>
      new Set([...addresses].filter(([, at]) => at.has(home)).map(([key]) => key.slice(key.lastIndexOf(' ') + 1))),
  );
}

const behindMacs = ({ hosts }: Evidence, at: number, homes: readonly string[]): Set<string>[] =>
  homes.map(
    (home) =>
      new Set(
        hosts
          .filter(({ point, outer, macs }) => point === at && !outer && macs.some(({ value }) => value === home))
          .map(({ address }) => address),
      ),
  );

const vtepOf = ({ tunnels }: Evidence, home: string): string | null =>
  tunnels.filter(({ source }) => source === home).map(sendingVtep)[0] ?? null;
