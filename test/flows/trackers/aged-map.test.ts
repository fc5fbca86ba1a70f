import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgedMap } from '../../../src/flows/trackers/aged-map.ts';

interface Entry {
  key: number;
  id: number;
  lastTime: number;
}

/** The same by what a `Map` guarantees: it keeps the order of insertion. */
class PlainMap {
  readonly #map = new Map<number, Entry>();
  get size(): number {
    return this.#map.size;
  }
  get = (key: number): Entry | undefined => this.#map.get(key);
  set = (key: number, entry: Entry): void => void this.#map.set(key, entry);
  delete = (key: number): void => void this.#map.delete(key);
  setLast(key: number, entry: Entry): void {
    this.#map.delete(key);
    this.#map.set(key, entry);
  }
  dropOld(time: number, seconds: number, onDropped: (entry: Entry) => void, most?: number): void {
    for (const [key, entry] of this.#map) {
      if (time - entry.lastTime < seconds && this.#map.size <= (most ?? 12)) return;
      this.#map.delete(key);
      onDropped(entry);
    }
  }
}

/** Keys with few hashes, so that many share one. */
const CROWDED = { hashOf: (key: number) => key % 3, isOf: (entry: Entry, key: number) => entry.key === key };

describe('a map whose entries get old', () => {
  const step = fc.record({
    does: fc.constantFrom('get', 'set', 'setLast', 'delete', 'hear', 'drop', 'drop', 'set', 'set'),
    key: fc.nat(11),
    later: fc.nat(4),
    most: fc.constantFrom(undefined, undefined, 4),
  });

  it('does what a map in the order of insertion does, whatever the hashes', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }), (steps) => {
        const plain = new PlainMap();
        const aged = AgedMap.by<number, Entry>(CROWDED);
        const dropped: [Entry[], Entry[]] = [[], []];
        let time = 0;
        steps.forEach(({ does, key, later, most }, id) => {
          time += later;
          const entry = { key, id, lastTime: time };
          if (does === 'set') for (const map of [plain, aged]) map.set(key, entry);
          else if (does === 'setLast') for (const map of [plain, aged]) map.setLast(key, entry);
          else if (does === 'delete') for (const map of [plain, aged]) map.delete(key);
          else if (does === 'drop') {
            plain.dropOld(time, 10, (one) => dropped[0].push(one), most);
            aged.dropOld(time, 10, (one) => dropped[1].push(one), most);
          } else if (does === 'hear') {
            const known = plain.get(key);
            if (known !== undefined) known.lastTime = time;
          }
          for (let one = 0; one < 12; one++) expect(aged.get(one)).toBe(plain.get(one));
          expect(dropped[1]).toEqual(dropped[0]);
          expect(aged.size).toBe(plain.size);
        });
      }),
    );
  });

  it('keeps 64 entries with one hash, the latest ones', () => {
    const aged = AgedMap.by<number, Entry>({ hashOf: () => 7, isOf: (entry, key) => entry.key === key });
    const known = () => Array.from({ length: 70 }, (_, key) => key).filter((key) => aged.get(key) !== undefined);
    for (let key = 0; key < 64; key++) aged.set(key, { key, id: key, lastTime: key });
    expect(known().length).toBe(64);
    aged.set(64, { key: 64, id: 64, lastTime: 64 });
    expect([known()[0], known().length, aged.size]).toEqual([1, 64, 64]);
    aged.setLast(1, { key: 1, id: 1, lastTime: 65 });
    aged.set(65, { key: 65, id: 65, lastTime: 65 });
    expect([known().slice(0, 2), aged.size]).toEqual([[1, 3], 64]);
  });

  it('forgets places that are gone, and keeps the order of those that are left', () => {
    const aged = AgedMap.byText<{ lastTime: number }>();
    const dropped: number[] = [];
    for (let time = 0; time < 10_000; time++) {
      aged.setLast(`${time}`, { lastTime: time });
      if (time % 3 === 0) aged.delete(`${time}`);
      aged.dropOld(time, 100, ({ lastTime }) => dropped.push(lastTime));
    }
    const expected = Array.from({ length: 9_900 }, (_, time) => time).filter((time) => time % 3 !== 0);
    expect(dropped).toEqual(expected);
    expect(aged.get('9899')).toBeUndefined();
    expect(aged.get('9901')).toEqual({ lastTime: 9901 });
    expect(aged.get('9900')).toBeUndefined();
  });
});
