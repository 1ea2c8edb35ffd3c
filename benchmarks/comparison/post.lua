-- wrk: POST one body. Nothing runs per request, so wrk builds the request once.
-- With BENCHMARK_BODIES, a file with one in each line: those by turns, built before the start.
wrk.method = "POST"
wrk.body = assert(os.getenv("BENCHMARK_BODY"), "BENCHMARK_BODY is not set")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("BENCHMARK_AUTHORIZATION")

local bodies = os.getenv("BENCHMARK_BODIES")
if bodies then
  local requests, turn = {}, 0
  function init(arguments)
    for line in io.lines(bodies) do
      requests[#requests + 1] = wrk.format(nil, nil, nil, line)
    end
  end
  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

-- With BENCHMARK_KEYS, the same idempotency key each time, or (with %d in it) another one.
local keys = os.getenv("BENCHMARK_KEYS")
if keys then
  local turn = 0
  function request()
    turn = turn + 1
    wrk.headers["Idempotency-Key"] = keys:format(turn)
    return wrk.format()
  end
end

-- The last line of the output, for load.py; times in microseconds.
function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "status": %d, "socket": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    failed.status, failed.connect + failed.read + failed.write + failed.timeout))
end
