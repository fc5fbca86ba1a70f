import { describe, expect, it } from 'vitest';
import { type CaptureRows, openStore } from '../../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { SightingTable } from '../../../../src/flows/rows/sighting-table.ts';

describe('openStore', () => {
  it('groups and hashes the rows of one capture between two looks whether to go on', () => {
    const touched = new Set<number>();
    const captures = Array.from({ length: 5 }, (_, capture): CaptureRows => {
      const sightings = new SightingTable(8);
      return {
        tunnels: 0,
        hasAllConnections: true,
        get sightings() {
          touched.add(capture);
          return sightings;
        },
      };
    });
    const steps = openStore(captures, []);
    const ofSteps: number[][] = [];
    for (let done: boolean | undefined = false; !done; ) {
      touched.clear();
      done = steps.next().done;
      if (!done) ofSteps.push([...touched]);
    }
    expect(ofSteps).toEqual([[0], [1], [2], [3], [4]]);
  });
});
