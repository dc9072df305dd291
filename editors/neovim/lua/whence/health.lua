-- :checkhealth whence

local M = {}

function M.check()
  local health = vim.health
  health.start('whence')

  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim is ' .. tostring(vim.version()))
  else
    health.error('Neovim is ' .. tostring(vim.version()) .. '; vim.lsp.config needs 0.11', 'update Neovim')
    return
  end

  local config = vim.lsp.config['whence']
  local program = config and type(config.cmd) == 'table' and config.cmd[1] or 'whence'
  if vim.fn.executable(program) == 1 then
    local done = vim.system({ program, '--version' }, { text = true }):wait(10000)
    if done.code == 0 then
      health.ok(vim.trim(done.stdout) .. ' at ' .. vim.fn.exepath(program))
    else
      health.error('`' .. program .. ' --version` failed: ' .. vim.trim(done.stderr or ''))
    end
  else
    health.error('`' .. program .. '` is not on PATH', "set cmd in vim.lsp.config('whence', { cmd = { '/path/to/whence', 'lsp' } })")
  end

  if vim.lsp.is_enabled('whence') then
    health.ok('the language server is enabled')
  else
    health.warn('the language server is not enabled', "put vim.lsp.enable('whence') into your configuration")
  end
  local clients = vim.lsp.get_clients({ name = 'whence' })
  if #clients > 0 then
    for _, client in ipairs(clients) do
      health.ok('it runs for ' .. (client.root_dir or 'files without a workspace'))
    end
  else
    health.info('it does not run yet; it starts with the first file')
  end

  if not vim.diagnostic.config().virtual_text then
    health.info('messages are not shown beside the code: vim.diagnostic.config({ virtual_text = true }) shows them')
  end
end

return M
