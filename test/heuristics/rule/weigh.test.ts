import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cause, weigh } from '../../../src/heuristics/rule/weigh.ts';

const cause = (id: string, evidence: Partial<Cause> = {}): Cause => ({
  id,
  cause: id,
  for: [],
  against: [],
  ...evidence,
});
const weighed = (...causes: Cause[]): string[] => weigh(causes).map(({ id, likelihood }) => `${likelihood} ${id}`);

describe('weighing causes', () => {
  it('calls a cause without evidence possible, however few there are', () => {
    expect(weighed(cause('a'))).toEqual(['possible a']);
    expect(weighed(cause('a'), cause('b'))).toEqual(['possible a', 'possible b']);
  });

  it('calls a cause likely when something speaks for it and nothing against', () => {
    expect(weighed(cause('a'), cause('b', { for: ['seen'] }))).toEqual(['likely b', 'possible a']);
  });

  it('calls a cause unlikely when something speaks against it and no telling fact for it', () => {
    expect(weighed(cause('a', { against: ['seen'] }), cause('b'))).toEqual(['possible b', 'unlikely a']);
    expect(weighed(cause('a', { for: ['fits'], against: ['seen'] }), cause('b'))).toEqual(['possible b', 'unlikely a']);
  });

  it('calls a cause possible when a telling fact speaks for it and something against', () => {
    expect(weighed(cause('a', { telling: ['only this'], against: ['seen'] }))).toEqual(['possible a']);
  });

  it('takes telling facts before facts that fit, whatever their number', () => {
    const fits = cause('fits', { for: ['1', '2', '3'] });
    expect(weighed(fits, cause('tells', { telling: ['only this'] }))).toEqual(['likely tells', 'possible fits']);
  });

  it('calls two causes with equally good evidence likely, in the order of the rule', () => {
    expect(weighed(cause('b', { for: ['1'] }), cause('a', { for: ['1', '2'] }))).toEqual(['likely b', 'likely a']);
  });

  it('does not let a cause that something speaks against make another less likely', () => {
    const disputed = cause('disputed', { telling: ['only this'], against: ['seen'] });
    expect(weighed(disputed, cause('fits', { for: ['1'] }))).toEqual(['likely fits', 'possible disputed']);
  });

  it('keeps every fact, telling ones first', () => {
    const [{ for: facts, against }] = weigh([cause('a', { telling: ['t'], for: ['f'], against: ['n'] })]);
    expect([facts, against]).toEqual([['t', 'f'], ['n']]);
  });

  const facts = fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 });
  const causes = fc.array(fc.record({ telling: facts, for: facts, against: facts }), { maxLength: 5 });
  it('never lists a likely cause without a fact, or an unlikely one without a fact against it; likely ones come first', () => {
    fc.assert(
      fc.property(causes, (all) => {
        const list = weigh(all.map((evidence, at) => cause(`c${at}`, evidence)));
        expect(list.map(({ id }) => id).sort()).toEqual(all.map((_, at) => `c${at}`));
        for (const one of list) {
          if (one.likelihood === 'likely') expect([one.for.length > 0, one.against]).toEqual([true, []]);
          if (one.likelihood === 'unlikely') expect(one.against).not.toEqual([]);
        }
        const order = list.map(({ likelihood }) => ['likely', 'possible', 'unlikely'].indexOf(likelihood));
        expect(order).toEqual([...order].sort());
      }),
    );
  });
});
