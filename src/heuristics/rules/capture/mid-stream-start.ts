import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, type QualityFact, sum } from '../../words/quality-note.ts';

interface MidStreamFact extends QualityFact {
  midStream: number;
}

/** Connections that were running before the capture began. */
export const midStreamStart = defineQualityNote<MidStreamFact>({
  meta: {
    id: 'mid-stream-start',
    recordedIn: 'lab/healthy-mid-connection',
    summary: 'Connections were running before the capture began',
    meaning:
      'Their handshake was not captured: who is the client is guessed from the ports, and window scale and MSS are not known.',
    rule: 'A connection without SYN and SYN-ACK that carries data or acknowledgements.',
    notThis: ['A lone reset or an orphan segment: there is no connection to speak of.'],
    causes: ['The capture was started later than the connection'],
    confirm: [],
    fix: ['Start the capture first, then the application'],
    references: ['RFC 7323, 2.2'],
  },
  thresholds: {},

  facts: ({ points, connections }) => {
    const midStream = points.map(() => 0);
    for (const { point, rolesFrom, directions } of connections)
      if (rolesFrom === 'guess' && directions.every(({ packets, resets }) => packets > resets)) midStream[point]++;
    return points.flatMap((point, index) =>
      midStream[index] > 0 ? [{ ...factOf(point), midStream: midStream[index] }] : [],
    );
  },
  measured: (facts) => ({ connections: sum(facts, (fact) => fact.midStream), points: facts.map((fact) => fact.where) }),
  words: (facts) => ({
    message: `${listed(facts)}: ${counted(
      sum(facts, (fact) => fact.midStream),
      'connection',
    )} began before the capture`,
    why: 'Without the handshake the roles are guessed, and windows are not scaled.',
    fix: ['Start the capture before the application opens its connections.'],
  }),
});
