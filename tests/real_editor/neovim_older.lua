-- The same visit in a Neovim from before `vim.lsp.enable`. Writes what was seen as JSON to $WHENCE_SEEN.

local seen = {}

local function leave(status)
  local out = assert(io.open(vim.env.WHENCE_SEEN, 'w'))
  out:write(vim.json and vim.json.encode(seen) or vim.fn.json_encode(seen))
  out:close()
  vim.cmd('cquit ' .. status)
end

local function wait(what, condition)
  if not vim.wait(60000, condition, 20) then
    seen.failed = 'never came: ' .. what
    leave(1)
  end
end

local function shown()
  local out = vim.tbl_map(function(item)
    return { item.lnum + 1, item.message }
  end, vim.diagnostic.get(0))
  table.sort(out, function(a, b)
    return a[1] < b[1]
  end)
  return out
end

local function run()
  vim.ui.select = function(items, _, choose)
    choose(items[1], 1)
  end
  require('whence').setup()
  wait('the two findings', function()
    return #vim.diagnostic.get(0) == 2
  end)
  seen.first = shown()
  seen.statusline = require('whence').statusline()
  vim.api.nvim_win_set_cursor(0, { seen.first[2][1], 0 })
  require('vim.lsp.util').open_floating_preview = function(lines)
    seen.explained = table.concat(lines, '\n')
  end
  vim.cmd('WhenceExplain')
  wait('the explanation', function()
    return seen.explained ~= nil
  end)
  vim.cmd('WhenceReview')
  wait('the warning to go', function()
    return #vim.diagnostic.get(0) == 1
  end)
  seen.reviewed = shown()
  vim.cmd('WhenceScan')
  wait('the scan', function()
    return vim.fn.getqflist({ title = 0 }).title:find('whence', 1, true) ~= nil
  end)
  seen.quickfix = vim.tbl_map(function(item)
    return { file = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(item.bufnr), ':t'), line = item.lnum }
  end, vim.fn.getqflist())
  vim.cmd('checkhealth whence')
  seen.health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  leave(0)
end

vim.defer_fn(function()
  local good, text = xpcall(run, debug.traceback)
  if not good then
    seen.failed = text
    leave(1)
  end
end, 10)
