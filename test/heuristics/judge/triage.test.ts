import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { TRIAGE_CLASSES } from '../../../src/heuristics/judge/triage.ts';
import type { FaultClass } from '../../../src/heuristics/rule/rule.ts';
import { judged, reportOf, symptom } from '../../report/sample.ts';
import { use } from '../../support/application-items.ts';
import {
  carrier,
  connection,
  datagram,
  dns,
  type EvidenceParts,
  echo,
  evidence,
  point,
  tunnel,
} from '../../support/evidence.ts';

const rows = (parts: EvidenceParts, findings = [] as ReturnType<typeof judged>[]) => {
  const facts: Evidence = { ...evidence({ points: [point(), point()], ...parts }), notes: [] };
  return Object.fromEntries(reportOf(facts, { findings }).triage.map((row) => [row.class, row]));
};
const established = connection({ client: '10.0.0.1:4000', server: '10.0.0.2:80' }, { established: true });

describe('triage', () => {
  test('nothing seen: nothing is ok', () => {
    const empty = rows({ connections: [] });
    expect(TRIAGE_CLASSES.map((name) => empty[name].verdict)).toEqual(Array(6).fill('not-assessable'));
    expect(empty.dns.because).toBe('no DNS packets were captured');
  });

  test('an opened connection shows network and port, not large packets', () => {
    const seen = rows({ connections: [established] });
    expect(seen['network-unreachable'].verdict).toBe('ok');
    expect(seen['port-unreachable'].verdict).toBe('ok');
    expect(seen['large-packet-loss'].verdict).toBe('not-assessable');
    expect(seen.cni.verdict).toBe('not-assessable');
  });

  test('a note of which too little was captured leaves the class open, also where answers were read', () => {
    const once = (some: Parameters<typeof judged>[0]) =>
      rows({ connections: [established], applications: [use({ answers: 7 })] }, [
        judged({
          id: 'half-closed',
          faultClass: 'application',
          level: 'note',
          occurrence: { pending: 'seen-once' },
          ...some,
        }),
      ]).application;
    expect(once({})).toMatchObject({ verdict: 'not-assessable', code: 'seen-once' });
    expect(once({}).because).toMatch(/^seen once, which is too little to judge by: /);
    expect(once({ id: 'server-slow', faultClass: 'tcp', occurrence: { pending: 'ends-too-soon' } })).toMatchObject({
      verdict: 'not-assessable',
      code: 'ends-too-soon',
    });
    expect(once({ occurrence: {} }).verdict).toBe('ok');
    expect(once({ faultClass: 'dns' }).verdict).toBe('ok');
  });

  test('connections that were only counted count, at the point that shows most of them', () => {
    const server = { address: '10.0.0.2', port: 80 };
    const openedLeftOut = [
      { point: 0, server, times: [1, 2, 3] },
      { point: 1, server, times: [1, 2] },
    ];
    const facts: Evidence = { ...evidence({ points: [point(), point()], connections: [established] }), openedLeftOut };
    const row = reportOf(facts, { findings: [] }).triage.find((one) => one.class === 'port-unreachable');
    expect(row?.because).toBe('4 connections opened');
  });

  test('attempts that were only counted are not denied', () => {
    const silent = connection({ client: '10.0.0.1:4000', server: '10.0.0.2:80', syn: [0] });
    const facts: Evidence = { ...evidence({ points: [point()], connections: [silent] }), connectionsTotal: 300 };
    const row = reportOf(facts, { findings: [] }).triage.find((one) => one.class === 'port-unreachable');
    expect(row?.because).toBe('at least 1 attempt to open a TCP connection was captured, but no SYN-ACK');
  });

  test('what several points show counts once', () => {
    const ends = { client: '10.0.0.1:4000', server: '10.0.0.2:80' };
    const at = [0, 1].map((index) => connection({ ...ends, point: index }, { established: true }));
    const pinged = [0, 1].map((index) => echo({ point: index, reply: 0.1 }));
    const asked = [0, 1].map((index) =>
      datagram({ client: '10.0.0.1:5000', server: '10.0.0.3:123', point: index, back: [0.1] }),
    );
    const resolved = [0, 1].map((index) => dns({ point: index, answered: 0.01 }));
    const seen = rows({
      connections: at,
      echoes: pinged,
      datagrams: asked,
      dns: resolved,
      paths: [at, pinged, asked, resolved].map((of) => ({ of })),
    });
    expect(seen['network-unreachable'].because).toBe('packets both ways in 1 TCP connection, 1 ping, 2 UDP flows');
    expect(seen['port-unreachable'].because).toBe('1 connection opened');
    expect(seen.dns.because).toBe('1 of 1 DNS query answered');
  });

  test('two directions with an address translated between them are one connection', () => {
    const asked = connection({
      client: '10.0.0.1:4000',
      server: '10.0.0.2:80',
      syn: [0],
      handshakeAck: { packet: 3, time: 0.002 },
      toServer: { packets: 3 },
    });
    const answered = connection({
      client: '10.0.0.1:4000',
      server: '10.96.0.2:80',
      synAck: [0.001],
      toClient: { packets: 2, dataSegments: 1 },
    });
    const seen = rows({ connections: [asked, answered] });
    expect(seen['network-unreachable'].because).toBe('packets both ways in 1 TCP connection');
    expect(seen['port-unreachable'].because).toBe('1 connection opened');
  });

  test('SYNs of a scan with one port and one number are as many attempts as ports', () => {
    const scan = [80, 81, 82].map((port) =>
      connection({ client: '10.0.0.1:4000', server: `10.0.0.2:${port}`, syn: [0] }),
    );
    expect(rows({ connections: scan })['port-unreachable'].because).toBe(
      '3 attempts to open a TCP connection were captured, but no SYN-ACK',
    );
  });

  test('resets and a SYN-ACK that leads to nothing are told, not denied', () => {
    const refused = connection({
      client: '10.0.0.1:4000',
      server: '10.0.0.2:80',
      syn: [0],
      toClient: { packets: 1, resets: 1 },
    });
    const offered = connection({ client: '10.0.0.1:4001', server: '10.0.0.2:80', syn: [0], synAck: [0.001] });
    expect(rows({ connections: [refused, offered] })['network-unreachable'].because).toBe(
      'no connection, ping or flow shows packets both ways, but 2 connections with resets, or with a SYN-ACK that led to nothing',
    );
  });

  test('lookups and flows that were only counted are not denied', () => {
    const answeredLeftOut = [
      { point: 0, udp: 3, lookups: 4 },
      { point: 1, udp: 3, lookups: 2 },
    ];
    const seen = rows({ dns: [dns({ answered: null })], dnsTotal: 7, answeredLeftOut });
    expect(seen.dns).toMatchObject({ verdict: 'ok', because: '4 of 5 DNS queries answered' });
    expect(seen['network-unreachable'].because).toBe('packets both ways in 3 UDP flows');
    expect(rows({ dnsTotal: 7 }).dns.because).toContain(
      'DNS queries were captured, but no answer to those that were followed',
    );
    expect(rows({ dns: [dns({ answered: 0.01 })], dnsTotal: 2 }).dns.because).toBe(
      '1 of 1 DNS query answered; further ones were only counted',
    );
  });

  test('other protocols are not called UDP', () => {
    const sctp = datagram({ client: '10.0.0.1:5000', server: '10.0.0.3:3868', protocol: 132, back: [0.1] });
    expect(rows({ datagrams: [sctp] })['network-unreachable'].because).toBe(
      'packets both ways in 1 flow of another protocol',
    );
  });

  test('tunnels: both ways, one way, both ways with other VNIs, or encrypted', () => {
    const [there, back] = [tunnel(), tunnel({ source: '192.168.0.2', destination: '192.168.0.1' })];
    const row = (parts: EvidenceParts) => rows(parts).cni;
    expect(row({ tunnels: [there, back] })).toMatchObject({
      verdict: 'ok',
      because: 'tunnels carry packets both ways',
    });
    expect(row({ tunnels: [there] }).code).toBe('tunnels-one-way');
    expect(row({ tunnels: [there, { ...back, networkId: 2 }] })).toMatchObject({
      verdict: 'not-assessable',
      because: 'tunnel packets were captured both ways, with another network identifier (VNI) in each direction',
    });
    expect(row({ tunnels: [there, back, { ...back, networkId: 2 }] }).code).toBe('overlay-works');
    expect(row({ carriers: [carrier()] }).code).toBe('overlay-encrypted');
    expect(row({}).code).toBe('no-overlay');
  });

  test('a largest packet of part of the connections does not deny large ones', () => {
    const small = connection(
      { client: '10.0.0.1:4000', server: '10.0.0.2:80', toServer: { packets: 3, largestAckedL3: 500 } },
      { established: true },
    );
    const because = (parts: EvidenceParts) => rows({ connections: [small], ...parts })['large-packet-loss'].because;
    expect(because({})).toBe('the largest packet that was seen to arrive had 500 octets; no large one was tried');
    expect(because({ connectionsTotal: 2 })).toBe(
      'the largest packet that was seen to arrive had 500 octets, of the connections that were followed',
    );
  });

  test('a connection that was only reset does not show that packets pass both ways', () => {
    const refused = connection({
      client: '10.0.0.1:4000',
      server: '10.0.0.2:80',
      syn: [0],
      toClient: { packets: 1, resets: 1 },
    });
    expect(rows({ connections: [refused] })['port-unreachable'].verdict).toBe('not-assessable');
  });

  test('a SYN-ACK that nobody acknowledges shows neither', () => {
    const offered = connection({ client: '10.0.0.1:4001', server: '10.0.0.2:80', syn: [0], synAck: [0.001] });
    const seen = rows({ connections: [offered] });
    expect(seen['network-unreachable'].verdict).toBe('not-assessable');
    expect(seen['port-unreachable']).toMatchObject({
      verdict: 'not-assessable',
      because: '1 connection got no further than the SYN-ACK, or its acknowledgement was not taken',
    });
    // A bridge shows the service address on one side only: the SYN and its SYN-ACK are two conversations.
    const asked = connection({ client: '10.0.0.1:4002', server: '10.96.0.2:80', syn: [0] });
    const answered = connection({ client: '10.0.0.1:4002', server: '10.0.0.2:80', synAck: [0.001] });
    expect(rows({ connections: [asked, answered] })['port-unreachable'].because).toBe(
      '1 connection got no further than the SYN-ACK, or its acknowledgement was not taken',
    );
    expect(rows({ connections: [offered, established] })['port-unreachable'].because).toBe('1 connection opened');
  });

  test('large packets are ok when one was acknowledged', () => {
    const large = connection(
      { client: '10.0.0.1:4000', server: '10.0.0.2:80', toServer: { packets: 3, largestAckedL3: 1450 } },
      { established: true },
    );
    expect(rows({ connections: [large] })['large-packet-loss']).toMatchObject({
      verdict: 'ok',
      because: 'packets of up to 1450 octets arrived',
    });
  });

  test('a fault of a class is told by its rule', () => {
    expect(rows({}, [judged()]).cni).toMatchObject({ verdict: 'fault' });
    expect(rows({}, [judged()]).cni.because).toMatch(/^vxlan-outer-source-mismatch: Node node1/);
  });

  test('a class whose symptom follows from another fault is neither ok nor a fault', () => {
    const row = rows({ connections: [established] }, [judged(), symptom()])['port-unreachable'];
    expect(row.verdict).toBe('not-assessable');
    expect(row.because).toContain('vxlan-outer-source-mismatch');
  });

  test('a service fault counts as CNI, as in the article, and as DNS when the service is DNS', () => {
    const service = (server: string) => [
      judged({
        id: 'service-ip-not-translated',
        faultClass: 'service',
        occurrence: { subject: { protocol: 'tcp', client: null, server } },
      }),
    ];
    expect(rows({}, service('10.96.0.1:443')).cni.verdict).toBe('fault');
    expect(rows({}, service('10.96.0.1:443')).dns.verdict).toBe('not-assessable');
    expect(rows({}, service('10.96.0.10:53')).dns.verdict).toBe('fault');
  });

  test('a finding counts in the other classes that its occurrence names, too', () => {
    const vanished = (...otherClasses: FaultClass[]) => [
      judged({ id: 'peer-vanished', faultClass: 'tcp', occurrence: { otherClasses } }),
    ];
    expect(rows({}, vanished('service'))).toMatchObject({ tcp: { verdict: 'fault' }, cni: { verdict: 'fault' } });
    expect(rows({}, vanished()).cni.verdict).toBe('not-assessable');
  });

  test('applications are ok only where answers were read, and otherwise say why not', () => {
    const application = (...applications: ReturnType<typeof use>[]) => rows({ applications }).application;
    expect(application(use({ answers: 7, answered: 3 }), use({ protocol: 'tls', connections: 2 }))).toMatchObject({
      verdict: 'ok',
      code: 'answers-read',
      because: '7 answers of 3 connections read, no error among them; beside them 2 encrypted',
    });
    expect(application(use({ protocol: 'tls', connections: 2 }))).toMatchObject({
      verdict: 'not-assessable',
      because: '2 connections encrypted by TLS: what the programs say is not known',
    });
    expect(application(use({ protocol: 'unknown', connections: 3 }))).toMatchObject({ code: 'protocol-not-read' });
    expect(application(use({ protocol: 'http2', answers: 7, cut: 1 }))).toMatchObject({
      verdict: 'not-assessable',
      code: 'content-cut',
    });
    expect(application()).toMatchObject({ verdict: 'not-assessable', code: 'no-content' });
  });

  test('two points that show the same connections do not count them twice', () => {
    const both = rows({ applications: [use({ answers: 7 }), use({ point: 1, answers: 7 })] });
    expect(both.application.because).toMatch(/^7 answers/);
    const lossy = rows({ applications: [use({ answers: 0, answered: 0 }), use({ point: 1, answers: 7 })] });
    expect(lossy.application.because).toMatch(/^7 answers/);
  });

  test('trouble beside these classes gets a row of its own', () => {
    expect(rows({}, [judged({ id: 'packet-loss', faultClass: 'tcp', level: 'warning' })]).tcp.verdict).toBe('fault');
    expect(rows({}, [judged({ id: 'packet-loss', faultClass: 'tcp', level: 'note' })]).tcp).toBeUndefined();
  });
});
