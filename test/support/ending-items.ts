import type { Connection, ConnectionEnd, Evidence, RttSummary, Transfer } from '../../src/flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../src/flows/evidence/evidence.ts';
import { connection, evidence, ref } from './evidence.ts';
import { turn } from './segment-items.ts';

/** An end by the server at `time`, with nothing open, after 0.1 ms without data. */
export const ending = (time: number, some: Partial<ConnectionEnd> = {}): ConnectionEnd => ({
  ...ref(time),
  direction: TO_CLIENT,
  byReset: false,
  openRequest: false,
  waitedSeconds: 0,
  requestOctets: 100,
  idleSeconds: 0.0001,
  unread: false,
  crossed: false,
  ignored: false,
  ...some,
});

/** The capture began after the handshake. */
export const midStream = {
  rolesFrom: 'guess' as const,
  syn: [],
  synAck: [],
  handshakeAck: null,
  handshakeServerSide: null,
  handshakeClientSide: null,
};

/** Ten round trips of data, the shortest of `min` seconds; null without. */
export const roundTrips = (min: number | null): RttSummary | null =>
  min === null ? null : { samples: 10, min, median: min, max: 2 * min };

type Parts = NonNullable<Parameters<typeof connection>[0]>;

/** A whole connection that begins at `start` and ends so; `turns` requests of 100 octets were answered. */
export function endedConnection(
  start: number,
  end: ConnectionEnd | null,
  { toServer, toClient, turns = 0, ...some }: Parts = {},
): Connection {
  const requests = turns + (end?.openRequest || end?.crossed || end?.ignored ? 1 : 0);
  return connection(
    {
      syn: [start],
      synAck: [start + 0.001],
      turns,
      end,
      last: end?.time ?? start + 1,
      slowTurns:
        end?.openRequest === true
          ? [
              turn(end.time - end.waitedSeconds, end.waitedSeconds, {
                response: null,
                requestOctets: end.requestOctets,
              }),
            ]
          : [],
      ...some,
      toServer: { payloadOctets: 100 * requests, dataSegments: requests, seqHigh: 101, ackHigh: 102, ...toServer },
      toClient: { payloadOctets: 100 * turns, dataSegments: turns, seqHigh: 102, ackHigh: 101, fins: 1, ...toClient },
    },
    { established: true },
  );
}

/** Several connections of one client, each from a port of its own. */
export const each = (count: number, make: (at: number, client: string) => Connection): Connection[] =>
  Array.from({ length: count }, (_, at) => make(at, `10.244.1.5:${40000 + at}`));

/** A download of 400,000 octets in 8 s on a path of 40 ms, whose connection the server ends. */
export const download = (transfer: Partial<Transfer>, some: Parts = {}): Evidence =>
  evidence({
    connections: [
      connection(
        {
          turns: 1,
          handshakeServerSide: 0.04,
          handshakeClientSide: 0.0001,
          end: ending(9),
          last: 9.1,
          ...some,
          transfer: {
            direction: 1,
            octets: 400_000,
            segments: 280,
            seconds: 8,
            pauses: 0,
            pausedSeconds: 0,
            heldSeconds: 0,
            meanWindow: 60_000,
            queue: null,
            ...transfer,
          },
          toClient: { payloadOctets: 400_000, dataSegments: 280, largestFlight: 26_000, ...some.toClient },
        },
        { established: true },
      ),
    ],
  });
