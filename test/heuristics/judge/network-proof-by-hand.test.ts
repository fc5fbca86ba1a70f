import { describe, expect, test } from 'vitest';
import type { Judged } from '../../../src/heuristics/judge/judgement.ts';
import { notTheNetwork } from '../../../src/heuristics/judge/not-the-network.ts';
import { connection, evidence, ref } from '../../support/evidence.ts';
import { turn } from '../../support/segment-items.ts';

type Some = NonNullable<Parameters<typeof connection>[0]>;
interface Told {
  programs?: boolean;
  level?: Judged['level'];
  explainedBy?: string | null;
}

const SERVER = '10.244.2.7:80';
const found = ({ programs = true, level = 'error', explainedBy = null }: Told, server: string | null, own: number[]) =>
  ({
    meta: { acquitsNetwork: programs },
    level,
    explainedBy,
    occurrence: { conversations: own, subject: { protocol: 'tcp', client: null, server } },
  }) as unknown as Judged;

const data = (dataSegments: number, resentSegments = 0) => ({
  toServer: { dataSegments, resentSegments },
  toClient: { dataSegments: 0 },
});
/** What is proved by connections that opened, each a conversation of the first finding. */
function proof(
  connections: readonly Some[],
  findings: readonly Told[] = [{}],
  { server = SERVER, established = true }: { server?: string | null; established?: boolean } = {},
) {
  const made = connections.map((some, nth) =>
    connection({ client: `10.244.1.5:${4000 + nth}`, server: SERVER, ...data(9), ...some }, { established }),
  );
  const facts = evidence({ connections: made });
  const own = facts.conversations.map(({ index }) => index);
  return notTheNetwork(
    facts,
    findings.map((one, nth) => found(one, server, nth === 0 ? own : [])),
  );
}

describe('the findings', () => {
  test.each<[string, Told[], boolean]>([
    ['one about programs', [{}], true],
    ['a warning about programs', [{ level: 'warning' }], true],
    ['none', [], false],
    ['a note', [{ level: 'note' }], false],
    ['one about the network', [{ programs: false }], false],
    ['another about programs beside it', [{}, {}], true],
    ['one about the network beside it', [{}, { programs: false }], false],
    ['a warning about the network beside it', [{}, {}, { programs: false, level: 'warning' }], false],
    ['a note about the network beside it', [{}, { programs: false, level: 'note' }], true],
    ['an explained one about the network beside it', [{}, { programs: false, explainedBy: 'x' }], true],
  ])('%s', (_, findings, isProved) => expect(proof([{}], findings) !== null).toBe(isProved));
});

describe('the packets', () => {
  test('a connection has to have opened, with data', () => {
    expect(proof([{ synAck: [] }], [{}], { established: false })).toBeNull();
    expect(proof([])).toBeNull();
    expect(proof([data(0)])).toBeNull();
    expect(proof([data(1)])).toMatchObject({ connections: 1, dataSegments: 1, resent: 0 });
    expect(proof([data(0), data(2)])).toMatchObject({ connections: 2, dataSegments: 2 });
  });

  test('one of 200 segments may be lost', () => {
    expect(proof([data(200, 1)])).toMatchObject({ dataSegments: 200, resent: 1 });
    expect(proof([data(199, 1)])).toBeNull();
    const both = { ...data(150, 1), toClient: { dataSegments: 250, resentSegments: 1 } };
    expect(proof([both])).toMatchObject({ dataSegments: 400, resent: 2 });
  });

  test('the least round trip and the least time to an acknowledgement', () => {
    const sides = (handshakeServerSide: number | null, handshakeClientSide: number | null) => ({
      handshakeServerSide,
      handshakeClientSide,
    });
    expect(proof([sides(0.25, 0.5), sides(0.125, 0.5)])?.roundTripSeconds).toBe(0.625);
    expect(proof([sides(0.25, null), sides(null, 0.5)])?.roundTripSeconds).toBeNull();
    const acked = (ackTime: number | null) => ({ slowTurns: [{ ...turn(1, 2), request: ref(1), ackTime }] });
    expect(proof([acked(1.5), acked(1.25)])?.ackSeconds).toBe(0.25);
    expect(proof([acked(null)])?.ackSeconds).toBeNull();
  });

  test('of several points the last one of each connection', () => {
    const ends = { client: '10.244.1.5:4000', server: SERVER };
    const near = connection({ ...ends, ...data(9, 3) }, { established: true });
    const far = connection({ ...ends, ...data(9), point: 1 }, { established: true });
    const facts = evidence({ connections: [near, far], paths: [{ of: [near, far] }] });
    expect(notTheNetwork(facts, [found({}, SERVER, [0])])).toMatchObject({
      connections: 1,
      dataSegments: 9,
      resent: 0,
    });
  });
});

describe('the silence', () => {
  const waits = (...seconds: number[]) => ({ slowTurns: seconds.map((wait, nth) => turn(1 + nth, wait)) });
  const unanswered = (wait: number) => ({ ...turn(5, wait), response: null });

  test('is the longest wait, of a tenth of a second at least', () => {
    expect(proof([waits(2, 3, 1)])?.silence).toEqual({ server: SERVER, answered: true, seconds: 3 });
    expect(proof([waits(0.1)])?.silence).toEqual({ server: SERVER, answered: true, seconds: 0.1 });
    expect(proof([waits(0.09)])?.silence).toBeNull();
    expect(proof([{}])?.silence).toBeNull();
    expect(proof([waits(2)], [{}], { server: null })?.silence).toBeNull();
  });

  test('lasts to the end of the connection where no answer came', () => {
    const end = { ...ref(9), by: 'client' } as never;
    expect(proof([{ slowTurns: [unanswered(1)], end }])?.silence).toEqual({
      server: SERVER,
      answered: false,
      seconds: 4,
    });
    expect(proof([{ slowTurns: [unanswered(1)], end: null }])?.silence).toMatchObject({ answered: false, seconds: 1 });
    expect(proof([{ slowTurns: [turn(5, 1)], end }])?.silence).toMatchObject({ answered: true, seconds: 1 });
    // Of equal waits, the first one.
    const both = { slowTurns: [turn(1, 1), unanswered(1)], end: null };
    expect(proof([both])?.silence).toMatchObject({ answered: true });
  });

  test('is that of the server by its name, and of all where none has it', () => {
    const other = { server: '10.244.9.9:80', ...waits(7) };
    expect(proof([waits(2), other])?.silence).toMatchObject({ seconds: 2 });
    expect(proof([waits(2), other], [{}], { server: '10.96.0.1:80' })?.silence).toEqual({
      server: '10.96.0.1:80',
      answered: true,
      seconds: 7,
    });
  });
});
