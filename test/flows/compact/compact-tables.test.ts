import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { CompactDatagram } from '../../../src/flows/compact/compact-datagram.ts';
import { CompactLookup } from '../../../src/flows/compact/compact-lookup.ts';
import { dropOrdinary, isOrdinary, withObjects } from '../../../src/flows/correlate/conversations/drop-ordinary.ts';
import { compareRows, joinCaptures } from '../../../src/flows/correlate/correlate.ts';
import { joinDigests } from '../../../src/flows/correlate/points/join-digests.ts';
import { captureRows } from '../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { finish } from '../../../src/flows/correlate/steps.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { digestMessage, digestOfMessage } from '../../../src/flows/digest/digest-codec.ts';
import { type Connection, type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { CompactConnection } from '../../../src/flows/tcp/compact-connection.ts';
import { isOrdinaryLookup } from '../../../src/flows/trackers/kept-exchanges.ts';
import type { DigestOfObjects } from '../../support/digest-of.ts';

const folder = fileURLToPath(new URL('../../pcaps/', import.meta.url));
const captures = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .sort()
  .filter((name) => /\.pcap(ng)?$/.test(name));

const isCompact = (connection: unknown): connection is CompactConnection => connection instanceof CompactConnection;
const whole = (digest: CaptureDigest): Evidence => withObjects(joinDigests([digest], NOTHING_KNOWN));

describe('ordinary connections, datagrams and lookups stay records', async () => {
  const compact = await Promise.all(captures.map((name) => digestCapture(folder + name, { compact: true })));
  const plain = (await Promise.all(captures.map((name) => digestCapture(folder + name)))) as DigestOfObjects[];

  test('occur in the captures of the repository, with IPv4 and IPv6', () => {
    for (const list of ['connections', 'datagrams', 'dns'] as const) {
      const all = compact.flatMap((digest) => [...digest[list]]);
      const records = all.filter(
        (one) => isCompact(one) || one instanceof CompactDatagram || one instanceof CompactLookup,
      );
      expect(records.length).toBeGreaterThan(100);
      // Addresses of lookups are kept as texts.
      const families = new Set(records.map(({ client }) => client.address.includes(':')));
      if (list !== 'dns') expect(families).toEqual(new Set([true, false]));
    }
  });

  test('give the same objects as without records', () => {
    for (const [at, digest] of compact.entries()) {
      const { connections, datagrams, dns } = whole(digest);
      expect(connections).toEqual(plain[at].connections);
      expect(datagrams).toEqual(plain[at].datagrams);
      expect(dns).toEqual(plain[at].dns);
    }
  });

  test('give the same fields of connections without objects', () => {
    for (const [at, { connections }] of compact.entries()) {
      for (const [index, connection] of connections.entries()) {
        if (!isCompact(connection)) continue;
        const { point, flow, client, server, encapsulation, rolesFrom, syn, synAckAcks, first, directions } =
          plain[at].connections[index];
        expect(connection).toMatchObject({ index, point, flow, client, server, encapsulation, rolesFrom, syn, first });
        expect(connection.synAckAcks).toBe(synAckAcks);
        for (const [side, read] of connection.directions.entries()) {
          const { packets, payloadOctets, iss, tsFirst, syns, mss, windowScale, sackPermitted, timestamps } =
            directions[side];
          expect(read).toMatchObject({ packets, payloadOctets, iss, tsFirst, syns });
          expect(read).toMatchObject({ mss, windowScale, sackPermitted, timestamps });
          expect(read.destinationMacs).toEqual(directions[side].destinationMacs);
        }
      }
    }
  });

  test('give the same fields of datagrams and lookups without objects', () => {
    for (const [at, { datagrams, dns }] of compact.entries()) {
      for (const [index, datagram] of datagrams.entries()) {
        const { point, flow, protocol, client, server, encapsulation, first, packets, octets } =
          plain[at].datagrams[index];
        expect(datagram).toMatchObject({ index, point, flow, protocol, client, server, encapsulation });
        expect([datagram.first, datagram.packets, datagram.octets]).toEqual([first, packets, octets]);
      }
      for (const [index, lookup] of dns.entries()) {
        const { point, flow, client, name } = plain[at].dns[index];
        expect(lookup).toMatchObject({ index, point, flow, client, name });
      }
    }
  });

  test('each one is ordinary for `dropOrdinary` too', () => {
    for (const [at, { connections, dns }] of compact.entries()) {
      const { connections: objects } = plain[at];
      for (const { index } of connections.filter(isCompact)) {
        const leg = { kind: 'tcp', index } as Evidence['conversations'][number]['legs'][number];
        const conversation = { legs: [leg], hops: [] } as unknown as Evidence['conversations'][number];
        expect(isOrdinary({ connections: objects as Connection[] } as Evidence, conversation, new Set())).toBe(true);
      }
      for (const [index, lookup] of dns.entries())
        expect(lookup instanceof CompactLookup).toBe(isOrdinaryLookup(plain[at].dns[index]));
    }
  });

  test('survive the transfer to another thread', () => {
    for (const [at, digest] of compact.entries()) {
      const { message, transfer } = digestMessage({ ...digest, sightings: undefined });
      const { connections, datagrams, dns } = whole(digestOfMessage(structuredClone(message)));
      expect(connections).toEqual(plain[at].connections);
      expect(datagrams).toEqual(plain[at].datagrams);
      expect(dns).toEqual(plain[at].dns);
      expect(new Set(transfer).size).toBe(transfer.length);
    }
  });

  test('give the same evidence after joining and dropping', () => {
    const evidenceOf = (digests: CaptureDigest[]): Evidence =>
      dropOrdinary(
        finish(compareRows(joinCaptures(digests, { known: NOTHING_KNOWN }), digests.map(captureRows))).evidence,
        5,
      );
    for (let at = 0; at + 1 < captures.length; at += 2)
      expect(evidenceOf(compact.slice(at, at + 2))).toEqual(evidenceOf(plain.slice(at, at + 2)));
  });
});
