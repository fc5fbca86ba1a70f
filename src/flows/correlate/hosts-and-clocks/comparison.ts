import type { DelayFloor } from './clock-fit.ts';

/** Comparison of two clocks: smallest delays by direction of travel. */
export interface Comparison {
  /** Numbers of the two clocks, the smaller first. "Forth" is from the first to the second. */
  clocks: [number, number];
  forth: DelayFloor;
  back: DelayFloor;
  /** From conversations that do not show which clock's points they passed first. */
  unordered: DelayFloor;
  /**
   * From packets that are encapsulated at one clock only. Maps "client server", by addresses that either point shows,
   * to a count: how often the first clock is nearer to the client, less how often it is not.
   */
  nearer: Map<string, number>;
}
