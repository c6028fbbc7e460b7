import assert from "node:assert/strict";
import { test } from "node:test";
import { PICTURE_EXTENSIONS } from "@tintype/client/command/find_pictures";
import { ALL_MEDIA_TYPES, MEDIA_TYPES } from "@tintype/core/model/media_type";

test("the upload command looks for the file names of every media type, and for no others", () => {
  const extensions = ALL_MEDIA_TYPES.flatMap((type) => MEDIA_TYPES[type].extensions);
  assert.deepEqual(PICTURE_EXTENSIONS.toSorted(), extensions.map((name) => `.${name}`).sort());
});
