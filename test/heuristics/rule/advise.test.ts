import { describe, expect, it } from 'vitest';
import { advise, type Cause } from '../../../src/heuristics/rule/weigh.ts';

const cause = (id: string, evidence: Partial<Cause> = {}): Cause => ({
  id,
  cause: id,
  for: [],
  against: [],
  confirm: [{ on: 'node', command: `show ${id}`, expect: id }],
  fix: [`Repair ${id}.`],
  ...evidence,
});
const general = { on: 'node', command: 'decide', expect: '' };

describe('advice', () => {
  it('begins with the commands and fixes of the likely cause, whatever the order of the list', () => {
    const { confirm, fix } = advise({
      causes: [cause('a'), cause('b', { for: ['seen'] })],
      confirm: [general],
      fix: ['Helps always.'],
    });
    expect(confirm.map(({ command }) => command)).toEqual(['show b', 'decide', 'show a']);
    expect(fix).toEqual(['Repair b.', 'Helps always.', 'Repair a.']);
  });

  it('tells nobody to repair what is unlikely, and still says how to see it', () => {
    const { confirm, fix } = advise({ causes: [cause('a', { against: ['seen'] })], confirm: [], fix: [] });
    expect(confirm.map(({ command }) => command)).toEqual(['show a']);
    expect(fix).toEqual([]);
  });

  it('lists nothing twice', () => {
    const twice = cause('a', { confirm: [general], fix: ['Helps always.'] });
    expect(advise({ causes: [twice], confirm: [general], fix: ['Helps always.'] })).toMatchObject({
      confirm: [general],
      fix: ['Helps always.'],
    });
  });

  it('says on which machine a repair runs, and hands it out as a command', () => {
    const repair = { on: 'the node with 10.0.0.7', command: 'sysctl -w a=1', note: 'until then' };
    const { fix, repairs } = advise({ causes: [], confirm: [], fix: [repair] });
    expect(fix).toEqual(['On the node with 10.0.0.7: sysctl -w a=1 (until then)']);
    expect(repairs).toEqual([{ on: 'the node with 10.0.0.7', command: 'sysctl -w a=1' }]);
  });
});
