import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { dialogue, type Said } from '../../support/dialogue.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  changeCipherSpec,
  clientHello,
  clientKeyExchange,
  joined,
  record,
  sealed,
  serverHello,
  serverHelloDone,
} from '../../support/messages.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const hello = record(22, clientHello({ serverName: 'api.shop', versions: [0x0304, 0x0303] }));
const finished = joined(changeCipherSpec(), record(22, Array(40).fill(1)));
const flight13 = joined(record(22, serverHello({ version: 0x0304 })), changeCipherSpec(), sealed(900));
const flight12 = joined(record(22, serverHello({ version: 0x0303 })), record(22, serverHelloDone()));
const SLOW = 3;

/** The connection of a dialogue in which all packets from the nth thing said on come `SLOW` seconds later. */
async function slowFrom(nth: number, said: readonly Said[]): Promise<Connection> {
  // Three packets of the handshake, and a segment with its acknowledgement for each thing said.
  const late = 3 + 2 * nth;
  const frames: TimedFrame[] = dialogue(said).map(([time, ...rest], at) => [at < late ? time : time + SLOW, ...rest]);
  const { connections } = await digestOf(frames);
  expect(connections).toHaveLength(1);
  return connections[0];
}

const tls13: Said[] = [
  ['client', hello],
  ['server', flight13],
  ['client', joined(changeCipherSpec(), sealed(53), sealed(100))],
  ['server', sealed(500)],
  ['client', sealed(100)],
  ['server', sealed(500)],
];
const tls12: Said[] = [
  ['client', hello],
  ['server', flight12],
  ['client', joined(record(22, clientKeyExchange()), finished)],
  ['server', finished],
  ['client', sealed(100)],
  ['server', sealed(500)],
];
const resumed: Said[] = [
  ['client', hello],
  ['server', joined(record(22, serverHello({ version: 0x0303 })), finished)],
  ['client', joined(finished, sealed(100))],
  ['server', sealed(500)],
];

describe('turns of the TLS handshake', () => {
  it.each([
    ['TLS 1.3: the ServerHello', 1, tls13, true, 3, 1],
    ['TLS 1.3: the first answer', 3, tls13, false, 3, 1],
    ['TLS 1.3: the second answer', 5, tls13, false, 3, 1],
    ['TLS 1.2: the ServerHello', 1, tls12, true, 3, 2],
    ['TLS 1.2: the Finished of the server', 3, tls12, true, 3, 2],
    ['TLS 1.2: the answer', 5, tls12, false, 3, 2],
    ['resumed session: the ServerHello', 1, resumed, true, 2, 1],
    ['resumed session: the answer', 3, resumed, false, 2, 1],
  ] as const)('%s comes late', async (_, nth, said, tls, turns, tlsTurns) => {
    const { slowTurns, ...counts } = await slowFrom(nth, said);
    expect(slowTurns).toMatchObject([{ tls }]);
    expect(slowTurns[0].seconds).toBeGreaterThan(SLOW - 0.1);
    expect(counts).toMatchObject({ turns, tlsTurns });
  });

  it('begin with the ClientHello: a proxy that takes long to connect is not the handshake', async () => {
    const connect: Said[] = [
      ['client', text('CONNECT api.shop:443 HTTP/1.1\r\nHost: api.shop:443\r\n\r\n')],
      ['server', text('HTTP/1.1 200 Connection established\r\n\r\n')],
    ];
    const { slowTurns, tlsTurns } = await slowFrom(1, [...connect, ...tls13]);
    expect(slowTurns).toMatchObject([{ tls: false }]);
    expect(tlsTurns).toBeGreaterThan(0);
  });

  it('are none of a connection without TLS, nor of one whose hello was not answered by one', async () => {
    const http = await slowFrom(1, [
      ['client', text('GET / HTTP/1.1\r\n\r\n')],
      ['server', text('HTTP/1.1 204 No Content\r\n\r\n')],
    ]);
    expect(http).toMatchObject({ turns: 1, tlsTurns: 0, slowTurns: [{ tls: false }] });
    const plain = await slowFrom(1, [
      ['client', hello],
      ['server', text('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ]);
    expect(plain).toMatchObject({ turns: 1, tlsTurns: 0, slowTurns: [{ tls: false }] });
  });
});
