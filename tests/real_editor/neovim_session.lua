-- What a user does in Neovim, as far as a program can do it: see the warning, read the hover, apply the quick
-- fixes, restart the server. Writes what was seen as JSON to $WHENCE_SEEN and ends with status 0; on a fault it says which.
--
-- nvim --headless --clean --cmd 'set runtimepath^=editors/neovim' -c 'luafile neovim_session.lua' FILE

local seen = { notified = {} }

local function leave(status)
  local out = assert(io.open(vim.env.WHENCE_SEEN, 'w'))
  out:write(vim.json.encode(seen))
  out:close()
  vim.cmd('cquit ' .. status)
end

local function fail(text)
  seen.failed = text
  leave(1)
end

local function wait(what, condition)
  local function crashed()
    return table.concat(seen.notified, ' '):find('quit with exit code', 1, true) ~= nil or table.concat(seen.notified, ' '):find('LSP[whence]', 1, true) ~= nil
  end
  vim.wait(60000, function()
    return condition() or crashed()
  end, 10)
  if not condition() then
    fail('never came: ' .. what)
  end
end

local function shown()
  local out = {}
  for _, item in ipairs(vim.diagnostic.get(0)) do
    table.insert(out, {
      line = item.lnum + 1,
      column = item.col,
      text = vim.api.nvim_buf_get_text(0, item.lnum, item.col, item.end_lnum, item.end_col, {})[1],
      code = item.code,
      severity = vim.diagnostic.severity[item.severity],
      message = item.message,
      source = item.source,
    })
  end
  table.sort(out, function(a, b)
    return a.line < b.line
  end)
  return out
end

local function text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
end

---Choose the quick fix of the finding at the first line that is `marked`, whose title begins so.
local function fix(marked, title)
  local row = vim.fn.search('^' .. marked, 'cw')
  wait('the finding at ' .. marked, function()
    return #vim.diagnostic.get(0, { lnum = row - 1 }) > 0
  end)
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return vim.startswith(action.title, title)
    end,
  })
end

---The other quick fixes; each does something that is seen in the editor.
local function click(tides)
  vim.o.hidden = true
  vim.cmd.buffer(tides)
  fix('def surge', 'Show the evidence')
  wait('the evidence', function()
    return vim.api.nvim_buf_get_name(0):find('%.md$') ~= nil
  end)
  seen.evidence = text(0)

  vim.cmd.buffer(tides)
  fix('def surge', 'Draft an exception')
  wait('the policy with its faults', function()
    return vim.api.nvim_buf_get_name(0):find('whence%.toml$') ~= nil and #vim.diagnostic.get(0) > 0
  end)
  seen.drafted = text(0)
  seen.faults = vim.tbl_map(function(item)
    return item.message
  end, vim.diagnostic.get(0))
  vim.cmd('edit!')

  vim.cmd.buffer(tides)
  fix('def surge', 'Remove')
  wait('the lines to be gone', function()
    return not text(0):find('def surge', 1, true) and #vim.diagnostic.get(0) == 0
  end)
  seen.removed = text(0)

  vim.cmd.edit('harbour.py')
  fix('def swell', 'Add the disclosure')
  wait('the disclosure', function()
    return text(0):find('Assisted-by', 1, true) ~= nil and #vim.diagnostic.get(0) == 0
  end)
  seen.disclosed = text(0)
end

local function run()
  local tides = vim.api.nvim_get_current_buf()
  vim.notify = function(text)
    table.insert(seen.notified, text)
  end
  vim.ui.select = function(items, _, choose)
    seen.offered = vim.tbl_map(function(item)
      return item.action and item.action.title or item.title
    end, items)
    choose(items[1], 1)
  end
  vim.lsp.config('whence', { cmd = vim.json.decode(vim.env.WHENCE_SERVER) })
  vim.lsp.enable('whence')
  wait('the two findings', function()
    return #vim.diagnostic.get(0) == 2
  end)
  seen.first = shown()
  seen.statusline = require('whence').statusline()

  -- The finding that a review may answer is the second one.
  vim.api.nvim_win_set_cursor(0, { seen.first[2].line, seen.first[2].column })
  local explained
  require('vim.lsp.util').open_floating_preview = function(lines)
    explained = lines
  end
  vim.cmd.WhenceExplain()
  wait('the explanation', function()
    return explained ~= nil
  end)
  seen.explained = table.concat(explained, '\n')

  vim.cmd.WhenceReview()
  wait('the warning to go', function()
    return #vim.diagnostic.get(0) == 1
  end)
  seen.reviewed = shown()

  vim.lsp.enable('whence', false)
  wait('the server to stop', function()
    return #vim.lsp.get_clients({ name = 'whence' }) == 0 and #vim.diagnostic.get(0) == 0
  end)
  vim.lsp.enable('whence')
  wait('findings after the restart', function()
    return #vim.diagnostic.get(0) > 0
  end)
  seen.restarted = shown()

  vim.cmd.WhenceScan()
  wait('the scan', function()
    return vim.fn.getqflist({ title = 0 }).title:find('whence', 1, true) ~= nil
  end)
  seen.quickfix = vim.tbl_map(function(item)
    return { file = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(item.bufnr), ':t'), line = item.lnum }
  end, vim.fn.getqflist())

  click(tides)

  vim.cmd.checkhealth('whence')
  seen.health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  leave(0)
end

-- From here on the editor has started, as for a user who types.
vim.api.nvim_create_autocmd('VimEnter', {
  callback = function()
    vim.schedule(function()
      local good, text = xpcall(run, debug.traceback)
      if not good then
        fail(text)
      end
    end)
  end,
})
if vim.v.vim_did_enter == 1 then
  vim.api.nvim_exec_autocmds('VimEnter', {})
end
