/** `POST /simulator/{provider}`: pulls a plug or puts it back; there only in the demo. */
import { z } from "zod";
import { problemFields } from "../../core/pointers.ts";
import { Problem } from "../../core/problem.ts";
import type { Route } from "../deps.ts";
import { readJson } from "../json.ts";
import { jsonReply } from "../replies.ts";

const body = z.strictObject({ fault: z.string().min(1).max(64).nullable() });

export const simulatorRoute: Route = {
  path: "/simulator/:provider",
  makes: ["application/json"],
  methods: {
    POST: async ({ request, params }, { plugs }) => {
      const parsed = body.safeParse(await readJson(request));
      if (!parsed.success)
        throw new Problem("validation-failed", 'send {"fault":"503"} or {"fault":null}', { errors: problemFields(parsed.error.issues) });
      const provider = params.provider ?? "";
      await plugs?.fault(provider, parsed.data.fault);
      return jsonReply({ provider, fault: plugs?.current(provider) ?? null });
    },
  },
};
