import { tcpMd5Mismatch } from '../../../../src/heuristics/rules/port-unreachable/tcp-md5-mismatch.ts';
import { connection, echo, evidence, hostActivity, reset, ruleTable } from '../../../support/evidence.ts';

const [A, B] = ['10.71.3.21', '10.71.3.1'];
const SYNS = [0, 1, 3];
type Some = Parameters<typeof connection>[0];
const asks = (some: Some = {}) =>
  connection({ client: `${A}:40000`, server: `${B}:179`, syn: SYNS, toServer: { signature: 'md5' }, ...some });
const plain = (some: Some = {}) => asks({ toServer: {}, ...some });
/** The other peer opens the session, too. */
const back = (signature: 'md5' | 'ao' | null) =>
  connection({ client: `${B}:41000`, server: `${A}:179`, syn: [0.5], toServer: { signature } });
const hosts = [hostActivity(B, { sent: 20, lastSent: 30 })];
const ping = echo({ source: A, destination: B, request: 2, reply: 2.001 });

ruleTable(tcpMd5Mismatch, {
  fires: {
    'signed SYNs are ignored by a host that answers echo requests': {
      evidence: evidence({ hosts, connections: [asks()], echoes: [ping] }),
      finds: [{ sent: 'md5', other: null, answersClient: true, syns: 3, grade: 'inferred', conversations: [0] }],
      says: [/3 SYNs of 10\.71\.3\.21 .* with a TCP MD5 signature get no answer/],
    },
    'SYNs without a signature to a peer that signs its own': {
      evidence: evidence({ hosts, connections: [plain(), back('md5')], echoes: [ping] }),
      finds: [{ sent: null, other: 'md5', grade: 'confirmed' }],
      says: [/itself uses a TCP MD5 signature/, /expects a signature, and .* sends none/],
    },
    'SYNs without a signature to a listener that takes signed ones of others': {
      evidence: evidence({
        hosts,
        connections: [
          plain(),
          connection(
            { client: '10.71.3.99:40000', server: `${B}:179`, toClient: { signature: 'md5' } },
            { established: true },
          ),
        ],
      }),
      finds: [{ sent: null, other: 'md5' }],
    },
    'both sign: the keys differ': {
      evidence: evidence({ hosts, connections: [asks(), back('md5')] }),
      finds: [{ sent: 'md5', other: 'md5' }],
      says: [/the SYNs of both sides are signed in the same way/],
    },
    'TCP-AO, in several connections': {
      evidence: evidence({
        hosts,
        connections: [0, 1, 2].map((at) =>
          asks({ client: `${A}:${40000 + at}`, syn: [at], toServer: { signature: 'ao' } }),
        ),
      }),
      finds: [{ sent: 'ao', syns: 3, reach: 3 }],
      says: [/with a TCP-AO signature/],
    },
    'over IPv6': {
      evidence: evidence({
        hosts: [hostActivity('fd00::1', { sent: 9 })],
        connections: [asks({ client: '[fd00::21]:40000', server: '[fd00::1]:179' })],
      }),
      finds: [{ server: 'fd00::1' }],
    },
  },
  quiet: {
    'the signed connection is answered': evidence({ hosts, connections: [asks({ synAck: [3.001] })] }),
    'the signed connection is refused: nothing listens': evidence({
      hosts,
      connections: [asks({ resets: [reset(0.001, 1)] })],
    }),
    'another signed connection of the client is answered': evidence({
      hosts,
      connections: [asks(), asks({ client: `${A}:40001`, synAck: [0.001] })],
    }),
    'the host is silent altogether': evidence({ connections: [asks()] }),
    'the host spoke only before the first SYN': evidence({
      hosts: [hostActivity(B, { sent: 20, lastSent: 5 })],
      connections: [asks({ syn: [10, 11, 13] })],
    }),
    'nobody signs: an ordinary filtered port': evidence({ hosts, connections: [plain(), back(null)], echoes: [ping] }),
    'two SYNs': evidence({ hosts, connections: [asks({ syn: [0, 1] })] }),
    'the capture ends before an answer could come': evidence({ hosts, connections: [asks({ syn: [57, 58, 59.5] })] }),
  },
});
