/** What the rows say of one revision of the processor. */
export interface RevisionFigures {
  readonly images: number;
  /** Images whose newest row is `failed`: the processor's own fault. */
  readonly failed: number;
  /** 95th percentile of `total_ms`. */
  readonly p95Ms: number;
}

/** How a canary is judged. */
export interface Verdict {
  readonly kind: "good" | "bad" | "too_few";
  readonly why: string;
}

/** Fewer images than this say nothing. */
export const ENOUGH_IMAGES = 50;
/** Above the stable revision's share of failures by so much is bad. */
const FAILED_MARGIN = 0.01;
/** Slower than the stable revision by so much is bad. */
const SLOWER = 1.25;

/** Whether a new revision may take all traffic, from its rows and those of the stable one in the same minutes. */
export function judgeCanary(newest: RevisionFigures, stable: RevisionFigures): Verdict {
  if (newest.images < ENOUGH_IMAGES) {
    return { kind: "too_few", why: `${newest.images} images, of ${ENOUGH_IMAGES} that are needed` };
  }
  const share = ({ failed, images }: RevisionFigures) => images === 0 ? 0 : failed / images;
  const [now, before] = [share(newest), share(stable)];
  if (now > before + FAILED_MARGIN) {
    return {
      kind: "bad",
      why: `fails ${percent(now)} of its images, before it was ${percent(before)}`,
    };
  }
  if (stable.images >= ENOUGH_IMAGES && newest.p95Ms > stable.p95Ms * SLOWER) {
    return {
      kind: "bad",
      why: `takes ${newest.p95Ms} ms at the 95th percentile, before it was ${stable.p95Ms} ms`,
    };
  }
  return {
    kind: "good",
    why: `fails ${
      percent(now)
    } of ${newest.images} images, ${newest.p95Ms} ms at the 95th percentile`,
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** BigQuery's SQL for the figures of both revisions since a time: `revision`, `images`, `failed`, `p95_ms`. */
export function figuresSql(revisions: readonly string[], sinceIso: string): string {
  const names = revisions.map((revision) => `'${revision}'`).join(", ");
  return [
    "SELECT SPLIT(processor_version, '+')[SAFE_OFFSET(1)] AS revision, COUNT(*) AS images,",
    "COUNTIF(status = 'failed') AS failed, APPROX_QUANTILES(total_ms, 100)[OFFSET(95)] AS p95_ms",
    `FROM tintype.images WHERE processed_at >= TIMESTAMP '${sinceIso}' AND status IN ('ready', 'rejected', 'failed')`,
    `AND SPLIT(processor_version, '+')[SAFE_OFFSET(1)] IN (${names}) GROUP BY revision`,
  ].join(" ");
}
