import { BigQuery } from "@google-cloud/bigquery";
import { PassThroughClient } from "google-auth-library";
import { sendByFetch } from "./_fetch_transport.ts";

/** Where the warehouse is. */
export interface BigQueryClientOptions {
  readonly projectId: string;
  /** A stand-in's address without a path, asked without credentials; BigQuery itself where none is given. */
  readonly endpoint?: string | undefined;
}

/** A client of BigQuery, or of its stand-in. */
export function createBigQueryClient({ projectId, endpoint }: BigQueryClientOptions): BigQuery {
  const client = new BigQuery(
    endpoint === undefined ? { projectId } : {
      projectId,
      apiEndpoint: endpoint,
      // The client looks for credentials for any address that is not its own emulator variable's.
      authClient: new PassThroughClient(),
    },
  );
  sendByFetch(client);
  return client;
}
