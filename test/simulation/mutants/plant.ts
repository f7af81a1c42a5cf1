/** Plants a bug while modules load: the files on disk stay as they are. Import nothing of the product before this has run. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bug, Edit } from "./bug.ts";
import { BUGS } from "./bugs.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

const occurrences = (source: string, piece: string): number => source.split(piece).length - 1;

function applyEdit(source: string, { file, find, put, all }: Edit): string {
  const found = occurrences(source, find);
  if (found === 0 || (found > 1 && all !== true)) throw new Error(`${file}: the anchor "${find.slice(0, 70)}" stands there ${found} times`);
  return source.replaceAll(find, () => put);
}

/** What is wrong with the anchors of all bugs, without planting any. */
export function brokenAnchors(): string[] {
  return BUGS.flatMap(({ id, edits }) =>
    [...new Set(edits.map(({ file }) => file))].flatMap((file) => {
      try {
        edits.filter((edit) => edit.file === file).reduce(applyEdit, readFileSync(join(ROOT, file), "utf8"));
        return [];
      } catch (error) {
        return [`${id}: ${error instanceof Error ? error.message : String(error)}`];
      }
    }),
  );
}

export function plant(id: string): Bug {
  const bug = BUGS.find((one) => one.id === id);
  if (bug === undefined) throw new Error(`no bug ${id}`);
  const byUrl = new Map<string, Edit[]>();
  for (const edit of bug.edits) {
    const url = pathToFileURL(join(ROOT, edit.file)).href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), edit]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const edits = byUrl.get(url);
      if (edits === undefined) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString("utf8");
      return { ...loaded, source: edits.reduce(applyEdit, source) };
    },
  });
  return bug;
}
