-- The requests of `cargo xtask bench`, for wrk: one method and body, and the result as a line of
-- JSON. Arguments: METHOD [BODY [TOKENS]]; each "{n}" in the body becomes a number used only once.
-- TOKENS is a file with a bearer token on each line: each request takes the next one.

function init(args)
  wrk.method = args[1] or "GET"
  wrk.body = args[2] ~= "" and args[2] or nil
  if args[3] then return each_with_its_token(args[3]) end
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

-- Texts are made beforehand: while the load runs, a request costs a look into a table.
function each_with_its_token(file)
  local texts, turn = {}, 0
  for token in io.lines(file) do
    wrk.headers["Authorization"] = "Bearer " .. token
    texts[#texts + 1] = wrk.format()
  end
  function request()
    turn = turn % #texts + 1
    return texts[turn]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
