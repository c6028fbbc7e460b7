import assert from "node:assert/strict";
import { eventually } from "@tintype/core/testing/eventually";
import { NOT_AN_IMAGE } from "@tintype/core/testing/sample_images";
import { startProgram } from "@tintype/core/testing/start_program";
import { PORTS } from "@tintype/local/start/local_names";
import { noisePng } from "../_pictures.ts";

/** The example application feeds the stream with pictures and shows what became of each. */
export async function kafkaAppWalk(): Promise<void> {
  const app = startProgram(["examples/kafka-app/main.ts"], {
    KAFKA_BROKERS: `localhost:${PORTS.kafka}`,
    PORT: "0",
  });
  try {
    const { url } = await app.line("listening");
    const send = async (body: Uint8Array<ArrayBuffer>) => {
      const response = await fetch(`${url}/pictures`, { method: "POST", body });
      assert.equal(response.status, 202);
      return String((await response.json()).ref);
    };
    const [good, bad] = [await send(noisePng(40, 30)), await send(NOT_AN_IMAGE)];
    await eventually("both results", async () => {
      const pictures: { ref: string; state: string }[] = await (await fetch(`${url}/pictures`))
        .json();
      const byRef = new Map(pictures.map(({ ref, ...picture }) => [ref, picture]));
      const shown = JSON.stringify([byRef.get(good), byRef.get(bad)]);
      return shown.includes("image.ready") && shown.includes("not_an_image") && { shown };
    }).then(({ shown }) =>
      assert.match(shown, /"image\.ready","reason":null,"width":40,"height":30/)
    );
    const page = await (await fetch(url as string)).text();
    assert.match(page, /<title>Pictures by Kafka<\/title>/);
  } finally {
    await app.kill("SIGTERM");
  }
}
