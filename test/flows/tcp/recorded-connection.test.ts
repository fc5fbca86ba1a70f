import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compareRows, joinCaptures } from '../../../src/flows/correlate/correlate.ts';
import { captureRows } from '../../../src/flows/correlate/sighting-store.ts';
import { isOrdinary, thinOut } from '../../../src/flows/correlate/thin-out.ts';
import { digestCapture } from '../../../src/flows/digest-capture.ts';
import { type Connection, type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence.ts';
import type { AnyConnection } from '../../../src/flows/tcp/recorded-connection.ts';
import { apart, RecordedConnection, together } from '../../../src/flows/tcp/recorded-connection.ts';

const folder = fileURLToPath(new URL('../../pcaps/', import.meta.url));
const captures = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .sort()
  .filter((name) => /\.pcap(ng)?$/.test(name));

const whole = (list: readonly AnyConnection[]): Connection[] =>
  list.map((connection, index) => (connection instanceof RecordedConnection ? connection.whole(index) : connection));

const isRecorded = (connection: AnyConnection): connection is RecordedConnection =>
  connection instanceof RecordedConnection;

describe('connections that stay records', async () => {
  const recorded = await Promise.all(captures.map((name) => digestCapture(folder + name, { asRecords: true })));
  const plain = await Promise.all(captures.map((name) => digestCapture(folder + name)));

  test('there are some in the captures of the repository, of IPv4 and of IPv6', () => {
    const all = recorded.flatMap(({ connections }) => connections.filter(isRecorded));
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(({ client }) => client.address.includes(':')))).toEqual(new Set([true, false]));
  });

  test('made whole they are what they would have been', () => {
    for (const [at, { connections }] of recorded.entries()) expect(whole(connections)).toEqual(plain[at].connections);
  });

  test('what they tell without that is the same', () => {
    for (const [at, { connections }] of recorded.entries()) {
      for (const [index, connection] of connections.entries()) {
        if (!isRecorded(connection)) continue;
        const { point, flow, client, server, encapsulation, rolesFrom, syn, synAckAcks, first, directions } = plain[at]
          .connections[index] as Connection;
        expect(connection).toMatchObject({ index, point, flow, client, server, encapsulation, rolesFrom, syn, first });
        expect(connection.synAckAcks).toBe(synAckAcks);
        for (const [side, told] of connection.directions.entries()) {
          const { packets, payloadOctets, iss, tsFirst, syns, mss, windowScale, sackPermitted, timestamps } =
            directions[side];
          expect(told).toMatchObject({ packets, payloadOctets, iss, tsFirst, syns });
          expect(told).toMatchObject({ mss, windowScale, sackPermitted, timestamps });
          expect(told.destinationMacs).toEqual(directions[side].destinationMacs);
        }
      }
    }
  });

  test('each is ordinary for whoever leaves out ordinary conversations', () => {
    for (const [at, { connections }] of recorded.entries()) {
      const { connections: objects } = plain[at];
      for (const { index } of connections.filter(isRecorded)) {
        const leg = { kind: 'tcp', index } as Evidence['conversations'][number]['legs'][number];
        const conversation = { legs: [leg], hops: [] } as unknown as Evidence['conversations'][number];
        expect(isOrdinary({ connections: objects } as Evidence, conversation, new Set())).toBe(true);
      }
    }
  });

  test('they survive the way from a thread to another', () => {
    for (const { connections } of recorded) {
      const message = structuredClone(apart(connections));
      expect(whole(together(message.connections, message.recorded))).toEqual(whole(connections));
    }
  });

  test('joined and thinned out, evidence is the same', () => {
    const evidenceOf = (digests: typeof plain): Evidence =>
      thinOut(compareRows(joinCaptures(digests, { known: NOTHING_KNOWN }), digests.map(captureRows)).evidence, 5);
    for (let at = 0; at + 1 < captures.length; at += 2)
      expect(evidenceOf(recorded.slice(at, at + 2))).toEqual(evidenceOf(plain.slice(at, at + 2)));
  });
});
