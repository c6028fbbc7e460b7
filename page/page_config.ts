import type { ServerClock } from "@tintype/client/server_clock";

/** Signing in by the development issuer, which gives a token to whoever asks. */
export interface DevelopmentSignIn {
  readonly type: "development";
  readonly tokenUrl: string;
  readonly tenant: string;
}

/** Signing in by OpenID Connect's authorization-code flow with PKCE. */
export interface OidcSignIn {
  readonly type: "oidc";
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** Sent as `audience` where the issuer asks for it. */
  readonly audience?: string;
}

/** A media type that is taken: its name, as people call it, and what file names end in, without the dot. */
export interface PictureType {
  readonly type: string;
  readonly label: string;
  readonly extensions: readonly string[];
}

/** What `/config.json` says: the edge makes it (edge/page_settings.ts). */
export interface PageConfig {
  /** Null where nobody can sign in here. */
  readonly signIn: DevelopmentSignIn | OidcSignIn | null;
  /** How long a picture is kept, in milliseconds. */
  readonly periodMs: number;
  /** The media types that are taken. */
  readonly types: readonly PictureType[];
}

/** Reads the page's configuration and notes the server's time; throws Error where the edge does not give it. */
export async function readPageConfig(clock: ServerClock): Promise<PageConfig> {
  const response = await fetch("/config.json");
  if (!response.ok) throw new Error(`Cannot read /config.json: status is ${response.status}`);
  clock.note(response.headers.get("date"));
  return await response.json() as PageConfig; // of the same build as this page
}
