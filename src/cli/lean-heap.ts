import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Heap beyond which collections are worth their time, bytes. An ordinary capture stays below it. */
const LARGE_HEAP = 80 * 1024 * 1024;
const CHECK_MILLISECONDS = 20;
/**
 * V8 lets a heap double before it collects all of it, so what a capture makes it keep takes twice the room. From a large
 * heap on it grows by a third, and young objects get no more room. A small heap keeps its defaults: collections while the
 * program starts cost a tenth of a short run.
 */
const FLAGS = ['--heap-growing-percent=33', '--semi-space-growth-factor=1'];

/** Watches the heap while the command runs. The timer keeps no process alive. */
export function keepHeapLean(): void {
  const timer = setInterval(() => {
    if (getHeapStatistics().total_heap_size < LARGE_HEAP) return;
    for (const flag of FLAGS) setFlagsFromString(flag);
    clearInterval(timer);
  }, CHECK_MILLISECONDS);
  timer.unref();
}
