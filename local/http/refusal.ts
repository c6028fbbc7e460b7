/** Why a request is refused before a service looks at it; each emulator renders a kind in its own service's form. */
export type RefusalKind = "not_emulated" | "invalid" | "malformed" | "too_large";

/** A request that asks for a thing that its emulator does not have, or that cannot be read. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The refusal (501) of a thing that the real service may have, by its name. */
export function notEmulated(what: string): Refusal {
  return new Refusal("not_emulated", `The emulator does not have ${what}`);
}
