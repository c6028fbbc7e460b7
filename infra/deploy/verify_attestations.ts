/** Verifies an image's provenance and bill of materials, as `docker buildx imagetools inspect` prints them. */
import { text } from "node:stream/consumers";
import { defineCommand } from "@tintype/cli/command";
import { matching } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { printedList } from "./printed_list.ts";

/** What is read of a provenance (SLSA 0.2, which buildx writes unless asked for 1). */
interface Provenance {
  readonly SLSA?: {
    readonly materials?: readonly {
      readonly uri: string;
      readonly digest?: { readonly sha256?: string };
    }[];
    readonly metadata?: {
      readonly "https://mobyproject.org/buildkit@v1#metadata"?: {
        readonly vcs?: { readonly revision?: string };
      };
    };
  };
}

/** What is read of a bill of materials (SPDX). */
interface Materials {
  readonly SPDX?: { readonly packages?: readonly unknown[] };
}

const VERIFY = defineCommand({
  name: "verify_attestations",
  program:
    "docker buildx imagetools inspect IMAGE --format '[{{json .Provenance}},{{json .SBOM}}]' | node infra/deploy/verify_attestations.ts",
  summary:
    "Verifies that an image was built of a commit, on bases by digest, and lists what is in it.",
  flags: {
    "commit SHA": {
      about: "the commit, or its beginning",
      parse: matching(/^[0-9a-z-]+$/, "be a commit"),
      required: true,
    },
  },
  exitCodes: { 1: "it was not, or does not say" },
});

await runMain(VERIFY, async ({ commit }) => {
  const [provenance, materials] = printedList(await text(process.stdin), "docker");
  // The command's own format, of which nothing is relied on but what is checked here.
  const faults = faultsOf(provenance as Provenance | null, materials as Materials | null, commit);
  if (faults.length > 0) throw new Error(`Cannot deploy this image: ${faults.join("; ")}`);
});

function faultsOf(
  provenance: Provenance | null,
  bill: Materials | null,
  commit: string,
): string[] {
  const { materials = [], metadata } = provenance?.SLSA ?? {};
  const revision = metadata?.["https://mobyproject.org/buildkit@v1#metadata"]?.vcs?.revision;
  const bases = materials.filter(({ uri }) => uri.startsWith("pkg:docker/"));
  const moving = bases.filter(({ digest }) => digest?.sha256 === undefined);
  return [
    ...revision?.startsWith(commit) === true && !revision.endsWith("-dirty")
      ? []
      : [`its provenance names the commit ${revision ?? "of nobody"}, not ${commit}`],
    ...bases.length === 0 ? ["its provenance names no base image"] : [],
    ...moving.map(({ uri }) => `${uri} has no digest`),
    ...(bill?.SPDX?.packages?.length ?? 0) > 0 ? [] : ["it has no bill of materials"],
  ];
}
