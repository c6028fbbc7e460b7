import { readFileSync } from "node:fs";
import { parse } from "smol-toml";

/** A worker, and what surrounds it. */
export interface WorkerdSetup {
  /** The bundled worker. */
  readonly script: string;
  /** Its variables and secrets. */
  readonly vars: Readonly<Record<string, string>>;
  /** Requests a minute of one key, by the binding's name; any number where one is left out. */
  readonly limits?: Readonly<Record<string, number>>;
  /** The folder of the page's files; there are none where it is left out. */
  readonly page?: string;
  /** A free one where it is left out. */
  readonly port?: number;
  /** Where `GET /cdn-cgi/local/scheduled` runs the cron trigger; nowhere where it is left out. */
  readonly triggersPort?: number;
}

/** What `wrangler.toml` says of production. */
interface WranglerFile {
  readonly compatibility_date: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly build: { readonly command: string };
  readonly assets: { readonly directory: string; readonly binding: string };
  readonly ratelimits: readonly { readonly name: string; readonly simple: { limit: number } }[];
  readonly analytics_engine_datasets: readonly { readonly binding: string }[];
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[];
  };
}

/** `wrangler.toml`. */
export const WRANGLER = parse(
  readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8"),
) as unknown as WranglerFile; // `bundle_test.ts` has wrangler itself check it

/** Counts by key, and anew with each minute of the clock, as the binding does. */
const LIMITER = `export default ({ limit }) => {
  let counts = new Map(), counted = 0;
  return {
    async limit({ key }) {
      const minute = Math.floor(Date.now() / 60000);
      if (minute !== counted) [counts, counted] = [new Map(), minute];
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: counts.get(key) <= limit };
    },
  };
};`;
/** Nothing here reads what Analytics Engine would keep. */
const DATASET = "export default () => ({ writeDataPoint() {} });";
/** Static assets as far as the worker asks for them: a path without an extension is that of an HTML file. */
const PAGE = `const TYPES = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};
export default {
  async fetch(request, { FILES }) {
    const { pathname } = new URL(request.url);
    const path = pathname === "/" ? "/index.html" : pathname;
    const [, extension] = /\\.(\\w+)$/.exec(path) ?? [];
    const file = await FILES.fetch("http://files" + (extension ? path : path + ".html"));
    const type = TYPES[extension] ?? "application/octet-stream";
    return new Response(file.body, { status: file.status, headers: { "Content-Type": type } });
  },
};`;
const TRIGGERS = `export default {
  async fetch(request, { WORKER }) {
    const { pathname } = new URL(request.url);
    if (pathname !== "/cdn-cgi/local/scheduled") return new Response(null, { status: 404 });
    const { outcome } = await WORKER.scheduled({ scheduledTime: new Date() });
    return new Response(outcome, { status: outcome === "ok" ? 200 : 500 });
  },
};`;

/** The configuration of `workerd serve` in Cap'n Proto's text; it embeds `worker.js` and keeps objects below `objects`. */
export function workerdConfig({ script, page, port = 0, triggersPort, ...setup }: WorkerdSetup) {
  const { assets, durable_objects: objects } = WRANGLER;
  // Scripts of measurements and of documents have no classes.
  const classes = objects.bindings.filter((each) => script.includes(each.class_name));
  const services = [
    '(name = "worker", worker = .worker)',
    '(name = "internet", network = (allow = ["public", "private"]))',
    '(name = "objects", disk = (path = "objects", writable = true))',
  ];
  const sockets: string[] = [];
  if (page !== undefined) {
    services.push(
      `(name = "files", disk = (path = ${quote(page)}))`,
      helper("page", PAGE, '(name = "FILES", service = "files")'),
    );
  }
  if (triggersPort !== undefined) {
    services.push(helper("triggers", TRIGGERS, '(name = "WORKER", service = "worker")'));
    sockets.push(socket("triggers", triggersPort, "triggers"));
  }
  sockets.push(socket("http", port, "worker"));
  const bindings = [
    ...Object.entries(setup.vars).map(([name, text]) => binding(name, `text = ${quote(text)}`)),
    ...WRANGLER.ratelimits.map(({ name }) => {
      const limit = setup.limits?.[name] ?? Number.MAX_SAFE_INTEGER;
      const inner = `innerBindings = [(name = "limit", json = "${limit}")]`;
      return binding(name, `wrapped = (moduleName = "local:limiter", ${inner})`);
    }),
    ...WRANGLER.analytics_engine_datasets.map((each) =>
      binding(each.binding, 'wrapped = (moduleName = "local:dataset")')
    ),
    ...classes.map((each) => binding(each.name, `durableObjectNamespace = "${each.class_name}"`)),
    binding(assets.binding, `service = "${page === undefined ? "internet" : "page"}"`),
  ];
  const namespaces = classes.map(({ class_name: name }) =>
    `(className = "${name}", uniqueKey = "${name}", enableSql = true)`
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join()}],
  sockets = [${sockets.join()}],
  extensions = [(modules = [${extension("limiter", LIMITER)}, ${extension("dataset", DATASET)}])],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${WRANGLER.compatibility_date}",
  bindings = [${bindings.join()}],
  durableObjectNamespaces = [${namespaces.join()}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

const quote = (text: string) => JSON.stringify(text);
const binding = (name: string, value: string) => `(name = "${name}", ${value})`;
const socket = (name: string, port: number, service: string) =>
  `(name = "${name}", address = "127.0.0.1:${port}", http = (), service = "${service}")`;
const extension = (name: string, code: string) =>
  `(name = "local:${name}", internal = true, esModule = ${quote(code)})`;

/** A service of one module. */
function helper(name: string, code: string, bindings: string): string {
  return `(name = "${name}", worker = (
    modules = [(name = "${name}", esModule = ${quote(code)})],
    compatibilityDate = "${WRANGLER.compatibility_date}",
    compatibilityFlags = ["service_binding_extra_handlers"],
    bindings = [${bindings}],
  ))`;
}
