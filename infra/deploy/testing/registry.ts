/** A registry with immutable tags, and the builders that push to it. */
import { Refusal } from "./cloud_state.ts";
import type { Play } from "./fake_call.ts";

const PROVENANCE = "https://mobyproject.org/buildkit@v1#metadata";

/** The digest of a tag, ours or a base image's, or what an image of ours says of its making. */
const inspectImage: Play = (state, { words: [image = ""], flags: { format = "" } }) => {
  const { registry, denied } = state;
  if (format === "{{.Manifest.Digest}}") {
    if (!image.includes("-docker.pkg.dev/")) return `sha256:${"b".repeat(64)}`;
    if (denied.includes("artifactregistry.repositories.downloadArtifacts")) {
      throw new Refusal("failed to authorize: 403 Forbidden: PERMISSION_DENIED");
    }
    const found = registry.tags[image];
    if (found !== undefined) return found;
    throw new Refusal(`${image}: not found`);
  }
  const digest = image.split("@")[1] ?? "";
  const tag = Object.keys(registry.tags).find((each) => registry.tags[each] === digest);
  const revision = tag?.split("-").at(-1);
  const materials = [{ uri: "pkg:docker/node@24", digest: { sha256: "b".repeat(64) } }];
  const metadata = { [PROVENANCE]: { vcs: { revision } } };
  return JSON.stringify([{ SLSA: { materials, metadata } }, { SPDX: { packages: [{}] } }]);
};

/** Each build has another digest; Docker's own builder cannot attest. */
const build: Play = ({ registry }, { flags }) => {
  const { builder = "default", tag = "" } = flags;
  if (!registry.builders.includes(builder)) throw new Refusal(`no builder "${builder}" found`);
  if (builder === "default") {
    throw new Refusal("Attestation is not supported for the docker driver.");
  }
  if (registry.tags[tag] !== undefined) {
    throw new Refusal(`cannot update tag ${tag}. The repository has enabled tag immutability`);
  }
  const number = Object.keys(registry.tags).length + 1;
  registry.tags[tag] = `sha256:${String(number).padStart(64, "0")}`;
  return "";
};

/** Docker's commands. */
export const DOCKER: Readonly<Record<string, readonly [string, Play]>> = {
  "docker buildx imagetools inspect": ["format", inspectImage],
  "docker buildx inspect": ["", ({ registry: { builders } }, { words: [name = ""] }) => {
    if (builders.includes(name)) return name;
    throw new Refusal(`no builder "${name}" found`);
  }],
  "docker buildx create": ["name driver use?", ({ registry }, { flags: { name = "", driver } }) => {
    if (driver === "docker-container") registry.builders.push(name);
    return name;
  }],
  "docker buildx build": [
    "builder platform push? provenance sbom file build-arg build-context tag",
    build,
  ],
};
