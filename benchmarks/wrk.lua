-- Says as JSON what came of a run. The environment says what to send and what to expect.

local email = os.getenv("BENCHMARK_EMAIL")
local expected = tonumber(os.getenv("BENCHMARK_EXPECT") or "")
local pause = tonumber(os.getenv("BENCHMARK_PAUSE") or "")
local threads = {}
unexpected = 0

function setup(thread)
   table.insert(threads, thread)
end

-- To look at each response slows wrk down: only warm-ups do.
if expected then
   function response(status)
      if status ~= expected then
         unexpected = unexpected + 1
      end
   end
end

-- Milliseconds, around a mean, as of people who do not know of each other.
if pause then
   function delay()
      return math.floor(-pause * math.log(1 - math.random()))
   end
end

-- Each registration is of somebody else.
if email then
   local count = 0
   local password = os.getenv("BENCHMARK_PASSWORD")
   local text = '{"email": "%s-%d@example.com", "name": "Ada", "password": "%s"}'
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/json"
   function request()
      count = count + 1
      return wrk.format(nil, nil, nil, string.format(text, email, count, password))
   end
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.timeout
   local refused = errors.status
   if expected then
      refused = 0
      for _, thread in ipairs(threads) do
         refused = refused + thread:get("unexpected")
      end
   end
   io.write(string.format(
      '{"requests": %d, "seconds": %.6f, "failed": %d, "refused": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
      summary.requests, summary.duration / 1e6, failed, refused,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000
   ))
end
