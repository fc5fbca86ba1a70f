import { expect, it } from 'vitest';
import { type AnalyzeOptions, analyze } from '../../../src/index.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { dialogue, type Said } from '../../support/dialogue.ts';
import { recordsOf } from '../../support/digest-of.ts';

/** More than one chunk of a file, so that the core is asked. */
const SAID = Array.from(
  { length: 400 },
  (_, index): Said => [index % 2 === 0 ? 'client' : 'server', new Uint8Array(index % 2 === 0 ? 200 : 2800).fill(0x61)],
);
const CAPTURE = pcapFile(recordsOf(dialogue(SAID, { port: 4000 })), { nano: true });

const { Instance, Memory } = WebAssembly;

/** Memories that were refused in the latest analysis. */
let refusals = 0;

/** The report as text, and how often WebAssembly was started for it. @param hasMemory whether the system has some for it */
async function reported(options: AnalyzeOptions, hasMemory = true): Promise<[report: string, started: number]> {
  let started = 0;
  refusals = 0;
  const counted = new Proxy(Instance, {
    construct: (target, given) => {
      started++;
      return Reflect.construct(target, given);
    },
  });
  const refused = new Proxy(Memory, {
    construct: () => {
      refusals++;
      throw new RangeError('could not allocate memory');
    },
  });
  Object.assign(WebAssembly, { Instance: counted, ...(!hasMemory && { Memory: refused }) });
  try {
    return [JSON.stringify(await analyze({ data: CAPTURE, name: 'a.pcap' }, options)), started];
  } finally {
    Object.assign(WebAssembly, { Instance, Memory });
  }
}

it('tells the same with and without WebAssembly, which `core: false` leaves alone', async () => {
  const [expected, started] = await reported({});
  expect(started).toBe(1);
  expect(await reported({ core: false })).toEqual([expected, 0]);
});

it('goes the general way where the system has no memory for the core, for which it asks once', async () => {
  const [expected] = await reported({});
  expect(await reported({}, false)).toEqual([expected, 0]);
  expect(refusals).toBe(1);
});
