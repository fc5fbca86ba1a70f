import { takeOrdinary } from './core.ts';
import { CORE_OCTETS } from './core-octets.ts';
import { findOrdered } from './find-ordered.ts';
import { attach } from './memory.ts';

/** How the core runs: the build that ships, or its source. */
export type CoreBuild = 'webassembly' | 'typescript';

/** What the core can do with the records that the state describes. */
export interface Core {
  /** Takes the ordinary packets at their beginning. @returns how many */
  takeOrdinary(): number;
  /** Counts those in order that `spare` more in order follow, and sets the end of the state behind them. */
  findOrdered(spare: number): number;
}

/** Compiled once: 1 ms. */
let compiled: WebAssembly.Module | undefined;

/**
 * The core over this memory.
 * @throws when WebAssembly is asked for and the system has none
 */
export function coreOver(memory: WebAssembly.Memory, build: CoreBuild): Core {
  if (build === 'typescript') return new SourceCore(memory);
  compiled ??= new WebAssembly.Module(Buffer.from(CORE_OCTETS, 'base64'));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Core;
}

class SourceCore implements Core {
  readonly #memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  takeOrdinary(): number {
    attach(this.#memory.buffer);
    return takeOrdinary();
  }

  findOrdered(spare: number): number {
    attach(this.#memory.buffer);
    return findOrdered(spare);
  }
}
