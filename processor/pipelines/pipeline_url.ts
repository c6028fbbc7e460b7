const ROOT = new URL("../../", import.meta.url);

/**
 * The URL of a pipeline's module, empty for no pipeline: a path starts at the project's root folder, and a package's folder
 * stands for its `pipeline.ts`.
 */
export function pipelineUrlOf(pipeline: string | undefined): string {
  if (pipeline === undefined || pipeline === "") return "";
  const isModule = /\.[cm]?[jt]s(\?.*)?$/.test(pipeline);
  const path = isModule ? pipeline : `${pipeline.replace(/\/+$/, "")}/pipeline.ts`;
  return new URL(path, ROOT).href;
}
