import { describe, expect, it } from 'vitest';
import { endpointInTurn } from '../../../src/heuristics/causes/endpoints-in-turn.ts';
import { capture, connection, dns, evidence, point } from '../../support/evidence.ts';

const DEAD = '10.2.0.200';
const dead = (time: number, port = 4000 + time, server = `${DEAD}:7000`) =>
  connection({ client: `10.1.0.5:${port}`, server, syn: [time, time + 1] });
const works = (time: number, client = '10.1.0.5', server = '10.2.0.7:7000') =>
  connection({ client: `${client}:${4000 + time}`, server, syn: [time] }, { established: true });

describe('endpoints in turn', () => {
  it('one endpoint answers and the other is dead, by turns', () =>
    expect(endpointInTurn(evidence({ connections: [works(0), dead(2), works(4), dead(6)] }), DEAD)).toEqual({
      port: 7000,
      other: '10.2.0.7',
      answered: 2,
      failed: 2,
    }));

  it('counts DNS lookups like connections', () =>
    expect(
      endpointInTurn(
        evidence({
          dns: [
            dns({ id: 1, server: '10.2.0.7:53', queries: [0], answered: 0.01 }),
            dns({ id: 2, server: `${DEAD}:53`, queries: [1] }),
            dns({ id: 3, server: '10.2.0.7:53', queries: [3], answered: 3.01 }),
            dns({ id: 4, server: `${DEAD}:53`, queries: [4] }),
          ],
        }),
        DEAD,
      ),
    ).toMatchObject({ port: 53, answered: 2, failed: 2 }));

  it.each([
    ['it answered once', [works(0), dead(2), works(4), dead(6), works(8, '10.1.0.5', `${DEAD}:7000`)]],
    ['another client has the other address', [works(0, '10.1.0.6'), dead(2), works(4, '10.1.0.6'), dead(6)]],
    ['the client went over to the other one when this one had died', [dead(0), dead(2), works(6), works(8)]],
    ['another port', [works(0, '10.1.0.5', '10.2.0.7:80'), dead(2), works(4, '10.1.0.5', '10.2.0.7:80'), dead(6)]],
    ['one attempt only', [works(0), dead(2), works(4)]],
  ])('is not said when %s', (_, connections) => expect(endpointInTurn(evidence({ connections }), DEAD)).toBeNull());

  it.each([
    ['the other one is tried once between', [dead(2), works(4), dead(6)]],
    [
      'the address is public',
      [works(0), dead(2, 4002, '203.0.113.9:7000'), works(4), dead(6, 4006, '203.0.113.9:7000')],
    ],
  ])('is not said when %s', (_, connections) =>
    expect(endpointInTurn(evidence({ connections }), connections[0].server.address)).toBeNull(),
  );

  it.each<[string, number[], number[]]>([
    ['the other one at the moment of the first failure', [2, 9], [2, 6]],
    ['the other one at the moment of the last failure', [0, 6], [2, 6]],
  ])('counts %s as by turns', (_, answered, failed) =>
    expect(
      endpointInTurn(
        evidence({
          connections: [...failed.map((time) => dead(time, 5000 + time)), ...answered.map((time) => works(time))],
        }),
        DEAD,
      ),
    ).toMatchObject({ answered: 2, failed: 2 }),
  );

  it('puts the captures of two machines on one clock', () => {
    const late = { ...works(104), point: 1 };
    const parts = (shift: number) => ({
      points: [point({ name: 'one' }), point({ name: 'other', capture: 1, timeShift: shift })],
      captures: [capture(), capture()],
      connections: [works(0), dead(2), dead(6), late],
    });
    expect(endpointInTurn(evidence(parts(-100)), DEAD)).toMatchObject({ answered: 2, failed: 2 });
    expect(endpointInTurn(evidence(parts(0)), DEAD)).toBeNull();
  });
});
