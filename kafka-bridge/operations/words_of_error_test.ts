import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOfError } from "./words_of_error.ts";

/** As the client library throws it: the last look's error behind the end of the retries. */
function failed(message: string, marks: { name?: string; code?: string; type?: string }): Error {
  return new Error(message, { cause: Object.assign(new Error(message), marks) });
}

const MARKS:
  readonly (readonly [RegExp, string, { name?: string; code?: string; type?: string }])[] = [
    [/wants a client certificate .*KAFKA_TLS_CERT and KAFKA_TLS_KEY/, "SSL alert number 42\n", {
      code: "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE",
    }],
    [/wants a client certificate/, "SSL alert number 116\n", {
      code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }],
    [/wants a client certificate/, "SSL alert number 46\n", {
      code: "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN",
    }],
    [/no authority that is known here: look at KAFKA_TLS_CA/, "unable to verify", {
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    }],
    [/look at KAFKA_TLS_CA/, "self-signed certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }],
    [/another host: look at KAFKA_BROKERS/, "altnames", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }],
    [/not valid today/, "certificate has expired", { code: "CERT_HAS_EXPIRED" }],
    [/wants KAFKA_TLS/, "Closed connection", { name: "KafkaJSConnectionClosedError" }],
    [/KAFKA_SASL_MECHANISM/, "not valid in this state", { type: "ILLEGAL_SASL_STATE" }],
  ];

for (const [advice, message, marks] of MARKS) {
  test(`wordsOfError() says which variable is behind ${Object.values(marks)[0]}`, () => {
    const words = wordsOfError(failed(message, marks));
    assert.match(words, advice);
    assert.match(words, /^Cannot talk to Kafka as [^\n]+\)$/);
    assert.ok(words.endsWith(`(${message.trim()})`), words);
  });
}

test("wordsOfError() says what each error says once, and gives no advice on others", () => {
  const words = wordsOfError(
    new Error("Cannot start", {
      cause: new Error("connect ECONNREFUSED", { cause: new Error("Cannot start") }),
    }),
  );
  assert.equal(words, "Cannot start: connect ECONNREFUSED");
  assert.equal(wordsOfError("a text"), "a text");
});
