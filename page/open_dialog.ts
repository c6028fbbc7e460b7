import type { GuestLink } from "./session/guest.ts";

/** Which dialog is open, and over which pictures. */
export type OpenDialog =
  | { readonly kind: "none" }
  | { readonly kind: "image"; readonly imageId: string }
  | { readonly kind: "erase"; readonly imageIds: readonly string[]; readonly from?: string }
  | { readonly kind: "sign-out" }
  | { readonly kind: "guest-link"; readonly link?: GuestLink | "busy" | "failed" };
