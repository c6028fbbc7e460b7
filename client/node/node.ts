/** What a program of Node or Deno needs beside the client: files of the machine, and records that outlive the process. */
export { openFile } from "./file_source.ts";
export { FileResumeStore } from "./file_store.ts";
