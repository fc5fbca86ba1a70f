import { ATTEMPT_THRESHOLDS, type Attempt, attemptsOf, endpointText } from '../../src/heuristics/facts/attempts.ts';
import { subjectOf } from '../../src/heuristics/facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../src/heuristics/facts/traceroutes.ts';
import { gradeOf } from '../../src/heuristics/rule/grade.ts';
import { defineRule, type Occurrence } from '../../src/heuristics/rule/rule.ts';
import { excerpt, synPackets } from '../../src/heuristics/words/excerpt.ts';
import { shellQuote } from '../../src/text/shell-quote.ts';

// new-rule: replace every part of this example and delete its `new-rule` comments; a test refuses those that are left.
// The example works: it finds a connection with a hundred SYNs and no answer, which no recording has.

const thresholds = {
  // new-rule: name, value, unit, and a source that a reader can open; a decision of ours is a row of docs/thresholds.md.
  minSyns: { value: 100, unit: 'packets', source: 'tcp(7), tcp_syn_retries: Linux sends 7; a hundred is an example' },
} as const;

// new-rule: what `explain` needs besides what each occurrence has.
interface SkeletonOccurrence extends Occurrence {
  server: string;
  port: number;
  syns: number;
}

// new-rule: one sentence: what the rule finds.
/** A client asks for one connection a hundred times. */
export const skeletonRule = defineRule<SkeletonOccurrence>({
  meta: {
    id: 'skeleton-rule',
    faultClass: 'port-unreachable',
    // new-rule: error, warning or note.
    level: 'warning',
    recordedIn: null,
    // new-rule: last-seen if all that is known is where packets vanish. Then, where they apply: symptomOf, explains,
    // explainsSymptomsOf, explainedBy (src/heuristics/rule/rule.ts says what each means).
    place: 'mechanism',
    // new-rule: the words of the page.
    summary: 'A client asks for one connection a hundred times',
    meaning: 'Nothing answers the SYNs, and the client does not stop to send them.',
    rule: '100 SYNs or more in one connection, and no SYN-ACK.',
    notThis: ['A SYN-ACK came: the connection opened late.'],
    causes: ['A client whose number of SYN retries was raised'],
    confirm: [{ on: '<client>', command: 'sysctl net.ipv4.tcp_syn_retries', expect: '100 or more' }],
    fix: ['Lower the number of retries'],
    references: ['RFC 9293, 3.8.1'],
  },
  // new-rule: with those of the facts and causes that the rule reads; a test names what is missing.
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  // new-rule: from facts to occurrences. Before you claim that something was absent, ask `gatesOf` (facts/gates.ts).
  *detect(evidence) {
    for (const attempt of attemptsOf(evidence)) {
      const { syn, synAck } = attempt.connection;
      if (syn.length >= thresholds.minSyns.value && synAck.length === 0) yield occurrenceOf(attempt);
    }
  },

  // new-rule: from the occurrence alone to words; what comes from a capture goes into commands through `shellQuote`.
  explain({ server, port, syns }, names) {
    return {
      message: `One connection to ${names.address(server)} port ${port} was asked for ${syns} times`,
      why: 'No SYN-ACK came for any of these SYNs.',
      // new-rule: each with an id and the facts for and against it; rule/weigh.ts decides how likely it is.
      causes: [
        { id: 'retries-raised', cause: 'the number of SYN retries was raised', for: [`${syns} SYNs`], against: [] },
      ],
      confirm: [
        { on: 'the client', command: `ss -tn state syn-sent dst ${shellQuote(server)}`, expect: 'the connection' },
      ],
      fix: ['Lower net.ipv4.tcp_syn_retries on the client.'],
      wireshark: `ip.addr==${server} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

function occurrenceOf({ connection, conversation }: Attempt): SkeletonOccurrence {
  const { server, syn } = connection;
  return {
    key: endpointText(server),
    // new-rule: what the packets were asked that could refute it; one `unchecked` makes the finding inferred.
    grade: gradeOf({ 'no-answer-came': 'passed' }),
    subject: subjectOf([conversation]).subject,
    // new-rule: all conversations that the fault touches: a cause takes symptoms that share half of theirs with it.
    conversations: [conversation.index],
    ...excerpt(synPackets(connection)),
    reach: 1,
    measured: { syns: syn.length },
    server: server.address,
    port: server.port,
    syns: syn.length,
  };
}
