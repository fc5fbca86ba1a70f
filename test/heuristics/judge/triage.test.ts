import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { TRIAGE_CLASSES } from '../../../src/heuristics/judge/triage.ts';
import { judged, reportOf, symptom } from '../../report/sample.ts';
import { use } from '../../support/application-items.ts';
import { connection, type EvidenceParts, evidence, point } from '../../support/evidence.ts';

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
  });

  test('trouble beside these classes gets a row of its own', () => {
    expect(rows({}, [judged({ id: 'packet-loss', faultClass: 'tcp', level: 'warning' })]).tcp.verdict).toBe('fault');
    expect(rows({}, [judged({ id: 'packet-loss', faultClass: 'tcp', level: 'note' })]).tcp).toBeUndefined();
  });
});
