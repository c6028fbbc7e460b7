import { billOf } from "./bill.ts";

/** What a million images may cost. */
export interface Aim {
  readonly name: string;
  readonly target: number;
  /** Dollars for a million images, as billed. */
  readonly usd: number;
  readonly isMet: boolean;
}

const TARGETS = [
  { name: "usd_per_million_at_1e6", imagesPerDay: 1e6, hasCdn: false, target: 165 },
  { name: "usd_per_million_at_1e8", imagesPerDay: 1e8, hasCdn: false, target: 155 },
  { name: "usd_per_million_at_1e6_with_cdn", imagesPerDay: 1e6, hasCdn: true, target: 165 },
  { name: "usd_per_million_at_1e8_with_cdn", imagesPerDay: 1e8, hasCdn: true, target: 145 },
] as const;

/** The aims of the economical profile. */
export function aims(): Aim[] {
  return TARGETS.map(({ name, target, imagesPerDay, hasCdn }) => {
    const usd = billOf(imagesPerDay, "economical", { hasCdn }).usdPerMillion;
    return { name, target, usd, isMet: usd <= target };
  });
}
