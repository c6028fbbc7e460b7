import { isAppError } from "../errors.ts";
import type { ObjectName } from "../model/object_name.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  BatchRemover,
  CreateOutcome,
  Generation,
  ListPage,
  ListQuery,
  ObjectBody,
  ObjectFacts,
  ObjectReader,
  ObjectRemover,
  ObjectReplacer,
  ObjectStore,
  RemoveOutcome,
  WriteOptions,
} from "../ports/object_store.ts";
import { ListedNames } from "./_memory_listing.ts";
import { portableHashing } from "./portable_hashing.ts";

/** What a {@link MemoryObjectStore} was asked to do. */
type StoreOperation = keyof ObjectStore;

/** How a {@link MemoryObjectStore} behaves. */
export interface MemoryObjectStoreOptions {
  /** Gives `createdMs`; the real time where none is given. */
  readonly clock?: Clock;
  /** How many generations there were before, so that those of two stores differ; 0 where none is given. */
  readonly generationsBefore?: number;
  /** Whether each name's generations count from the first one, so that the order of writes to others does not matter. */
  readonly countsByName?: boolean;
  /** Runs before each operation takes effect (with a list's prefix as its name): the place to fail or to interleave. */
  readonly before?: (operation: StoreOperation, name: string) => void | Promise<void>;
  /** Runs after an operation took effect and before its answer: a throw is a lost answer. */
  readonly after?: (operation: StoreOperation, name: string) => void | Promise<void>;
}

interface Held {
  readonly facts: ObjectFacts;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const FIRST_GENERATION = 1_700_000_000_000_000; // Cloud Storage's are microseconds since the epoch

/** One bucket in memory, without versions: the reference that other stores are held to. */
export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, Held>();
  readonly #listed = new ListedNames(this.#objects);
  readonly #options: MemoryObjectStoreOptions;
  /** How many there were of all names, or of each. */
  readonly #generations = new Map<string, number>();

  constructor(options: MemoryObjectStoreOptions = {}) {
    this.#options = options;
  }

  /** All names that are there, ascending. */
  names(): string[] {
    return [...this.#objects.keys()].sort();
  }

  /** Puts an object of any name, empty and of no special type where nothing is said. */
  async put(
    name: string,
    bytes: ObjectBody = new Uint8Array(),
    options: Partial<WriteOptions> = {},
  ) {
    const write = { contentType: "application/octet-stream", customTimeMs: 0, ...options };
    await this.create(name as ObjectName, bytes, write); // foreign names are part of tests
  }

  async create(name: ObjectName, body: ObjectBody, options: WriteOptions): Promise<CreateOutcome> {
    const bytes = await bytesOf(body);
    return await this.#run("create", name, options.signal, () => {
      if (this.#objects.has(name)) return { created: false };
      return { created: true, generation: this.#put(name, bytes, options) };
    });
  }

  async replace(...[name, body, options]: Parameters<ObjectReplacer["replace"]>) {
    return await this.#run("replace", name, options.signal, () => {
      if (this.#objects.get(name)?.facts.generation !== options.ifGeneration) return null;
      return this.#put(name, body.slice(), options);
    });
  }

  async stat(...[name, options]: Parameters<ObjectReader["stat"]>) {
    const facts = () => this.#objects.get(name)?.facts ?? null;
    return await this.#run("stat", name, options?.signal, facts);
  }

  async read(...[name, options]: Parameters<ObjectReader["read"]>) {
    return await this.#run("read", name, options?.signal, () => {
      return this.#find(name, options?.generation)?.bytes.slice() ?? null;
    });
  }

  async list(query: ListQuery): Promise<ListPage> {
    return await this.#run("list", query.prefix, query.signal, () => this.#listed.page(query));
  }

  async remove(...[name, options]: Parameters<ObjectRemover["remove"]>) {
    return await this.#run("remove", name, options.signal, () => {
      if (this.#find(name, options.generation) === undefined) return false;
      return this.#objects.delete(name);
    });
  }

  async removeMany(
    ...[objects, options]: Parameters<BatchRemover["removeMany"]>
  ): ReturnType<BatchRemover["removeMany"]> {
    const outcomes: RemoveOutcome[] = [];
    for (const { name, generation } of objects) {
      const removing = this.remove(name, { ...options, generation }).then((isRemoved) =>
        isRemoved ? "removed" : this.#objects.has(name) ? "replaced" : "absent"
      );
      outcomes.push(
        await removing.catch((error) => {
          if (!isAppError(error)) throw error;
          return error;
        }),
      );
    }
    return outcomes;
  }

  async #run<Answer>(
    operation: StoreOperation,
    name: string,
    signal: AbortSignal | undefined,
    act: () => Answer,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    await this.#options.before?.(operation, name);
    const answer = act();
    await this.#options.after?.(operation, name);
    return answer;
  }

  #find(name: string, generation: Generation | undefined): Held | undefined {
    const held = this.#objects.get(name);
    return generation === undefined || held?.facts.generation === generation ? held : undefined;
  }

  #put(name: ObjectName, bytes: Uint8Array<ArrayBuffer>, options: WriteOptions): Generation {
    const { generationsBefore = 0, countsByName = false } = this.#options;
    const counted = countsByName ? name : "";
    const count = (this.#generations.get(counted) ?? 0) + 1;
    this.#generations.set(counted, count);
    const generation = String(FIRST_GENERATION + generationsBefore + count);
    const facts: ObjectFacts = {
      name,
      generation,
      size: bytes.length,
      contentType: options.contentType,
      customTimeMs: options.customTimeMs,
      createdMs: (this.#options.clock ?? Date).now(),
      // Summed only for who asks, as a table in JavaScript is slow.
      get crc32c() {
        return portableHashing.crc32c(bytes);
      },
      metadata: { ...options.metadata },
    };
    if (!this.#objects.has(name)) this.#listed.sortAgain();
    this.#objects.set(name, { facts, bytes });
    return generation;
  }
}

async function bytesOf(body: ObjectBody): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return body.slice();
  return new Uint8Array(await new Response(body).arrayBuffer());
}
