/** What is known of one revision of the processor since the rollout began. */
export interface RevisionFigures {
  /** Images by what became of them: `ready`, `failed`, or the reason of a rejection. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of the images that are ready, in milliseconds. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Deliveries, and those that were refused with 5xx. */
  readonly requests: number;
  readonly refused: number;
}

/** Nothing is known of a revision that no image has reached. */
export const NO_FIGURES: RevisionFigures = {
  outcomes: {},
  p50Ms: 0,
  p95Ms: 0,
  requests: 0,
  refused: 0,
};

/** Above the stable revision's share by so much is bad: faults of ours, and rejections, which customers cause too. */
const MARGINS = { refused: 0.02, failed: 0.01, rejected: 0.05 } as const;
/** So many deliveries say something. */
const ENOUGH = 20;
/** Slower than the stable revision by so much is bad; of few images the median says more than the end. */
const SLOWER = { few: 1.5, many: 1.25 } as const;
const MANY = 200;

/** Images of a revision. */
export function imagesOf({ outcomes }: RevisionFigures): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

/** What is wrong with a new revision beside the stable one; undefined where nothing is, or where too little is known. */
export function faultOf(newest: RevisionFigures, stable: RevisionFigures): string | undefined {
  const refused = ({ refused, requests }: RevisionFigures) => shareOf(refused, requests);
  if (newest.requests >= ENOUGH && refused(newest) > refused(stable) + MARGINS.refused) {
    return `refuses ${percent(refused(newest))} of its deliveries with 5xx, the stable one ${
      percent(refused(stable))
    }`;
  }
  if (imagesOf(newest) < ENOUGH) return undefined;
  for (const outcome of Object.keys(newest.outcomes)) {
    if (outcome === "ready") continue;
    const [now, before] = [newest, stable].map((figures) =>
      shareOf(figures.outcomes[outcome] ?? 0, imagesOf(figures))
    );
    const margin = outcome === "failed" ? MARGINS.failed : MARGINS.rejected;
    if (now === undefined || before === undefined || now <= before + margin) continue;
    return `ends ${percent(now)} of its images as ${outcome}, the stable one ${percent(before)}`;
  }
  return slowness(newest, stable);
}

function slowness(newest: RevisionFigures, stable: RevisionFigures): string | undefined {
  if (imagesOf(stable) < ENOUGH) return undefined;
  const isMany = Math.min(imagesOf(newest), imagesOf(stable)) >= MANY;
  const [name, now, before, times] = isMany
    ? ["95th percentile", newest.p95Ms, stable.p95Ms, SLOWER.many] as const
    : ["median", newest.p50Ms, stable.p50Ms, SLOWER.few] as const;
  if (now <= before * times) return undefined;
  return `takes ${now} ms at the ${name}, the stable one ${before} ms`;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
