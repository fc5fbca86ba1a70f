import { listenQueueOverflow } from '../../../src/heuristics/port-unreachable/listen-queue-overflow.ts';
import { connection, evidence, heuristicTable, reset } from '../../support/evidence.ts';

const SERVER = '10.244.2.7:80';
const late = (index: number, times = [0, 1.02], answered = times[times.length - 1] + 0.001) =>
  connection({ client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: times, synAck: [answered] });
const never = (index: number) =>
  connection({ client: `10.244.1.5:${42000 + index}`, server: SERVER, syn: [0, 1, 3, 7] });
const served = (index: number) =>
  connection({ client: `10.244.1.5:${43000 + index}`, server: SERVER }, { established: true });
const notAccepted = (index: number) =>
  connection(
    {
      client: `10.244.1.5:${44000 + index}`,
      server: SERVER,
      synAck: [0.001, 1.001, 3.001],
      toClient: { packets: 3, dataSegments: 0 },
    },
    { established: true },
  );
const list = (count: number, make: (index: number) => ReturnType<typeof connection>) =>
  Array.from({ length: count }, (_, index) => make(index));

heuristicTable(listenQueueOverflow, {
  fires: {
    'SYNs of a burst are ignored, served on the retry, and others at once': {
      evidence: evidence({ connections: [...list(4, late), ...list(2, served)] }),
      finds: [
        {
          measured: { ignored: 4, notAccepted: 0, served: 2, recovered: 4 },
          reach: 4,
          conversations: [0, 1, 2, 3, 4, 5],
        },
      ],
      says: [/ignores 4 connection attempts of a burst and serves 2 others/, /ListenOverflows/],
    },
    'final ACKs are not taken': {
      evidence: evidence({ connections: [...list(3, notAccepted), served(0)] }),
      finds: [{ measured: { notAccepted: 3 } }],
      says: [/3 final ACKs were not taken/],
    },
  },
  quiet: {
    'two late answers are random loss': evidence({ connections: [...list(2, late), ...list(5, served)] }),
    'late answers far apart are random loss': evidence({
      connections: [...list(4, (index) => late(index, [index * 15, index * 15 + 1])), served(0)],
    }),
    'a few ignored among many that are served meanwhile: SYNs lost at random': evidence({
      connections: [...list(4, late), ...list(30, served)],
    }),
    'a filtered port serves nobody': evidence({ connections: list(5, never) }),
    'new ones are dropped for good': evidence({ connections: [served(0), ...list(5, never)] }),
    'copies of SYNs': evidence({
      connections: [...list(4, (index) => late(index, [0, 0.0001], 0.01)), served(0)],
    }),
    'refused after the retry': evidence({
      connections: [
        served(0),
        ...list(4, (index) =>
          connection({ client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: [0, 1], resets: [reset(1.01, 1)] }),
        ),
      ],
    }),
  },
});
