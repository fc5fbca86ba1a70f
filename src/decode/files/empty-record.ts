import type { CaptureRecord } from './capture-record.ts';

/** The record that a reader reuses. */
export function emptyRecord(): CaptureRecord {
  return {
    seconds: 0,
    nanoseconds: 0,
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    originalLength: 0,
    interfaceIndex: 0,
    flags: 0,
    dropCount: 0,
    offset: 0,
  };
}
