import { describe, expect, test } from 'vitest';
import type { CheckedDirection, CheckedSender, WrongChecksum } from '../../../src/flows/evidence/evidence.ts';
import {
  isEnough,
  isOuter,
  isRepaired,
  type WrongPackets,
  wrongOnArrival,
  wrongPackets,
} from '../../../src/heuristics/facts/checksums.ts';
import {
  capture,
  checkedDirection,
  checkedSender,
  connection,
  type EvidenceParts,
  evidence,
  point,
  wrongChecksum,
} from '../../support/evidence.ts';

const wrong = (at: number, some: Partial<WrongChecksum> = {}) => wrongChecksum(at, some);
const three = [1, 2, 3].map((at) => wrong(at));
const captures = [capture(), capture(), capture()];
const points = [point(), point({ capture: 1 }), point({ capture: 2 })];

test.each<[header: WrongChecksum['header'], expected: boolean]>([
  ['outer-ip', true],
  ['outer-udp', true],
  ['ip', false],
  ['tcp', false],
  ['udp', false],
])('%s is outside a tunnel: %s', (header, expected) => expect(isOuter({ header })).toBe(expected));

describe('packets with wrong checksums of which an answer would have been seen', () => {
  const told = (
    checked: CheckedDirection[],
    parts: EvidenceParts = {},
    isMeant: (packet: WrongChecksum) => boolean = () => true,
  ) =>
    wrongPackets(evidence({ points, captures, connections: [connection()], checked, ...parts }), isMeant).map(
      ({ conversation, checked: { direction }, unanswered }) =>
        `${conversation.index} ${direction}: ${unanswered.map(({ time }) => time).join(' ')}`,
    );
  const of = (packets: WrongChecksum[], some: Partial<CheckedDirection> = {}) =>
    checkedDirection(0, { wrong: packets, ...some });
  test.each<[name: string, checked: CheckedDirection, expected: string[]]>([
    ['three', of(three), ['0 0: 1 2 3']],
    ['to the client', of(three, { direction: 1 }), ['0 1: 1 2 3']],
    ['none', of([]), []],
    ['one was answered', of([...three, wrong(4, { outcome: 'answered' })]), []],
    ['one was sent again and nothing came', of([...three, wrong(4, { outcome: 'resent' })]), []],
    ['answered when it was sent again', of([wrong(4, { outcome: 'answered-when-resent' })]), ['0 0: 4']],
    ['a second before the end', of([wrong(59), wrong(59.01)]), ['0 0: 59']],
    ['all later', of([wrong(59.01)]), []],
    ['later, and answered when sent again', of([wrong(59.5, { outcome: 'answered-when-resent' })]), ['0 0: 59.5']],
    ['of a flow that is in no conversation', { ...of(three), flow: 9 }, []],
  ])('%s', (_, checked, expected) => expect(told([checked])).toEqual(expected));
  test('only what is meant', () => {
    expect(told([of([...three, wrong(4, { outcome: 'answered' })])], {}, ({ outcome }) => outcome === 'none')).toEqual([
      '0 0: 1 2 3',
    ]);
    expect(told([of(three)], {}, ({ time }) => time > 1)).toEqual(['0 0: 2 3']);
    expect(told([of(three)], {}, () => false)).toEqual([]);
  });
  test('where absence proves nothing', () =>
    expect(told([of(three)], { captures: [capture({ dropped: 50 })], points: [point()] })).toEqual([]));
  test('where the answers take another way', () => {
    /** Of the two nets only one direction was captured. */
    const half = (way: 0 | 1) => {
      const seen = { packets: 5, ackHigh: 9 };
      return connection({
        client: '10.244.1.6:1',
        server: '10.244.2.9:2',
        ...(way === 0 ? { toServer: seen } : { toClient: seen }),
      });
    };
    const whole = connection({ client: '10.9.1.1:1', server: '10.9.2.1:2' }, { established: true });
    const judged = (way: 0 | 1, direction: 0 | 1) =>
      told([of(three, { direction })], { connections: [connection(), half(way), whole] });
    expect(judged(0, 0)).toEqual([]);
    expect(judged(1, 1)).toEqual([]);
    expect(judged(1, 0)).toEqual(['0 0: 1 2 3']);
    expect(judged(0, 1)).toEqual(['0 1: 1 2 3']);
  });
});

describe('how many are enough', () => {
  const group = (...isSyn: boolean[]) =>
    ({ unanswered: isSyn.map((is, at) => wrong(at, { isSyn: is })) }) as unknown as WrongPackets;
  test.each<[name: string, groups: WrongPackets[], expected: boolean]>([
    ['none', [], false],
    ['three packets', [group(false, false), group(false)], true],
    ['two packets', [group(false), group(false)], false],
    ['two first SYNs', [group(true), group(true)], true],
    ['one first SYN', [group(true), group(false)], false],
    ['two SYNs of one', [group(true, true)], false],
    ['a SYN that is not the first', [group(true), group(false, true)], true],
  ])('%s', (_, groups, expected) => expect(isEnough(groups)).toBe(expected));
  test('each was answered when it was sent again', () => {
    const with_ = (...outcomes: WrongChecksum['outcome'][]) =>
      ({ unanswered: outcomes.map((outcome, at) => wrong(at, { outcome })) }) as unknown as WrongPackets;
    const again = 'answered-when-resent';
    expect(isRepaired([with_(again, again), with_(again)])).toBe(true);
    expect(isRepaired([with_(again), with_(again, 'none')])).toBe(false);
    expect(isRepaired([with_('none'), with_('none')])).toBe(false);
  });
});

describe('wrong where they arrive', () => {
  /** One connection at three points, in order of the path. */
  const legs = [0, 1, 2].map((at) => connection({ point: at }));
  const paths = [{ of: legs }];
  /** Flow numbers of the legs are those of their points. */
  const at = (where: number, some: Partial<CheckedDirection> = {}) =>
    checkedDirection(where, { point: where, ...some });
  const bad = (where: number, some: Partial<CheckedDirection> = {}) => at(where, { wrong: three, ...some });
  const told = (checked: CheckedDirection[], senders: CheckedSender[] = [], parts: EvidenceParts = {}) =>
    wrongOnArrival(
      evidence({ points, captures, connections: legs, paths, checked, checkedSenders: senders, ...parts }),
    ).map(
      ({ point: where, before, beforeIs, header, mac, found, rightAnswered }) =>
        `at ${where} ${header} of ${mac?.slice(-1)}, ${beforeIs} at ${before}: ${found.length}, ${rightAnswered} answered`,
    );
  const proved = 'at 1 tcp of 1, right at 0: 1, 0 answered';
  test.each<[name: string, checked: CheckedDirection[], expected: string[]]>([
    ['right at the point before', [at(0), bad(1)], [proved]],
    [
      'partial at the point before',
      [at(0, { right: false, partial: true }), bad(1)],
      [proved.replace('right at', 'partial at')],
    ],
    ['right and partial', [at(0, { partial: true }), bad(1)], [proved]],
    ['neither', [at(0, { right: false }), bad(1)], []],
    ['wrong at the point before, too', [bad(0), bad(1)], []],
    ['some are wrong there', [at(0, { wrongTotal: 1 }), bad(1)], []],
    ['right behind', [bad(1), at(2)], []],
    ['right before and behind', [at(0), bad(1), at(2)], [proved]],
    [
      'the latest point before counts',
      [at(0, { right: false, partial: true }), at(1), bad(2)],
      ['at 2 tcp of 1, right at 1: 1, 0 answered'],
    ],
    [
      'in any order',
      [bad(2), at(1), at(0, { right: false, partial: true })],
      ['at 2 tcp of 1, right at 1: 1, 0 answered'],
    ],
    ['the first that is wrong counts', [bad(2), at(0), bad(1)], [proved]],
    ['the other direction is right', [at(0, { direction: 1 }), bad(1)], []],
    ['of another flow', [checkedDirection(9, { point: 0 }), bad(1)], []],
    [
      'the headers of a tunnel',
      [at(0), at(1, { wrong: three.map((one) => ({ ...one, header: 'outer-udp' as const })) })],
      [],
    ],
    ['too few', [at(0), at(1, { wrong: three.slice(1) })], []],
    [
      'to the client the path is the other way',
      [at(2, { direction: 1 }), bad(1, { direction: 1 })],
      ['at 1 tcp of 1, right at 2: 1, 0 answered'],
    ],
    ['to the client, before it', [at(0, { direction: 1 }), bad(1, { direction: 1 })], []],
  ])('%s', (_, checked, expected) => expect(told(checked)).toEqual(expected));

  test.each<[name: string, senders: CheckedSender[], isFound: boolean]>([
    ['unknown', [], false],
    ['right ones are answered', [checkedSender({ point: 1 })], true],
    ['one right one is answered', [checkedSender({ point: 1, rightAnswered: 1 })], false],
    ['wrong ones are answered, too', [checkedSender({ point: 1, wrongAnswered: 1 })], false],
    ['at another point', [checkedSender({ point: 0 })], false],
    ['of another machine', [checkedSender({ point: 1, mac: '02:00:00:00:00:09' })], false],
  ])('at one point, by the sender: %s', (_, senders, isFound) => {
    expect(told([bad(1)], senders)).toEqual(isFound ? ['at 1 tcp of 1, null at null: 1, 2 answered'] : []);
  });
  test('what two points show needs no sender', () =>
    expect(told([at(0), bad(1)], [checkedSender({ point: 1, wrongAnswered: 1, rightAnswered: 1 })])).toEqual([
      proved.replace('0 answered', '1 answered'),
    ]));

  const many = (some: (nth: number) => Partial<CheckedDirection>, connectionsAt = 0) => {
    const connections = [0, 1, 2].map((port) => connection({ client: `10.244.1.5:${port}`, point: connectionsAt }));
    const checked = connections.map((_, nth) =>
      checkedDirection(nth, { wrong: [wrong(nth, { isSyn: false })], ...some(nth) }),
    );
    return told(
      checked,
      ['1', '9'].map((last) => checkedSender({ mac: `02:00:00:00:00:0${last}` })),
      { connections, paths: [] },
    );
  };
  test('connections of one sender count together', () => {
    expect(many(() => ({}))).toEqual(['at 0 tcp of 1, null at null: 3, 2 answered']);
    expect(many((nth) => (nth === 2 ? { mac: '02:00:00:00:00:09' } : {}))).toEqual([]);
    expect(many((nth) => (nth === 2 ? { direction: 1 } : {}))).toEqual([]);
    expect(many((nth) => (nth === 2 ? { wrong: [wrong(1, { header: 'ip', isSyn: false })] } : {}))).toEqual([]);
  });
});
