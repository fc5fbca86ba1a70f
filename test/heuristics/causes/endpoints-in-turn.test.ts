import { describe, expect, it } from 'vitest';
import { endpointInTurn } from '../../../src/heuristics/causes/endpoints-in-turn.ts';
import { connection, dns, evidence } from '../../support/evidence.ts';

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
});
