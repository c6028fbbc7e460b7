/** Fails on a circle of imports and names it: `a.ts → b.ts → a.ts`. Type imports count, as rooms must not lean on each other. */
import { type ImportGraph, readImportGraph } from "./import_graph.ts";

/** The circles of a graph, each as the paths along it, beginning and ending with the same one; none where it has none. */
export function findCycles(graph: ImportGraph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const { target } of graph.get(path) ?? []) {
      if (target !== undefined) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

if (import.meta.main) {
  const graph = await readImportGraph(Deno.cwd());
  const cycles = findCycles(graph);
  for (const cycle of cycles) console.error(`Circle of imports: ${cycle.join(" → ")}`);
  if (cycles.length > 0) Deno.exit(1);
  console.log(`${graph.size} files, no circle`);
}
