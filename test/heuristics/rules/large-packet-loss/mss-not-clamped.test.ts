import type { IcmpError } from '../../../../src/flows/evidence/evidence.ts';
import { mssNotClamped } from '../../../../src/heuristics/rules/large-packet-loss/mss-not-clamped.ts';
import { connection, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';

const CLIENT = '10.244.1.5:40000';
const SERVER = '10.244.2.7:80';
const tooBig = (mtu: number, some: Partial<IcmpError> = {}) =>
  icmpError(1, {
    type: 3,
    code: 4,
    mtu,
    from: '10.244.1.1',
    to: '10.244.1.5',
    quoted: quoted({ protocol: 6, source: CLIENT, destination: SERVER }),
    ...some,
  });
const open = (mss: number, at = 0, some: Parameters<typeof connection>[0] = {}) =>
  connection({ point: at, toServer: { mss: 1460 }, toClient: { mss }, ...some }, { established: true });
const atClient = open(1410, 0);
const atServer = open(1460, 1);

ruleTable(mssNotClamped, {
  fires: {
    'the server announces more than the path carries': {
      evidence: evidence({ connections: [open(1460)], icmpErrors: [tooBig(1450)] }),
      finds: [
        {
          mss: 1460,
          mtu: 1450,
          fits: 1410,
          router: '10.244.1.1',
          sender: '10.244.1.5',
          packets: [{ direction: '<', note: 'MSS 1460' }, {}],
        },
      ],
      says: [/an MSS of 1410 would fit/],
    },
    'IPv6: packet too big, and a header of 40 octets': {
      evidence: evidence({
        connections: [open(1440, 0, { client: '[fd00::5]:40000', server: '[fd00::7]:80', ipVersion: 6 })],
        icmpErrors: [
          tooBig(1450, {
            version: 6,
            type: 2,
            code: 0,
            quoted: quoted({ protocol: 6, source: '[fd00::5]:40000', destination: '[fd00::7]:80' }),
          }),
        ],
      }),
      finds: [{ mss: 1440, mtu: 1450, fits: 1390 }],
    },
    'downloads: the client announces too much to the server': {
      evidence: evidence({
        connections: [open(1460)],
        icmpErrors: [tooBig(1400, { quoted: quoted({ protocol: 6, source: SERVER, destination: CLIENT }) })],
      }),
      finds: [{ sender: '10.244.2.7', receiver: '10.244.1.5', mss: 1460, packets: [{ direction: '>' }, {}] }],
    },
  },
  quiet: {
    'clamped on the way: near the sender the MSS is small': evidence({
      points: [point({ name: 'client' }), point({ name: 'server' })],
      connections: [atClient, atServer],
      paths: [{ of: [atClient, atServer] }],
      icmpErrors: [tooBig(1450, { point: 1 })],
    }),
    'a tunnel on the path, and no error': evidence({ connections: [open(1460, 0, { encapsulation: ['vxlan'] })] }),
    'an error that says less than any host must take': evidence({
      connections: [open(1460)],
      icmpErrors: [tooBig(68)],
    }),
    'the error is about another host': evidence({
      connections: [open(1460)],
      icmpErrors: [tooBig(1450, { quoted: quoted({ protocol: 6, source: CLIENT, destination: '10.244.2.8:80' }) })],
    }),
    'the MSS fits': evidence({ connections: [open(1410)], icmpErrors: [tooBig(1450)] }),
  },
});
