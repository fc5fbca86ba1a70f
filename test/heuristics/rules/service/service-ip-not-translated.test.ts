import type { NatMapping } from '../../../../src/flows/evidence/evidence.ts';
import { serviceIpNotTranslated } from '../../../../src/heuristics/rules/service/service-ip-not-translated.ts';
import { arp, connection, dns, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const name = 'web.default.svc.cluster.local';
const dnsSilent = (some: object = {}) => dns({ server: '10.233.0.3:53', name, queries: [0, 5], ...some });
const silent = (server: string, some: object = {}) =>
  connection({ client: '10.244.1.5:41000', server, syn: [10, 11, 13], ...some });
const works = (server = '10.244.2.7:80', port = 42000) =>
  connection({ client: `10.244.1.5:${port}`, server }, { established: true });

const nic = [point({ name: 'node1 eth0', host: 'node1', role: 'node-nic' })];
const veth = point({ name: 'node1 veth1', host: 'node1', role: 'pod-veth' });
const tunnelDevice = point({ name: 'node1 flannel.1', host: 'node1', role: 'tunnel-device' });
const before = silent('10.233.0.129:8080');
const after = silent('10.244.2.7:8080', { point: 1 });
const dnsAtPod = dnsSilent();
const dnsAtNic = dnsSilent({ point: 1, client: '192.168.0.1:40000' });

const translation = (between: [number, number]): NatMapping => ({
  kind: 'dnat',
  protocol: 'tcp',
  before: { address: '10.233.0.50', port: 80 },
  after: { address: '10.244.2.7', port: 8080 },
  between,
  conversations: 1,
});
/** Another node does it. */
const [veth2, veth3] = ['veth2', 'veth3'].map((name) =>
  point({ name: `node2 ${name}`, host: 'node2', role: 'pod-veth' }),
);
const elsewhere: NatMapping = { ...translation([1, 2]), before: { address: '172.29.140.30', port: 80 } };
const twoSilent = { dns: [dnsSilent()], connections: [silent('10.233.0.129:8080'), works()] };

ruleTable(serviceIpNotTranslated, {
  fires: {
    'at the pod: DNS and a service are silent, a pod answers': {
      evidence: evidence({ points: [veth], dns: [dnsSilent()], connections: [silent('10.233.0.129:8080'), works()] }),
      finds: [
        { grade: 'inferred', services: ['tcp 10.233.0.129:8080', 'udp 10.233.0.3:53'], answering: ['10.244.2.7'] },
      ],
      says: [/kube-proxy/, /10\.233\.0\.3: it is asked for names of services/],
    },
    'the capture goes on for the two seconds that an answer may take': {
      evidence: evidence({
        points: [point({ role: 'pod-veth', host: 'node1', quality: { lastTime: 2 } })],
        dns: [dnsSilent({ queries: [0] })],
        connections: [silent('10.233.0.129:8080', { syn: [0, 0.9] }), works()],
      }),
      finds: [{ services: ['tcp 10.233.0.129:8080', 'udp 10.233.0.3:53'] }],
    },
    'in a range that no distribution uses, without DNS: another node translates it': {
      evidence: evidence({
        points: [...nic, veth2, veth3],
        connections: [silent('172.29.140.30:80'), works()],
        nat: [elsewhere],
      }),
      finds: [{ services: ['tcp 172.29.140.30:80'], grade: 'confirmed', leavingAt: 0 }],
      says: [/172\.29\.140\.30: a node is seen to translate it to a pod/],
    },
    'in a range that no distribution uses': {
      evidence: evidence({
        dns: [dnsSilent({ server: '10.77.0.10:53' })],
        connections: [silent('10.77.31.8:8080'), works()],
      }),
      finds: [{ services: ['tcp 10.77.31.8:8080', 'udp 10.77.0.10:53'] }],
    },
    'in a range of its own beside pods of the same /16': {
      evidence: evidence({
        dns: [dnsSilent({ server: '10.244.36.3:53' })],
        connections: [silent('10.244.36.129:8080'), works()],
      }),
      finds: [{ services: ['tcp 10.244.36.129:8080', 'udp 10.244.36.3:53'] }],
    },
    'at the NIC: one DNS service leaves unencapsulated': {
      evidence: evidence({ points: nic, dns: [dnsSilent()], connections: [works('192.168.0.9:443')] }),
      finds: [{ grade: 'confirmed', leavingAt: 0 }],
      says: [/leave node1 eth0 with that address/],
    },
    'a pod and its NIC, masqueraded on the way': {
      evidence: evidence({
        points: [veth, ...nic],
        dns: [dnsAtPod, dnsAtNic],
        connections: [works('192.168.0.9:443')],
        paths: [{ of: [dnsAtPod, dnsAtNic] }],
      }),
      finds: [{ grade: 'confirmed', leavingAt: 1, clients: ['10.244.1.5'] }],
    },
    'a router says that it knows no way': evidence({
      points: nic,
      dns: [dnsSilent()],
      connections: [works('192.168.0.9:443')],
      icmpErrors: [
        icmpError(0.01, {
          code: 0,
          from: '192.168.0.254',
          quoted: quoted({ source: '10.244.1.5:40000', destination: '10.233.0.3:53' }),
        }),
      ],
    }),
    'IPv6, and the router says no route': {
      evidence: evidence({
        points: nic,
        known: { serviceCidrs: ['fd00:10:96::/112'] },
        connections: [
          connection({ client: '[fd00::5]:41000', server: '[fd00:10:96::a]:80', ipVersion: 6, syn: [0] }),
          works('192.168.0.9:443'),
        ],
        icmpErrors: [
          icmpError(0.01, {
            version: 6,
            type: 1,
            code: 0,
            quoted: quoted({ ipVersion: 6, protocol: 6, source: '[fd00::5]:41000', destination: '[fd00:10:96::a]:80' }),
          }),
        ],
      }),
      finds: [{ services: ['tcp [fd00:10:96::a]:80'] }],
    },
    'another node translates, this one does not': evidence({
      points: [...nic, point({ name: 'node2 veth', host: 'node2' }), point({ name: 'node2 flannel.1', host: 'node2' })],
      dns: [dnsSilent()],
      connections: [works('192.168.0.9:443')],
      nat: [translation([1, 2])],
    }),
    'the range is given': {
      evidence: evidence({
        points: nic,
        known: { serviceCidrs: ['10.200.0.0/16'] },
        connections: [silent('10.200.3.4:80'), works('192.168.0.9:443')],
      }),
      finds: [{ grade: 'confirmed', leavingAt: 0 }],
    },
  },
  quiet: {
    'one silent address that another node translates at a node port': evidence({
      points: [...nic, veth2, veth3],
      connections: [silent('172.29.140.30:30080'), works()],
      nat: [{ ...elsewhere, before: { address: '172.29.140.30', port: 30080 } }],
    }),
    'the answer comes from the pod, and the client refuses it': evidence({
      points: [veth],
      ...twoSilent,
      icmpErrors: [
        icmpError(0.01, {
          from: '10.244.1.5',
          to: '10.244.2.9',
          quoted: quoted({ source: '10.244.2.9:53', destination: '10.244.1.5:40000' }),
        }),
      ],
    }),
    'a pod answers the SYN to a service with its own address: translated, and not back': evidence({
      points: [veth],
      dns: [dnsSilent()],
      connections: [
        silent('10.233.0.129:8080'),
        connection({ client: '10.244.1.5:41000', server: '10.244.1.9:8080', synAck: [10.001, 11.001] }),
        works(),
      ],
    }),
    'another service answers': evidence({
      dns: [dnsSilent()],
      connections: [silent('10.233.0.129:8080'), works(), works('10.233.0.130:80', 42001)],
    }),
    'one silent service alone': evidence({ points: [veth], dns: [dnsSilent()], connections: [works()] }),
    'a further point shows the pod address': evidence({
      points: [veth, tunnelDevice],
      dns: [dnsSilent()],
      connections: [before, after, works()],
      paths: [{ of: [before, after], serverBeforeNat: '10.233.0.129:8080' }],
    }),
    'this node translates another service': evidence({
      points: [veth, tunnelDevice],
      ...twoSilent,
      nat: [translation([0, 1])],
    }),
    'one SYN without a retry': evidence({
      points: [veth],
      dns: [dnsSilent()],
      connections: [silent('10.233.0.129:8080', { syn: [10] }), works()],
    }),
    'a service answers by ICMP port unreachable': evidence({
      dns: [dnsSilent(), dnsSilent({ id: 2, server: '10.233.0.4:53', client: '10.244.1.5:40001' })],
      connections: [silent('10.233.0.129:8080'), works()],
      icmpErrors: [
        icmpError(0.01, {
          from: '10.233.0.4',
          quoted: quoted({ source: '10.244.1.5:40001', destination: '10.233.0.4:53' }),
        }),
      ],
    }),
    'the DNS answer comes from another address': evidence({
      dns: [dnsSilent({ answered: 0.01, from: '10.244.1.9:53' })],
      connections: [silent('10.233.0.129:8080'), works()],
    }),
    'the range is given as one of pods': evidence({ ...twoSilent, known: { podCidrs: ['10.233.0.0/16'] } }),
    'a machine claims the addresses': evidence({
      ...twoSilent,
      claims: ['10.233.0.3', '10.233.0.129'].map((address) => ({
        point: 0,
        address,
        mac: '02:00:00:00:00:09',
        claims: 1,
        first: { packet: 1, time: 0 },
        last: { packet: 1, time: 0 },
        gratuitous: 0,
      })),
    }),
    'they are reached by a tunnel': evidence({
      points: nic,
      dns: [dnsSilent({ encapsulation: ['vxlan'] })],
      connections: [silent('10.233.0.129:8080', { encapsulation: ['vxlan'] }), works()],
    }),
    'nothing answers at all': evidence({
      points: [veth],
      dns: [dnsSilent()],
      connections: [silent('10.233.0.129:8080'), silent('10.244.2.7:80', { client: '10.244.1.5:41001' })],
    }),
    'the silent addresses are machines of this network': evidence({
      dns: [dnsSilent()],
      connections: [silent('10.233.0.129:8080'), works()],
      arp: [arp({ target: '10.233.0.3' }), arp({ target: '10.233.0.129', requests: [1] })],
    }),
    'pods of a silent node, seen at the tunnel device': evidence({
      points: [tunnelDevice],
      dns: [dnsSilent({ server: '10.244.9.3:53' })],
      connections: [silent('10.244.9.8:8080'), works()],
    }),
    'outside addresses are silent': evidence({
      connections: [silent('93.184.216.34:80'), silent('93.184.216.35:80', { client: '10.244.1.5:41001' }), works()],
    }),
    'the capture ends at once': evidence({
      points: [point({ quality: { lastTime: 1 } })],
      dns: [dnsSilent({ queries: [0, 0.9] })],
      connections: [silent('10.233.0.129:8080', { syn: [0, 0.9] }), works()],
    }),
    'one direction only': evidence({
      dns: [dnsSilent(), dns({ id: 2, server: '192.168.0.2:53', answered: 0.01 })],
      connections: [
        silent('10.233.0.129:8080'),
        connection({ client: '10.244.1.5:42000', syn: [0], toServer: { packets: 5, ackHigh: 9 } }),
      ],
    }),
    'a given range, and the silent ones are outside of it': evidence({
      known: { serviceCidrs: ['10.96.0.0/12'] },
      connections: [silent('10.233.0.129:8080'), silent('10.233.0.130:80', { client: '10.244.1.5:41001' }), works()],
    }),
  },
});

/** DNS is silent, and so is this. */
const beside = (connections: ReturnType<typeof connection>[], more: object = {}) =>
  evidence({ points: [veth], dns: [dnsSilent()], connections: [...connections, works()], ...more });
/** One SYN, and what a router says of it. */
const told = (some: object) =>
  beside([silent('10.233.0.129:8080', { syn: [10] })], {
    icmpErrors: [
      icmpError(10.01, {
        from: '10.244.1.1',
        quoted: quoted({ protocol: 6, source: '10.244.1.5:41000', destination: '10.233.0.129:8080' }),
        ...some,
      }),
    ],
  });
const mapped = (some: Partial<NatMapping>) =>
  evidence({ points: [veth], ...twoSilent, nat: [{ ...translation([0, 0]), ...some }] });

verdicts(serviceIpNotTranslated, {
  'DNS and a service': [
    beside([silent('10.233.0.129:8080')]),
    'error',
    { reach: 2, leavingAt: null, answering: ['10.244.2.7'] },
  ],
  'DNS alone': [beside([]), 'nothing'],
  'DNS, and a service that was tried once': [beside([silent('10.233.0.129:8080', { syn: [10] })]), 'nothing'],
  'a router says that the network is unreachable': [told({ code: 0 }), 'error'],
  'a router says that the host is unreachable': [told({ code: 1 }), 'error'],
  'a router says that the protocol is not taken': [told({ code: 2 }), 'nothing'],
  'a router says that it expired': [told({ type: 11, code: 0 }), 'nothing'],
  'no other address answers': [
    evidence({ points: [veth], dns: [dnsSilent()], connections: [silent('10.233.0.129:8080')] }),
    'nothing',
  ],
  'another service answers': [beside([silent('10.233.0.129:8080'), works('10.233.0.50:80', 42_001)]), 'nothing'],
  'two clients of two services': [
    beside([silent('10.233.0.129:8080'), silent('10.233.0.130:8080', { client: '10.244.1.4:41000' })]),
    'error',
    {
      clients: ['10.244.1.4', '10.244.1.5'],
      services: ['tcp 10.233.0.129:8080', 'tcp 10.233.0.130:8080', 'udp 10.233.0.3:53'],
    },
  ],
  'the node translates another service': [mapped({}), 'nothing'],
  'the node translates sources': [mapped({ kind: 'snat' }), 'error'],
});
