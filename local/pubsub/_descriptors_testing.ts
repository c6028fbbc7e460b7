import protos from "@google-cloud/pubsub/build/protos/protos.json" with { type: "json" };
import protobuf from "protobufjs";

/** Pub/Sub's own descriptors, as Google's Node client brings them. */
const root = protobuf.Root.fromJSON(protos as protobuf.INamespace); // written by protobufjs itself
const SERVICES = ["Publisher", "Subscriber"].map((name) =>
  root.lookupService(`google.pubsub.v1.${name}`)
);

/** A request of the REST API. */
export interface RestRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The JSON that is sent; undefined for none. */
  readonly body?: unknown;
}

/** What a request and the response to it break of the descriptors, a line each; `google.api.http` maps the paths. */
export function problemsOf({ method, path, body }: RestRequest, response?: unknown): string[] {
  const [pathname = "", search = ""] = path.split("?");
  const rpc = SERVICES.flatMap(({ methodsArray }) => methodsArray)
    .find((each) => ruleOf(each)?.method === method && ruleOf(each)?.pattern.test(pathname));
  if (rpc === undefined) return [`no rpc is ${method} ${pathname}`];
  rpc.resolve();
  const { resolvedRequestType: request, resolvedResponseType, requestType, responseType } = rpc;
  const query = Object.fromEntries(new URLSearchParams(search));
  return [
    ...Object.keys(query).filter((name) => !name.endsWith("alt") && !request?.fields[name])
      .map((name) => `${rpc.name} has no query parameter ${name}`),
    ...body === undefined ? [] : jsonProblems(request, body, requestType),
    ...response === undefined ? [] : jsonProblems(resolvedResponseType, response, responseType),
  ];
}

function ruleOf({ parsedOptions }: protobuf.Method) {
  const options: Record<string, unknown>[] = Object(parsedOptions ?? []);
  const rule = options.map((option) => option["(google.api.http)"]).find((each) => each);
  for (const [verb, path] of Object.entries(Object(rule))) {
    if (!["get", "put", "post", "patch", "delete"].includes(verb)) continue;
    // `{name=projects/*/topics/*}` is a path in which each star is one segment.
    const text = String(path).replaceAll(/\{[\w.]+=([^}]*)\}/g, "$1").replaceAll("*", "[^/:]+");
    return { method: verb.toUpperCase(), pattern: new RegExp(`^${text}$`) };
  }
  return undefined;
}

/** Checks JSON against a message (https://protobuf.dev/programming-guides/json/). */
function jsonProblems(type: protobuf.Type | null, json: unknown, path: string): string[] {
  if (type === null) return [`${path}: unknown type`];
  if (typeof json !== "object" || json === null) return [`${path}: ${json} is no message`];
  return Object.entries(json).flatMap(([name, value]) => {
    const field = type.fields[name];
    const at = `${path}.${name}`;
    if (field === undefined) return [`${at} does not exist`];
    const one = (item: unknown, where: string) => valueProblems(field.resolve(), item, where);
    if (field.map) return Object.entries(value).flatMap(([key, item]) => one(item, `${at}.${key}`));
    if (!field.repeated) return one(value, at);
    if (!Array.isArray(value)) return [`${at} must be a list`];
    return value.flatMap((item, index) => one(item, `${at}[${index}]`));
  });
}

const TEXTS: Readonly<Record<string, RegExp>> = {
  bytes: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  int64: /^-?\d+$/,
  ".google.protobuf.Duration": /^\d+(\.\d{1,9})?s$/,
  ".google.protobuf.Timestamp": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/,
  ".google.protobuf.FieldMask": /^[a-zA-Z.]+(,[a-zA-Z.]+)*$/,
  string: /^/,
};

function valueProblems({ type, resolvedType }: protobuf.Field, value: unknown, at: string) {
  const text = TEXTS[resolvedType?.fullName ?? type];
  if (text !== undefined) {
    return typeof value === "string" && text.test(value) ? [] : [`${at}: ${value} is no ${type}`];
  }
  if (resolvedType instanceof protobuf.Type) return jsonProblems(resolvedType, value, at);
  const isRight = resolvedType instanceof protobuf.Enum
    ? typeof value === "string" && value in resolvedType.values
    : type === "bool"
    ? typeof value === "boolean"
    : type === "int32" && Number.isInteger(value);
  return isRight ? [] : [`${at}: ${value} is no ${type}`];
}
