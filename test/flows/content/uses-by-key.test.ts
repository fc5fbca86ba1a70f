import { describe, expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { HTTP1, MYSQL, NO_OPENING, OPENINGS, TLS, UNKNOWN } from '../../../src/decode/messages/opening.ts';
import { Packet } from '../../../src/decode/packet.ts';
import * as M from '../../../src/flows/content/content-marks.ts';
import { ContentTable } from '../../../src/flows/content/content-table.ts';
import { UseTable } from '../../../src/flows/content/use-table.ts';
import { ConnectionTable } from '../../../src/flows/tcp/connection-table.ts';
import { FLIPPED } from '../../../src/flows/tcp/record-marks.ts';

const packet = new Packet(new AddressBook());
interface Ends {
  client?: number;
  server?: number;
  clientPort?: number;
  port?: number;
  point?: number;
  encapsulation?: number;
  ipVersion?: 4 | 6;
  isFlipped?: boolean;
  protocol?: number;
}

/** Counts connections of these ends. @returns the counts by key */
function counted(all: readonly Ends[], most = 1000): string[] {
  const table = new ConnectionTable();
  const contents = new ContentTable(100);
  const uses = new UseTable(most, String);
  for (const one of all) {
    const { client = 1, server = 2, clientPort = 4000, port = 80, point = 0, encapsulation = 0, ipVersion = 4 } = one;
    const { isFlipped = false, protocol } = one;
    const [source, destination] = isFlipped ? [server, client] : [client, server];
    const [sourcePort, destinationPort] = isFlipped ? [port, clientPort] : [clientPort, port];
    Object.assign(packet, { ipVersion, source, destination, sourcePort, destinationPort });
    table.find(packet, point, encapsulation);
    const connection = table.add(packet, point, encapsulation, true);
    const [block, place] = [table.blockOf(connection), ConnectionTable.placeOf(connection)];
    if (isFlipped) block.addMarksAndLetters(place, FLIPPED);
    if (protocol === undefined) uses.addUnknown(block, place);
    else {
      const at = contents.add(connection, () => {});
      contents.records.setProtocol(at, protocol);
      uses.add(contents, at, block, place);
      contents.end(connection);
    }
  }
  return uses
    .list()
    .map(
      ({ point, client, server, protocol, connections }) =>
        `${client} to ${server.address}:${server.port} at ${point} ${protocol} ${connections}`,
    );
}

describe('uses', () => {
  test('are counted by client, server and its port, point, family and protocol', () => {
    const plain = '1 to 2:80 at 0 unknown';
    expect(counted([{}, {}])).toEqual([`${plain} 2`]);
    for (const [other, words] of [
      [{ client: 3 }, '3 to 2:80 at 0 unknown 1'],
      [{ server: 3 }, '1 to 3:80 at 0 unknown 1'],
      [{ port: 81 }, '1 to 2:81 at 0 unknown 1'],
      [{ point: 7 }, '1 to 2:80 at 7 unknown 1'],
      [{ client: 2, server: 1 }, '2 to 1:80 at 0 unknown 1'],
      [
        { ipVersion: 6, client: FIRST_IPV6 + 1, server: FIRST_IPV6 + 2 },
        `${FIRST_IPV6 + 1} to ${FIRST_IPV6 + 2}:80 at 0 unknown 1`,
      ],
      [{ protocol: HTTP1 }, '1 to 2:80 at 0 http1 1'],
      [{ protocol: MYSQL }, '1 to 2:80 at 0 mysql 1'],
    ] as const)
      expect(counted([{}, other, {}])).toEqual([`${plain} 2`, words]);
    // Neither the port of the client nor the tunnel is part of it; nothing spoken is not known.
    for (const same of [{ clientPort: 5 }, { encapsulation: 8 }, { protocol: UNKNOWN }, { protocol: NO_OPENING }])
      expect(counted([{}, same])).toEqual([`${plain} 2`]);
  });

  test('have the roles of the connection, whoever is first in its record', () => {
    expect(counted([{ isFlipped: true }, {}])).toEqual(['1 to 2:80 at 0 unknown 2']);
    expect(counted([{ isFlipped: true, port: 65_535, clientPort: 3 }])).toEqual(['1 to 2:65535 at 0 unknown 1']);
  });

  test('are so many at most, and found again when there are many', () => {
    const all = Array.from({ length: 600 }, (_, nth) => ({ client: 1 + (nth % 25), port: 80 + Math.floor(nth / 25) }));
    const words = all.map(({ client, port }) => `${client} to 2:${port} at 0 unknown`);
    expect(counted([...all, ...all])).toEqual(words.map((one) => `${one} 2`));
    expect(counted([...all, ...all], 65)).toEqual(words.slice(0, 65).map((one) => `${one} 2`));
    expect(counted([{}, { client: 3 }], 1)).toEqual(['1 to 2:80 at 0 unknown 1']);
  });

  test('have the sums of what was read', () => {
    const table = new ConnectionTable();
    const contents = new ContentTable(100);
    const uses = new UseTable(10, String);
    Object.assign(packet, { ipVersion: 4, source: 1, destination: 2, sourcePort: 3, destinationPort: 4 });
    table.find(packet, 0, 0);
    table.add(packet, 0, 0, true);
    const add = (protocol: number, fill: (at: number) => void) => {
      const at = contents.add(0, () => {});
      contents.records.setProtocol(at, protocol);
      fill(at);
      uses.add(contents, at, table.blockOf(0), 0);
      contents.end(0);
      const {
        point: _,
        client: __,
        server: ___,
        protocol: ____,
        ...counts
      } = uses.list().find((use) => use.protocol === OPENINGS[protocol])!;
      return { ...counts };
    };
    const { records } = contents;
    const none = { connections: 1, answered: 0, cut: 0, answers: 0, errors: 0 };
    expect(add(HTTP1, () => {})).toEqual(none);
    expect(add(HTTP1, (at) => records.setAnswers(at, 3))).toEqual({ ...none, connections: 2, answered: 1, answers: 3 });
    expect(
      add(HTTP1, (at) => {
        records.setAnswers(at, 1);
        records.setErrors(at, 2);
        records.setHeld(at, 5);
        records.setCut(at + M.DIRECTIONS_AT, 1);
        records.setCut(at + M.DIRECTIONS_AT + M.DIRECTION_BYTES, 1);
      }),
    ).toEqual({ connections: 3, answered: 2, cut: 1, answers: 4, errors: 2, held: 5 });
    expect(
      add(HTTP1, (at) => {
        records.setHeld(at, 1);
        records.setCut(at + M.DIRECTIONS_AT + M.DIRECTION_BYTES, 1);
      }),
    ).toEqual({ connections: 4, answered: 2, cut: 2, answers: 4, errors: 2, held: 6 });
    // TLS is answered when it is established, whatever else was read.
    expect(add(TLS, (at) => records.setAnswers(at, 1))).toEqual({ ...none, answers: 1 });
    expect(
      add(TLS, (at) => {
        records.setFinished(at + M.DIRECTIONS_AT, 1);
        records.setFinished(at + M.DIRECTIONS_AT + M.DIRECTION_BYTES, 1);
      }),
    ).toEqual({ ...none, connections: 2, answered: 1, answers: 1 });
  });
});
