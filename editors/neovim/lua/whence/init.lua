-- What the :Whence commands do. Every command finds the server of the current buffer and asks it.

local M = {}

---@type { client: vim.lsp.Client, id: integer }?
local scanning = nil

local function say(text, level)
  vim.notify('whence: ' .. text, level or vim.log.levels.INFO)
end

---@return vim.lsp.Client?
local function client()
  local found = vim.lsp.get_clients({ name = 'whence', bufnr = 0 })[1] or vim.lsp.get_clients({ name = 'whence' })[1]
  if not found then
    say("the language server does not run here; see :checkhealth whence", vim.log.levels.WARN)
  end
  return found
end

---Ask the server to run a command; `done` gets the result, and only on success.
---@return vim.lsp.Client?, integer?
local function execute(command, arguments, done)
  local server = client()
  if not server then
    return
  end
  local sent, id = server:request('workspace/executeCommand', { command = command, arguments = arguments }, function(err, result)
    if err then
      say(err.message, vim.log.levels.ERROR)
      done(nil)
    else
      done(result)
    end
  end)
  return sent and server or nil, id
end

function M.scan()
  if scanning then
    say('a scan is running; :WhenceCancel stops it', vim.log.levels.WARN)
    return
  end
  local server, id = execute('whence.scanWorkspace', {}, function(result)
    local at = scanning and scanning.client
    scanning = nil
    if not result then
      return
    end
    say(result.message)
    -- Findings of files that are not open arrive as diagnostics before this answer does.
    if at then
      vim.diagnostic.setqflist({
        namespace = vim.lsp.diagnostic.get_namespace(at.id),
        open = result.findings.error + result.findings.warning + result.findings.info > 0,
        title = 'whence: ' .. result.message,
      })
    end
  end)
  if server and id then
    scanning = { client = server, id = id }
  end
end

function M.cancel()
  if not scanning then
    say('no scan is running')
    return
  end
  scanning.client:cancel_request(scanning.id)
end

function M.explain()
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  execute('whence.explain', { { uri = vim.uri_from_bufnr(0), line = line } }, function(result)
    if result then
      vim.lsp.util.open_floating_preview(vim.split(result, '\n'), 'markdown', { focus_id = 'whence', border = 'rounded' })
    end
  end)
end

function M.review()
  vim.lsp.buf.code_action({
    context = { only = { 'quickfix' }, diagnostics = M.diagnostics_at_cursor() },
    filter = function(action)
      return vim.startswith(action.title, 'Mark human-reviewed')
    end,
  })
end

---The server's own diagnostics of the finding under the cursor, as the protocol writes them.
function M.diagnostics_at_cursor()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local found = {}
  for _, item in ipairs(vim.diagnostic.get(0, { lnum = row })) do
    local original = item.source == 'whence' and item.user_data and item.user_data.lsp
    if original then
      table.insert(found, original)
    end
  end
  return found
end

function M.info()
  execute('whence.debugInformation', {}, function(result)
    if not result then
      return
    end
    vim.cmd.new()
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype = 'nofile', 'wipe', 'lua'
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(vim.inspect(result), '\n'))
  end)
end

return M
