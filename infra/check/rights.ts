import table from "../terraform/modules/contract/rights.json" with { type: "json" };

/** What a verb stands for: on which kind of place, with which permissions of Google's. */
export interface Verb {
  readonly on: string;
  readonly title: string;
  readonly permissions: readonly string[];
}

/** Who may do what, and why. */
interface Identity {
  readonly kind: string;
  readonly title: string;
  readonly why: string;
  /** Verbs by place. */
  readonly rights: Readonly<Record<string, readonly string[]>>;
}

/** What workflows become: predefined roles on the project, and why. */
interface Workflow {
  readonly title: string;
  readonly why: string;
  readonly roles: readonly string[];
}

/** The one table of who may do what, as Terraform and the local storage read it. */
export const RIGHTS: {
  readonly verbs: Readonly<Record<string, Verb>>;
  readonly identities: Readonly<Record<string, Identity>>;
  readonly deployer: Workflow;
  readonly planner: Workflow;
} = table;

/** A right: which identity may do what where. */
interface Right {
  readonly identity: string;
  readonly place: string;
  readonly verb: string;
}

/** Every right of the table, one by one. */
export function allRights(): Right[] {
  return Object.entries(RIGHTS.identities).flatMap(([identity, { rights }]) =>
    Object.entries(rights).flatMap(([place, verbs]) =>
      verbs.map((verb) => ({ identity, place, verb }))
    )
  );
}
