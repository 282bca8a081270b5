// Temporary directories, removed when the process ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directories = new Set();

export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), "conformance-"));
  directories.add(directory);
  return directory;
}

process.on("exit", () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
