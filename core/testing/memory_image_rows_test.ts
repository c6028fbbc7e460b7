import { test } from "node:test";
import { IMAGE_ROWS_CONTRACT } from "./image_rows_contract.ts";
import { MemoryImageRows } from "./memory_image_rows.ts";

for (const { name, run } of IMAGE_ROWS_CONTRACT) {
  test(`MemoryImageRows: ${name}`, () => run(new MemoryImageRows()));
}
