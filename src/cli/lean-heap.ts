import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/**
 * Heap beyond which collections are worth their time, bytes. A capture of 16,000 packets stays below it (31 MB). V8 sets
 * the limit of the next collection after each one, so the flags have to be in force before a flood has filled the heap once:
 * with 80 MB ten floods mixed grew from 34 to 113 MB before they had an effect.
 */
const LARGE_HEAP = 52 * 1024 * 1024;
/**
 * The same for one capture, bytes: what it makes dies young, and its young objects need no more room than they have when the
 * rules are loaded. 600,000 packets peak at 108 MB so, and at 135 with the limit above; comparing two takes 5 % longer so.
 */
const LARGE_HEAP_OF_ONE = 18 * 1024 * 1024;
const CHECK_MILLISECONDS = 20;
/**
 * V8 lets a heap double before it collects all of it, so what a capture makes it keep takes twice the room. From a large
 * heap on it grows by a third, and young objects get no more room. A small heap keeps its defaults: collections while the
 * program starts cost a tenth of a short run.
 */
const FLAGS = ['--heap-growing-percent=33', '--semi-space-growth-factor=1'];

/**
 * Watches the heap while the command runs. The timer keeps no process alive.
 * @param captures that are analysed together
 */
export function keepHeapLean(captures: number): void {
  const large = captures === 1 ? LARGE_HEAP_OF_ONE : LARGE_HEAP;
  const timer = setInterval(() => {
    if (getHeapStatistics().total_heap_size < large) return;
    for (const flag of FLAGS) setFlagsFromString(flag);
    clearInterval(timer);
  }, CHECK_MILLISECONDS);
  timer.unref();
}
