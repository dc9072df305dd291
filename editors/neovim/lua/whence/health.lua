-- :checkhealth whence

local M = {}

function M.check()
  local modern = vim.fn.has('nvim-0.11') == 1
  local health = {}
  for _, name in ipairs({ 'start', 'ok', 'info', 'warn', 'error' }) do
    local source = vim.health or require('health')
    health[name] = source[name] or source['report_' .. name]
  end
  health.start('whence')

  local version = vim.version()
  local shown = ('Neovim is %d.%d.%d'):format(version.major, version.minor, version.patch)
  if modern then
    health.ok(shown)
  else
    health.info(shown .. ": the server is started by require('whence').setup(), as vim.lsp.enable needs 0.11")
  end

  local config = modern and vim.lsp.config['whence'] or nil
  local program = config and type(config.cmd) == 'table' and config.cmd[1] or 'whence'
  if vim.fn.executable(program) == 1 then
    local said = vim.trim(vim.fn.system({ program, '--version' }))
    if vim.v.shell_error == 0 then
      health.ok(said .. ' at ' .. vim.fn.exepath(program))
    else
      health.error('`' .. program .. ' --version` failed: ' .. said)
    end
  else
    health.error('`' .. program .. '` is not on PATH', "set cmd in vim.lsp.config('whence', { cmd = { '/path/to/whence', 'lsp' } })")
  end

  if modern and vim.lsp.is_enabled('whence') then
    health.ok('the language server is enabled')
  elseif modern then
    health.warn('the language server is not enabled', "put vim.lsp.enable('whence') into your configuration")
  end
  local clients = vim.tbl_filter(function(client)
    return client.name == 'whence'
  end, (vim.lsp.get_clients or vim.lsp.get_active_clients)())
  if #clients > 0 then
    for _, client in ipairs(clients) do
      health.ok('it runs for ' .. (client.config.root_dir or 'files without a workspace'))
    end
  else
    health.info('it does not run yet; it starts with the first file')
  end

  local shown = vim.diagnostic.config()
  if not shown.virtual_text and not shown.virtual_lines then
    health.info('messages are not shown beside the code: vim.diagnostic.config({ virtual_text = true }) shows them')
  end
end

return M
