import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Connection } from "./connection.ts";

/** A connection to a service that the test takes away and gives back. */
function openConnection() {
  const state = { isUp: true, probes: 0, changes: [] as boolean[] };
  const connection = new Connection({
    async probe() {
      state.probes++;
      if (!state.isUp) throw new TypeError("Failed to fetch");
    },
    onChange: (isOnline) => state.changes.push(isOnline),
  });
  return { connection, state };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("one lost call of a service that responds changes nothing", async () => {
  const { connection, state } = openConnection();
  assert.equal(connection.isOffline(), false);
  await turn();
  assert.deepEqual([connection.isOnline, state.probes, state.changes], [true, 1, []]);
  await connection.untilOnline();
});

test("a service that cannot be reached is asked every four seconds, and who waits goes on when it is back", async () => {
  const { connection, state } = openConnection();
  state.isUp = false;
  connection.isOffline();
  await turn();
  assert.equal(connection.isOffline(), true);
  let isBack = false;
  const back = connection.untilOnline().then(() => isBack = true);
  const given = new AbortController();
  const ended = assert.rejects(connection.untilOnline(given.signal), { name: "AbortError" });
  given.abort();
  await ended;
  mock.timers.tick(4_000);
  await turn();
  assert.deepEqual([state.probes, isBack], [2, false]);
  state.isUp = true;
  mock.timers.tick(4_000);
  await back;
  assert.deepEqual([state.probes, state.changes], [3, [false, true]]);
  mock.timers.tick(60_000);
  assert.equal(state.probes, 3, "what is reached is not asked any more");
});
