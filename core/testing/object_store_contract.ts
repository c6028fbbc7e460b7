import assert from "node:assert/strict";
import { t0OfImageId } from "../model/image_id.ts";
import {
  type ImageRef,
  manifestName,
  processedPrefix,
  renditionName,
} from "../model/object_name.ts";
import type { ObjectStore } from "../ports/object_store.ts";
import { portableHashing } from "./portable_hashing.ts";
import { sampleRef } from "./sample_row.ts";

/** One promise of a port, run against one adapter; throws AssertionError where it is broken. */
export interface ContractCase<Port> {
  readonly name: string;
  run(port: Port): Promise<void>;
}

/** A contract of its promises by their names, each of which is a sentence. */
export function contractOf<Port>(
  promises: Readonly<Record<string, (port: Port) => Promise<void>>>,
): readonly ContractCase<Port>[] {
  return Object.entries(promises).map(([name, run]) => ({ name, run }));
}

const LARGE_BYTES = 9 * 1024 * 1024; // above the size from which adapters upload in chunks

/** What every ObjectStore promises; each case uses names of its own, so that a shared bucket serves. */
export const OBJECT_STORE_CONTRACT = contractOf<ObjectStore>({
  async "create() writes what stat() and read() give back"(store) {
    const { ref, name } = fresh();
    const made = await store.create(name, text("hello"), writeOf(ref, { source: "edge" }));
    const facts = await store.stat(name);
    assert.ok(made.created && facts !== null);
    assert.match(facts.generation, /^[0-9]+$/);
    assert.ok(Math.abs(facts.createdMs - Date.now()) < 60_000, "it was created just now");
    assert.deepEqual({ ...facts, createdMs: 0, metadata: { ...facts.metadata } }, {
      name,
      generation: made.generation,
      size: 5,
      contentType: "image/jpeg",
      customTimeMs: t0OfImageId(ref.imageId),
      createdMs: 0,
      crc32c: portableHashing.crc32c(text("hello")),
      metadata: { source: "edge" },
    });
    assert.deepEqual(await store.read(name), text("hello"));
  },
  async "create() leaves an object that is there as it is"(store) {
    const { ref, name } = fresh();
    await store.create(name, text("first"), writeOf(ref));
    assert.deepEqual(await store.create(name, text("second"), writeOf(ref)), { created: false });
    assert.deepEqual(await store.read(name), text("first"));
  },
  async "create() lets exactly one of many writers win"(store) {
    const { ref, name } = fresh();
    const bodies = ["a", "b", "c", "d"].map(text);
    const all = await Promise.all(bodies.map((body) => store.create(name, body, writeOf(ref))));
    assert.equal(all.filter(({ created }) => created).length, 1);
    const winner = bodies[all.findIndex(({ created }) => created)];
    assert.deepEqual(await store.read(name), winner);
  },
  async "create() takes a stream, and an empty body"(store) {
    const { ref, name } = fresh();
    const chunks = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of ["stre", "amed"]) controller.enqueue(text(part));
        controller.close();
      },
    });
    assert.ok((await store.create(name, chunks, writeOf(ref))).created);
    assert.deepEqual(await store.read(name), text("streamed"));
    const empty = renditionName(ref, "empty", "jpg");
    assert.ok((await store.create(empty, new Uint8Array(), writeOf(ref))).created);
    assert.deepEqual(await store.read(empty), new Uint8Array());
  },
  async "create() keeps a large body whole and does not write over one"(store) {
    const { ref, name } = fresh();
    const body = Uint8Array.from({ length: LARGE_BYTES }, (_, at) => at * 7 & 0xff);
    assert.ok((await store.create(name, body, writeOf(ref))).created);
    assert.equal((await store.create(name, body, writeOf(ref))).created, false);
    const facts = await store.stat(name);
    assert.equal(facts?.crc32c, portableHashing.crc32c(body));
    assert.equal((await store.read(name))?.length, LARGE_BYTES);
  },
  async "replace() replaces exactly the generation it was given, and nothing where there is none"(
    store,
  ) {
    const { ref, name } = fresh();
    const absent = { ...writeOf(ref), ifGeneration: "1700000000000000" };
    assert.equal(await store.replace(name, text("x"), absent), null);
    assert.deepEqual([await store.stat(name), await store.read(name)], [null, null]);
    const made = await store.create(name, text("one"), writeOf(ref));
    assert.ok(made.created);
    const ifGeneration = made.generation;
    const next = await store.replace(name, text("two"), { ...writeOf(ref), ifGeneration });
    assert.ok(next !== null && next !== made.generation);
    assert.equal(await store.replace(name, text("3"), { ...writeOf(ref), ifGeneration }), null);
    assert.deepEqual(await store.read(name), text("two"));
    assert.deepEqual(await store.read(name, { generation: next }), text("two"));
    assert.equal(await store.read(name, { generation: made.generation }), null);
  },
  async "list() pages through names in ascending order"(store) {
    const { ref } = fresh();
    const files = ["c", "a", "e", "b", "d"].map((file) => renditionName(ref, file, "jpg"));
    for (const file of files) await store.create(file, text("x"), writeOf(ref, { at: file }));
    const prefix = processedPrefix(ref);
    const first = await store.list({ prefix, maxResults: 2 });
    assert.deepEqual(first.objects.map(({ name }) => name), files.toSorted().slice(0, 2));
    assert.equal(first.objects[0]?.metadata["at"], first.objects[0]?.name);
    assert.equal(first.objects[0]?.customTimeMs, t0OfImageId(ref.imageId));
    const seen = first.objects.map(({ name }) => name);
    for (let token = first.nextPageToken; token !== undefined;) {
      const page = await store.list({ prefix, maxResults: 2, pageToken: token });
      seen.push(...page.objects.map(({ name }) => name));
      token = page.nextPageToken;
    }
    assert.deepEqual(seen, files.toSorted());
    const none = await store.list({ prefix: processedPrefix(fresh().ref) });
    assert.deepEqual(none, { objects: [], prefixes: [], nextPageToken: undefined });
  },
  async "list() cuts names behind the delimiter"(store) {
    const { ref, name } = fresh();
    await store.create(name, text("x"), writeOf(ref));
    await store.create(renditionName(ref, "thumb", "jpg"), text("x"), writeOf(ref));
    const folder = processedPrefix(ref);
    const page = await store.list({ prefix: folder.slice(0, -1), delimiter: "/" });
    assert.deepEqual(page.prefixes, [folder]);
    assert.deepEqual(page.objects, []);
    const inside = await store.list({ prefix: folder, delimiter: "/" });
    assert.deepEqual([inside.prefixes.length, inside.objects.length], [0, 2]);
  },
  async "remove() removes exactly the generation it was given, once"(store) {
    const { ref, name } = fresh();
    const made = await store.create(name, text("x"), writeOf(ref));
    assert.ok(made.created);
    assert.equal(await store.remove(name, { generation: "1700000000000000" }), false);
    assert.notEqual(await store.stat(name), null);
    assert.equal(await store.remove(name, { generation: made.generation }), true);
    assert.equal(await store.stat(name), null);
    assert.equal(await store.remove(name, { generation: made.generation }), false);
    assert.ok((await store.create(name, text("y"), writeOf(ref))).created);
  },
  async "removeMany() removes exactly the generations it was given and returns what became of each"(
    store,
  ) {
    const { ref } = fresh();
    const files = ["a", "b", "c"].map((file) => renditionName(ref, file, "jpg"));
    const made = await Promise.all(files.map(async (name) => {
      const { created, ...rest } = await store.create(name, text("x"), writeOf(ref));
      assert.ok(created && "generation" in rest);
      return { name, generation: rest.generation };
    }));
    const [first, second] = made;
    assert.ok(first !== undefined && second !== undefined);
    const targets = [{ ...first, generation: "1700000000000000" }, second];
    assert.deepEqual(await store.removeMany(targets), ["replaced", "removed"]);
    assert.deepEqual(await store.removeMany(made), ["removed", "absent", "removed"]);
    assert.deepEqual(await store.removeMany([]), []);
    const signal = AbortSignal.abort();
    await assert.rejects(async () => await store.removeMany(made, { signal }));
  },
  async "list() pages from startOffset up to endOffset, and gives names alone where asked"(
    store,
  ) {
    const { ref } = fresh();
    const files = ["a", "b", "c", "d"].map((file) => renditionName(ref, file, "jpg"));
    for (const file of files) await store.create(file, text("x"), writeOf(ref));
    const query = { prefix: processedPrefix(ref), startOffset: files[1], endOffset: files[3] };
    const rest = await store.list({ ...query, endOffset: undefined });
    assert.deepEqual(rest.objects.map(({ name }) => name), files.slice(1));
    const { objects } = await store.list({ ...query, namesOnly: true });
    assert.deepEqual(objects.map(({ name, size }) => [name, size]), [[files[1], 1], [files[2], 1]]);
    assert.match(objects[0]?.generation ?? "", /^[0-9]+$/);
  },
  async "an aborted signal ends every call"(store) {
    const { ref, name } = fresh();
    const signal = AbortSignal.abort();
    await assert.rejects(() => store.create(name, text("x"), { ...writeOf(ref), signal }));
    await assert.rejects(() => store.stat(name, { signal }));
    await assert.rejects(() => store.read(name, { signal }));
    await assert.rejects(() => store.list({ prefix: name, signal }));
    assert.equal(await store.stat(name), null);
  },
});

function fresh() {
  const ref = sampleRef();
  return { ref, name: manifestName(ref) };
}

function writeOf(ref: ImageRef, metadata: Readonly<Record<string, string>> = {}) {
  return { contentType: "image/jpeg", customTimeMs: t0OfImageId(ref.imageId), metadata };
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}
