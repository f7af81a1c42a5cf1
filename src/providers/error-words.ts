/** The words by which providers name what went wrong, in lower case, sorted by what they mean to us. Data only. */

export const MONEY: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
  "enforced_spend_limit_reached",
  "contract_spend_limit_reached",
  "billing_error",
  "billing_hard_limit_reached",
  "credit_limit",
  "insufficient_credits",
  "payment_required",
]);
export const GONE: ReadonlySet<string> = new Set([
  "model_not_found",
  "model_decommissioned",
  "model_not_available",
  "model_deprecated",
  "dedicated_endpoint_not_running",
  "not_found_error",
]);
export const KEY: ReadonlySet<string> = new Set([
  "authentication_error",
  "invalid_api_key",
  "invalid_authentication",
  "permission_error",
  "permission_denied",
  "unauthorized",
  "access_denied",
]);
export const RATE: ReadonlySet<string> = new Set([
  "rate_limit_exceeded",
  "rate_limit_error",
  "rate_limited",
  "too_many_requests",
  "dynamic_request_limited",
  "dynamic_token_limited",
]);
export const SERVER: ReadonlySet<string> = new Set([
  "server_error",
  "internal_server_error",
  "internal_error",
  "api_error",
  "overloaded",
  "overloaded_error",
  "server_overloaded",
  "engine_overloaded",
  "engine_overloaded_error",
  "over_capacity",
  "capacity_exceeded",
  "service_unavailable",
  "service_unavailable_error",
  "timeout_error",
  "gateway_timeout",
  "bad_gateway",
  "unavailable",
]);
export const CONTEXT: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "exceed_context_size_error",
  "string_above_max_length",
  "request_too_large",
]);
export const FILTER: ReadonlySet<string> = new Set([
  "content_filter",
  "content_policy_violation",
  "moderation_blocked",
  "content_filtered",
]);
export const OWN_OUTPUT: ReadonlySet<string> = new Set(["json_validate_failed", "tool_use_failed"]);
export const PARAMETER: ReadonlySet<string> = new Set([
  "invalid_request_error",
  "invalid_request",
  "invalid_parameter",
  "unsupported_value",
  "unsupported_parameter",
  "unknown_parameter",
  "bad_request",
]);

/** Wordings of a prompt that is too long, in lower case; only looked for where a rate limit is not meant. */
export const CONTEXT_WORDS: ReadonlySet<string> = new Set([
  "maximum context length",
  "exceeds the context window",
  "exceed the context window",
  "exceed context limit",
  "exceeds the context limit",
  "input tokens exceed",
  "reduce the length of the messages",
  "longer than the model's context length",
  "longer than the context length",
  "exceeds the available context size",
  "max_new_tokens` must be",
  "prompt is too long",
  "context window exceeded",
  "context length exceeded",
]);
export const RATE_WORDS: ReadonlySet<string> = new Set([
  "rate limit",
  "rate_limit",
  "tokens per minute",
  "requests per",
  "too many requests",
  "quota",
]);
/** Wordings of a local runtime that fell over; its errors carry no code. */
export const SERVER_WORDS: ReadonlySet<string> = new Set([
  "runner process has terminated",
  "runner has unexpectedly stopped",
  "prediction aborted",
  "out of memory",
  "server busy",
  "overloaded",
  "internal server error",
  "error loading model",
  "timed out waiting",
]);

/** A local runtime whose model process died: it comes back at best once. */
export const RUNNER_WORDS: ReadonlySet<string> = new Set(["runner", "out of memory"]);
