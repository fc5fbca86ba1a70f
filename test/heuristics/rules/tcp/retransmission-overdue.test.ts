import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { retransmissionOverdue } from '../../../../src/heuristics/rules/tcp/retransmission-overdue.ts';
import { ending } from '../../../support/ending-items.ts';
import { connection, evidence, point, ref, ruleTable } from '../../../support/evidence.ts';
import { repeat, segment } from '../../../support/segment-items.ts';

/** Duplicate ACKs of the client for octet `ack` of the server. */
const asking = (times: readonly number[], ack = 101) => times.map((time) => segment(time, 'dupAck', 0, { ack }));
const late = [0.2, 0.25, 4, 4.1];

/** The server sent octets 101 to 200 at the first of `times` and again at the others; the client asks meanwhile. */
const stalled = (
  {
    times = [0.1, 9],
    asked = asking(late),
    ackedTime = 9.1 as number | null,
    point: at = 0,
    holesTotal = 0,
    dataSegments = 30,
  } = {},
  some: Partial<Connection> = {},
) =>
  connection(
    {
      point: at,
      toServer: { packets: 20, dupAcks: asked.length, ackHigh: 101 },
      toClient: {
        packets: 30,
        dataSegments,
        iss: 0,
        holesTotal,
        repeats: times.length > 1 ? [repeat({ times, ackedTime })] : [],
      },
      ...(times.length === 1 && { toClient: { packets: 30, dataSegments, iss: 0, unackedSince: ref(times[0]) } }),
      events: asked,
      last: ref(12),
      ...some,
    },
    { established: true },
  );
const fast = { samples: 20, min: 0.07, median: 0.07, max: 0.4 };
const slow = { ...fast, max: 2 };
const one = (...connections: Connection[]) => evidence({ connections });

ruleTable(retransmissionOverdue, {
  fires: {
    'sent again after 9 s, asked for four times': {
      evidence: one(stalled()),
      finds: [
        {
          grade: 'inferred',
          measured: { duplicateAcks: 4, repaired: true },
          place: 'on 10.244.2.7, or before point',
          packetsTotal: 6,
        },
      ],
      says: [
        /10\.244\.2\.7 leaves lost data to 10\.244\.1\.5 unrepaired for 8\.9 s: 4 duplicate ACKs ask for it"/,
        /no octets were missing here before/,
      ],
    },
    'never sent again': {
      evidence: one(stalled({ times: [0.1] }, { end: ending(12) })),
      finds: [{ level: 'error', measured: { duplicateAcks: 4, repaired: false } }],
      says: [/and it is never sent again/],
    },
    'not sent again before the capture ends, and the connection is open': {
      evidence: one(stalled({ times: [0.1] })),
      finds: [{ level: 'error', measured: { duplicateAcks: 4, repaired: false } }],
      says: [/and it is not sent again before the capture ends/],
    },
    'in time once, and overdue after that': {
      evidence: one(stalled({ times: [0.1, 0.3, 9], asked: asking([0.2, 0.4, 4, 4.1]) })),
      finds: [{ measured: { duplicateAcks: 3 } }],
    },
    'round trips that allow it': {
      evidence: one(stalled({}, { rtt: [fast, fast] })),
      finds: [{ measured: { repaired: true } }],
    },
    'octets were missing at the point, too: its path loses some': {
      evidence: one(stalled({ holesTotal: 1 })),
      finds: [{ holes: 1 }],
      says: [/"1 hole in its data was seen here"/],
    },
    'the data of a client': {
      evidence: one(
        connection(
          {
            toServer: { packets: 20, dataSegments: 20, iss: 0, repeats: [repeat({ times: [0.1, 9], ackedTime: 9.1 })] },
            toClient: { packets: 20 },
            events: late.map((time) => segment(time, 'dupAck', 1, { ack: 101 })),
          },
          { established: true },
        ),
      ),
      finds: [{ sender: '10.244.1.5', receiver: '10.244.2.7' }],
    },
  },
  quiet: {
    'sent again in time, and lost again': one(stalled({ times: [0.1, 0.5, 1.2, 2.6, 5.4, 9] })),
    'the last duplicate ACK comes before the repair is overdue': one(stalled({ asked: asking([0.2, 0.25, 2.9]) })),
    'two duplicate ACKs': one(stalled({ asked: asking([0.2, 4]) })),
    'duplicate ACKs for other octets': one(stalled({ asked: asking(late, 301) })),
    'they come after it was sent again': one(stalled({ asked: asking([9.2, 9.3, 9.4]) })),
    'never sent again, and nobody asks': one(stalled({ times: [0.1], asked: [] })),
    'the duplicate ACKs answer SYNs that reuse the port, or probes': one(stalled({ times: [0.1], dataSegments: 0 })),
    'as few segments with data as duplicate ACKs': one(stalled({ dataSegments: 4 })),
    'a capture that missed packets: the repair may be among them': evidence({
      points: [point({ quality: { gapOctets: 3e5, tcpOctets: 1e6 } })],
      connections: [stalled()],
    }),
    'round trips of seconds': one(stalled({}, { rtt: [slow, fast] })),
    'a point nearer to the sender shows that it was sent again': (() => {
      const legs = [stalled(), stalled({ point: 1, times: [0.1, 0.5, 1.2, 2.6, 5.4, 9] })];
      return evidence({ points: [point({}), point({ name: 'n2' })], connections: legs, paths: [{ of: legs }] });
    })(),
  },
});
