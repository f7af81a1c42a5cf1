/** What a caller sees of a job. Pure. */
import type { JobRow, JobState } from "../store/store.ts";
import type { MemberProgress } from "./progress.ts";

export interface JobView {
  id: string;
  state: JobState;
  created_at: string;
  updated_at: string;
  attempts: number;
  progress: MemberProgress[];
  /** path of the report, once there is one */
  report: string | null;
  problem: { slug: string; detail: string } | null;
}

const parsed = <T>(json: string | null, none: T): T => (json === null ? none : (JSON.parse(json) as T));

export const viewOf = ({ id, state, created_at, updated_at, attempts, progress, report_id, problem }: JobRow): JobView => ({
  id,
  state,
  created_at: new Date(created_at).toISOString(),
  updated_at: new Date(updated_at).toISOString(),
  attempts,
  progress: parsed<MemberProgress[]>(progress, []),
  report: report_id === null ? null : `/reports/${report_id}`,
  problem: parsed<JobView["problem"]>(problem, null),
});
