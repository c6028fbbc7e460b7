/** Names that systems leave in folders. */
const SYSTEM_FILE = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

/** Whether somebody put the file there, rather than their system. */
export function isOwnFile({ name }: Pick<File, "name">): boolean {
  return !SYSTEM_FILE.test(name);
}

/** Every file that was dropped or pasted, those inside of folders too. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // The transfer is emptied as soon as its event is over, so entries are taken before the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const loose = [...transfer.files];
  if (entries.every((entry) => entry === null)) return loose;
  const found = await Promise.all(entries.map((entry) => entry === null ? [] : filesOf(entry)));
  return found.flat().filter(isOwnFile);
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry instanceof FileSystemFileEntry) {
    return [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))];
  }
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const files: File[] = [];
  for (const inner of await entriesOf(entry)) files.push(...await filesOf(inner));
  return files;
}

/** A reader gives some entries at a time, and none when it is through. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
