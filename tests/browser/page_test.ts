/** The upload page in a real browser, against the whole system: what a person does there, one thing after another. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openSystem, type System } from "../_system.ts";
import { ACCOUNT_STEPS } from "./_account_steps.ts";
import { WITHOUT_CHROMIUM } from "./_browser.ts";
import { GALLERY_STEPS } from "./_gallery_steps.ts";
import { openUploadPage, type UploadPage } from "./_page_fixture.ts";
import { UPLOAD_STEPS } from "./_upload_steps.ts";

const skip = WITHOUT_CHROMIUM;

let system: System;
let upload: UploadPage;
before(async () => {
  if (skip !== false) return;
  [system, upload] = await Promise.all([openSystem(), openUploadPage()]);
});
after(async () => {
  await upload?.browser.close();
  await system?.stop();
});

let hasFailed = false;
for (const [name, run] of Object.entries({ ...UPLOAD_STEPS, ...GALLERY_STEPS, ...ACCOUNT_STEPS })) {
  test(name, { skip }, async () => {
    assert.ok(!hasFailed, "an earlier step failed, on which this one builds");
    hasFailed = true;
    await run(upload);
    hasFailed = false;
  });
}
