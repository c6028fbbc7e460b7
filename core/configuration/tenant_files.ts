/** The objects of `tenants/` in the configuration bucket, and the two that are generated from all others. */
import * as z from "zod";
import { AppError } from "../errors.ts";
import type { ObjectName } from "../model/object_name.ts";
import { isTenant, type Tenant } from "../model/tenant.ts";
import {
  parseTenantDocument,
  type TenantDocument,
  type TopicPlan,
  topicSchema,
} from "../model/tenant_plan.ts";

/** The default that holds for every tenant whose own object says nothing else. */
export const DEFAULT_TENANT = "_default";
/** Generated: the origins that any tenant allows. */
export const ORIGINS = "_origins";
/** Generated: whose each Kafka topic is. */
export const TOPICS = "_topics";

const originsSchema = z.strictObject({ origins: z.array(z.string()) });
const topicsSchema = z.strictObject({
  topics: z.record(
    z.string(),
    topicSchema.extend({
      tenant: z.custom<Tenant>((value) => typeof value === "string" && isTenant(value)),
    }),
  ),
});

/** Where the tenants' objects lie in the configuration bucket. */
export const TENANT_FOLDER = "tenants/";

/** `tenants/{name}.json`: of a tenant, of the default, or a generated one. */
export function tenantFile(name: string): ObjectName {
  return `${TENANT_FOLDER}${name}.json` as ObjectName; // a name of the configuration bucket, made here only
}

/** Objects by tenant's name (or `_default`), read and checked, with what follows from all of them. */
export interface TenantFiles {
  readonly documents: ReadonlyMap<string, TenantDocument>;
  /** Bytes of the generated objects, by name. */
  readonly generated: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * Checks a set of tenants' objects together: each name and each document, and that no two tenants have one Kafka topic.
 * Throws `invalid_config` with one error for each wrong field, by file.
 */
export function checkTenantFiles(files: ReadonlyMap<string, Uint8Array>): TenantFiles {
  const documents = new Map<string, TenantDocument>();
  const errors: { path: string; message: string }[] = [];
  for (const [name, bytes] of files) {
    if (name !== DEFAULT_TENANT && !isTenant(name)) {
      errors.push({ path: `${name}.json`, message: "must be named after a tenant" });
      continue;
    }
    try {
      documents.set(name, parseTenantDocument(bytes));
    } catch (error) {
      errors.push(...fieldErrors(name, error));
    }
  }
  const topics = topicsOf(documents, errors);
  if (documents.get(DEFAULT_TENANT)?.webhooks !== undefined) {
    errors.push({ path: `${DEFAULT_TENANT}.json/webhooks`, message: "must belong to a tenant" });
  }
  if (errors.length > 0) {
    const list = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new AppError("invalid_config", `Cannot use the tenants' objects: ${list}`, { errors });
  }
  const origins = [...documents.values()].flatMap(({ corsOrigins = [] }) => corsOrigins);
  return {
    documents,
    generated: new Map([
      [ORIGINS, jsonBytes({ origins: [...new Set(origins)].sort() })],
      [TOPICS, jsonBytes({ topics })],
    ]),
  };
}

/** Reads the generated list of origins. */
export function parseOrigins(bytes: Uint8Array | null): readonly string[] {
  return bytes === null ? [] : parseGenerated(originsSchema, bytes).origins;
}

/** Reads the generated table of topics. */
export function parseTopics(bytes: Uint8Array | null): ReadonlyMap<string, TopicPlan> {
  if (bytes === null) return new Map();
  const { topics } = parseGenerated(topicsSchema, bytes);
  return new Map(
    Object.entries(topics).map(([topic, { defaultSubject, ...plan }]) =>
      [topic, { ...plan, defaultSubject }] as const
    ),
  );
}

function topicsOf(
  documents: ReadonlyMap<string, TenantDocument>,
  errors: { path: string; message: string }[],
): Record<string, unknown> {
  const topics = new Map<string, { readonly tenant: string }>();
  for (const [tenant, { kafkaTopics = {} }] of documents) {
    for (const [topic, plan] of Object.entries(kafkaTopics)) {
      const path = `${tenant}.json/kafkaTopics.${topic}`;
      const other = topics.get(topic)?.tenant;
      if (tenant === DEFAULT_TENANT) errors.push({ path, message: "must belong to a tenant" });
      else if (other !== undefined) errors.push({ path, message: `belongs to ${other} already` });
      else topics.set(topic, { tenant, ...plan });
    }
  }
  return Object.fromEntries(topics);
}

function fieldErrors(name: string, error: unknown) {
  if (!(error instanceof AppError)) throw error;
  if (error.errors.length === 0) return [{ path: `${name}.json`, message: "must be JSON" }];
  return error.errors.map(({ path, message }) => ({ path: `${name}.json/${path}`, message }));
}

function parseGenerated<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const message = "Cannot read a generated object of the tenants: it is not of its schema";
    throw new AppError("invalid_config", message, { cause });
  }
}

function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(JSON.stringify(value, null, 2)));
}
