import type { DatagramFlow } from '../../../../src/flows/evidence/evidence.ts';
import { noReply } from '../../../../src/heuristics/rules/network-unreachable/no-reply.ts';
import {
  capture,
  connection,
  datagram,
  echo,
  evidence,
  hostActivity,
  point,
  ref,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';
import { echoTraceroute } from '../../../support/traceroute.ts';

const ping = (at: number, some: Parameters<typeof echo>[0] = {}) =>
  echo({ id: Math.round(at) + 1, request: at, reply: null, ...some });
const silent = [ping(0), ping(1), ping(2)];
const answeredPort = datagram({ client: '10.244.1.6:5100', server: '10.244.2.8:7000', sent: [0], back: [0.01] });
const asked = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ client: '10.244.1.5:5100', server: '10.244.2.7:7000', sent: [0, 1, 3], ...some });
/** Twenty requests with answers and these without. Of either direction the first sixteen packets are kept. */
const stopped = (later: readonly number[]): DatagramFlow => {
  const answered = Array.from({ length: 20 }, (_, second) => second);
  const flow = asked({ sent: [...answered, ...later], back: answered.map((second) => second + 0.002) });
  return { ...flow, samples: [flow.samples[0].slice(0, 16), flow.samples[1].slice(0, 16)] };
};

/** Ten seconds of capture. */
const late = point({ quality: { lastTime: 10 } });
const sctp = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ protocol: 132, client: '10.244.1.5:38412', server: '10.244.2.7:38412', ...some });

ruleTable(noReply, {
  fires: {
    'SCTP, at any port': {
      evidence: evidence({ points: [late], datagrams: [sctp({ sent: [0, 1, 3, 7] })] }),
      finds: [{ kind: 'sctp', port: 38412, requests: 4, subject: { protocol: 'ip', server: '10.244.2.7:38412' } }],
      says: [/4 SCTP packets to port 38412/, /SCTP port 38412/, /sctp\.port==38412/, /ncat --sctp/],
    },
    'SCTP, while another association is answered': {
      evidence: evidence({
        points: [late],
        datagrams: [sctp({ sent: [0, 1, 3, 7] }), sctp({ client: '10.244.1.5:5001', sent: [0], back: [0.1] })],
      }),
      finds: [{ kind: 'sctp', requests: 4 }],
    },
    'SCTP of two associations with one port at both ends, both silent': {
      evidence: evidence({
        points: [late],
        datagrams: [
          sctp({ client: '10.244.1.5:38412', sent: [0, 1, 3, 7] }),
          sctp({ client: '10.244.1.9:38412', server: '10.244.2.9:38412', sent: [0, 1, 3, 7] }),
        ],
      }),
      finds: [{ client: '10.244.1.5' }, { client: '10.244.1.9' }],
    },
    'a long flow that stops being answered, to the end of the capture': {
      evidence: evidence({
        points: [point({ quality: { lastTime: 31 } })],
        datagrams: [stopped([20, 22, 24, 26, 28, 30.9])],
      }),
      finds: [{ requests: 6, answered: 20 }],
    },
    'a flow whose requests were answered, and are not any more': {
      evidence: evidence({ datagrams: [asked({ sent: [0, 1, 2, 3, 4, 5], back: [0.01] })] }),
      finds: [{ kind: 'udp', requests: 5, answered: 1, grade: 'inferred', measured: { requests: 5, answered: 1 } }],
      says: [/5 UDP datagrams to port 7000 .* stay without a reply, after 1 of this flow that was answered/],
    },
    'three pings and nothing back': {
      evidence: evidence({ echoes: silent }),
      finds: [{ kind: 'echo', requests: 3, grade: 'inferred', conversations: [0, 1, 2] }],
      says: [/3 echo requests \(ping\) from 10\.244\.1\.5 to 10\.244\.2\.7/],
    },
    'large ones only: the path may be too narrow': {
      evidence: evidence({ echoes: [ping(0), ping(1), ping(2)].map((one) => ({ ...one, l3Length: 1428 })) }),
      finds: [{ smallest: 1428 }],
      says: [/a link on the path has a smaller MTU/, /ping -c 3 -W 1 -M do -s 1400 10\.244\.2\.7/],
    },
    'the host answers other traffic': {
      evidence: evidence({ echoes: silent, hosts: [hostActivity('10.244.2.7')] }),
      finds: [{ serverSpeaks: true }],
      says: [/10\.244\.2\.7 answers other traffic/],
    },
    'answered at first, silent from then on': {
      evidence: evidence({ echoes: [echo({ id: 99, request: 0 }), ping(1), ping(2), ping(3)] }),
      finds: [{ requests: 3, serverSpeaks: false, heardBefore: true }],
      says: [/nothing of 10\.244\.2\.7 is heard any more/],
    },
    'the host spoke before, and no more since the first of them': {
      evidence: evidence({ echoes: silent, hosts: [hostActivity('10.244.2.7', { firstSent: -9, lastSent: -1 })] }),
      finds: [{ serverSpeaks: false, heardBefore: true }],
      says: [/nothing of 10\.244\.2\.7 is heard any more/],
    },
    'UDP to a port that answers elsewhere': {
      evidence: evidence({ datagrams: [answeredPort, asked()] }),
      finds: [{ kind: 'udp', port: 7000, requests: 3 }],
    },
    'TCP of which headers were cut, at the waits of a SYN': {
      evidence: evidence({ datagrams: [asked({ protocol: 6, sent: [0, 1.02, 3.1, 7.2] })] }),
      finds: [{ kind: 'tcp', port: 7000, requests: 4, subject: { protocol: 'tcp', server: '10.244.2.7:7000' } }],
      says: [/TCP segments \(headers cut\) to port 7000/, /nc -vz -w 3 10\.244\.2\.7 7000/],
    },
    'two points: the pings die between them': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        echoes: silent,
        paths: silent.map((one) => ({ of: [one], hops: [{ from: 0, to: 1, lost: 1, lostPackets: [ref(0)] }] })),
      }),
      finds: [{ between: [0, 1], grade: 'confirmed' }],
      says: [/The requests pass a and do not reach b/],
    },
  },
  quiet: {
    'SCTP that another address of the server answers': evidence({
      points: [late],
      datagrams: [sctp({ sent: [0, 1, 3, 7] }), sctp({ server: '10.244.2.8:38412', sent: [0], back: [0.1] })],
    }),
    'SCTP that another address of the server answers, seen from there only': evidence({
      points: [late],
      datagrams: [
        sctp({ sent: [0, 1, 3, 7] }),
        sctp({ client: '10.244.2.8:38412', server: '10.244.1.5:38412', sent: [0.1] }),
      ],
    }),
    'two packets of SCTP': evidence({ points: [late], datagrams: [sctp({ sent: [0, 1] })] }),
    'another protocol that has no ports': evidence({
      points: [late],
      datagrams: [datagram({ protocol: 50, sent: [0, 1, 3, 7] })],
    }),
    'a long flow, and the capture ends with its last requests': evidence({
      points: [point({ quality: { lastTime: 42.3 } })],
      datagrams: [stopped([41, 41.6, 42.2])],
    }),
    'UDP to ports of services that need not answer, where another host answers': evidence({
      datagrams: [
        ...[67, 68, 137, 138, 161, 162, 427, 514, 546, 547, 1900, 2055],
        ...[3702, 4789, 5353, 5355, 6343, 8472, 9995],
      ].flatMap((port) => [
        datagram({ client: '10.244.1.6:5100', server: `10.244.2.8:${port}`, sent: [0], back: [0.01] }),
        asked({ server: `10.244.2.7:${port}` }),
      ]),
    }),
    'a directed broadcast: its MAC is that of all': evidence({
      datagrams: [answeredPort, asked({ server: '10.244.2.255:7000', toGroup: [true, false] })],
    }),
    'pings to a directed broadcast': evidence({ echoes: silent.map((one) => ({ ...one, toGroup: true })) }),
    'keep-alives after the last answer': evidence({
      datagrams: [
        asked({
          sent: [0, 1, 20, 40, 50],
          back: [1.01],
          octets: [2 * 148 + 3 * 32, 92],
          sinceAnswer: { packets: 3, octets: 96, first: ref(20) },
        }),
      ],
    }),
    'a stream that goes on in one direction': evidence({
      datagrams: [asked({ sent: [0, 1, 1.02, 1.04, 1.06, 1.08], back: [0.01, 1.01] })],
    }),
    'reports that were hardly ever answered': evidence({
      datagrams: [asked({ sent: [0, 1, 2, 3, 4, 5, 6], back: [3.5] })],
    }),
    'the capture ends with the last requests': evidence({
      points: [point({ quality: { lastTime: 2.9 } })],
      datagrams: [asked({ sent: [0, 1, 2, 2.8], back: [0.01] })],
    }),
    'the capture dropped more packets than it holds': evidence({
      captures: [capture({ dropped: 5000 })],
      echoes: silent,
    }),
    'cut TCP that comes as acknowledgements do: its answers pass elsewhere': evidence({
      datagrams: [asked({ protocol: 6, sent: [0, 0.01, 0.2, 3] }), asked({ protocol: 6, sent: [4, 9, 14, 19] })],
    }),
    'cut TCP that was answered': evidence({
      datagrams: [asked({ protocol: 6, sent: [0, 1.02, 3.1], back: [3.2] })],
    }),
    'what comes back from that net is not captured here, as TCP proves': evidence({
      echoes: silent,
      connections: [
        connection({ client: '10.244.1.9:4000', server: '10.244.2.9:80', toServer: { packets: 5, ackHigh: 900 } }),
        connection({ client: '10.244.1.9:4001', server: '10.244.3.9:80' }, { established: true }),
      ],
    }),
    'two pings': evidence({ echoes: silent.slice(0, 2) }),
    'the capture ends at once': evidence({
      points: [point({ quality: { lastTime: 1.1 } })],
      echoes: [ping(0), ping(0.4), ping(0.8)],
    }),
    'a UDP port that nobody answers on (syslog)': evidence({ datagrams: [asked()] }),
    'tunnels do not answer': evidence({
      datagrams: [
        { ...answeredPort, server: { address: '10.244.2.8', port: 8472 } },
        asked({ server: '10.244.2.7:8472' }),
      ],
    }),
    multicast: evidence({ echoes: silent.map((one) => ({ ...one, destination: '224.0.0.1' })) }),
    'mirrored in GRE, one direction only': evidence({
      echoes: silent.map((one) => ({ ...one, encapsulation: ['gre'] })),
      tunnels: [tunnel({ index: 0, kind: 'gre' })],
    }),
    'probes of a traceroute to a silent target': evidence(
      echoTraceroute({ sent: 3, answered: [3, 3, 0, 0], reached: false }),
    ),
    'only later ones are answered': evidence({ echoes: [...silent, echo({ id: 99, request: 3 })] }),
    'the size is the reason, the small ones pass': evidence({
      echoes: [...silent.map((one) => ({ ...one, l3Length: 1500 })), echo({ id: 99, request: 3 }), ping(4)],
    }),
    'a bridge shows the way to the pod, and the way back from its service': evidence({
      datagrams: [answeredPort, asked(), asked({ server: '10.96.0.10:9000', sent: [], back: [0.01] })],
    }),
    'a peer that talks on another port of the same host': evidence({
      datagrams: [
        answeredPort,
        asked(),
        datagram({ client: '10.244.1.5:5100', server: '10.244.2.7:9693', sent: [0], back: [0.01] }),
      ],
    }),
  },
  notes: {
    'connections of the same two hosts are silent too': evidence({
      echoes: silent,
      connections: [connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [0, 1, 3] })],
    }),
  },
});
