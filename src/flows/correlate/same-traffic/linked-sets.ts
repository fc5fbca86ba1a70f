/**
 * Union-find with parity: members of one set have equal or opposite roles.
 * Invariant: the smallest member of a set is its root, so that the result does not depend on the order of the input.
 */
export class LinkedSets {
  readonly #parents: Int32Array;
  /** 1 when the roles of a member are opposite to those of its parent. */
  readonly #turned: Uint8Array;
  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, index) => index);
    this.#turned = new Uint8Array(size);
  }

  rootOf(member: number): number {
    const parent = this.#parents[member];
    if (parent === member) return member;
    const root = this.rootOf(parent);
    if (parent !== root) this.#turned[member] ^= this.#turned[parent];
    this.#parents[member] = root;
    return root;
  }

  parityOf(member: number): number {
    this.rootOf(member);
    return this.#turned[member];
  }

  join(a: number, b: number, opposite: boolean): void {
    const [rootA, rootB] = [this.rootOf(a), this.rootOf(b)];
    if (rootA === rootB) return;
    const parity = this.#turned[a] ^ this.#turned[b] ^ (opposite ? 1 : 0);
    this.#parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
    this.#turned[Math.max(rootA, rootB)] = parity;
  }
}
