import type { Connection, CountedValue, TunnelFlow } from '../../src/flows/evidence/evidence.ts';
import { connection, tunnel } from './evidence.ts';

/** MACs of three nodes' VXLAN devices. */
export const MAC = ['', '02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];
export const counted = (...values: string[]): CountedValue<string>[] => values.map((value) => ({ value, count: 10 }));
export const node = (number: number): string => `192.168.0.${number}`;
export const pod = (number: number, host = 5): string => `10.244.${number}.${host}`;

/** Tunnel packets from one node to another; everything else as flannel sends it. */
export const between = (index: number, from: number, to: number, some: Partial<TunnelFlow> = {}): TunnelFlow =>
  tunnel({
    index,
    source: node(from),
    destination: node(to),
    innerSourceMacs: counted(MAC[from]),
    innerDestinationMacs: counted(MAC[to]),
    innerSources: counted(pod(from)),
    innerDestinations: counted(pod(to)),
    ...some,
  });

/** Attempts of a pod of node 1 to one of node 2 that travel in tunnel flow `out`, answered in `back` or not at all. */
export const attempt = (out: number, back: number | null, some: Parameters<typeof connection>[0] = {}): Connection =>
  connection(
    {
      client: `${pod(1)}:40000`,
      server: `${pod(2)}:80`,
      syn: [0, 1, 3],
      encapsulation: ['vxlan'],
      ...some,
      toServer: { tunnels: [out], destinationMacs: counted(MAC[2]), ...some.toServer },
      toClient: back === null ? {} : { tunnels: [back], ...some.toClient },
    },
    { established: back !== null },
  );
