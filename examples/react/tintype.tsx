/** Hooks over the client: a queue of files, and a gallery that changes as images do. React 18 or newer, nothing else. */
import { useEffect, useRef, useState } from "react";
import type { Client, ImageSummary, QueueItem, UploadQueue } from "@tintype/client";

/** A queue that lives as long as its component; with a store, files go on after a reload. */
export function useQueue(client: Client) {
  const queue = useRef<UploadQueue | undefined>(undefined);
  const [items, setItems] = useState<readonly QueueItem[]>([]);
  useEffect(() => {
    const made = client.queue({ onChange: () => setItems(made.items) });
    queue.current = made;
    return () => made.stop();
  }, [client]);
  return {
    items,
    add: (files: readonly File[]) => void queue.current?.add(files),
    pause: (id: string) => queue.current?.pause(id),
    resume: (id: string) => queue.current?.resume(id),
    retry: (id: string) => queue.current?.retry(id),
    remove: (id: string) => void queue.current?.remove(id),
  };
}

/** What a gallery shows of an image. */
type Shown = Pick<ImageSummary, "imageId" | "status" | "renditions">;

/** The caller's newest images, each as it is now; `error` is what trying again does not help against. */
export function useImages(client: Client) {
  const [images, setImages] = useState<readonly Shown[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    async function follow(): Promise<void> {
      const page = await client.images.list({ limit: 50, include: "renditions", signal });
      setImages(page.images);
      for await (const image of client.watch({ signal })) {
        setImages((before) => [image, ...before.filter((each) => each.imageId !== image.imageId)]);
      }
    }
    follow().catch((reason: unknown) => {
      if (!signal.aborted) setError(reason);
    });
    return () => ending.abort();
  }, [client]);
  return { images, error };
}

function Action({ label, run }: { label: string; run: () => void }) {
  return <button type="button" onClick={run}>{label}</button>;
}

/** A file's row: how far it is, and what can be done with it. */
function Row({ item, queue }: { item: QueueItem; queue: ReturnType<typeof useQueue> }) {
  const { id, name, state, size, sentBytes, problem, imageId } = item;
  return (
    <li>
      {name} <output>{imageId === undefined ? state : `${state} ${imageId}`}</output>
      {state === "sending" && <progress value={sentBytes} max={size} />}
      {problem && <strong>{problem.detail}</strong>}
      {state === "sending" && <Action label="Pause" run={() => queue.pause(id)} />}
      {state === "paused" && <Action label="Resume" run={() => queue.resume(id)} />}
      {state === "refused" && <Action label="Try again" run={() => queue.retry(id)} />}
      <Action label="Remove" run={() => queue.remove(id)} />
    </li>
  );
}

/** A field for files, and what becomes of each. */
export function Uploader({ client }: { client: Client }) {
  const queue = useQueue(client);
  return (
    <section>
      <input
        type="file"
        accept="image/*"
        multiple
        aria-label="Pictures"
        onChange={(event) => queue.add([...event.currentTarget.files ?? []])}
      />
      <ul>{queue.items.map((item) => <Row key={item.id} item={item} queue={queue} />)}</ul>
    </section>
  );
}

/** The newest images; an address of a rendition may be kept for five minutes. */
export function Gallery({ client }: { client: Client }) {
  const { images, error } = useImages(client);
  if (error !== undefined) return <p role="alert">{String(error)}</p>;
  return (
    <ul>
      {images.map(({ imageId, status, renditions = [] }) => (
        <li key={imageId}>
          {renditions[0] === undefined ? status : <img src={renditions[0].url} alt={imageId} />}
        </li>
      ))}
    </ul>
  );
}
