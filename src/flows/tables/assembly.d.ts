/** Types of AssemblyScript, by which files that are compiled both ways say how numbers are kept. */

/** A 32-bit word, signed. */
declare type i32 = number;
/** A number of 64 bits with a fraction. */
declare type f64 = number;

/** The part of WebAssembly that is used; types of the browser declare the rest. */
declare namespace WebAssembly {
  class Memory {
    constructor(size: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(octets: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Memory>>);
    readonly exports: Record<string, unknown>;
  }
}
