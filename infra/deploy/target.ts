import { existsSync, readFileSync } from "node:fs";

/** Where a deployment goes. */
export interface Target {
  readonly environment: string;
  readonly project: string;
  readonly projectNumber: string;
  readonly region: string;
  readonly prefix: string;
  /** Where Terraform's state lies: in two regions, where the buckets do. */
  readonly stateLocation: string;
  /** The processor's service. */
  readonly service: string;
  /** The keeper's service. */
  readonly keeper: string;
  /** The worker's name in wrangler.toml. */
  readonly worker: string;
  /** The company's own pipeline, a module of this project or the folder of a package; empty for the default one. */
  readonly pipeline: string;
  readonly registry: string;
  readonly commit: string;
  /** Tag of the images: the version, name and version of the pipeline's package, and the commit. */
  readonly version: string;
  readonly edgeUrl: string;
}

const ROOT = new URL("../../", import.meta.url);
/** Of variables.tf. */
const DEFAULTS: Readonly<Record<string, string>> = {
  prefix: "tintype",
  region: "europe-west4",
  bucket_location: "EUR4",
};

/** The target that an environment's variables describe; throws Error where a variable is missing. */
export function readTarget(
  environment: string,
  { edgeUrl, commit }: { readonly edgeUrl: string; readonly commit: string },
): Target {
  const file = `infra/terraform/${environment}.tfvars`;
  const text = readFileSync(new URL(file, ROOT), "utf8");
  const value = (name: string) => {
    const found = new RegExp(`^${name}\\s*=\\s*"([^"]*)"`, "m").exec(text)?.[1] ?? DEFAULTS[name];
    if (found === undefined) throw new Error(`Cannot deploy as ${file} does not set ${name}`);
    return found;
  };
  const [project, region, prefix] = [value("project_id"), value("region"), value("prefix")];
  const { version } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8"));
  const pipeline = /\bpipeline\s*=\s*"([^"]*)"/.exec(text)?.[1] ?? "";
  return {
    environment,
    project,
    projectNumber: value("project_number"),
    region,
    prefix,
    stateLocation: value("bucket_location"),
    service: `${prefix}-processor`,
    keeper: `${prefix}-keeper`,
    worker: environment === "production" ? "tintype-edge" : `tintype-edge-${environment}`,
    pipeline,
    registry: `${region}-docker.pkg.dev/${project}/${prefix}`,
    commit,
    version: `${version}${pipelineTag(pipeline, file)}-${commit}`,
    edgeUrl,
  };
}

/** Whether a pipeline is a package of its own, which the image is built with. */
export function isPackage(pipeline: string): boolean {
  return pipeline !== "" && !pipeline.endsWith(".ts");
}

/** What a pipeline's package adds to the images' tag: another version of it is another image. Throws Error for none. */
export function pipelineTag(pipeline: string, file: string): string {
  if (!isPackage(pipeline)) return "";
  if (!/^[\w./@-]+$/.test(pipeline)) {
    throw new Error(
      `Cannot deploy: the pipeline of ${file} must be a path of letters, digits and ./@_-`,
    );
  }
  const path = new URL(`${pipeline}/package.json`, ROOT);
  if (!existsSync(path)) {
    throw new Error(`Cannot deploy: the pipeline of ${file}, ${pipeline}, has no package.json`);
  }
  const { name, version } = JSON.parse(readFileSync(path, "utf8"));
  return `-${`${name}-${version}`.replaceAll(/[^A-Za-z0-9_.-]+/g, ".").replace(/^\.+/, "")}`;
}

/** The flag by which wrangler takes the target's worker: production is the file's top level. */
export function wranglerEnv({ environment }: Target): string {
  return environment === "production" ? '--env=""' : `--env ${environment}`;
}
