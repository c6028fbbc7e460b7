import { FIGURES, type Price, PRICES, type Profile } from "./facts.ts";
import { type Load, usageOf } from "./usage.ts";

/** One line of a month's bill. */
interface BillLine {
  readonly price: Price;
  /** In the price's units, a month. */
  readonly usage: number;
  readonly usd: number;
}

/** A month's bill. */
export interface Bill extends Load {
  readonly lines: readonly BillLine[];
  /** Part of the system → dollars a month. */
  readonly parts: ReadonlyMap<string, number>;
  readonly usd: number;
  /** Dollars for a million images. */
  readonly usdPerMillion: number;
}

/** Days of a month. */
export const MONTH_DAYS = 30;

/** The bill of a month of 30 days at so many images a day, free tiers taken off. */
export function billOf(
  imagesPerDay: number,
  profile: Profile = "economical",
  {
    hasCdn = false,
    webhookShare = FIGURES.webhookShare,
    viewedBytes = FIGURES.viewedBytes,
    hasTwoForms = false,
  }: Partial<Omit<Load, "imagesPerDay" | "profile">> = {},
): Bill {
  const load = { imagesPerDay, profile, hasCdn, webhookShare, viewedBytes, hasTwoForms };
  const usages = usageOf(load);
  const lines = PRICES.map((price) => {
    const usage = usages[price.id];
    if (usage === undefined) throw new TypeError(`Cannot bill ${price.id}: nothing uses it`);
    return { price, usage, usd: usdOf(price, usage) };
  });
  const parts = new Map<string, number>();
  for (const { price, usd } of lines) parts.set(price.part, (parts.get(price.part) ?? 0) + usd);
  const usd = lines.reduce((sum, line) => sum + line.usd, 0);
  return { ...load, lines, parts, usd, usdPerMillion: usd / (imagesPerDay * MONTH_DAYS) * 1e6 };
}

/** What a month's usage costs; each tier's price holds from its beginning to the next one's. */
function usdOf({ tiers, per, free }: Price, usage: number): number {
  return tiers.reduce((sum, [from, usd], at) => {
    const end = Math.min(usage, tiers[at + 1]?.[0] ?? Infinity);
    return sum + Math.max(0, end - Math.max(from, free)) * usd / per;
  }, 0);
}
