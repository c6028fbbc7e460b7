import { BigQuery } from "@google-cloud/bigquery";
import { PassThroughClient } from "google-auth-library";

/** Where the warehouse is. */
export interface BigQueryClientOptions {
  readonly projectId: string;
  /** A stand-in's address without a path, asked without credentials; BigQuery itself where none is given. */
  readonly endpoint?: string | undefined;
}

const MAX_RETRIES = 2;

/** A client of BigQuery, or of its stand-in. */
export function createBigQueryClient({ projectId, endpoint }: BigQueryClientOptions): BigQuery {
  if (endpoint === undefined) return new BigQuery({ projectId, maxRetries: MAX_RETRIES });
  return new BigQuery({
    projectId,
    maxRetries: MAX_RETRIES,
    apiEndpoint: endpoint,
    // The client looks for credentials for any address that is not its own emulator variable's.
    authClient: new PassThroughClient(),
  });
}
