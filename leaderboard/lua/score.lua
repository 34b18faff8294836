-- The tie rule: one score holds the points and the time they were reached; see score.py.
-- Prepended to the scripts that make scores.
-- KEYS: none
-- ARGV: none
-- Returns: nothing; `score_of` is set
-- Cost: O(1)
local EPOCH_S, SPAN_S = 1704067200, 1073741824

-- The score of points reached at a moment (ms), as text with every digit.
local function score_of(points, at_ms, lower)
  local since = math.floor(at_ms / 1000) - EPOCH_S
  return string.format('%.17g', points + (lower and since or SPAN_S - since) / SPAN_S)
end
