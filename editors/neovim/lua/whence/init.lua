-- Starting the server, what the :Whence commands do, and a piece for the status line.
--
-- Neovim 0.11 and newer start the server themselves (`vim.lsp.enable`); from 0.7 on `setup` does it for every buffer
-- that shows a file. Every command finds the server of the current buffer and asks it.

local M = {}

local modern = vim.fn.has('nvim-0.11') == 1

---@param filter { name: string, bufnr?: integer }
local function clients(filter)
  if vim.lsp.get_clients then
    return vim.lsp.get_clients(filter)
  end
  return vim.tbl_filter(function(one)
    return one.name == filter.name and (not filter.bufnr or vim.lsp.buf_is_attached(filter.bufnr, one.id))
  end, vim.lsp.get_active_clients())
end

---Methods were plain functions before 0.11.
local function request(server, method, params, handler)
  if modern then
    return server:request(method, params, handler)
  end
  return server.request(method, params, handler, 0)
end

---The nearest folder above a file with a policy, else with a repository; nil where there is none.
local function root_of(file)
  for _, marker in ipairs({ 'whence.toml', '.git' }) do
    local folder = vim.fn.fnamemodify(file, ':p:h')
    local above
    repeat
      if vim.loop.fs_stat(folder .. '/' .. marker) then
        return folder
      end
      above, folder = folder, vim.fn.fnamemodify(folder, ':h')
    until above == folder
  end
end

local function start_older(buffer, config)
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == '' or vim.bo[buffer].buftype ~= '' then
    return
  end
  local root = root_of(file)
  for _, one in ipairs(clients({ name = 'whence' })) do
    if one.config.root_dir == root then
      vim.lsp.buf_attach_client(buffer, one.id)
      return
    end
  end
  local id = vim.lsp.start_client({
    name = 'whence',
    cmd = config.cmd,
    root_dir = root,
    settings = config.settings,
    workspace_folders = root and { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } } or nil,
  })
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

---Start the server for every file, in any Neovim from 0.7 on.
---@param config? { cmd?: string[], settings?: table }
function M.setup(config)
  config = vim.tbl_deep_extend('force', { cmd = { 'whence', 'lsp' }, settings = { whence = {} } }, config or {})
  if modern then
    vim.lsp.config('whence', config)
    vim.lsp.enable('whence')
    return
  end
  local group = vim.api.nvim_create_augroup('whence', { clear = true })
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
    group = group,
    callback = function(event)
      start_older(event.buf, config)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      start_older(buffer, config)
    end
  end
end

---For a status line: `whence 2E 1W`, `whence` when there is nothing to see, nothing where no server runs.
---@param buffer? integer
---@return string
function M.statusline(buffer)
  buffer = (buffer == nil or buffer == 0) and vim.api.nvim_get_current_buf() or buffer
  if #clients({ name = 'whence', bufnr = buffer }) == 0 then
    return ''
  end
  local severity, counts = vim.diagnostic.severity, {}
  for _, item in ipairs(vim.diagnostic.get(buffer)) do
    if item.source == 'whence' then
      counts[item.severity] = (counts[item.severity] or 0) + 1
    end
  end
  local parts = { 'whence' }
  for _, level in ipairs({ { severity.ERROR, 'E' }, { severity.WARN, 'W' }, { severity.INFO, 'I' } }) do
    if counts[level[1]] then
      table.insert(parts, counts[level[1]] .. level[2])
    end
  end
  return table.concat(parts, ' ')
end

---@type { client: vim.lsp.Client, id: integer }?
local scanning = nil

local function say(text, level)
  vim.notify('whence: ' .. text, level or vim.log.levels.INFO)
end

---@return vim.lsp.Client?
local function client()
  local here = vim.api.nvim_get_current_buf()
  local found = clients({ name = 'whence', bufnr = here })[1] or clients({ name = 'whence' })[1]
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
  local params = { command = command, arguments = arguments }
  local sent, id = request(server, 'workspace/executeCommand', params, function(err, result)
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
  if modern then
    scanning.client:cancel_request(scanning.id)
  else
    scanning.client.cancel_request(scanning.id)
  end
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
  local server = client()
  if not server then
    return
  end
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local place = { line = row, character = 0 }
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    range = { start = place, ['end'] = place },
    context = { only = { 'quickfix' }, diagnostics = M.diagnostics_at_cursor() },
  }
  request(server, 'textDocument/codeAction', params, function(err, actions)
    if err then
      say(err.message, vim.log.levels.ERROR)
      return
    end
    local reviews = vim.tbl_filter(function(action)
      return vim.startswith(action.title, 'Mark human-reviewed')
    end, actions or {})
    if #reviews == 0 then
      say('no review settles what is on this line')
      return
    end
    local function answer(action)
      if not action then
        return
      end
      if type(action.command) == 'table' then
        execute(action.command.command, action.command.arguments, function() end)
      elseif action.command then
        execute(action.command, action.arguments, function() end)
      else
        request(server, 'codeAction/resolve', action, function(failed, whole)
          if failed then
            say(failed.message, vim.log.levels.ERROR)
          else
            answer(whole)
          end
        end)
      end
    end
    vim.ui.select(reviews, {
      prompt = 'What do you answer for exactly these lines?',
      kind = 'codeaction',
      format_item = function(action)
        return action.title
      end,
    }, answer)
  end)
end

---The server's own diagnostics of the finding under the cursor, as the protocol writes them. Before 0.11 Neovim keeps
---only a part of what it was sent.
function M.diagnostics_at_cursor()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local found = {}
  for _, item in ipairs(vim.diagnostic.get(0, { lnum = row })) do
    local original = item.source == 'whence' and item.user_data and item.user_data.lsp
    if original then
      table.insert(found, {
        range = original.range or {
          start = { line = item.lnum, character = item.col },
          ['end'] = { line = item.end_lnum, character = item.end_col },
        },
        message = item.message,
        severity = item.severity,
        code = item.code or original.code,
        source = item.source,
        data = original.data,
      })
    end
  end
  return found
end

function M.info()
  execute('whence.debugInformation', {}, function(result)
    if not result then
      return
    end
    vim.cmd('new')
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype = 'nofile', 'wipe', 'lua'
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(vim.inspect(result), '\n'))
  end)
end

return M
