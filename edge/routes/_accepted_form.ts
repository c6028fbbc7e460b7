import { parseAccept } from "hono/utils/accept";
import type { ManifestRendition } from "@tintype/core/model/manifest";

/**
 * One form of each rendition, in their order: the first is the one that every reader shows; another one is chosen where
 * `Accept` (RFC 9110, section 12.5.1) names its very type and does not prefer the first. A wildcard chooses none, as clients that
 * never thought of pictures send it.
 */
export function acceptedForms(
  renditions: readonly ManifestRendition[],
  accept: string | undefined,
): readonly ManifestRendition[] {
  const ranges = parseAccept(accept ?? "");
  const weightOf = (names: readonly string[]) =>
    ranges.find(({ type }) => names.includes(type.toLowerCase()))?.q ?? 0;
  const byName = Map.groupBy(renditions, ({ name }) => name);
  return [...byName.values()].map((forms) => {
    const [first, ...others] = forms as [ManifestRendition, ...ManifestRendition[]]; // a group has one at least
    const least = weightOf([first.contentType]) || weightOf(["image/*"]) || weightOf(["*/*"]);
    return others.find(({ contentType }) => {
      const weight = weightOf([contentType]);
      return weight > 0 && weight >= least;
    }) ?? first;
  });
}
