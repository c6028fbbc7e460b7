import { FIGURES } from "./facts.ts";
import type { Scenario, Source } from "./simulate.ts";

/** Images of the day that is simulated. */
export const SIMULATED_IMAGES_PER_DAY = 1_000_000;

const MEAN_PER_S = SIMULATED_IMAGES_PER_DAY / 86_400;
const HOUR_S = 3600;
const SEED = 20_261_121;

/** A day of one time zone: least at five in the morning, three times the mean at eight in the evening. */
function dailyCurve(second: number): number {
  const hour = second / HOUR_S;
  const evening = Math.exp(-(((hour - 20) / 3) ** 2));
  const day = Math.exp(-(((hour - 13) / 4.5) ** 2));
  return MEAN_PER_S * (0.12 + 2.55 * evening + 0.95 * day);
}

/** Two hundred tenants: none has 10 % of the images, the largest ten have a quarter. */
const TENANTS = Array.from({ length: 200 }, (_, at) => `tenant-${at}`);
const everybody = (ratePerS: Source["ratePerS"]): Source => ({
  ratePerS,
  tenants: TENANTS,
  weightOf: (at) => 1 / (at + 10),
});
const during = (second: number, fromHour: number, minutes: number) =>
  second >= fromHour * HOUR_S && second < fromHour * HOUR_S + minutes * 60;

/** The three days that docs/cost.md shows. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "daily", title: "A day's curve", sources: [everybody(dailyCurve)], seed: SEED },
  {
    name: "burst",
    title: "A ten-fold burst from 20:00 to 20:30",
    sources: [everybody((second) => dailyCurve(second) * (during(second, 20, 30) ? 10 : 1))],
    seed: SEED + 1,
  },
  {
    name: "poison",
    title: "A poisoned tenant's quota from 12:00 to 12:10",
    sources: [everybody(dailyCurve), {
      ratePerS: (second) => during(second, 12, 10) ? FIGURES.tenantImagesPerDay / 600 : 0,
      tenants: ["poison"],
      isPoison: true,
    }],
    seed: SEED + 2,
  },
];
