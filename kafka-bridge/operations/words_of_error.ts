/** Marks of a connection that failed for what the environment says of it, and which variables to look at. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  // RFC 8446, 6.2: the alerts by which a server refuses a client's certificate, or that there is none.
  [
    /_ALERT_(?:BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_(?:REQUIRED|UNKNOWN|EXPIRED|REVOKED))\b/,
    "Kafka wants a client certificate that it trusts: look at KAFKA_TLS_CERT and KAFKA_TLS_KEY",
  ],
  [
    /\b(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|\w*SELF_SIGNED_CERT\w*)\b/,
    "the brokers' certificate is by no authority that is known here: look at KAFKA_TLS_CA",
  ],
  [
    /\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    "the brokers' certificate is for another host: look at KAFKA_BROKERS and advertised.listeners",
  ],
  [/\bCERT_(?:HAS_EXPIRED|NOT_YET_VALID)\b/, "the brokers' certificate is not valid today"],
  [
    /\bKafkaJSConnectionClosedError\b|\bERR_SSL_WRONG_VERSION_NUMBER\b|before secure TLS connection/,
    "the connection ended before Kafka answered: look whether its port wants KAFKA_TLS and KAFKA_SASL_MECHANISM",
  ],
  [
    /\bILLEGAL_SASL_STATE\b/,
    "Kafka takes no user and password at this port: look at KAFKA_SASL_MECHANISM",
  ],
];

/**
 * What an error and those behind it say, in one line. Where a connection to Kafka failed for what the environment says
 * of it, the variables to look at come first.
 */
export function wordsOfError(error: unknown): string {
  const words: string[] = [];
  let advice: string | undefined;
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    advice ??= adviceOn(at);
    const text = (at instanceof Error ? at.message : String(at)).replaceAll(/\s+/g, " ").trim();
    if (!words.includes(text)) words.push(text);
  }
  const said = words.join(": ");
  return advice === undefined ? said : `Cannot talk to Kafka as ${advice} (${said})`;
}

function adviceOn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? error.code : "";
  const type = "type" in error ? error.type : "";
  const marks = `${error.name} ${code} ${type} ${error.message}`;
  return ADVICE.find(([mark]) => mark.test(marks))?.[1];
}
