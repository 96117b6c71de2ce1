/** What the server is asked. */

export class ApiError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const headers = key => ({
  "Content-Type": "application/json",
  ...(key ? { Authorization: `Bearer ${key}` } : {}),
});

async function fetched(path, options) {
  let reply;
  try {
    reply = await fetch(path, options);
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new ApiError(0, "The server cannot be reached. Is it still running?", "unreachable");
  }
  if (reply.ok) return reply;
  let error = {};
  try {
    error = (await reply.json()).error ?? {};
  } catch {
    // a proxy's own page, not the server's words
  }
  const later = reply.headers.get("Retry-After");
  throw new ApiError(
    reply.status,
    (error.message ?? `The server answered ${reply.status}.`) + (later ? ` Try again in ${later} s.` : ""),
    error.code,
  );
}

/** The model and its adapters: [{id, parent}]. */
export async function models(key) {
  const reply = await fetched("/v1/models", { headers: headers(key) });
  return (await reply.json()).data;
}

/** Yields the chunks of a streamed answer. */
export async function* chat(request, key, signal) {
  const reply = await fetched("/v1/chat/completions", {
    method: "POST",
    headers: headers(key),
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { value, done } = await reader.read().catch(e => {
      if (e.name === "AbortError") throw e;
      throw new ApiError(0, "The connection broke in the middle of the answer.", "broken");
    });
    if (done) throw new ApiError(0, "The connection broke in the middle of the answer.", "broken");
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data === "[DONE]") return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new ApiError(500, chunk.error.message, chunk.error.code);
      yield chunk;
    }
  }
}
