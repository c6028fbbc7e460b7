/** Ten thousand tenants in one worker: what it reads, what a request costs, and what it remembers. */
import { forEachBounded } from "@tintype/core/concurrency";
import { startProgram } from "@tintype/core/testing/start_program";
import { JWKS, makeTokens } from "@tintype/edge/_tokens_fixture";
import { startWorkerd } from "@tintype/edge/workerd";
import { bundleWorker } from "@tintype/edge/bundle_worker";
import { useOf } from "../process_use.ts";
import { type Aim, atMost, type Suite, type SuiteContext, table } from "../suite.ts";
import { daySalts, ISSUER, varsOf } from "./edge.ts";

const TENANTS = 10_000;
const CONNECTIONS = 16;
/** As large as a tenant of some size has it. */
const TENANT = {
  allowedTypes: ["image/jpeg", "image/png", "image/webp", "image/heic"],
  maxBytes: 20_000_000,
  presets: { square: [{ name: "square", width: 400, height: 400, fit: "cover" }] },
  corsOrigins: ["https://shop.example", "https://www.shop.example"],
  kafkaTopics: { "shop.images": { defaultSubject: "shop" } },
};

/** One round of requests. */
interface Round {
  readonly name: string;
  readonly reads: number;
  readonly cpuMs: number;
  readonly rssMib: number;
}

/** Tenants in the worker. */
export const tenantsSuite: Suite = {
  name: "tenants",
  about: "10,000 tenants in one worker: reads of their objects, CPU of a request, memory",
  async run({ print }: SuiteContext): Promise<readonly Aim[]> {
    await using started = new AsyncDisposableStack();
    const documents = [JWKS, {}, { days: daySalts() }, {}, TENANT];
    const args = documents.map((each) => JSON.stringify(each));
    const cloud = startProgram(["bench/edge/instant_cloud.ts", ...args]);
    started.defer(async () => void await cloud.kill("SIGKILL"));
    const { url } = await cloud.line("listening");
    const worker = await startWorkerd({ script: await bundleWorker(), vars: varsOf(String(url)) });
    started.use(worker);
    const nowhere = `${worker.url}/v1/none`;
    const readsSoFar = async () => Number(await (await fetch(`${url}/reads`)).text());
    const round = async (name: string, tokens: readonly string[]): Promise<Round> => {
      const [reads, { cpuSeconds }] = [await readsSoFar(), useOf(worker.pid)];
      await forEachBounded(tokens, CONNECTIONS, async (token) => {
        // A page's request, whose origin its tenant's object must allow.
        const headers = { Authorization: `Bearer ${token}`, Origin: "https://shop.example" };
        const answer = await fetch(nowhere, { headers });
        await answer.arrayBuffer();
        const allowed = answer.headers.get("access-control-allow-origin");
        if (answer.status !== 404 || allowed === null) throw new Error(`${name}: ${answer.status}`);
      });
      const use = useOf(worker.pid);
      return {
        name,
        reads: await readsSoFar() - reads,
        cpuMs: 1_000 * (use.cpuSeconds - cpuSeconds) / tokens.length,
        rssMib: use.rssMib,
      };
    };
    const of = tokensOf();
    await round("warm", of("warm", () => "warm"));
    const rounds = [
      await round("one tenant", of("one", () => "one")),
      await round("10,000 tenants, first", of("first", (at) => `t${at}`)),
      await round("10,000 tenants, again", of("again", (at) => `t${at}`)),
    ];
    print(
      table(
        ["requests", "reads of the bucket", "CPU ms a request", "RSS MiB"],
        rounds.map((
          { name, reads, cpuMs, rssMib },
        ) => [name, reads, cpuMs.toFixed(2), rssMib.toFixed(0)]),
      ),
    );
    const [one, first, again] = rounds;
    if (one === undefined || first === undefined || again === undefined) return [];
    return [
      atMost(1.1, "reads_per_tenant", first.reads / TENANTS),
      atMost(1.2, "cpu_again_of_one", again.cpuMs / one.cpuMs),
      atMost(64, "mib_of_tenants", first.rssMib - one.rssMib),
    ];
  },
};

/** Tokens of 10,000 subjects, each of the tenant that `tenantOf` gives it. */
function tokensOf() {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const { signed } = makeTokens({ issuer: ISSUER, tenantClaim: "tenant", nowSeconds });
  const claims = { scope: "images:read", exp: nowSeconds + 7_200 };
  return (subject: string, tenantOf: (at: number) => string) =>
    Array.from(
      { length: TENANTS },
      (_, at) => signed({ ...claims, tenant: tenantOf(at), sub: `${subject}-${at}` }),
    );
}
