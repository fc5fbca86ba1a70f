import { takeOrdinary } from './core.ts';
import { CORE_OCTETS } from './core-octets.ts';
import { attach } from './memory.ts';

/** How the core runs: the build that ships, or its source. */
export type CoreBuild = 'webassembly' | 'typescript';

/** Compiled once: 1 ms. */
let compiled: WebAssembly.Module | undefined;

/**
 * The core over this memory. It takes the ordinary packets that the state describes, and returns how many.
 * @throws when WebAssembly is asked for and the system has none
 */
export function coreOver(memory: WebAssembly.Memory, build: CoreBuild): () => number {
  if (build === 'typescript')
    return () => {
      attach(memory.buffer);
      return takeOrdinary();
    };
  compiled ??= new WebAssembly.Module(Buffer.from(CORE_OCTETS, 'base64'));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports.takeOrdinary as () => number;
}
