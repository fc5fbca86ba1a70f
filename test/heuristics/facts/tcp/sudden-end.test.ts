import { expect, test } from 'vitest';
import { AFTER_IDLE_THRESHOLDS, isAfterIdle, type SuddenEnd } from '../../../../src/heuristics/facts/tcp/sudden-end.ts';
import { connection } from '../../../support/evidence.ts';

const { shortestPause, rhythmFactor } = AFTER_IDLE_THRESHOLDS;
const end = (seconds: number, some: Partial<SuddenEnd> = {}): SuddenEnd =>
  ({
    leg: connection({}, { established: true }),
    speaker: 0,
    idle: { seconds },
    survived: 0,
    firstPacket: 9,
    keepAlive: false,
    ...some,
  }) as SuddenEnd;

test('a pause ends a connection from its least length on, and beyond what was survived', () => {
  const least = shortestPause.value;
  expect(isAfterIdle(end(least))).toBe(true);
  expect(isAfterIdle(end(least - 0.001))).toBe(false);
  expect(isAfterIdle(end(60, { survived: 60 / rhythmFactor.value + 0.1 }))).toBe(false);
  expect(isAfterIdle(end(60, { survived: 60 / rhythmFactor.value - 0.1 }))).toBe(true);
  expect(isAfterIdle(end(60, { keepAlive: true }))).toBe(false);
});
