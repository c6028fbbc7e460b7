/** What is due after one fixed delay: due in the order in which it was asked for. */
interface Line {
  readonly acts: Due[];
  first: number;
}

/** Something, and when it happens. */
interface Due {
  readonly dueS: number;
  readonly act: () => void;
}

/** Virtual time: what happens when, in seconds. */
export class Timeline {
  nowS = 0;
  /** By delay. */
  readonly #lines = new Map<number, Line>();
  /** A binary heap by time. */
  readonly #heap: Due[] = [];

  /** Lets something happen after one of a few delays that come again and again, which costs less than `at`. */
  after(delayS: number, act: () => void): void {
    const due = { dueS: this.nowS + delayS, act };
    const line = this.#lines.get(delayS);
    if (line === undefined) this.#lines.set(delayS, { acts: [due], first: 0 });
    else line.acts.push(due);
  }

  /** Lets something happen at any time. */
  at(dueS: number, act: () => void): void {
    const heap = this.#heap;
    const due = { dueS, act };
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up];
      if (above === undefined || above.dueS <= dueS) break;
      heap[at] = above;
      heap[up] = due;
      at = up;
    }
  }

  /** Lets everything happen that is due until then. */
  run(untilS: number): void {
    for (;;) {
      let line: Line | undefined;
      let next = this.#heap[0];
      for (const each of this.#lines.values()) {
        const head = each.acts[each.first];
        if (head !== undefined && (next === undefined || head.dueS < next.dueS)) {
          [line, next] = [each, head];
        }
      }
      if (next === undefined || next.dueS > untilS) return;
      if (line === undefined) this.#dropTop();
      else dropFirst(line);
      this.nowS = next.dueS;
      next.act();
    }
  }

  #dropTop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && right.dueS < left.dueS;
      const below = isRight ? right : left;
      if (below.dueS >= last.dueS) break;
      heap[at] = below;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

function dropFirst(line: Line): void {
  if (++line.first < 4_096) return;
  line.acts.splice(0, line.first);
  line.first = 0;
}
