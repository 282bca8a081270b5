-- The requests of `cargo xtask bench`, for wrk: one method and body, and the result as a line of
-- JSON. Arguments: METHOD [BODY]; each "{n}" in the body becomes a number used only once.

function init(args)
  wrk.method = args[1] or "GET"
  wrk.body = args[2]
  if not wrk.body then return end
  wrk.headers["Content-Type"] = "application/json"
  if not wrk.body:find("{n}", 1, true) then return end
  -- Global, and only where texts differ: without a `request` function wrk sends one prepared text
  -- and calls no Lua at all.
  local template, sent = wrk.body, 0
  function request()
    sent = sent + 1
    return wrk.format(nil, nil, nil, (template:gsub("{n}", tostring(sent))))
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
