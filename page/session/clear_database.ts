/** Empties every store of one of this origin's databases, whoever else has it open; one that is not there stays so. */
export async function clearDatabase(name: string): Promise<void> {
  const all = await indexedDB.databases();
  if (!all.some((each) => each.name === name)) return;
  const database = await settled(indexedDB.open(name));
  const stores = [...database.objectStoreNames];
  if (stores.length > 0) {
    const transaction = database.transaction(stores, "readwrite");
    for (const store of stores) transaction.objectStore(store).clear();
    await new Promise((resolve) => transaction.oncomplete = resolve);
  }
  database.close();
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
