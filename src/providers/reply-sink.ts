/** Finds the objects in a reply of any form (one JSON text, an event stream, NDJSON) and hands them to the dialect. */
import type { TextSink } from "./body.ts";
import { isErrorObject } from "./complaint.ts";
import { type Dialect, WHOLE } from "./dialect.ts";
import type { Draft } from "./draft.ts";
import { failureOfErrorObject } from "./errors.ts";
import { CallFailure, fail } from "./failure.ts";
import { createLineCutter, createSseReader } from "./lines.ts";
import { asObject } from "./shape.ts";
import { parseStrict } from "./strict-json.ts";

/** Characters of white space before the first word. */
const MAX_BLANK = 65_536;

interface Sink {
  push(text: string): void;
  end(): void;
}
/** undefined = not valid JSON; true = nothing more will come */
type Take = (value: unknown, event: string | null) => boolean;

function takeInto(dialect: Dialect, draft: Draft): Take {
  return (value, event) => {
    const object = asObject(value);
    if (object === null)
      return fail("bad-response", value === undefined ? "the reply is not valid JSON" : "the reply has the wrong shape", "once");
    if (event === "error") throw new CallFailure(failureOfErrorObject(object));
    if (isErrorObject(object)) throw new CallFailure(failureOfErrorObject(object["error"]));
    return dialect.take(object, draft, event);
  };
}

interface Form extends Sink {
  done(): boolean;
}
function ndjson(take: Take): Form {
  let done = false;
  const cutter = createLineCutter((line) => {
    if (!done && line.trim() !== "") done = take(parseStrict(line), null);
  });
  return { ...cutter, done: () => done };
}
/** `thenLines`: what is not one JSON text is tried as lines of it */
function whole(take: Take, thenLines: boolean): Form {
  const pieces: string[] = [];
  return {
    push: (text) => void pieces.push(text),
    end: () => {
      const text = pieces.join("");
      const value = parseStrict(text);
      if (value !== undefined || !thenLines) return void take(value, WHOLE);
      const lines = ndjson(take);
      lines.push(text);
      lines.end();
    },
    done: () => false,
  };
}
function sse(take: Take, startsWithComment: boolean): Form {
  let done = false;
  let events = 0;
  const reader = createSseReader(({ name, data }) => {
    if (done) return;
    events++;
    done = data.trim() === "[DONE]" || take(parseStrict(data), name);
  });
  const end = (): void => {
    reader.end();
    if (events === 0 && !startsWithComment) fail("bad-response", "the reply is neither JSON nor an event stream", "once");
  };
  return { push: reader.push, end, done: () => done };
}

/** The form is told by the first character more than by what the headers claim. */
function choose(first: string, contentType: string, dialect: Dialect, take: Take): Form {
  if (":deir".includes(first)) return sse(take, first === ":");
  const isOllama = dialect.framing === "ndjson";
  const claimsLines = /ndjson|jsonl|json-seq/i.test(contentType);
  const claimsJson = /application\/json/i.test(contentType);
  if (first === "{" && (claimsLines || (isOllama && !claimsJson))) return ndjson(take);
  return whole(take, isOllama);
}

export function createReplySink(dialect: Dialect, contentType: string, draft: Draft): TextSink & { sawNothing(): boolean } {
  const take = takeInto(dialect, draft);
  let form: Form | null = null;
  let blank = 0;
  return {
    push(text) {
      if (form !== null) return form.push(text);
      const start = text.trimStart();
      blank += text.length - start.length;
      if (blank > MAX_BLANK) return fail("bad-response", "the reply is nothing but white space", "once");
      if (start === "") return;
      form = choose(start.charAt(0), contentType, dialect, take);
      form.push(start);
    },
    end() {
      if (form !== null) return form.end();
      if (blank > 0) fail("bad-response", "the reply is nothing but white space", "once");
    },
    finished: () => form?.done() === true,
    sawNothing: () => form === null,
  };
}
