// Limits that the core and its caller keep. Also compiled to WebAssembly.

/** Segments that one run leaves to be noted after it; when they are so many, it ends. */
export const MOST_DEFERRED: i32 = 256;
/** Messages of DNS that it leaves to be read. */
export const MOST_MESSAGES: i32 = 256;
